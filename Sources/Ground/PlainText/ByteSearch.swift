extension Collection<UInt8> {
    /// Where bytes stand first; nil where they do not. One pass over plain memory: the standard library's search takes a
    /// microsecond for each byte, and texts are megabytes long.
    package func place(of word: some Collection<UInt8>) -> Range<Index>? {
        let word = Array(word)
        let found = withContiguousStorageIfAvailable { Self.offset(of: word, in: $0) }
        guard let found else { return firstRange(of: word) }
        guard let found else { return nil }
        let start = index(startIndex, offsetBy: found)
        return start..<index(start, offsetBy: word.count)
    }

    private static func offset(of word: [UInt8], in text: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let first = word.first else { return 0 }
        let rest = word.dropFirst()
        var start = 0
        while start + word.count <= text.count {
            if text[start] == first, text[(start + 1)...].starts(with: rest) { return start }
            start += 1
        }
        return nil
    }
}

extension [UInt8] {
    /// Where bytes stand last; nil where they do not.
    package func lastRange(of bytes: [UInt8]) -> Range<Int>? {
        stride(from: count - bytes.count, through: 0, by: -1).first { self[$0...].starts(with: bytes) }
            .map { $0..<$0 + bytes.count }
    }
}
