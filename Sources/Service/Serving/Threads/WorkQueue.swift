/// Runs the engine's work on a few threads of its own, so that event loops stay free; the rest waits, up to a bound.
final class WorkQueue: Sendable {
    private let threads: WorkThreads
    private let line: WaitingLine

    /// - Parameters:
    ///   - concurrency: how many pieces of work run at once.
    ///   - capacity: how many may wait; one more is refused.
    init(concurrency: Int, capacity: Int) {
        line = WaitingLine(places: concurrency, capacity: capacity)
        threads = WorkThreads("work", count: concurrency)
    }

    /// Pieces of work that run and that wait.
    var load: (active: Int, waiting: Int) { line.load }

    /// Runs `body` on a thread of this queue when it is its turn.
    ///
    /// - Throws: ``APIError`` when too many wait already or `cancellation` comes before its turn; what `body` throws.
    func run<Value: Sendable>(
        _ cancellation: Cancellation, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await line.enter(cancellation)
        defer { line.leave() }
        try cancellation.check()
        return try await withCheckedThrowingContinuation { continuation in
            threads.run { continuation.resume(with: Result { try body() }) }
        }
    }
}
