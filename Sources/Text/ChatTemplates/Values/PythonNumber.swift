/// Numbers as Python writes and computes them.
enum PythonNumber {
    /// `repr(float)`: the shortest digits that read back, with an exponent below 1e-4 and from 1e16 on.
    static func text(of value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        let sign = value.sign == .minus ? "-" : ""
        if value == 0 { return sign + "0.0" }
        let (digits, exponent) = decimal(value.magnitude)
        if exponent < -4 || exponent >= 16 {
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            let power = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
            return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(power)"
        }
        if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
        if digits.count <= exponent + 1 {
            return sign + digits + String(repeating: "0", count: exponent + 1 - digits.count) + ".0"
        }
        return sign + digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
    }

    /// The shortest decimal digits of a positive number, and the power of ten of the first of them.
    private static func decimal(_ value: Double) -> (digits: String, exponent: Int) {
        let parts = "\(value)".split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(mantissa[0])
        let fraction = mantissa.count > 1 ? String(mantissa[1]) : ""
        var exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) + whole.count - 1
        var digits = Substring(whole + fraction)
        while digits.first == "0", digits.count > 1 {
            digits = digits.dropFirst()
            exponent -= 1
        }
        while digits.last == "0", digits.count > 1 { digits = digits.dropLast() }
        return (String(digits), exponent)
    }

    /// `left // right` of integers, rounded towards minus infinity.
    static func floorDivide(_ left: Int, _ right: Int) throws -> Int {
        guard right != 0 else { throw TemplateFailure("operator '//': division by zero") }
        let (quotient, overflow) = left.dividedReportingOverflow(by: right)
        if overflow { throw tooLarge }
        return left % right != 0 && (left < 0) != (right < 0) ? quotient - 1 : quotient
    }

    /// `left % right` of integers, with the sign of the right side.
    static func modulo(_ left: Int, _ right: Int) throws -> Int {
        guard right != 0 else { throw TemplateFailure("operator '%': division by zero") }
        if right == -1 { return 0 }
        let rest = left % right
        return rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest
    }

    static func modulo(_ left: Double, _ right: Double) throws -> Double {
        guard right != 0 else { throw TemplateFailure("operator '%': division by zero") }
        let rest = left.truncatingRemainder(dividingBy: right)
        return rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest
    }

    static func power(_ base: Int, _ exponent: Int) throws -> Int {
        var result = 1
        var factor = base
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = try multiply(result, factor) }
            rest >>= 1
            if rest > 0 { factor = try multiply(factor, factor) }
        }
        return result
    }

    static func multiply(_ left: Int, _ right: Int) throws -> Int {
        let (result, overflow) = left.multipliedReportingOverflow(by: right)
        if overflow { throw tooLarge }
        return result
    }

    /// Python's integers have no bound; 64 bits are more than a chat template counts to.
    static var tooLarge: TemplateFailure { TemplateFailure("an integer beyond 64 bits", kind: .limit) }

    /// `int(float)`.
    static func integer(_ value: Double) -> Int? {
        value.isFinite ? Int(exactly: value.rounded(.towardZero)) : nil
    }

    /// `float(str)`.
    static func parseFloat(_ text: String) -> Double? {
        let trimmed = TemplateText(text).stripped(.both).string
        let lower = trimmed.lowercased()
        switch lower {
        case "inf", "+inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        case "nan", "+nan", "-nan": return .nan
        default: break
        }
        guard let plain = withoutUnderscores(trimmed) else { return nil }
        let allowed = plain.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || byte == 0x2E || byte == 0x2B || byte == 0x2D || byte | 0x20 == 0x65
        }
        guard allowed, !plain.isEmpty else { return nil }
        var text = plain
        // Swift's own reader wants a digit on both sides of the point.
        if text.hasSuffix(".") { text += "0" }
        return Double(text) ?? Double(text.replacing(".e", with: ".0e").replacing(".E", with: ".0e"))
    }

    /// `int(str, base)`.
    static func parseInteger(_ text: String, base: Int) -> Int? {
        var digits = Substring(TemplateText(text).stripped(.both).string.lowercased())
        var negative = false
        if digits.hasPrefix("-") || digits.hasPrefix("+") {
            negative = digits.hasPrefix("-")
            digits = digits.dropFirst()
        }
        var base = base
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)]
        where digits.hasPrefix(prefix) && (base == radix || base == 0) {
            digits = digits.dropFirst(2)
            base = radix
        }
        if base == 0 { base = 10 }
        guard (2...36).contains(base), let plain = withoutUnderscores(String(digits)), let first = plain.first,
            first != "-", first != "+"
        else { return nil }
        return Int((negative ? "-" : "") + plain, radix: base)
    }

    /// Underscores are allowed between two digits.
    private static func withoutUnderscores(_ text: String) -> String? {
        guard text.contains("_") else { return text }
        guard !text.hasPrefix("_"), !text.hasSuffix("_"), !text.contains("__") else { return nil }
        return text.replacing("_", with: "")
    }
}
