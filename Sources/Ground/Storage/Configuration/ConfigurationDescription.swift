public import JSON

/// What a reader asks a ``ConfigurationFile`` for, as JSON Schema: the reader itself is the description, so that the two
/// cannot differ.
///
/// The reader runs on no file, once, and then once for every word of every choice that it came upon, since what it asks
/// for may depend on them. A key must be there if every reading says so.
final class ConfigurationDescription {
    /// How a described reading ends, instead of with values.
    struct End: Error {}

    let root = DescribedSection()
    /// The choices found, and the one that the reading under way does not leave at its default.
    private(set) var choices: [(key: String, words: [String])] = []
    var chosen: (key: String, word: String)?

    func note(_ key: String, words: [String]) {
        if !choices.contains(where: { $0.key == key }) { choices.append((key, words)) }
    }
}

/// One mapping of a ``ConfigurationDescription``.
final class DescribedSection {
    private enum Value {
        case plain(JSONValue)
        case mapping(DescribedSection)
        case list(DescribedSection)
    }

    private var keys: [String] = []
    private var values: [String: Value] = [:]
    /// The keys that every reading so far has asked for without a default.
    private var required: Set<String>?
    /// The keys of the reading under way, and whether they must be there. Who first looks whether one is can do without.
    private var asked: [String: Bool] = [:]
    /// Whether the reader takes whatever keys there are.
    var isOpen = false

    func note(_ key: String, isRequired: Bool, _ schema: JSONValue? = nil) {
        if asked[key] == nil { asked[key] = isRequired }
        if let schema, values[key] == nil { add(key, .plain(schema)) }
    }

    func section(_ key: String, isRequired: Bool, isList: Bool) -> DescribedSection {
        note(key, isRequired: isRequired)
        switch values[key] {
        case .mapping(let section), .list(let section): return section
        case .plain, nil:
            let section = DescribedSection()
            add(key, isList ? .list(section) : .mapping(section))
            return section
        }
    }

    private func add(_ key: String, _ value: Value) {
        keys.append(key)
        values[key] = value
    }

    func endReading() {
        for value in values.values {
            switch value {
            case .mapping(let section), .list(let section): section.endReading()
            case .plain: break
            }
        }
        guard !asked.isEmpty else { return }
        let now = Set(asked.filter(\.value).keys)
        required = required.map { $0.intersection(now) } ?? now
        asked = [:]
    }

    var json: JSONObject {
        var properties = JSONObject()
        for key in keys {
            switch values[key] {
            case .plain(let schema): properties[key] = schema
            case .mapping(let section): properties[key] = .object(section.json)
            case .list(let section): properties[key] = ["type": "array", "items": .object(section.json)]
            case nil: break
            }
        }
        var object = JSONObject([(key: "type", value: "object"), (key: "properties", value: .object(properties))])
        let needed = keys.filter { required?.contains($0) == true }
        if !needed.isEmpty { object["required"] = .array(needed.map { .string($0) }) }
        object["additionalProperties"] = .bool(isOpen)
        return object
    }
}

extension ConfigurationFile {
    /// The JSON Schema of the files that a reader takes.
    ///
    /// - Parameters:
    ///   - title: what the schema is called.
    ///   - read: reads a file and ends with ``finish()``.
    public static func schema(title: String, _ read: (ConfigurationFile) throws -> Void) throws -> JSONValue {
        let description = ConfigurationDescription()
        func reading() throws {
            do { try read(ConfigurationFile(describing: description)) } catch is ConfigurationDescription.End {}
            description.root.endReading()
        }
        try reading()
        for choice in description.choices {
            for word in choice.words {
                description.chosen = (choice.key, word)
                try reading()
            }
        }
        var object = JSONObject([
            (key: "$schema", value: "https://json-schema.org/draft/2020-12/schema"),
            (key: "title", value: .string(title)),
        ])
        for member in description.root.json.members { object[member.key] = member.value }
        return .object(object)
    }
}
