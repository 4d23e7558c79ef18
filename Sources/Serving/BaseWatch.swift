import ServiceLifecycle
import Storage

/// Ends the server when its base's file is changed in place: answers would be those of another model, unsaid.
struct BaseWatch: Service {
    let file: HeldFile
    let digest: ContentDigest

    private static let interval: Duration = .seconds(1)

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            // Only a cancellation ends a sleep early, and the loop ends with it.
            while (try? await Task.sleep(for: BaseWatch.interval)) != nil {
                try await Blocking.run { try file.check(against: digest) }
            }
        }
    }
}
