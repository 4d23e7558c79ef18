import Hummingbird
import NIOCore

/// A request's context with its connection, to notice when the client goes away.
struct ServeContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// Whose request it is; nil for one that has no quota.
    var client: ClientAccount?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Ends `cancellation` when the client goes away from now on.
    func watch(_ cancellation: Cancellation) async {
        let watch = channel.pipeline.handler(type: ConnectionWatchHandler.self).map { $0.watch }
        do {
            try await watch.get().begin(cancellation)
        } catch {
            // The handler is gone with its pipeline: so is the client.
            cancellation.cancel(.disconnected)
        }
    }
}
