import NIOCore

/// What a client may take of the server's time and memory by merely being connected.
struct ConnectionLimits: Sendable {
    /// How long the head of a request, its body, or a pause in taking the answer may last.
    var clientTimeout: TimeAmount
    /// How long a connection may stay without a request.
    var idleTimeout = TimeAmount.seconds(120)
    var maximumBodyByteCount: Int
    /// Told what was answered to what never became a request.
    var log: @Sendable (String) -> Void
}
