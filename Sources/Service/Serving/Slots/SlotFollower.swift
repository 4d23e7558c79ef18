import Foundation
import Registry
import ServiceLifecycle
import Storage

/// Watches the registry and brings each slot to where its alias points.
struct SlotFollower: Service {
    let registry: ReleaseRegistry
    let loader: VersionLoader
    let slots: [ServingSlot]
    let interval: Duration
    let say: @Sendable (String) -> Void
    let warn: @Sendable (String) -> Void

    /// A version that failed to load is tried again after this many seconds, or when the registry changes.
    private static let retryInterval: Duration = .seconds(10)

    /// So many glances that show nothing new, then the registry is read nevertheless: a glance can miss a write.
    private static let mostGlances = 25

    /// What was seen so far.
    private struct Sight {
        var sequence = -1
        var mark: [FileStamp?]?
        var glances = 0
        var trouble: String?
        var failures: [VersionSelector: ContinuousClock.Instant] = [:]
    }

    func run() async throws { await cancelWhenGracefulShutdown { await watch() } }

    /// Looks at the registry again and again until the task is cancelled.
    private func watch() async {
        var sight = Sight()
        while !Task.isCancelled {
            if isNew(&sight) { await look(&sight) }
            // Only a cancellation ends a sleep early, and the loop ends with it.
            do { try await Task.sleep(for: interval) } catch { return }
        }
    }

    /// A glance, before the registry is read: what is written meanwhile has another mark.
    private func isNew(_ sight: inout Sight) -> Bool {
        let mark = registry.mark
        if mark == sight.mark, sight.glances < SlotFollower.mostGlances, sight.trouble == nil, sight.failures.isEmpty {
            sight.glances += 1
            return false
        }
        (sight.mark, sight.glances) = (mark, 0)
        return true
    }

    private func look(_ sight: inout Sight) async {
        do {
            let sequence = try await Blocking.run { try registry.sequence() }
            let now = ContinuousClock.now
            for slot in slots {
                let isDue = sight.failures[slot.selector].map { now - $0 > SlotFollower.retryInterval } ?? false
                guard sequence != sight.sequence || isDue else { continue }
                let isCurrent = try await Blocking.run { follow(slot) }
                sight.failures[slot.selector] = isCurrent ? nil : now
            }
            sight.sequence = sequence
            sight.trouble = nil
        } catch {
            let reason = "\(error)"
            if reason != sight.trouble { warn("the registry is not followed; what is loaded goes on: \(reason)") }
            sight.trouble = reason
            for slot in slots where slot.condition.failure != reason { slot.report(failure: reason) }
            // Once it can be read, every slot is looked at again.
            sight.sequence = -1
        }
    }

    /// Brings one slot up to date; false when that failed and the old version goes on.
    private func follow(_ slot: ServingSlot) -> Bool {
        let old = slot.current
        do {
            let record = try registry.resolve(slot.selector)
            if record != old.record {
                let start = ContinuousClock.now
                let version = try loader.load(record)
                slot.exchange(version)
                let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
                say("\(slot.selector) is now \(record.reference), loaded in \(milliseconds) ms")
            } else if slot.condition.failure != nil {
                slot.report(failure: nil)
            }
            return true
        } catch {
            let reason = "\(error)"
            if slot.condition.failure != reason {
                let serving = old.record?.reference ?? old.name
                warn("\(slot.selector) stays at \(serving): \(reason)")
            }
            slot.report(failure: reason)
            return false
        }
    }
}
