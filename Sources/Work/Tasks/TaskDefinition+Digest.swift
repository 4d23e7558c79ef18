public import JSON
public import Storage

extension TaskDefinition {
    /// The digest of what the task means: of ``json``, canonical. Comments and order of keys do not change it.
    public var digest: ContentDigest { ContentDigest(of: json.serialized(.canonical)) }

    /// The digest of what labels, datasets and adapters depend on: of the task without what only says how an artifact is
    /// judged and served (description, metric, gate, escalation, the length of answers). Changing those trains nothing anew.
    public var trainingDigest: ContentDigest {
        var object = json.objectValue ?? JSONObject()
        for key in ["description", "metric", "gate", "escalation", "maximum_tokens"] { object[key] = nil }
        return ContentDigest(of: JSONValue.object(object).serialized(.canonical))
    }

    /// The task with every default filled in, but for those of keys that came later: a task that does not use them keeps
    /// the digest that it had.
    public var json: JSONValue {
        var object = JSONObject()
        object["name"] = .string(name)
        object["description"] = .string(description)
        object["kind"] = .string(kind.rawValue)
        object["input"] = .string(input.rawValue)
        object["labels"] = .array(
            labels.map { label in
                [
                    "name": .string(label.name), "description": .string(label.description),
                    "examples": .array(label.examples.map(JSONValue.string)),
                ]
            })
        object["out_of_scope"] = outOfScopeLabel.map(JSONValue.string)
        object["prompts"] = ["student": TaskDefinition.json(student), "teacher": TaskDefinition.json(teacher)]
        object["answer"] = answerSchema?.json
        object["metric"] = .string(metric.rawValue)
        object["slices"] = .array(slices.map(\.json))
        object["escalation"] = escalation
        if maximumTokens != TaskDefinition.defaultMaximumTokens { object["maximum_tokens"] = .integer(maximumTokens) }
        object["gate"] = gate.json
        object["split"] = split.json
        return .object(object)
    }

    private var escalation: JSONValue {
        var object = JSONObject()
        object["threshold"] = .number(threshold)
        if invalidAnswers != .escalate { object["on_invalid"] = .string(invalidAnswers.rawValue) }
        object["refusal"] = refusal.map(JSONValue.string)
        return .object(object)
    }

    private static func json(_ prompt: Prompt) -> JSONValue {
        ["system": .string(prompt.system.source), "user": .string(prompt.user.source)]
    }
}

extension TaskSlice {
    package var json: JSONValue {
        var object = JSONObject()
        object["name"] = .string(name)
        object["labels"] = labels.map { .array($0.map(JSONValue.string)) }
        object["minimum_length"] = minimumLength.map(JSONValue.integer)
        object["maximum_length"] = maximumLength.map(JSONValue.integer)
        object["keywords"] = keywords.map { .array($0.map(JSONValue.string)) }
        object["pattern"] = pattern.map(JSONValue.string)
        object["after"] = after.map { .string(Timestamp.text($0)) }
        return .object(object)
    }
}

extension TaskGate {
    /// Every condition by its key in `task.yaml`.
    static let keys:
        [(key: String, field: any WritableKeyPath<TaskGate, Double?> & Sendable, range: ClosedRange<Double>)] =
            [
                ("minimum_accuracy", \.minimumAccuracy, 0...1),
                ("minimum_agreement", \.minimumAgreement, 0...1),
                ("minimum_macro_f1", \.minimumMacroF1, 0...1),
                ("minimum_slice_accuracy", \.minimumSliceAccuracy, 0...1),
                ("maximum_calibration_error", \.maximumCalibrationError, 0...1),
                ("minimum_margin_over_base", \.minimumMarginOverBase, -1...1),
                ("minimum_margin_over_baseline", \.minimumMarginOverBaseline, -1...1),
            ]

    package var json: JSONValue {
        var object = JSONObject()
        for (key, field, _) in TaskGate.keys { object[key] = self[keyPath: field].map(JSONValue.number) }
        return .object(object)
    }
}

extension SplitRule {
    package var json: JSONValue {
        var object = JSONObject()
        switch test {
        case .fraction(let fraction): object["test_fraction"] = .number(fraction)
        case .after(let date): object["test_after"] = .string(Timestamp.text(date))
        }
        object["validation_fraction"] = .number(validationFraction)
        object["near_duplicate_similarity"] = .number(nearDuplicateSimilarity)
        object["seed"] = .integer(Int(seed))
        return .object(object)
    }
}
