/// Half a surrogate pair, as `\uD83D` writes one: no character, and nothing that UTF-8 can hold.
enum JSONHalf {
    static let replacement: Unicode.Scalar = "\u{FFFD}"
    /// The 2048 halves have their placeholders at the end of the last plane, which is for private use.
    private static let firstPlaceholder: UInt32 = 0x10F800
    private static let firstHalf: UInt32 = 0xD800

    static func placeholder(of half: UInt32) -> Unicode.Scalar {
        Unicode.Scalar(firstPlaceholder + (half - firstHalf)) ?? replacement
    }

    static func half(of scalar: Unicode.Scalar) -> UInt32? {
        scalar.value < firstPlaceholder ? nil : scalar.value - firstPlaceholder + firstHalf
    }

    static func joined(_ first: UInt32, _ second: UInt32) -> Unicode.Scalar? {
        guard (0xD800..<0xDC00).contains(first), (0xDC00..<0xE000).contains(second) else { return nil }
        return Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    }

    /// The text with neighboring halves joined, and with U+FFFD for each that has no other half.
    static func joined(_ text: String, replaced: inout Int) -> String {
        guard text.unicodeScalars.contains(where: { $0.value >= firstPlaceholder }) else { return text }
        var scalars = String.UnicodeScalarView()
        var waiting: UInt32?
        func replace(_ replaced: inout Int) {
            guard waiting != nil else { return }
            scalars.append(replacement)
            replaced += 1
            waiting = nil
        }
        for scalar in text.unicodeScalars {
            if let half = half(of: scalar) {
                if let first = waiting, let whole = joined(first, half) {
                    scalars.append(whole)
                    waiting = nil
                    continue
                }
                replace(&replaced)
                waiting = half
                continue
            }
            replace(&replaced)
            scalars.append(scalar)
        }
        replace(&replaced)
        return String(scalars)
    }
}

extension JSONValue {
    /// The value with every kept half of a surrogate pair (``JSONDocument/Halves/kept``) joined with its neighbor, or
    /// replaced by U+FFFD.
    ///
    /// - Parameter replaced: is raised by the number of halves that had no neighbor.
    public func joiningHalves(replaced: inout Int) -> JSONValue {
        switch self {
        case .string(let text): return .string(JSONHalf.joined(text, replaced: &replaced))
        case .array(let elements): return .array(elements.map { $0.joiningHalves(replaced: &replaced) })
        case .object(let object):
            return .object(
                JSONObject(
                    object.members.map { member in
                        let key = JSONHalf.joined(member.key, replaced: &replaced)
                        return (key: key, value: member.value.joiningHalves(replaced: &replaced))
                    }))
        case .null, .bool, .integer, .number, .decimal: return self
        }
    }
}
