import Synchronization

/// One request's end before its time: the client went away, or the time is up. Asked between two tokens.
final class Cancellation: Sendable {
    private struct State {
        var reason: APIError?
        var handler: (@Sendable (APIError) -> Void)?
    }

    /// When the time is up; nil for work that has no end of its own.
    let deadline: ContinuousClock.Instant?
    private let state = Mutex(State())

    init(deadline: ContinuousClock.Instant? = nil) { self.deadline = deadline }

    /// Ends the request; only the first reason counts.
    func cancel(_ reason: APIError) {
        let handler = state.withLock { state -> (@Sendable (APIError) -> Void)? in
            guard state.reason == nil else { return nil }
            state.reason = reason
            return state.handler
        }
        handler?(reason)
    }

    var reason: APIError? { state.withLock { $0.reason } }

    func check() throws {
        if let reason { throw reason }
    }

    /// Calls `handler` once when the request is cancelled, at once if it is already. Nil takes the handler off.
    func whenCancelled(_ handler: (@Sendable (APIError) -> Void)?) {
        let reason = state.withLock { state -> APIError? in
            state.handler = handler
            return state.reason
        }
        if let reason { handler?(reason) }
    }
}
