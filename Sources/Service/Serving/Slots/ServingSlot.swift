import Foundation
import Registry
import Synchronization

/// The place that an alias is loaded into: holds one verified version, and exchanges it in one step.
///
/// A request takes ``current`` once and keeps it to its end, so that it finishes on the version it began with.
final class ServingSlot: Sendable {
    struct Condition: Sendable {
        var loadedAt: Date
        /// How often the version was exchanged.
        var swaps = 0
        /// Why the version that the alias names now is not the one that answers.
        var failure: String?
    }

    private struct State {
        var version: ServedVersion
        var condition: Condition
    }

    let selector: VersionSelector
    private let state: Mutex<State>

    init(_ selector: VersionSelector, _ version: ServedVersion, now: Date = Date()) {
        self.selector = selector
        state = Mutex(State(version: version, condition: Condition(loadedAt: now)))
    }

    /// The version that answers now.
    var current: ServedVersion { state.withLock { $0.version } }

    var condition: Condition { state.withLock { $0.condition } }

    /// Lets another version answer from now on.
    func exchange(_ version: ServedVersion, now: Date = Date()) {
        // The old version may be freed by this; that happens outside the lock.
        let old = state.withLock { state -> ServedVersion in
            defer {
                state.version = version
                state.condition = Condition(loadedAt: now, swaps: state.condition.swaps + 1)
            }
            return state.version
        }
        withExtendedLifetime(old) {}
    }

    /// Notes why the version that answers stays; nil when all is well again.
    func report(failure: String?) { state.withLock { $0.condition.failure = failure } }
}
