/// A piece of text with one character for the space: U+2581, SentencePiece's mark for it, is replaced by a space, and
/// the space that goes before a text is put there. Knows where in the text each of its bytes came from.
struct SpacedText {
    private(set) var bytes: [UInt8] = []
    /// Where in the text the piece begins, and how many bytes were put before it.
    private let start: Int
    private let prefixLength: Int
    /// The places in `bytes` of spaces that were marks of three bytes, in ascending order.
    private var replaced: [Int] = []

    static let space = UInt8(ascii: " ")
    /// U+2581 as UTF-8.
    static let spaceMark: [UInt8] = [0xE2, 0x96, 0x81]

    init(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, addsSpacePrefix: Bool) {
        start = range.lowerBound
        prefixLength = addsSpacePrefix ? 1 : 0
        bytes.reserveCapacity(range.count + prefixLength)
        if addsSpacePrefix { bytes.append(SpacedText.space) }
        var copied = range.lowerBound
        var position = range.lowerBound
        while position < range.upperBound {
            if text[position] == SpacedText.spaceMark[0], position + 2 < range.upperBound,
                text[position + 1] == SpacedText.spaceMark[1], text[position + 2] == SpacedText.spaceMark[2]
            {
                bytes += text[copied..<position]
                replaced.append(bytes.count)
                bytes.append(SpacedText.space)
                position += 3
                copied = position
            } else {
                position += 1
            }
        }
        bytes += text[copied..<range.upperBound]
    }

    /// The bytes of the text that a range of ``bytes`` came from.
    func range(of range: Range<Int>) -> Range<Int> { position(of: range.lowerBound)..<position(of: range.upperBound) }

    private func position(of place: Int) -> Int {
        var low = 0
        var high = replaced.count
        while low < high {
            let middle = (low + high) / 2
            if replaced[middle] < place { low = middle + 1 } else { high = middle }
        }
        return start + max(0, place - prefixLength) + 2 * low
    }
}
