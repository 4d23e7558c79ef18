import Conversations

extension TemplateValue {
    /// A JSON value as Python's `json` would load it, its texts tagged with the message that they came from.
    init(_ json: JSONValue, origin: Int32 = TemplateText.noOrigin) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .boolean(value)
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .float(value)
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
    private var result = ""

    init() {}

    mutating func text(of value: TemplateValue) throws -> TemplateText {
        result = ""
        try write(value, depth: 0)
        return TemplateText(result, origin: value.origin)
    }

    private mutating func write(_ value: TemplateValue, depth: Int) throws {
        switch value {
        case .none: result += "null"
        case .boolean(let value): result += value ? "true" : "false"
        case .integer(let value): result += String(value)
        case .float(let value): result += PythonJSON.number(value)
        case .text(let text): write(text)
        case .sequence(let sequence) where sequence.kind == .list || sequence.isTuple:
            try list(sequence.elements, "[", "]", depth) { try $0.write($1, depth: depth + 1) }
        case .dictionary(let dictionary):
            var members = Array(zip(dictionary.keys, dictionary.values))
            if sortsKeys { members = try members.sortedStably { try $0.0.isLess(than: $1.0) } }
            try list(members, "{", "}", depth) { writer, member in
                writer.write(TemplateText(try PythonJSON.key(member.0)))
                writer.result += writer.keySeparator
                try writer.write(member.1, depth: depth + 1)
            }
        default: throw TemplateFailure("filter 'tojson': \(value.typeName) has no form in JSON")
        }
    }

    private mutating func list<Element>(
        _ elements: [Element], _ opening: String, _ closing: String, _ depth: Int,
        _ body: (inout PythonJSON, Element) throws -> Void
    ) throws {
        result += opening
        for (index, element) in elements.enumerated() {
            if index > 0 { result += itemSeparator }
            newLine(depth + 1)
            try body(&self, element)
        }
        if !elements.isEmpty { newLine(depth) }
        result += closing
    }

    private mutating func newLine(_ depth: Int) {
        guard let indentation else { return }
        result += "\n"
        for _ in 0..<depth { result += indentation }
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        return value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : PythonNumber.text(of: value)
    }

    private static func key(_ key: TemplateValue) throws -> String {
        switch key {
        case .text(let text): return text.string
        case .none: return "null"
        case .boolean(let value): return value ? "true" : "false"
        case .integer(let value): return String(value)
        case .float(let value): return number(value)
        default: throw TemplateFailure("filter 'tojson': \(key.typeName) is no key in JSON")
        }
    }

    private mutating func write(_ text: TemplateText) {
        result += "\""
        for element in text.elements {
            let scalar = element.scalar
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{08}": result += "\\b"
            case "\u{0C}": result += "\\f"
            case _ where scalar.value < 0x20: result += PythonJSON.escape(UInt16(scalar.value))
            case _ where isASCII && scalar.value > 0x7E:
                for unit in UTF16.encode(scalar) ?? .init() { result += PythonJSON.escape(unit) }
            default: result.unicodeScalars.append(scalar)
            }
        }
        result += "\""
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
