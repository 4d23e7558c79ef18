import GGUF

/// What the machine can do at most, measured: the yardstick beside which a pass is put.
public enum PeakRate {
    /// Floating-point operations a second of large products in a precision, on all threads of a pool.
    ///
    /// The best of several short rounds over about `seconds`.
    public static func measure(pool: ThreadPool, precision: Precision, seconds: Double = 0.2) throws -> Double {
        let (count, size) = (1024, 512)
        let numbers = Numbers(count: size * size + count * size * 2)
        let weights = numbers.pointer
        let x = weights + size * size, y = x + count * size
        let matrix = try FrozenMatrix(
            rows: size, columns: size, type: .f32,
            bytes: UnsafeRawBufferPointer(start: weights, count: size * size * MemoryLayout<Float>.stride),
            owner: numbers)
        let work = 2 * Double(count * size * size)
        var best = 0.0
        let start = ContinuousClock.now
        while start.duration(to: .now) < .seconds(seconds) {
            let round = ContinuousClock.now
            matrix.multiply(x, count: count, into: y, pool: pool, precision: precision)
            let taken = round.duration(to: .now).components
            best = max(best, work / (Double(taken.seconds) + Double(taken.attoseconds) * 1e-18))
        }
        return best
    }
}

/// Numbers to multiply.
///
/// Unchecked `Sendable`: the pointer never changes, and what it points at is written by the measuring thread alone.
private final class Numbers: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Float>

    init(count: Int) {
        pointer = .allocate(capacity: count)
        pointer.initialize(repeating: 0.5, count: count)
    }

    deinit { pointer.deallocate() }
}
