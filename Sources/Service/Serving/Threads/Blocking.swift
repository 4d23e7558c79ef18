/// Work that blocks, such as reading a database or loading a model, on a thread that may; those of Swift's own pool
/// must not.
enum Blocking {
    private static let threads = WorkThreads("blocking", count: 4)

    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            threads.run { continuation.resume(with: Result { try body() }) }
        }
    }
}
