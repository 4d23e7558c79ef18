import PlainText

/// How a ``JSONValue`` is written.
public enum JSONStyle: Sendable {
    /// No white space, keys in their own order: for JSON Lines.
    case compact
    /// No white space, keys sorted, numbers of the same value alike (integers apart from others): for digests.
    case canonical
    /// Two-space indentation, keys in their own order: for people.
    case pretty
}

extension JSONValue {
    /// This value as JSON text. Only what JSON requires is escaped.
    public func serialized(_ style: JSONStyle = .compact) -> String {
        String(decoding: serializedBytes(style), as: UTF8.self)
    }

    /// This value as the UTF-8 bytes of JSON text.
    public func serializedBytes(_ style: JSONStyle = .compact) -> [UInt8] {
        var writer = JSONWriter(style: style)
        writer.write(self, indentation: 0)
        return writer.bytes
    }
}

private struct JSONWriter {
    let style: JSONStyle
    var bytes: [UInt8] = []

    mutating func write(_ value: JSONValue, indentation: Int) {
        switch value {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .integer(let value): bytes += String(value).utf8
        // JSON has no word for what is not finite.
        case .number(let value): bytes += (value.isFinite ? "\(value)" : "null").utf8
        case .decimal(let value): bytes += (style == .canonical ? value.canonicalText : value.text).utf8
        case .string(let value): write(value)
        case .array(let elements):
            list(elements, "[", "]", indentation) { $0.write($1, indentation: indentation + 1) }
        case .object(let object):
            let members =
                style == .canonical ? object.members.sorted { $0.key.precedesExactly($1.key) } : object.members
            list(members, "{", "}", indentation) { writer, member in
                writer.write(member.key)
                writer.bytes += (writer.style == .pretty ? ": " : ":").utf8
                writer.write(member.value, indentation: indentation + 1)
            }
        }
    }

    private mutating func list<Element>(
        _ elements: [Element], _ opening: String, _ closing: String, _ indentation: Int,
        _ body: (_ writer: inout JSONWriter, _ element: Element) -> Void
    ) {
        bytes += opening.utf8
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            newLine(indentation + 1)
            body(&self, element)
        }
        if !elements.isEmpty { newLine(indentation) }
        bytes += closing.utf8
    }

    private mutating func newLine(_ indentation: Int) {
        guard style == .pretty else { return }
        bytes.append(UInt8(ascii: "\n"))
        for _ in 0..<indentation { bytes += "  ".utf8 }
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += "\\\"".utf8
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            case 0x0A: bytes += "\\n".utf8
            case 0x0D: bytes += "\\r".utf8
            case 0x09: bytes += "\\t".utf8
            case ..<0x20:
                bytes += "\\u00".utf8
                bytes.append(hexDigit(byte >> 4))
                bytes.append(hexDigit(byte & 15))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
