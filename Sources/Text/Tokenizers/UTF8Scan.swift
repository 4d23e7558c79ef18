/// Reading UTF-8 by hand, where a `String.UnicodeScalarView` would be too slow.
enum UTF8Scan {
    /// The length of the character that begins with this byte; 1 for a byte that begins none.
    @inline(__always)
    static func length(_ first: UInt8) -> Int {
        first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    }

    /// The character at `position` of valid UTF-8, and its length.
    @inline(__always)
    static func character(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> (scalar: UInt32, length: Int) {
        let first = UInt32(text[position])
        if first < 0x80 { return (first, 1) }
        func rest(_ offset: Int) -> UInt32 { UInt32(text[position &+ offset] & 0x3F) }
        if first < 0xE0 { return ((first & 0x1F) << 6 | rest(1), 2) }
        if first < 0xF0 { return ((first & 0x0F) << 12 | rest(1) << 6 | rest(2), 3) }
        return ((first & 0x07) << 18 | rest(1) << 12 | rest(2) << 6 | rest(3), 4)
    }
}
