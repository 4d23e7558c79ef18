import HummingbirdCore

/// Accepts no further connections while many wait to be closed, so that accepting never takes the last descriptor: what
/// waits in the system's queue meanwhile is taken as soon as one is closed.
struct AcceptGate: AvailableConnectionsDelegate {
    /// How many more than may stay are accepted: one of them takes a place, or is told that there is none.
    static let headroom = 8

    private let capacity: Int
    private var count = 0

    init(_ connections: OpenConnections) { capacity = connections.capacity }

    mutating func connectionOpened() { count += 1 }
    mutating func connectionClosed() { count -= 1 }
    func isAcceptingNewConnections() -> Bool { count < capacity + AcceptGate.headroom / 2 }
}
