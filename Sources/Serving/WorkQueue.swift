import Synchronization

/// Runs the engine's work on a few threads of its own, so that event loops stay free; the rest waits, up to a bound.
final class WorkQueue: Sendable {
    private struct Waiter {
        var number: Int
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var active = 0
        var next = 0
        /// In the order of arrival.
        var waiting: [Waiter] = []
    }

    private let threads: WorkThreads
    private let state = Mutex(State())
    /// How many pieces of work run at once.
    let concurrency: Int
    /// How many may wait; one more is refused.
    let capacity: Int

    init(concurrency: Int, capacity: Int) {
        self.concurrency = max(1, concurrency)
        threads = WorkThreads("work", count: concurrency)
        self.capacity = max(0, capacity)
    }

    /// Pieces of work that run and that wait.
    var load: (active: Int, waiting: Int) { state.withLock { ($0.active, $0.waiting.count) } }

    /// Runs `body` on a thread of this queue when it is its turn.
    ///
    /// - Throws: ``APIError`` when too many wait already or `cancellation` comes before its turn; what `body` throws.
    func run<Value: Sendable>(
        _ cancellation: Cancellation, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await enter(cancellation)
        defer { leave() }
        try cancellation.check()
        return try await withCheckedThrowingContinuation { continuation in
            threads.run { continuation.resume(with: Result { try body() }) }
        }
    }

    private func enter(_ cancellation: Cancellation) async throws {
        let number = state.withLock { state -> Int in
            state.next += 1
            return state.next
        }
        defer { cancellation.whenCancelled(nil) }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let verdict = state.withLock { state -> Result<Void, APIError>? in
                if state.active < concurrency {
                    state.active += 1
                    return .success(())
                }
                guard state.waiting.count < capacity else {
                    return .failure(.overloaded(waiting: state.waiting.count))
                }
                state.waiting.append(Waiter(number: number, continuation: continuation))
                return nil
            }
            switch verdict {
            case .success?: continuation.resume()
            case .failure(let error)?: continuation.resume(throwing: error)
            case nil: cancellation.whenCancelled { [weak self] reason in self?.remove(number, reason) }
            }
        }
    }

    private func remove(_ number: Int, _ reason: APIError) {
        let waiter = state.withLock { state -> Waiter? in
            state.waiting.firstIndex { $0.number == number }.map { state.waiting.remove(at: $0) }
        }
        waiter?.continuation.resume(throwing: reason)
    }

    /// Gives the place to whoever waits longest.
    private func leave() {
        let next = state.withLock { state -> Waiter? in
            guard !state.waiting.isEmpty else {
                state.active -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.continuation.resume()
    }
}
