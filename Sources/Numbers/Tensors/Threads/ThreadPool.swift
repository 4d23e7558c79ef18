import Foundation
import Synchronization

/// Threads that run the numbered tasks of one loop at a time.
///
/// Which thread runs a task is left to chance; what a task computes must depend on its number alone. Callers cut
/// their work into blocks whose size depends on shapes, never on the number of threads, so that results do not
/// depend on it either.
public final class ThreadPool: Sendable {
    /// One thread per core of the machine, or as many as `RETORT_THREADS` says.
    public static let shared = ThreadPool(threads: asked ?? ProcessInfo.processInfo.activeProcessorCount)

    private static let setting = ProcessInfo.processInfo.environment["RETORT_THREADS"].flatMap { $0.isEmpty ? nil : $0 }
    private static let asked = setting.flatMap { Int($0) }.flatMap { (1...1024).contains($0) ? $0 : nil }

    /// What is wrong with `RETORT_THREADS`; nil when it is unset or could be followed.
    ///
    /// As with `RETORT_KERNELS`, the first matrix that is opened reports it.
    static let refusal = setting.flatMap {
        asked == nil ? TensorError("RETORT_THREADS: '\($0)', expected a number of threads from 1 to 1024") : nil
    }

    /// How many threads work on a loop, the caller among them; at least 1.
    public let threadCount: Int
    private let board: TaskBoard

    public init(threads: Int) {
        BLASThreads.areSingle
        threadCount = max(1, threads)
        board = TaskBoard(threadCount: self.threadCount)
        for number in 1..<max(2, threadCount) where threadCount > 1 {
            let board = board
            let thread = Thread { board.work(number) }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    deinit { board.close() }

    /// Calls `body` with every number from 0 to `taskCount` - 1, each once, on several threads at once; returns when
    /// all are done.
    ///
    /// `body` may write to shared memory as long as no two numbers write to the same place. Called from inside a
    /// task, or while another thread uses the pool, the loop runs on the calling thread alone.
    public func run(_ taskCount: Int, _ body: (Int) -> Void) {
        if threadCount == 1 || taskCount <= 1 || !board.run(taskCount, body) {
            for task in 0..<taskCount { body(task) }
        }
    }

    /// Calls `body` with consecutive ranges of `count` things, `block` in each but the last.
    public func run(_ count: Int, blocksOf block: Int, _ body: (Range<Int>) -> Void) {
        run((count + block - 1) / block) { body($0 * block..<min(count, ($0 + 1) * block)) }
    }
}
