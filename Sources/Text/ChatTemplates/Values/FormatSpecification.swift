import Foundation

/// How one value is laid out: the common part of `%` formats and of `str.format`.
struct FormatSpecification {
    enum Alignment { case left, right, center, afterSign }

    var fill: Unicode.Scalar = " "
    var alignment: Alignment?
    var sign = ""
    var isAlternate = false
    var groups = ""
    var width = 0
    var precision: Int?
    var type: Unicode.Scalar = "s"

    /// Wider fields and more digits than this are no formatting.
    static let maximumWidth = 10_000

    func check(_ construct: String) throws {
        guard width <= FormatSpecification.maximumWidth, precision ?? 0 <= 1000 else {
            throw TemplateFailure("\(construct): the field is too wide", kind: .limit)
        }
    }

    func layOut(_ text: TemplateText) -> TemplateText {
        let cut = precision.map { TemplateText(text.elements.prefix($0)) } ?? text
        return padded(cut, signLength: 0, default: .left)
    }

    private func padded(_ text: TemplateText, signLength: Int, default fallback: Alignment) -> TemplateText {
        let fill = TemplateText(fill)
        switch alignment ?? fallback {
        case .left: return TextMethods.pad(text, width, fill, .left)
        case .right: return TextMethods.pad(text, width, fill, .right)
        case .center:
            let total = max(0, width - text.count)
            let left = TextMethods.pad(text, text.count + total / 2, fill, .right)
            return TextMethods.pad(left, width, fill, .left)
        case .afterSign:
            let sign = TemplateText(text.elements[..<signLength])
            let rest = TemplateText(text.elements[signLength...])
            return sign + TextMethods.pad(rest, width - signLength, fill, .right)
        }
    }

    private func signed(_ isNegative: Bool, _ digits: String) -> TemplateText {
        let sign = isNegative ? "-" : (sign == "-" ? "" : sign)
        return padded(TemplateText(sign + digits), signLength: sign.count, default: .right)
    }

    func layOut(_ value: Int) -> TemplateText {
        var digits: String
        switch type {
        case "x": digits = (isAlternate ? "0x" : "") + String(value.magnitude, radix: 16)
        case "X": digits = (isAlternate ? "0X" : "") + String(value.magnitude, radix: 16, uppercase: true)
        case "o": digits = (isAlternate ? "0o" : "") + String(value.magnitude, radix: 8)
        case "b": digits = (isAlternate ? "0b" : "") + String(value.magnitude, radix: 2)
        default: digits = grouped(String(value.magnitude))
        }
        if let precision, digits.count < precision {
            digits = String(repeating: "0", count: precision - digits.count) + digits
        }
        return signed(value < 0, digits)
    }

    func layOut(_ value: Double) -> TemplateText {
        let isNegative = value.sign == .minus && !value.isNaN
        if !value.isFinite {
            let name = value.isNaN ? "nan" : "inf"
            return signed(isNegative, type.properties.isUppercase ? name.uppercased() : name)
        }
        var digits: String
        switch type {
        case "%": digits = String(format: "%.\(precision ?? 6)f", value.magnitude * 100) + "%"
        case "f", "F": digits = String(format: "%.\(precision ?? 6)f", value.magnitude)
        case "e", "E", "g", "G":
            digits = String(format: "%\(isAlternate ? "#" : "").\(precision ?? 6)\(type)", value.magnitude)
        default:
            digits = precision.map { general(value.magnitude, $0) } ?? PythonNumber.text(of: value.magnitude)
        }
        if !groups.isEmpty {
            let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            digits = grouped(String(parts[0])) + (parts.count > 1 ? "." + parts[1] : "")
        }
        return signed(isNegative, digits)
    }

    /// `{:.3}` of a float: like `g`, but always with a point.
    private func general(_ value: Double, _ precision: Int) -> String {
        let text = String(format: "%.\(max(1, precision))g", value)
        return text.contains(".") || text.contains("e") ? text : text + ".0"
    }

    private func grouped(_ digits: String) -> String {
        guard !groups.isEmpty else { return digits }
        var result = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { result += groups }
            result.append(digit)
        }
        return result
    }
}
