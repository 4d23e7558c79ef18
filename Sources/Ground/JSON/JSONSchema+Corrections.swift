extension JSONSchema {
    /// Values that keep the schema and differ from one that breaks it only where that has something else than an `enum`,
    /// a `const` or a truth value allows; in the schema's order. Empty where that does not mend it, or in too many ways.
    ///
    /// - Parameter limit: the most values that are worth comparing.
    public func corrections(of value: JSONValue, limit: Int) -> [JSONValue] {
        guard let found = JSONSchema.alternatives(value, json, limit: limit) else { return [] }
        return found.filter { problems(of: $0).isEmpty }
    }

    /// What may stand in a value's place: itself where it is allowed; nil for more than `limit`.
    private static func alternatives(_ value: JSONValue, _ schema: JSONValue, limit: Int) -> [JSONValue]? {
        if let choices = choices(schema) {
            if choices.contains(where: { isEqual($0, value) }) { return [value] }
            return choices.count <= limit ? choices : nil
        }
        switch value {
        case .object(let object):
            return combined(object.members.map(\.value), limit: limit) { index in
                let key = object.members[index].key
                return schema["properties"]?[key] ?? schema["additionalProperties"] ?? true
            }?.map { values in
                .object(JSONObject(zip(object.members, values).map { (key: $0.key, value: $1) }))
            }
        case .array(let elements):
            return combined(elements, limit: limit) { _ in schema["items"] ?? true }?.map { .array($0) }
        default: return [value]
        }
    }

    /// All values of a closed set; nil where the schema has none.
    private static func choices(_ schema: JSONValue) -> [JSONValue]? {
        if let constant = schema["const"] { return [constant] }
        if let values = schema["enum"]?.arrayValue { return values }
        return schema["type"]?.stringValue == "boolean" ? [true, false] : nil
    }

    /// Every way to choose one alternative for each of several values.
    private static func combined(
        _ values: [JSONValue], limit: Int, _ schema: (Int) -> JSONValue
    ) -> [[JSONValue]]? {
        var ways: [[JSONValue]] = [[]]
        for (index, value) in values.enumerated() {
            guard let found = alternatives(value, schema(index), limit: limit), ways.count * found.count <= limit else {
                return nil
            }
            ways = ways.flatMap { way in found.map { way + [$0] } }
        }
        return ways
    }
}
