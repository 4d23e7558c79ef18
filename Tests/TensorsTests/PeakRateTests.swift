import Foundation
import GGUF
import Tensors
import Testing
import TestSupport

/// The peak is a ceiling: no product exceeds it, and the best of them comes within sight of it.
@Suite(.ownThreads) struct PeakRateTests {
    /// The best rate of products of several shapes, of the time that the thread ran.
    private func bestRate(_ precision: Precision) throws -> Double {
        func secondsOfThread() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
        }
        var numbers = SampleNumbers(seed: 31)
        let pool = ThreadPool(threads: 1)
        var best = 0.0
        for (count, rows, columns) in [(96, 256, 256), (256, 512, 512), (512, 512, 1024)] {
            let weights = numbers.floats(rows * columns), x = numbers.floats(count * columns)
            let bytes = weights.withUnsafeBytes { Array($0) }
            let matrix = try OwnedBytes(bytes).matrix(rows: rows, columns: columns, type: .f32)
            var y = [Float](repeating: 0, count: count * rows)
            for _ in 0..<20 {
                let start = secondsOfThread()
                matrix.multiply(x, count: count, into: &y, pool: pool, precision: precision)
                best = max(best, 2 * Double(count * rows * columns) / (secondsOfThread() - start))
            }
        }
        return best
    }

    @Test(arguments: Precision.allCases) func noProductExceedsThePeak(precision: Precision) throws {
        let peak = PeakRate.measure(pool: ThreadPool(threads: 1), precision: precision)
        let best = try bestRate(precision)
        #expect(best <= peak, "\(best) of \(peak)")
        #expect(best > peak / 10, "\(best) of \(peak)")
    }

    @Test func morePoolThreadsThanCoresAddNothing() {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let all = PeakRate.measure(pool: ThreadPool(threads: cores), precision: .fp32)
        let more = PeakRate.measure(pool: ThreadPool(threads: 4 * cores), precision: .fp32)
        #expect(more < 1.5 * all && all < 1.5 * more, "\(more), \(all)")
    }
}
