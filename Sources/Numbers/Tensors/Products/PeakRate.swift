import CKernels
import Foundation
import Quantization

/// A ceiling of what the machine can compute: what a pass reaches is a part of it.
public enum PeakRate {
    /// Floating-point operations a second that no pass in a precision can exceed.
    ///
    /// That is what the multiply-add instructions of a core do on numbers that never leave its registers, times the cores
    /// that a pool uses. Products that read and write memory come near it and stay below. Of the instruction sets that the
    /// CPU has the fastest counts, whatever `RETORT_KERNELS` says, because OpenBLAS makes its own choice; bfloat16's
    /// counts only where our kernels use it. Each thread is measured in short bursts by the time that it ran, and the best
    /// burst counts, so that other work on the machine does not lower the ceiling.
    ///
    /// - Parameter seconds: about how long each thread measures each instruction set.
    public static func measure(pool: ThreadPool, precision: Precision, seconds: Double = 0.05) -> Double {
        let sets = InstructionSet.allCases.filter { set in
            set.isAvailable && (set < .avx512bf16 || (precision == .bf16 && InstructionSet.chosen == set))
        }
        let threads = min(pool.threadCount, ProcessInfo.processInfo.activeProcessorCount)
        let best = UnsafeMutableBufferPointer<Double>.allocate(capacity: threads)
        defer { best.deallocate() }
        best.initialize(repeating: 0)
        // Safe to share: each task writes to the place of its own number, and the pool returns when all have.
        nonisolated(unsafe) let rates = best
        pool.run(threads) { thread in
            for set in sets { rates[thread] = max(rates[thread], rate(of: set, seconds: seconds)) }
        }
        return (best.max() ?? 0) * Double(threads)
    }

    /// What the calling thread reaches with the multiply-add instruction of a set.
    private static func rate(of set: InstructionSet, seconds: Double) -> Double {
        var best = 0.0
        let start = secondsOfThread
        var now = start
        while now - start < seconds {
            let operations = retort_multiply_add(set.rawValue, 1 << 15)
            let end = secondsOfThread
            best = max(best, operations / (end - now))
            now = end
        }
        return best
    }

    /// How long the calling thread ran so far.
    private static var secondsOfThread: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
