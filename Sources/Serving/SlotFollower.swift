import Foundation
import Registry
import ServiceLifecycle

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

    func run() async throws { await cancelWhenGracefulShutdown { await watch() } }

    /// So many glances that show nothing new, then the registry is read nevertheless: a glance can miss a write.
    private static let mostGlances = 25

    /// Looks at the registry's counter again and again until the task is cancelled.
    private func watch() async {
        var seen = -1
        var mark: DatabaseMark?
        var glances = 0
        var trouble: String?
        var failures: [VersionSelector: ContinuousClock.Instant] = [:]
        while !Task.isCancelled {
            // Taken before the registry is read: what is written meanwhile has another one.
            let newMark = registry.mark
            if newMark == mark, glances < SlotFollower.mostGlances, trouble == nil, failures.isEmpty {
                glances += 1
                do { try await Task.sleep(for: interval) } catch { return }
                continue
            }
            (mark, glances) = (newMark, 0)
            do {
                let sequence = try await Blocking.run { try registry.sequence() }
                let now = ContinuousClock.now
                for slot in slots {
                    let isDue = failures[slot.selector].map { now - $0 > SlotFollower.retryInterval } ?? false
                    guard sequence != seen || isDue else { continue }
                    let isCurrent = try await Blocking.run { follow(slot) }
                    failures[slot.selector] = isCurrent ? nil : now
                }
                seen = sequence
                trouble = nil
            } catch {
                let reason = "\(error)"
                if reason != trouble { warn("the registry is not followed; what is loaded goes on: \(reason)") }
                trouble = reason
                for slot in slots where slot.condition.failure != reason { slot.report(failure: reason) }
                // Once it can be read, every slot is looked at again.
                seen = -1
            }
            // Only a cancellation ends a sleep early, and the loop ends with it.
            do { try await Task.sleep(for: interval) } catch { return }
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
