import Foundation
public import JSON
import PlainText
import Storage

extension TaskDefinition {
    /// Reads a `task.yaml`.
    ///
    /// - Throws: `ConfigurationError` with everything that is wrong with it, or `StorageError` when it cannot be read.
    public init(path: String) throws { try self.init(file: try ConfigurationFile(path: path)) }

    /// Reads the text of a `task.yaml`.
    public init(yaml: String, path: String = "task.yaml") throws {
        try self.init(file: try ConfigurationFile(text: yaml, path: path))
    }

    /// The JSON Schema of `task.yaml`.
    public static func schema() throws -> JSONValue {
        try ConfigurationFile.schema(title: "task.yaml") { _ = try TaskDefinition(file: $0) }
    }

    private init(file: ConfigurationFile) throws {
        let root = file.root
        name = root.string("name")
        if name.isEmpty || name.contains(where: { !$0.isASCII || $0.isWhitespace || $0 == "/" }), root.has("name") {
            root.report("name", found: "'\(name)'", expected: "ASCII without spaces and slashes")
        }
        description = root.string("description", default: "")
        kind = root.choice("kind", default: .classification)
        input = root.choice("input", default: .lastUserMessage)
        labels = TaskDefinition.labels(root, kind)
        outOfScopeLabel = root.optionalString("out_of_scope")
        if let outOfScopeLabel, !labels.contains(where: { $0.name == outOfScopeLabel }) {
            let guess = Spelling.nearest(to: outOfScopeLabel, among: labels.map(\.name))
            root.report(
                "out_of_scope", found: "'\(outOfScopeLabel)'",
                expected: "one of the labels" + (guess.map { "; did you mean '\($0)'?" } ?? ""))
        }
        let prompts = root.section("prompts")
        student = TaskDefinition.prompt(prompts, "student")
        teacher = TaskDefinition.prompt(prompts, "teacher")
        answerSchema = TaskDefinition.schema(root, kind)
        metric = root.choice("metric", default: .accuracy)
        slices = TaskDefinition.slices(root, labels)
        let escalation = root.section("escalation", isRequired: false)
        threshold = escalation.number("threshold", default: 0, in: 0...1)
        invalidAnswers = escalation.choice("on_invalid", default: .escalate)
        refusal = escalation.optionalString("refusal")
        maximumTokens = root.integer("maximum_tokens", default: TaskDefinition.defaultMaximumTokens, in: 1...1_000_000)
        if kind == .classification {
            let generated = [
                (escalation, "on_invalid", "one out of a closed set"),
                (escalation, "refusal", "one out of a closed set"),
                (root, "maximum_tokens", "a label"),
            ]
            for (section, key, answer) in generated where section.has(key) {
                section.report(key, found: "an answer that is \(answer)", expected: "kind: generation")
            }
        }
        gate = TaskGate(root.section("gate", isRequired: false))
        split = SplitRule(root.section("split", isRequired: false))
        try file.finish()
    }

    private static func labels(_ root: ConfigurationSection, _ kind: Kind) -> [Label] {
        let sections = root.sections("labels", isRequired: kind == .classification)
        var seen: Set<String> = []
        let labels = sections.map { section in
            let label = Label(
                name: section.string("name"), description: section.string("description", default: ""),
                examples: section.strings("examples", default: []))
            if label.name.isEmpty ? section.has("name") : trimmed(label.name) != label.name {
                section.report("name", found: "'\(label.name)'", expected: "a name without space around it")
            }
            if !label.name.isEmpty, !seen.insert(label.name.lowercased()).inserted {
                section.report("name", found: "'\(label.name)' again", expected: "each label once, regardless of case")
            }
            return label
        }
        if kind == .classification, root.has("labels"), labels.count < 2 {
            root.report("labels", found: "\(labels.count)", expected: "two or more")
        }
        if kind == .generation, !labels.isEmpty {
            root.report("labels", found: "\(labels.count)", expected: "none for kind: generation")
        }
        return labels
    }

