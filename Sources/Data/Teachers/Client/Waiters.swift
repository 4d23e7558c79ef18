import Synchronization

/// Those who wait for something to change. Whose task is cancelled waits no longer.
final class Waiters: Sendable {
    private struct State {
        var next = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// Waits for the next ``resumeAll()``; on the caller's actor, so that none comes between what it saw and the wait.
    func wait(isolation: isolated (any Actor)? = #isolation) async {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { $0.waiting[number] = continuation }
                // A cancellation that came before found nobody.
                if Task.isCancelled { resume(number) }
            }
        } onCancel: {
            resume(number)
        }
    }

    func resumeAll() {
        let resumed = state.withLock { state in
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in resumed { continuation.resume() }
    }

    private func resume(_ number: Int) { state.withLock { $0.waiting.removeValue(forKey: number) }?.resume() }
}
