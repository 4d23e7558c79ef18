extension JSONParser {
    /// A number, kept as an `Int` or a `Double` where that is written the same way, and as its text otherwise.
    mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        var isInteger = true
        if peek() == UInt8(ascii: "-") {
            position += 1
            if peek() == UInt8(ascii: "I") { throw error("-Infinity is no JSON, expected a value", at: start) }
        }
        let firstDigit = position
        try digits()
        if bytes[firstDigit] == UInt8(ascii: "0"), position > firstDigit + 1 {
            position = firstDigit
            throw error("a number must not begin with 0")
        }
        if peek() == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            try digits()
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        if isInteger, let integer = integer(start..<position) { return .integer(integer) }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if !isInteger, let double = Double(text), double.isFinite, "\(double)" == text { return .number(double) }
        return .decimal(JSONDecimal(written: text))
    }

    /// The integer that these digits write; nil for `-0` and beyond 64 bits.
    private func integer(_ range: Range<Int>) -> Int? {
        let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
        var value = 0
        for byte in bytes[range].dropFirst(isNegative ? 1 : 0) {
            let digit = Int(byte - UInt8(ascii: "0"))
            let (tens, overflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowsToo) =
                isNegative
                ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
            if overflows || overflowsToo { return nil }
            value = sum
        }
        return isNegative && value == 0 ? nil : value
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        if position == start { throw error("a digit was expected") }
    }
}
