import Storage

/// Lines of a file that were read ahead and are handed out later.
struct HeldLines {
    private(set) var bytes: [UInt8] = []
    private var position = 0
    private var number = 0
    /// The number of the last line, where it was too long to be kept.
    private(set) var tooLong: Int?

    mutating func add(_ line: LineReader.Line, isTooLong: Bool) {
        if isTooLong { tooLong = line.number }
        bytes.append(contentsOf: line.unmarked)
        bytes.append(UInt8(ascii: "\n"))
    }

    mutating func next() -> LineReader.Line? {
        guard position < bytes.count else { return nil }
        let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        defer { position = end + 1 }
        number += 1
        return LineReader.Line(number: number, bytes: bytes[position..<end])
    }
}
