import Randomness
import Tensors

/// Which inputs of low-rank updates a pass leaves out (Srivastava et al., 2014), as a function of keys alone: the same
/// keys leave out the same numbers, however rows are batched and whatever thread computes them.
public struct Dropout: Sendable {
    /// The part of the numbers that is left out; the others are divided by what remains.
    public let rate: Float
    /// One for each row.
    public let keys: [UInt64]

    public init(rate: Float, keys: [UInt64]) {
        self.rate = rate
        self.keys = keys
    }

    /// y (+)= x where it stays, divided by 1 - rate, and 0 where it is left out.
    ///
    /// - Parameters:
    ///   - columns: of a row; every row has its key.
    ///   - stream: numbers the uses of one row, each of which leaves out other numbers.
    func apply(
        to x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, columns: Int, stream: Int,
        accumulate: Bool = false, pool: ThreadPool
    ) {
        let limit = UInt64((Double(rate) * 65536).rounded())
        let factor = 1 / (1 - rate)
        pool.run(keys.count, blocksOf: max(1, 16384 / columns)) { rows in
            for row in rows {
                var state = SplitMix64.mixed(
                    keys[row] ^ SplitMix64.key(ofStream: UInt64(truncatingIfNeeded: stream)))
                let (source, target) = (x + row * columns, y + row * columns)
                // Sixteen bits of SplitMix64 for each number.
                for first in stride(from: 0, to: columns, by: 4) {
                    state &+= SplitMix64.increment
                    var bits = SplitMix64.mixed(state)
                    for column in first..<min(columns, first + 4) {
                        let value = bits & 0xFFFF < limit ? 0 : source[column] * factor
                        target[column] = accumulate ? target[column] + value : value
                        bits >>= 16
                    }
                }
            }
        }
    }
}
