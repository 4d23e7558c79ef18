public import Foundation
public import JSON
import PlainText
import Yams

/// Everything wrong with one configuration file, found in one reading.
public struct ConfigurationError: LocalizedError, Sendable, Hashable, CustomStringConvertible {
    public var file: String
    /// `line 4: rank: 'many', expected a whole number from 1 to 1024`
    public var problems: [String]
    /// What the file seems to be, where it is one of another kind.
    public var hint: String?

    public init(file: String, problems: [String], hint: String? = nil) {
        self.file = file
        self.problems = problems
        self.hint = hint
    }

    public var description: String { problems.map { "\(file): \($0)" }.joined(separator: "\n") }
    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }
}

/// A YAML file that a person wrote, read strictly: every problem is collected, unknown keys among them, and
/// ``finish()`` throws them together.
///
/// Reading goes on after a problem with a stand-in value, so that one reading finds all; nothing that was read
/// may be used before ``finish()`` has returned.
public final class ConfigurationFile {
    public let path: String
    private let node: Node?
    private var problems: [String] = []
    private var sections: [ConfigurationSection] = []
    /// Where a reading leaves what it asks for; nil where it reads a file.
    let description: ConfigurationDescription?

    public convenience init(path: String) throws {
        let data = try FileHandle(readingFrom: path).readToEnd() ?? Data()
        guard let text = String(validating: data.unmarked, as: UTF8.self) else {
            throw StorageError(.input, "\(path) is not UTF-8 text")
        }
        try self.init(text: text, path: path)
    }

    /// - Parameter path: what messages call the text.
    public init(text: String, path: String) throws {
        self.path = path
        description = nil
        do {
            node = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw ConfigurationError(file: path, problems: [error.problem])
        }
    }

    init(describing description: ConfigurationDescription) {
        path = ""
        node = nil
        self.description = description
    }

    /// The mapping that the file consists of.
    public var root: ConfigurationSection {
        if let description { return section(nil, name: "", described: description.root) }
        guard let mapping = node?.mapping else {
            problems.append("the file: expected a mapping of keys to values")
            return section(nil, name: "")
        }
        return section(mapping, name: "")
    }

    /// Throws every problem found, and every key that nobody asked for.
    public func finish() throws {
        if description != nil { throw ConfigurationDescription.End() }
        for section in sections { section.reportUnknownKeys() }
        guard !problems.isEmpty else { return }
        throw ConfigurationError(file: path, problems: problems, hint: sections.first?.otherKind)
    }

    func section(
        _ mapping: Node.Mapping?, name: String, described: DescribedSection? = nil
    ) -> ConfigurationSection {
        let section = ConfigurationSection(file: self, mapping: mapping, name: name, described: described)
        sections.append(section)
        return section
    }

    func report(_ problem: String, at mark: Mark?) {
        problems.append(mark.map { "line \($0.line): \(problem)" } ?? problem)
    }
}

/// One mapping of a ``ConfigurationFile``: typed reads by key.
public final class ConfigurationSection {
    private unowned let file: ConfigurationFile
    private let mapping: Node.Mapping?
    private let name: String
    private let described: DescribedSection?
    private var known: [String] = []

    init(file: ConfigurationFile, mapping: Node.Mapping?, name: String, described: DescribedSection?) {
        self.file = file
        self.mapping = mapping
        self.name = name
        self.described = described
    }

    /// The keys as they were written, in order.
    public var keys: [String] {
        described?.isOpen = true
        return mapping?.keys.compactMap(\.string) ?? []
    }

    /// Whether a key is there with a value other than null.
    public func has(_ key: String) -> Bool {
        described?.note(key, isRequired: false)
        return described != nil || node(key) != nil
    }

    /// A problem of this section that only the caller can see.
    public func report(_ key: String, found: String, expected: String) {
        file.report("\(qualified(key)): \(found), expected \(expected)", at: mapping?[key]?.mark ?? mapping?.mark)
    }

    /// A text; missing and without a default it is a problem.
    public func string(_ key: String, default fallback: String? = nil) -> String {
        let schema = ConfigurationSection.schema(["type": ConfigurationSection.texts], fallback.map { .string($0) })
        return read(key, fallback, stand: "", "a text", schema) { $0.scalar?.string }
    }

    public func optionalString(_ key: String) -> String? { has(key) ? string(key) : nil }

