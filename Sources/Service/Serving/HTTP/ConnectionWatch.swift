import NIOCore
import Synchronization

/// Notices that a client went away while its request is worked on.
///
/// Hummingbird reads on only for the next request, and keeps half-closed connections open, so that neither a write nor
/// a cancelled task would tell while an answer is computed.
final class ConnectionWatch: Sendable {
    private struct State {
        var isClosed = false
        var current: Cancellation?
    }

    private let state = Mutex(State())

    /// The request that the connection carries now; HTTP/1 carries one at a time.
    func begin(_ cancellation: Cancellation) {
        let isClosed = state.withLock { state -> Bool in
            state.current = cancellation
            return state.isClosed
        }
        if isClosed { cancellation.cancel(.disconnected) }
    }

    func close() {
        let current = state.withLock { state -> Cancellation? in
            state.isClosed = true
            return state.current
        }
        current?.cancel(.disconnected)
    }
}

/// Feeds a ``ConnectionWatch`` from its channel's events.
final class ConnectionWatchHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny
    typealias InboundOut = NIOAny

    let watch = ConnectionWatch()

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { watch.close() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        watch.close()
        context.fireChannelInactive()
    }
}
