/// A number as it was written, where an `Int` or a `Double` would be written otherwise: `1.10`, `1E5`, `-0`, `1e999`,
/// an integer of more than 64 bits.
public struct JSONDecimal: Sendable, Hashable, CustomStringConvertible {
    /// The text, which JSON's grammar allows.
    public let text: String

    init(written text: String) { self.text = text }

    public var description: String { text }

    /// The nearest `Double`; nil where that is infinite.
    public var doubleValue: Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }

    /// The number as an `Int`, where it is exactly one.
    public var integerValue: Int? {
        guard let value = ExactNumber(text), value.exponent >= 0, value.exponent < 20 else { return nil }
        return Int((value.isNegative ? "-" : "") + value.digits + String(repeating: "0", count: value.exponent))
    }

    /// Whether it has no fraction, whatever its size.
    public var isIntegral: Bool { ExactNumber(text).map { $0.exponent >= 0 } ?? false }
    public var isNegative: Bool { text.hasPrefix("-") }

    /// The same text for the same value: that of the `Int` or `Double` where one of them is exactly this number.
    var canonicalText: String {
        guard let value = ExactNumber(text) else { return text }
        let isPlain = text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }
        if isPlain, let integer = integerValue { return String(integer) }
        if let double = doubleValue, ExactNumber("\(double)") == value { return "\(double)" }
        return "\(value.isNegative ? "-" : "")\(value.digits)e\(value.exponent)"
    }
}

/// A decimal number taken apart: its digits without zeros at their ends, and the power of ten that they are times.
struct ExactNumber: Hashable {
    var isNegative = false
    var digits: String
    var exponent = 0

    /// nil for an exponent that no `Int` holds.
    init?(_ text: String) {
        var digits: [UInt8] = []
        var isFraction = false
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard let power = Int(String(Substring(rest))) else { return nil }
                let (sum, overflows) = exponent.addingReportingOverflow(power)
                if overflows { return nil }
                exponent = sum
                rest = rest[rest.endIndex...]
            default:
                digits.append(byte)
                if isFraction { exponent -= 1 }
            }
        }
        let significant = digits.drop { $0 == UInt8(ascii: "0") }
        let zeros = significant.reversed().prefix { $0 == UInt8(ascii: "0") }.count
        let (sum, overflows) = exponent.addingReportingOverflow(zeros)
        if overflows { return nil }
        self.digits = String(decoding: significant.dropLast(zeros), as: UTF8.self)
        exponent = sum
        if self.digits.isEmpty {
            self.digits = "0"
            exponent = 0
            isNegative = false
        }
    }
}
