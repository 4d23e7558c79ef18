import NIOCore
import Storage
import Synchronization

/// All open connections, up to a bound. One more takes the place of the one that has waited longest for its client; where
/// none does, it is refused.
final class OpenConnections: Sendable {
    /// What a connection is doing.
    enum Activity: Sendable {
        /// No request is under way, or its head has not come.
        case idle
        /// A request's body is coming.
        case receiving
        /// The server owes an answer.
        case answering
    }

    /// What became of connections since the start.
    struct Counts: Sendable {
        /// Closed to make room for another.
        var displaced = 0
        var refused = 0
    }

    private struct Connection {
        var channel: any Channel
        var activity = Activity.idle
        var since = ContinuousClock.Instant.now

        /// Since when it waits for its client, so that it may go; nil where it may not.
        func waiting(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
            switch activity {
            case .idle: since
            case .receiving: now - since > OpenConnections.patience ? since : nil
            case .answering: nil
            }
        }
    }

    private struct State {
        var open: [ObjectIdentifier: Connection] = [:]
        var counts = Counts()
    }

    /// A body that takes no longer is not the place where room is made.
    private static let patience: Duration = .seconds(1)

    private let state = Mutex(State())
    let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { state.withLock { $0.open.count } }
    var counts: Counts { state.withLock { $0.counts } }

    /// Takes a new connection in; false where there is no place.
    func open(_ channel: any Channel, now: ContinuousClock.Instant = .now) -> Bool {
        let (isTaken, displaced) = state.withLock { state -> (Bool, (any Channel)?) in
            var displaced: (any Channel)?
            if state.open.count >= capacity {
                let waiting = state.open.compactMap { entry in
                    entry.value.waiting(at: now).map {
                        (key: entry.key, isIdle: entry.value.activity == .idle, since: $0)
                    }
                }
                let longest = waiting.min { ($0.isIdle ? 0 : 1, $0.since) < ($1.isIdle ? 0 : 1, $1.since) }
                guard let longest else {
                    state.counts.refused += 1
                    return (false, nil)
                }
                displaced = state.open.removeValue(forKey: longest.key)?.channel
                state.counts.displaced += 1
            }
            state.open[ObjectIdentifier(channel)] = Connection(channel: channel)
            return (true, displaced)
        }
        displaced?.close(promise: nil)
        return isTaken
    }

    func set(_ activity: Activity, _ channel: any Channel) {
        state.withLock { state in
            state.open[ObjectIdentifier(channel)]?.activity = activity
            state.open[ObjectIdentifier(channel)]?.since = .now
        }
    }

    func close(_ channel: any Channel) { state.withLock { _ = $0.open.removeValue(forKey: ObjectIdentifier(channel)) } }

    /// As many as `wanted`, if the process may open so many files; some are kept back for models and the registry, and for
    /// connections that are accepted only to be closed.
    static func capacity(wanted: Int) -> Int {
        let kept = reserve + AcceptGate.headroom
        guard let free = FreeDescriptors.count(upTo: wanted + kept) else { return wanted }
        return max(1, free - kept)
    }

    private static let reserve = 16
}
