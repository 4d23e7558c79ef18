import Foundation
import NIOCore
import Synchronization

/// All open connections, up to a bound. One more takes the place of the one that has been idle longest; where all work,
/// it is refused.
final class OpenConnections: Sendable {
    private struct Connection {
        var channel: any Channel
        /// Since when no request is under way; nil while one is.
        var idleSince: ContinuousClock.Instant?
    }

    private let open = Mutex<[ObjectIdentifier: Connection]>([:])
    let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { open.withLock { $0.count } }

    /// Takes a new connection in; false where there is no place.
    func open(_ channel: any Channel) -> Bool {
        let (isTaken, oldest) = open.withLock { open -> (Bool, (any Channel)?) in
            var oldest: (any Channel)?
            if open.count >= capacity {
                let idle = open.compactMap { entry in entry.value.idleSince.map { (key: entry.key, since: $0) } }
                guard let longest = idle.min(by: { $0.since < $1.since }) else { return (false, nil) }
                oldest = open.removeValue(forKey: longest.key)?.channel
            }
            open[ObjectIdentifier(channel)] = Connection(channel: channel, idleSince: .now)
            return (true, oldest)
        }
        oldest?.close(promise: nil)
        return isTaken
    }

    func setIdle(_ isIdle: Bool, _ channel: any Channel) {
        open.withLock { $0[ObjectIdentifier(channel)]?.idleSince = isIdle ? .now : nil }
    }

    func close(_ channel: any Channel) { open.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(channel)) } }

    /// As many as `wanted`, if the process may open so many files; some are kept back for models and the registry.
    static func capacity(wanted: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return wanted }
        let used = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 32
        let allowed = Int(clamping: limit.rlim_cur)
        return max(1, min(wanted, allowed - used - reserve))
    }

    private static let reserve = 24
}
