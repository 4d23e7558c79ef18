import Dispatch
import Foundation
import Synchronization

/// Threads of our own for work that takes long or blocks.
///
/// Dispatch's threads would not do: on Linux they are as many as there are cores, and Swift's concurrency runs on the
/// same ones, so that as much work as there are cores would let every `await` wait, those of `/healthz` among them.
final class WorkThreads: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var started = 0
        var idle = 0
    }

    private let state = Mutex(State())
    private let waiting = DispatchSemaphore(value: 0)
    private let name: String
    private let count: Int

    /// - Parameter count: how many threads there are at most; each is started when it is first needed, and stays.
    init(_ name: String, count: Int) {
        self.name = name
        self.count = max(1, count)
    }

    /// Runs a job when a thread is free, in the order in which jobs come.
    func run(_ job: @escaping @Sendable () -> Void) {
        let request = RequestIdentifier.current
        let isNew = state.withLock { state -> Bool in
            state.jobs.append { RequestIdentifier.$current.withValue(request, operation: job) }
            guard state.idle < state.jobs.count, state.started < count else { return false }
            state.started += 1
            return true
        }
        if isNew { start() }
        waiting.signal()
    }

    private func start() {
        let thread = Thread { [self] in
            while true {
                state.withLock { $0.idle += 1 }
                waiting.wait()
                let job = state.withLock { state in
                    state.idle -= 1
                    return state.jobs.removeFirst()
                }
                job()
            }
        }
        thread.name = name
        thread.start()
    }
}
