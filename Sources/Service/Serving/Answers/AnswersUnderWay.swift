import ServiceLifecycle
import Synchronization

/// The answers that are being made. Each is made apart from its connection, so that its end is seen to whether or not
/// somebody reads it; a server that stops waits for the last of them.
final class AnswersUnderWay: Service, Sendable {
    private let count = Mutex(0)
    /// Says that an answer has come to its end; how many are left says ``count``.
    private let (ends, end) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    func begin(_ answer: @escaping @Sendable () async -> Void) {
        count.withLock { $0 += 1 }
        Task {
            await answer()
            count.withLock { $0 -= 1 }
            end.yield()
        }
    }

    private var isIdle: Bool { count.withLock { $0 == 0 } }

    func run() async throws {
        try await gracefulShutdown()
        guard !isIdle else { return }
        for await _ in ends where isIdle { return }
    }
}
