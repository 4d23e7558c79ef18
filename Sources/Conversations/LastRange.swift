extension [UInt8] {
    /// Where bytes stand last; nil where they do not.
    package func lastRange(of bytes: [UInt8]) -> Range<Int>? {
        stride(from: count - bytes.count, through: 0, by: -1).first { self[$0...].starts(with: bytes) }
            .map { $0..<$0 + bytes.count }
    }
}
