import Foundation
import PlainText

/// The part of JSON Schema (draft 2020-12) that answers need: `type`, `enum`, `const`, `properties`, `required`,
/// `additionalProperties`, `items`, and the limits on numbers, texts and lists.
///
/// A keyword outside this part is a defect and not ignored: a rule that is not enforced must not look as if it were.
public struct JSONSchema: Sendable {
    public let json: JSONValue
    /// What is wrong with the schema itself. One with defects is not used.
    public let defects: [String]

    public init(json: JSONValue) {
        self.json = json
        var defects: [String] = []
        JSONSchema.inspect(json, at: "", &defects)
        self.defects = defects
    }

    private static let annotations: Set<String> = [
        "$schema", "$id", "title", "description", "default", "examples", "deprecated", "format",
    ]
    private static let types = ["null", "boolean", "integer", "number", "string", "array", "object"]
    private static let limits = [
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems",
        "minProperties", "maxProperties",
    ]

    private static func inspect(_ schema: JSONValue, at path: String, _ defects: inout [String]) {
        if case .bool = schema { return }
        guard let object = schema.objectValue else {
            defects.append("\(place(path)) is \(schema.kindName)")
            return
        }
        for (key, value) in object.members where !annotations.contains(key) {
            let here = "\(path)/\(key)"
            switch key {
            case "type":
                let names = value.arrayValue ?? [value]
                for name in names where !types.contains(name.stringValue ?? "") {
                    defects.append("\(place(here)) names an unknown type")
                }
            case "enum": if value.arrayValue?.isEmpty ?? true { defects.append("\(place(here)) is not a list") }
            case "const": break
            case "required":
                if !(value.arrayValue?.allSatisfy { $0.stringValue != nil } ?? false) {
                    defects.append("\(place(here)) is not a list of texts")
                }
            case "properties":
                if value.objectValue == nil { defects.append("\(place(here)) is not a mapping") }
                for member in value.objectValue?.members ?? [] {
                    inspect(member.value, at: "\(here)/\(member.key)", &defects)
                }
            case "items", "additionalProperties": inspect(value, at: here, &defects)
            case "uniqueItems": if value.boolValue == nil { defects.append("\(place(here)) is not true or false") }
            case "pattern":
                if value.stringValue.flatMap(expression) == nil {
                    defects.append("\(place(here)) is not a regular expression")
                }
            case _ where limits.contains(key):
                if value.doubleValue == nil { defects.append("\(place(here)) is not a number") }
            default: defects.append("\(place(path)) has the unsupported keyword '\(key)'")
            }
        }
    }

    /// Every departure of a value from the schema, each with its place as a JSON Pointer.
    public func problems(of value: JSONValue) -> [String] {
        var problems: [String] = []
        JSONSchema.check(value, json, at: "", &problems)
        return problems
    }

    private static func place(_ path: String) -> String { path.isEmpty ? "the root" : path }

    private static func expression(_ pattern: String) -> BoundedExpression? {
        try? BoundedExpression(pattern)
    }

    private static func check(_ value: JSONValue, _ schema: JSONValue, at path: String, _ problems: inout [String]) {
        if case .bool(let allowed) = schema {
            if !allowed { problems.append("\(place(path)): not allowed") }
            return
        }
        let wanted = schema["type"].map { ($0.arrayValue ?? [$0]).compactMap(\.stringValue) }
        if let wanted, !wanted.contains(where: { isOf(value, $0) }) {
            problems.append("\(place(path)): \(value.kindName), expected \(wanted.joined(separator: " or "))")
            return
        }
        if let allowed = schema["enum"]?.arrayValue, !allowed.contains(where: { isEqual($0, value) }) {
            problems.append("\(place(path)): not one of the allowed values")
        }
        if let constant = schema["const"], !isEqual(constant, value) {
            problems.append("\(place(path)): not the one allowed value")
        }
        switch value {
        case .integer, .number, .decimal:
            // A number beyond a Double's is larger, or smaller, than every limit.
            let isNegative = value.serialized().hasPrefix("-")
            checkNumber(value.doubleValue ?? (isNegative ? -.infinity : .infinity), schema, at: path, &problems)
        case .string(let text): checkText(text, schema, at: path, &problems)
        case .array(let elements): checkList(elements, schema, at: path, &problems)
        case .object(let object): checkObject(object, schema, at: path, &problems)
        case .null, .bool: break
        }
    }

