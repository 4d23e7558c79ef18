import ServiceLifecycle

/// Looks at something every second while the server runs; what it throws ends the server.
struct EverySecond: Service {
    let look: @Sendable () throws -> Void

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            // Only a cancellation ends a sleep early, and the loop ends with it.
            while (try? await Task.sleep(for: .seconds(1))) != nil { try await Blocking.run { try look() } }
        }
    }
}
