import JSON

extension TemplateValue {
    /// A JSON value as Python's `json` would load it, its texts tagged with what they came from.
    init(_ json: JSONValue, origin: Int32 = TemplateText.noOrigin) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .boolean(value)
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .float(value)
        case .decimal(let value): self = .decimal(value)
        case .string(let text): self = .text(TemplateText(text, origin: origin))
        case .array(let elements):
            self = .sequence(
                TemplateSequence(.list, elements.map { TemplateValue($0, origin: origin) }, origin: origin))
        case .object(let object):
            var dictionary = TemplateDictionary()
            for member in object.members {
                dictionary.set(
                    .text(TemplateText(member.key, origin: origin)), TemplateValue(member.value, origin: origin))
            }
            dictionary.origin = origin
            self = .dictionary(dictionary)
        }
    }

    /// A message: everything in it is tagged but its role, which belongs to the frame.
    init(message: JSONValue, index: Int) {
        guard case .object(let object) = message else {
            self = TemplateValue(message, origin: Int32(index))
            return
        }
        var dictionary = TemplateDictionary()
        for member in object.members {
            let origin = member.key == "role" ? TemplateText.noOrigin : Int32(index)
            dictionary.set(
                .text(TemplateText(member.key, origin: Int32(index))), TemplateValue(member.value, origin: origin))
        }
        dictionary.origin = Int32(index)
        self = .dictionary(dictionary)
    }
}

/// `json.dumps` with the options that chat templates use.
struct PythonJSON {
    var indentation: String?
    var itemSeparator = ", "
    var keySeparator = ": "
    var sortsKeys = false
    var isASCII = false
    private var result = TemplateText("")

    init() {}

    /// What came from a message keeps its tag, wherever in the value it stands.
    mutating func text(of value: TemplateValue) throws -> TemplateText {
        result = TemplateText("")
        try write(value, depth: 0, within: TemplateText.noOrigin)
        return result
    }

    /// - Parameter within: the message that the value around this one came from.
    private mutating func write(_ value: TemplateValue, depth: Int, within: Int32) throws {
        let origin = value.origin == TemplateText.noOrigin ? within : value.origin
        switch value {
        case .none: append("null", origin)
        case .boolean(let value): append(value ? "true" : "false", origin)
        case .integer(let value): append(String(value), origin)
        case .float(let value): append(PythonJSON.number(value), origin)
        case .decimal(let value): append(value.text, origin)
        case .text(let text): write(text, origin)
        case .sequence(let sequence) where sequence.kind == .list || sequence.isTuple:
            try list(sequence.elements, "[", "]", depth, origin) {
                try $0.write($1, depth: depth + 1, within: origin)
            }
        case .dictionary(let dictionary):
            var members = Array(zip(dictionary.keys, dictionary.values))
            if sortsKeys { members = try members.sortedStably { try $0.0.isLess(than: $1.0) } }
            try list(members, "{", "}", depth, origin) { writer, member in
                writer.write(try PythonJSON.key(member.0), origin)
                writer.append(writer.keySeparator, origin)
                try writer.write(member.1, depth: depth + 1, within: origin)
            }
        default: throw TemplateFailure("filter 'tojson': \(value.typeName) has no form in JSON")
        }
    }

    private mutating func append(_ string: String, _ origin: Int32) {
        for scalar in string.unicodeScalars { result.elements.append(TaggedScalar(scalar: scalar, origin: origin)) }
    }

    private mutating func list<Element>(
        _ elements: [Element], _ opening: String, _ closing: String, _ depth: Int, _ origin: Int32,
        _ body: (inout PythonJSON, Element) throws -> Void
    ) throws {
        append(opening, origin)
        for (index, element) in elements.enumerated() {
            if index > 0 { append(itemSeparator, origin) }
            newLine(depth + 1, origin)
            try body(&self, element)
        }
        if !elements.isEmpty { newLine(depth, origin) }
        append(closing, origin)
    }

    private mutating func newLine(_ depth: Int, _ origin: Int32) {
        guard let indentation else { return }
        append("\n", origin)
        for _ in 0..<depth { append(indentation, origin) }
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        return value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : PythonNumber.text(of: value)
    }

    private static func key(_ key: TemplateValue) throws -> TemplateText {
        switch key {
        case .text(let text): return text
        case .none: return "null"
        case .boolean(let value): return value ? "true" : "false"
        case .integer(let value): return TemplateText(String(value))
        case .float(let value): return TemplateText(number(value))
        default: throw TemplateFailure("filter 'tojson': \(key.typeName) is no key in JSON")
        }
    }

    /// The quotes belong to what the text as a whole came from.
    private mutating func write(_ text: TemplateText, _ origin: Int32) {
        append("\"", origin)
        for element in text.elements {
            let scalar = element.scalar
            let origin = element.origin == TemplateText.noOrigin ? origin : element.origin
            switch scalar {
            case "\"": append("\\\"", origin)
            case "\\": append("\\\\", origin)
            case "\n": append("\\n", origin)
            case "\r": append("\\r", origin)
            case "\t": append("\\t", origin)
            case "\u{08}": append("\\b", origin)
            case "\u{0C}": append("\\f", origin)
            case _ where scalar.value < 0x20: append(PythonJSON.escape(UInt16(scalar.value)), origin)
            case _ where isASCII && scalar.value > 0x7E:
                for unit in UTF16.encode(scalar) ?? .init() { append(PythonJSON.escape(unit), origin) }
            default: result.elements.append(TaggedScalar(scalar: scalar, origin: origin))
            }
        }
        append("\"", origin)
    }

    private static func escape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}

extension Array {
    /// A stable sort whose order may fail.
    func sortedStably(_ isLess: (Element, Element) throws -> Bool) throws -> [Element] {
        guard count > 1 else { return self }
        let left = try Array(self[..<(count / 2)]).sortedStably(isLess)
        let right = try Array(self[(count / 2)...]).sortedStably(isLess)
        var result: [Element] = []
        result.reserveCapacity(count)
        var one = 0
        var other = 0
        while one < left.count, other < right.count {
            if try isLess(right[other], left[one]) {
                result.append(right[other])
                other += 1
            } else {
                result.append(left[one])
                one += 1
            }
        }
        return result + left[one...] + right[other...]
    }
}