    private static func isOf(_ value: JSONValue, _ type: String) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("string", .string), ("array", .array), ("object", .object),
            ("number", .integer), ("number", .number), ("number", .decimal), ("integer", .integer):
            true
        // 1.0 is an integer in JSON Schema.
        case ("integer", .number(let number)): number == number.rounded()
        case ("integer", .decimal(let number)): number.isIntegral
        default: false
        }
    }

    /// JSON Schema compares numbers by value and objects regardless of order.
    static func isEqual(_ left: JSONValue, _ right: JSONValue) -> Bool {
        if left.isNumber, right.isNumber { return left.isSameNumber(as: right) }
        return left.serializedBytes(.canonical) == right.serializedBytes(.canonical)
    }

    private static func checkNumber(
        _ number: Double, _ schema: JSONValue, at path: String, _ problems: inout [String]
    ) {
        if let limit = schema["minimum"]?.doubleValue, number < limit {
            problems.append("\(place(path)): below the minimum \(limit)")
        }
        if let limit = schema["maximum"]?.doubleValue, number > limit {
            problems.append("\(place(path)): above the maximum \(limit)")
        }
        if let limit = schema["exclusiveMinimum"]?.doubleValue, number <= limit {
            problems.append("\(place(path)): not above \(limit)")
        }
        if let limit = schema["exclusiveMaximum"]?.doubleValue, number >= limit {
            problems.append("\(place(path)): not below \(limit)")
        }
    }

    private static func checkCount(
        _ count: Int, _ unit: String, _ schema: JSONValue, at path: String, _ problems: inout [String]
    ) {
        if let limit = schema["min\(unit)"]?.doubleValue, Double(count) < limit {
            problems.append("\(place(path)): has \(count), expected min\(unit) \(limit)")
        }
        if let limit = schema["max\(unit)"]?.doubleValue, Double(count) > limit {
            problems.append("\(place(path)): has \(count), expected max\(unit) \(limit)")
        }
    }

    private static func checkText(_ text: String, _ schema: JSONValue, at path: String, _ problems: inout [String]) {
        checkCount(text.unicodeScalars.count, "Length", schema, at: path, &problems)
        guard let expression = schema["pattern"]?.stringValue.flatMap(expression) else { return }
        do {
            if !(try expression.matches(text)) { problems.append("\(place(path)): does not match the pattern") }
        } catch {
            problems.append("\(place(path)): the pattern takes too long on it")
        }
    }

    private static func checkList(
        _ elements: [JSONValue], _ schema: JSONValue, at path: String, _ problems: inout [String]
    ) {
        checkCount(elements.count, "Items", schema, at: path, &problems)
        if schema["uniqueItems"]?.boolValue == true,
            Set(elements.map { $0.serializedBytes(.canonical) }).count < elements.count
        {
            problems.append("\(place(path)): has equal items")
        }
        guard let items = schema["items"] else { return }
        for (index, element) in elements.enumerated() { check(element, items, at: "\(path)/\(index)", &problems) }
    }

    private static func checkObject(
        _ object: JSONObject, _ schema: JSONValue, at path: String, _ problems: inout [String]
    ) {
        checkCount(object.count, "Properties", schema, at: path, &problems)
        for key in schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? [] where object[key] == nil {
            problems.append("\(place(path)): '\(key)' is missing")
        }
        let properties = schema["properties"]?.objectValue
        let additional = schema["additionalProperties"]
        for member in object.members {
            if let property = properties?[member.key] {
                check(member.value, property, at: "\(path)/\(member.key)", &problems)
            } else if let additional {
                check(member.value, additional, at: "\(path)/\(member.key)", &problems)
            }
        }
    }
}