    /// A whole number in a range.
    public func integer(_ key: String, default fallback: Int? = nil, in range: ClosedRange<Int>) -> Int {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        let schema = ConfigurationSection.schema(
            ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)],
            fallback.map { .integer($0) })
        return read(key, fallback, stand: range.lowerBound, expected, schema) {
            $0.wholeNumber.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A finite number in a range.
    public func number(_ key: String, default fallback: Double? = nil, in range: ClosedRange<Double>) -> Double {
        let expected = "a number from \(range.lowerBound) to \(range.upperBound)"
        let schema = ConfigurationSection.schema(
            ["type": "number", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)],
            fallback.map { .number($0) })
        return read(key, fallback, stand: range.lowerBound, expected, schema) {
            $0.decimalNumber.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    public func optionalNumber(_ key: String, in range: ClosedRange<Double>) -> Double? {
        has(key) ? number(key, in: range) : nil
    }

    public func boolean(_ key: String, default fallback: Bool? = nil) -> Bool {
        let schema = ConfigurationSection.schema(["type": "boolean"], fallback.map { .bool($0) })
        return read(key, fallback, stand: false, "true or false", schema) { $0.truth(readsWords: true) }
    }

    /// One of a closed set of words.
    public func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, default fallback: Choice? = nil
    ) -> Choice where Choice.RawValue == String {
        let words = Choice.allCases.map(\.rawValue)
        if let description = file.description {
            description.note(qualified(key), words: words)
            let schema = ConfigurationSection.schema(
                ["enum": .array(words.map { .string($0) })], fallback.map { .string($0.rawValue) })
            described?.note(key, isRequired: fallback == nil, schema)
            if let chosen = description.chosen, chosen.key == qualified(key), let choice = Choice(rawValue: chosen.word)
            {
                return choice
            }
        }
        let allowed = "one of \(words.joined(separator: ", "))"
        return read(key, fallback, stand: Choice.allCases[Choice.allCases.startIndex], allowed, [:]) {
            $0.scalar.flatMap { Choice(rawValue: $0.string) }
        }
    }

    /// A list of texts.
    ///
    /// - Parameter takesOne: whether a single text stands for a list of one.
    public func strings(_ key: String, default fallback: [String]? = nil, takesOne: Bool = true) -> [String] {
        let list: JSONValue = ["type": "array", "items": ["type": ConfigurationSection.texts]]
        let schema = ConfigurationSection.schema(
            takesOne ? ["anyOf": [["type": ConfigurationSection.texts], list]] : list,
            fallback.map { .array($0.map { .string($0) }) })
        return read(key, fallback, stand: [], "a list of texts", schema) { node in
            if takesOne, let scalar = node.scalar { return [scalar.string] }
            return node.sequence?.enumerated().map { index, element in
                if let scalar = element.scalar, !element.isAbsent { return scalar.string }
                wrong("\(key)[\(index)]", element, "a text")
                return ""
            }
        }
    }

    /// A mapping below this one; missing, it reads as empty when `isRequired` is false.
    public func section(_ key: String, isRequired: Bool = true) -> ConfigurationSection {
        if let described {
            let below = described.section(key, isRequired: isRequired, isList: false)
            return file.section(nil, name: qualified(key), described: below)
        }
        guard let node = node(key) else {
            if isRequired { missing(key, "a mapping") }
            return file.section(nil, name: qualified(key))
        }
        if node.mapping == nil { wrong(key, node, "a mapping") }
        return file.section(node.mapping, name: qualified(key))
    }

    /// A list of mappings.
    public func sections(_ key: String, isRequired: Bool = true) -> [ConfigurationSection] {
        if let described {
            let below = described.section(key, isRequired: isRequired, isList: true)
            return [file.section(nil, name: "\(qualified(key))[0]", described: below)]
        }
        guard let node = node(key) else {
            if isRequired { missing(key, "a list of mappings") }
            return []
        }
        guard let sequence = node.sequence else {
            wrong(key, node, "a list of mappings")
            return []
        }
        return sequence.enumerated().map { index, element in
            if element.mapping == nil { wrong("\(key)[\(index)]", element, "a mapping") }
            return file.section(element.mapping, name: "\(qualified(key))[\(index)]")
        }
    }

    /// Any value, as JSON; for what another format defines, a JSON Schema for one.
    ///
    /// - Parameter schema: what is to be said of the value.
    public func json(_ key: String, as schema: JSONValue = [:]) -> JSONValue? {
        described?.note(key, isRequired: false, schema)
        guard let node = node(key) else { return nil }
        var left = ConfigurationSection.mostValues
        guard let json = ConfigurationSection.json(node, &left) else {
            report(key, found: "more than \(ConfigurationSection.mostValues) values", expected: "fewer")
            return nil
        }
        return json
    }

    /// What a text may be written as: a scalar.
    private static let texts: JSONValue = ["string", "number", "boolean"]

    private static func schema(_ schema: JSONValue, _ fallback: JSONValue?) -> JSONValue {
        var object = schema.objectValue ?? JSONObject()
        object["default"] = fallback
        return .object(object)
    }

    private func node(_ key: String) -> Node? {
        known.append(key)
        guard let node = mapping?[key], !node.isAbsent else { return nil }
        return node
    }

    private func read<Value>(
        _ key: String, _ fallback: Value?, stand: Value, _ expected: String, _ schema: JSONValue,
        _ convert: (Node) -> Value?
    ) -> Value {
        if let described {
            described.note(key, isRequired: fallback == nil, schema)
            return fallback ?? stand
        }
        guard let node = node(key) else {
            if fallback == nil { missing(key, expected) }
            return fallback ?? stand
        }
        guard let value = convert(node) else {
            wrong(key, node, expected)
            return fallback ?? stand
        }
        return value
    }

    private func missing(_ key: String, _ expected: String) {
        guard let absent = mapping?[key], let word = absent.scalar?.string, !word.isEmpty else {
            return file.report(
                "\(qualified(key)): missing, expected \(expected)", at: mapping?[key]?.mark ?? mapping?.mark)
        }
        file.report(
            "\(qualified(key)): \(word), which is no value, expected \(expected); quotes make it a text",
            at: absent.mark)
    }

    private func wrong(_ key: String, _ node: Node, _ expected: String) {
        let found =
            node.isAbsent
            ? "nothing"
            : node.scalar.map { "'\($0.string.prefix(40))'" } ?? (node.mapping == nil ? "a list" : "a mapping")
        file.report("\(qualified(key)): \(found), expected \(expected)", at: node.mark)
    }

    private func qualified(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }

    /// The kinds of files that people write, each with keys that no other has.
    private static let kinds: KeyValuePairs = [
        "a pipeline": ["stages"], "a task": ["labels", "prompts"],
        "a recipe": ["rank", "epochs", "batch_size", "learning_rate"],
    ]

    /// What a file seems to be by keys that nobody asked for.
    var otherKind: String? {
        let unknown = keys.filter { !known.contains($0) }
        let kind = ConfigurationSection.kinds.first { $0.value.contains(where: unknown.contains) }
        return kind.map { "it looks like \($0.key); was another file meant?" }
    }

    func reportUnknownKeys() {
        for key in mapping?.keys.map({ $0 }) ?? [] where key.scalar == nil {
            file.report(
                "\(name.isEmpty ? "" : "\(name): ")a key that is a list or a mapping, expected a word", at: key.mark)
        }
        for key in keys where !known.contains(key) {
            let guess = Spelling.nearest(to: key, among: known).map { "; did you mean '\($0)'?" } ?? ""
            file.report("\(qualified(key)): unknown key\(guess)", at: mapping?[key]?.mark)
        }
    }

    /// The most values that one key may amount to: aliases of aliases multiply.
    private static let mostValues = 100_000

    /// nil where there are more values than are left.
    private static func json(_ node: Node, _ left: inout Int) -> JSONValue? {
        left -= 1
        guard left > 0 else { return nil }
        if let mapping = node.mapping {
            var members: [(key: String, value: JSONValue)] = []
            for member in mapping {
                guard let value = json(member.value, &left) else { return nil }
                members.append((member.key.string ?? "", value))
            }
            return .object(JSONObject(members))
        }
        if let sequence = node.sequence {
            var elements: [JSONValue] = []
            for element in sequence {
                guard let value = json(element, &left) else { return nil }
                elements.append(value)
            }
            return .array(elements)
        }
        if node.isAbsent { return .null }
        if let value = node.truth(readsWords: false) { return .bool(value) }
        if let number = node.decimalNumber {
            // A number that JSON writes the same way keeps its digits.
            let text = node.scalar?.string ?? ""
            if let value = try? JSONValue(parsing: text), value.isNumber { return value }
            if let value = Int(text) { return .integer(value) }
            return .number(number)
        }
        return .string(node.scalar?.string ?? "")
    }
}
