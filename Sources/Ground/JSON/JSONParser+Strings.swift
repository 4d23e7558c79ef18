extension JSONParser {
    mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\"),
            bytes[position] >= 0x20
        {
            position += 1
        }
        if peek() == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try validated(bytes[start..<position], from: start)
        }
        var unescaped = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                defer { position += 1 }
                return try validated(unescaped, from: start)
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &unescaped)
            case ..<0x20:
                throw error("a control character must be escaped in a string")
            default:
                unescaped.append(byte)
                position += 1
            }
        }
        throw error("the string does not end")
    }

    /// - Parameter start: where the string's bytes begin, as they were written.
    private func validated(_ utf8: some Collection<UInt8>, from start: Int) throws(JSONError) -> String {
        guard let text = String(validating: utf8, as: UTF8.self) else {
            throw error("the string is not UTF-8", at: invalidPlace(from: start))
        }
        return text
    }

    /// The first byte of a string that begins no character of UTF-8.
    private func invalidPlace(from start: Int) -> Int {
        var place = start
        while place < position {
            let byte = bytes[place]
            let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
            let end = place + length
            guard end <= position, String(validating: bytes[place..<end], as: UTF8.self) != nil else { return place }
            place = end
        }
        return place
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        let byte = peek()
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(Character(try unicodeEscape())).utf8)
        default:
            position -= 1
            throw error("an unknown escape")
        }
    }

    /// The scalar of `\uXXXX` or of a surrogate pair.
    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let first = try fourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        if first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        {
            let afterFirst = position
            position += 2
            let second = try fourHexDigits()
            if let scalar = JSONHalf.joined(first, second) { return scalar }
            position = afterFirst
        }
        return loneHalf(first)
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw error("four hexadecimal digits were expected")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
