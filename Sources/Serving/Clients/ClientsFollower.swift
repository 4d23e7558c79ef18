import ServiceLifecycle

/// Brings the clients to what their file says, while requests go on.
struct ClientsFollower: Service {
    let clients: ClientBook

    private static let interval: Duration = .seconds(1)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            // Only a cancellation ends a sleep early, and the loop ends with it.
            while (try? await Task.sleep(for: ClientsFollower.interval)) != nil {
                try? await Blocking.run { clients.refresh() }
            }
        }
    }
}
