/// GPT-2's spelling of bytes as visible characters: how byte-level vocabularies write their tokens.
///
/// The bytes `!`…`~`, `¡`…`¬` and `®`…`ÿ` stand for themselves as Latin-1 characters; the other 68 are, in order,
/// U+0100 and up, so that a space is `Ġ` and a newline `Ċ`.
enum ByteAlphabet {
    /// The character of each byte.
    static let characters: [UInt32] = {
        var next: UInt32 = 256
        return (0..<256).map { byte in
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return UInt32(byte)
            default:
                defer { next += 1 }
                return next
            }
        }
    }()

    /// The byte of each character below U+0144, or -1.
    private static let bytes: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 256 + 68)
        for (byte, character) in characters.enumerated() { bytes[Int(character)] = Int16(byte) }
        return bytes
    }()

    /// The byte that a character stands for, or nil.
    static func byte(of character: UInt32) -> UInt8? {
        guard character < bytes.count, bytes[Int(character)] >= 0 else { return nil }
        return UInt8(bytes[Int(character)])
    }

    /// The bytes that a text spells, or nil when some of it is not of the alphabet.
    static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        var iterator = text.makeIterator()
        while let first = iterator.next() {
            var character = UInt32(first)
            // The alphabet ends below U+0800, so one or two bytes.
            if first >= 0x80 {
                guard first & 0xE0 == 0xC0, let second = iterator.next(), second & 0xC0 == 0x80 else { return nil }
                character = UInt32(first & 0x1F) << 6 | UInt32(second & 0x3F)
            }
            guard let byte = byte(of: character) else { return nil }
            decoded.append(byte)
        }
        return decoded
    }

    /// The spelling of bytes, as UTF-8.
    static func encode(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            let character = characters[Int(byte)]
            return character < 0x80
                ? [UInt8(character)] : [UInt8(0xC0 | character >> 6), UInt8(0x80 | character & 0x3F)]
        }
    }
}
