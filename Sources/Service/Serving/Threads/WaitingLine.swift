import Synchronization

/// A number of places, and a line of those who wait for one, in the order of their arrival.
final class WaitingLine: Sendable {
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

    private let state = Mutex(State())
    let places: Int
    /// How many may wait; one more is refused.
    let capacity: Int

    init(places: Int, capacity: Int) {
        self.places = max(1, places)
        self.capacity = max(0, capacity)
    }

    /// Those who have a place and those who wait.
    var load: (active: Int, waiting: Int) { state.withLock { ($0.active, $0.waiting.count) } }

    /// Waits for a place, which ``leave()`` gives back.
    ///
    /// - Throws: ``APIError`` when too many wait already or `cancellation` comes first.
    func enter(_ cancellation: Cancellation) async throws {
        let number = state.withLock { state -> Int in
            state.next += 1
            return state.next
        }
        defer { cancellation.whenCancelled(nil) }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let verdict = state.withLock { state -> Result<Void, APIError>? in
                if state.active < places {
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
    func leave() {
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
