/// The mark with which some programs begin a text, to say how it is encoded.
extension Collection<UInt8> {
    /// The bytes without UTF-8's mark at their beginning.
    public var unmarked: SubSequence { starts(with: [0xEF, 0xBB, 0xBF]) ? dropFirst(3) : self[...] }

    /// Whether they begin with a mark of UTF-32 whose low bytes come first, which begins like one of UTF-16.
    public var isMarkedUTF32: Bool { starts(with: [0xFF, 0xFE, 0, 0]) }

    /// Whether they begin with a mark of UTF-16, of either order.
    public var isMarkedUTF16: Bool { starts(with: [0xFF, 0xFE]) || starts(with: [0xFE, 0xFF]) }
}