    private static func prompt(_ prompts: ConfigurationSection, _ key: String) -> Prompt {
        let section = prompts.section(key)
        let prompt = Prompt(
            system: PromptTemplate(section.string("system", default: "")),
            user: PromptTemplate(section.string("user")))
        for (key, template) in [("system", prompt.system), ("user", prompt.user)] {
            for word in template.unknown {
                let known = PromptTemplate.Placeholder.allCases.map(\.rawValue)
                let guess = Spelling.nearest(to: word, among: known).map { "; did you mean '{\($0)}'?" } ?? ""
                section.report(
                    key, found: "unknown placeholder '{\(word)}'",
                    expected: "one of \(known.map { "{\($0)}" }.joined(separator: ", "))\(guess)")
            }
        }
        if section.has("user"), !prompt.user.uses(.input), !prompt.system.uses(.input) {
            section.report("user", found: "no '{input}'", expected: "a place for the input")
        }
        return prompt
    }

    private static func schema(_ root: ConfigurationSection, _ kind: Kind) -> JSONSchema? {
        guard let json = root.json("answer") else { return nil }
        if kind == .classification {
            root.report("answer", found: "a schema", expected: "none for kind: classification")
        }
        let schema = JSONSchema(json: json)
        for problem in schema.defects { root.report("answer", found: problem, expected: "a JSON Schema") }
        return schema
    }

    private static func slices(_ root: ConfigurationSection, _ labels: [Label]) -> [TaskSlice] {
        var names: Set<String> = []
        return root.sections("slices", isRequired: false).compactMap { section in
            let name = section.string("name")
            if !names.insert(name).inserted {
                section.report("name", found: "'\(name)' again", expected: "each slice once")
            }
            let wanted = section.has("labels") ? section.strings("labels") : nil
            for label in wanted ?? [] where !labels.contains(where: { $0.name == label }) {
                let guess = Spelling.nearest(to: label, among: labels.map(\.name))
                section.report(
                    "labels", found: "'\(label)'",
                    expected: "labels of the task" + (guess.map { "; did you mean '\($0)'?" } ?? ""))
            }
            let limits = 0...1_000_000_000
            let minimum = section.has("minimum_length") ? section.integer("minimum_length", in: limits) : nil
            let maximum = section.has("maximum_length") ? section.integer("maximum_length", in: limits) : nil
            let keywords = section.has("keywords") ? section.strings("keywords") : nil
            if let minimum, let maximum, minimum > maximum {
                section.report("maximum_length", found: "\(maximum)", expected: "minimum_length or more (\(minimum))")
            }
            for word in keywords ?? [] where word.isBlank {
                section.report("keywords", found: "'\(word)'", expected: "words")
            }
            for (key, list) in [("labels", wanted), ("keywords", keywords)] where list?.isEmpty ?? false {
                section.report(key, found: "an empty list", expected: "one or more")
            }
            let pattern = section.optionalString("pattern")
            let after = section.date("after")
            if wanted == nil, minimum == nil, maximum == nil, keywords == nil, pattern == nil, !section.has("after") {
                section.report(
                    "name", found: "'\(name)' without a rule",
                    expected: "labels, minimum_length, maximum_length, keywords, pattern or after")
            }
            do {
                return try TaskSlice(
                    name: name, labels: wanted, minimumLength: minimum, maximumLength: maximum, keywords: keywords,
                    pattern: pattern, after: after)
            } catch {
                section.report("pattern", found: "'\(pattern ?? "")'", expected: "a regular expression")
                return nil
            }
        }
    }
}

extension TaskGate {
    init(_ section: ConfigurationSection) {
        self.init()
        for (key, field, range) in TaskGate.keys { self[keyPath: field] = section.optionalNumber(key, in: range) }
    }
}

extension SplitRule {
    init(_ section: ConfigurationSection) {
        self.init()
        if let date = section.date("test_after") {
            test = .after(date)
            if section.has("test_fraction") {
                section.report("test_fraction", found: "test_after as well", expected: "one of the two")
            }
        } else {
            test = .fraction(section.number("test_fraction", default: 0.15, in: 0...0.9))
        }
        validationFraction = section.number("validation_fraction", default: 0.1, in: 0...0.9)
        nearDuplicateSimilarity = section.number("near_duplicate_similarity", default: 0.8, in: 0.5...1)
        seed = UInt64(section.integer("seed", default: 1, in: 0...Int.max))
    }
}

extension ConfigurationSection {
    /// A time, ISO 8601; nil if there is none.
    fileprivate func date(_ key: String) -> Date? {
        guard let text = optionalString(key) else { return nil }
        guard let date = Timestamp.date(text) else {
            report(key, found: "'\(text)'", expected: "a time such as 2026-10-01 or 2026-10-01T08:30:00Z")
            return nil
        }
        return date
    }
}
