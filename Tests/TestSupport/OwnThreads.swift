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
        // A test with the trait in a suite with it has its turn already.
        guard !OwnThreads.hasTurn else { return try await function() }
        await Turns.all.take()
        defer { Turns.all.give() }
        try await OwnThreads.$hasTurn.withValue(true) {
            try await withTaskExecutorPreference(Threads.all) { try await function() }
        }
    }

    @TaskLocal private static var hasTurn = false
}

extension Trait where Self == OwnThreads {
    /// For suites that hold a thread for a second and more.
    public static var ownThreads: Self { Self() }
}

/// So many tests at a time: each may run a server or two, and dozens of them would share the cores.
private final class Turns: Sendable {
    static let all = Turns(count: 2 * ProcessInfo.processInfo.activeProcessorCount)

    private let state: Mutex<(free: Int, waiting: [CheckedContinuation<Void, Never>])>

    init(count: Int) { state = Mutex((count, [])) }

    func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.free == 0 {
                    state.waiting.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    func give() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
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
