public import JSON
import PlainText
import Storage
import Tasks

extension EvaluationReport {
    /// `report.json`.
    public var json: JSONValue {
        var object = JSONObject()
        object["format"] = .string(EvaluationReport.format)
        object["name"] = .string(name)
        object["artifact"] = [
            "kind": .string(subject.kind.rawValue), "digest": .string(subject.digest.description),
            "base_digest": .string(subject.baseDigest.description),
        ]
        object["dataset"] = dataset.map { .string($0.description) } ?? .null
        object["task"] = .string(task.digest.description)
        // What the digest is of: a registry keeps it, so that a version carries the task that it was measured with.
        object["task_definition"] = task.json
        object["date"] = date.map { .string($0.description) }
        if !warnings.isEmpty { object["warnings"] = .array(warnings.map(JSONValue.string)) }
        object["passed"] = .bool(passed)
        object["checks"] = .array(checks.map(\.json))
        object["results"] = .object(results)
        return .object(object)
    }

    private var results: JSONObject {
        var results = JSONObject()
        results["task_name"] = .string(task.name)
        results["split"] = ["digest": .string(split.description), "rows": .integer(examples.count)]
        results["gold_rows"] = .integer(examples.count { $0.gold != nil })
        results["metric"] = .string(task.metric.rawValue)
        results["confidence_level"] = 0.95
        results["bootstrap"] = [
            "resamples": .integer(bootstrap.resamples), "seed": .string(String(bootstrap.seed)),
        ]
        results["systems"] = .array(systems.map(EvaluationReport.json))
        results["comparisons"] = .array(
            zip(references, comparisons).map { reference, comparison in
                var object = JSONObject()
                object["first"] = .string(result.name)
                object["second"] = .string(reference.name)
                for member in comparison.json.objectValue?.members ?? [] { object[member.key] = member.value }
                return .object(object)
            })
        if let confusion = result.confusion {
            results["labels"] = .array(confusion.labelScores.map(EvaluationReport.json))
            results["confusion"] = [
                "labels": .array(confusion.labels.map(JSONValue.string)),
                "counts": .array(confusion.counts.map { .array($0.map(JSONValue.integer)) }),
            ]
        }
        if let calibration = result.calibration {
            results["reliability"] = .array(calibration.bins.map(EvaluationReport.json))
        }
        return results
    }

    private static func json(_ score: ConfusionMatrix.LabelScore) -> JSONValue {
        [
            "label": .string(score.label), "precision": .number(score.precision), "recall": .number(score.recall),
            "f1": .number(score.f1), "support": .integer(score.support), "answered": .integer(score.answered),
        ]
    }

    private static func json(_ bin: Calibration.Bin) -> JSONValue {
        [
            "lower": .number(bin.lower), "upper": .number(bin.upper), "count": .integer(bin.count),
            "confidence": .number(bin.meanConfidence), "accuracy": .number(bin.accuracy),
        ]
    }

    private static func json(_ system: SystemResult) -> JSONValue {
        var object = JSONObject()
        object["name"] = .string(system.name)
        object["kind"] = .string(system.kind.rawValue)
        object["accuracy"] = system.accuracy.json
        object["agreement"] = system.agreement.json
        object["macro_f1"] = system.macroF1?.json
        object["calibration_error"] = system.calibrationError?.json
        object["invalid_answers"] = .integer(system.invalidCount)
        object["not_a_number_answers"] = .integer(system.notANumberCount)
        object["too_long_prompts"] = .integer(system.tooLongCount)
        object["repaired_answers"] = .integer(system.repairedCount)
        object["slices"] = .array(system.slices.map(\.json))
        if let coverage = system.coverage {
            object["risk_coverage_area"] = .number(coverage.riskArea)
            object["coverage"] = .array(
                coverage.thinned(to: 100).map { point in
                    [
                        "threshold": .number(point.threshold), "coverage": .number(point.coverage),
                        "accuracy": .number(point.accuracy),
                    ]
                })
        }
        return .object(object)
    }

    /// `predictions.jsonl`: a line for each example, in the order of the split. The example's text is not repeated.
    var predictionLines: [UInt8] {
        var bytes: [UInt8] = []
        for (index, example) in examples.enumerated() {
            let prediction = result.predictions[index]
            var line = JSONObject()
            line["id"] = .string(example.id)
            line["label"] = .string(example.label)
            line["gold"] = example.gold.map(JSONValue.string)
            line["answer"] = prediction.answer.map(JSONValue.string) ?? .null
            line["problem"] = prediction.problem.map { .string($0.rawValue) }
            if prediction.isRepaired { line["repaired"] = true }
            line["correct"] = .bool(result.isRight[index])
            line["confidence"] = prediction.confidence.map(JSONValue.number)
            line["truth_probability"] = prediction.truthProbability.map(JSONValue.number)
            line["slices"] = .array(example.slices.map(JSONValue.string))
            var others = JSONObject()
            for reference in references {
                others[reference.name] = reference.predictions[index].answer.map(JSONValue.string) ?? .null
            }
            if !others.isEmpty { line["references"] = .object(others) }
            JSONLines.append(.object(line), to: &bytes)
        }
        return bytes
    }
}
