import Randomness
import TestSupport

/// Damages the beginning of a file, in the ways in which hostile files are damaged.
struct Mutator {
    var random: SplitMix64

    /// Numbers at which readers stumble.
    private static let edges: [UInt64] = [
        0, 1, 2, 3, 4, 7, 8, 9, 12, 13, 31, 32, 33, 63, 64, 127, 255, 256, 65_535, 65_536, 1 << 24, 1 << 31 - 1,
        1 << 31,
        1 << 32 - 1, 1 << 32, 1 << 40, 1 << 60, 1 << 62, 1 << 63 - 1, 1 << 63, .max - 31, .max - 7, .max - 1, .max,
    ]

    /// One to four changes to a header.
    ///
    /// - Parameter fields: where the header has numbers (counts, lengths, types, sizes, offsets); half of all changes hit
    ///   one of them, so that every field is reached often.
    mutating func mutate(_ header: [UInt8], fields: [Range<Int>]) -> [UInt8] {
        var bytes = header
        for _ in 0..<1 + random.below(4) * random.below(2) {
            guard !bytes.isEmpty else { return bytes }
            if !fields.isEmpty, random.below(2) == 0 {
                change(fields[random.below(fields.count)], of: &bytes)
            } else {
                damage(&bytes)
            }
        }
        return bytes
    }

    private mutating func change(_ field: Range<Int>, of bytes: inout [UInt8]) {
        guard field.upperBound <= bytes.count else { return }
        var value = field.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64(bytes[$1]) }
        switch random.below(4) {
        case 0: value = Self.edges[random.below(Self.edges.count)]
        case 1: value = value &+ UInt64(bitPattern: Int64(random.below(33) - 16))
        case 2: value ^= 1 << UInt64(random.below(8 * field.count))
        default: value = random.next() >> UInt64(random.below(64))
        }
        for index in field {
            bytes[index] = UInt8(truncatingIfNeeded: value)
            value >>= 8
        }
    }

    private mutating func damage(_ bytes: inout [UInt8]) {
        let place = random.below(bytes.count), length = min(bytes.count - place, 1 + random.below(24))
        switch random.below(12) {
        case 0...3: bytes[place] ^= 1 << UInt8(random.below(8))
        case 4...6: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 7: bytes.removeSubrange(place..<place + length)
        case 8: bytes.insert(contentsOf: (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }, at: place)
        case 9:
            let from = random.below(bytes.count - length + 1)
            bytes.replaceSubrange(place..<place + length, with: Array(bytes[from..<from + length]))
        default:
            for index in place..<place + length { bytes[index] = random.below(2) == 0 ? 0 : 0xFF }
        }
    }
}
