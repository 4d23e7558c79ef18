/// Where a whole GGUF file has its numbers, found by a second reading of the format.
struct GGUFNumbers {
    /// Counts, lengths, types, sizes and offsets, in the order of the file.
    private(set) var fields: [Range<Int>] = []
    /// Where the tensor list ends.
    private(set) var headerCount = 0

    init(_ bytes: [UInt8]) {
        func number(_ width: Int) -> Int {
            defer { headerCount += width }
            fields.append(headerCount..<headerCount + width)
            return (0..<width).reversed().reduce(0) { $0 << 8 | Int(bytes[headerCount + $1]) }
        }
        func skipString() { headerCount += number(8) }
        func skipValue(_ type: Int) {
            switch type {
            case 8: skipString()
            case 9:
                let element = number(4)
                for index in 0..<number(8) {
                    // One number of an array stands for all.
                    if index == 0 || element == 8 || element == 9 {
                        skipValue(element)
                    } else {
                        headerCount += Self.widths[element] ?? 0
                    }
                }
            default: _ = number(Self.widths[type] ?? 0)
            }
        }
        _ = number(4)
        _ = number(4)
        let tensors = number(8), pairs = number(8)
        for _ in 0..<pairs {
            skipString()
            skipValue(number(4))
        }
        for _ in 0..<tensors {
            skipString()
            for _ in 0..<number(4) { _ = number(8) }
            _ = number(4)
            _ = number(8)
        }
    }

    private static let widths = [0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8]
}
