/// What the machine can do at most, measured: the yardstick beside which a pass is put.
public enum PeakRate {
    /// Floating-point operations a second of float32 products that stay in the caches, on all threads of a pool.
    ///
    /// The best of several short rounds over about `seconds`.
    public static func measure(pool: ThreadPool, seconds: Double = 0.2) -> Double {
        let size = 256
        let tasks = pool.threadCount * 8
        let work = Double(tasks) * 2 * Double(size * size * size)
        var best = 0.0
        let start = ContinuousClock.now
        while start.duration(to: .now) < .seconds(seconds) {
            let round = ContinuousClock.now
            pool.run(tasks) { _ in
                Scratch.withFloats(3 * size * size) { numbers in
                    numbers.update(repeating: 0.5, count: 2 * size * size)
                    MatrixProduct.multiply(
                        size, size, size, .plain(numbers, size), .plain(numbers + size * size, size),
                        into: numbers + 2 * size * size, stride: size)
                }
            }
            let taken = round.duration(to: .now).components
            best = max(best, work / (Double(taken.seconds) + Double(taken.attoseconds) * 1e-18))
        }
        return best
    }
}
