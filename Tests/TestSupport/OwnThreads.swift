import Foundation
import Synchronization
public import Testing

/// Runs tests that compute, or wait for processes, on threads of their own.
///
/// Tests run on the threads of Swift's concurrency, one for each core. A test that holds such a thread for seconds
/// lets every `await` of the others wait, among them those that answer a request in time. With this trait it leaves
/// them alone; the system shares the cores among all threads.
public struct OwnThreads: SuiteTrait, TestTrait, TestScoping {
    public var isRecursive: Bool { true }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(Threads.all) { try await function() }
    }
}

extension Trait where Self == OwnThreads {
    /// For suites that hold a thread for a second and more.
    public static var ownThreads: Self { Self() }
}

/// As many threads as there are cores, each of which runs one job after the other.
private final class Threads: TaskExecutor {
    static let all = Threads(count: ProcessInfo.processInfo.activeProcessorCount)

    private let jobs = Mutex<[UnownedJob]>([])
    private let waiting = DispatchSemaphore(value: 0)

    init(count: Int) {
        for _ in 0..<count {
            Thread.detachNewThread { [self] in
                while true {
                    waiting.wait()
                    jobs.withLock { $0.removeFirst() }.runSynchronously(on: asUnownedTaskExecutor())
                }
            }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        waiting.signal()
    }
}
