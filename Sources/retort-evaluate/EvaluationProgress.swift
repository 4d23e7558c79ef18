import Foundation
import Synchronization

/// How far an evaluation is, over all systems that answer the split.
final class EvaluationProgress: Sendable {
    private struct State {
        var system: String?
        /// Answers of the systems before this one.
        var before = 0
        var begun = ContinuousClock.now
    }

    private let systems: Int
    private let state = Mutex(State())

    /// - Parameter systems: how many answer, one after the other.
    init(systems: Int) { self.systems = systems }

    /// What the live line says; what a narrow window leaves out stands last.
    func line(_ system: String, _ done: Int, of count: Int) -> String {
        state.withLock { state in
            if state.system == nil { state.begun = .now }
            if let last = state.system, last != system { state.before += count }
            state.system = system
            let all = state.before + done, elapsed = state.begun.duration(to: .now) / .seconds(1)
            let rate = elapsed > 0 ? Double(all) / elapsed : 0
            let left = rate > 0 ? Int((Double(count * systems - all) / rate).rounded(.up)) : 0
            let time =
                left < 60 ? "\(left) s" : left < 3600 ? "\(left / 60) min" : "\(left / 3600) h \(left / 60 % 60) min"
            return "\(system): \(done) of \(count)  \(time) left in all  \(Int(rate)) a second"
        }
    }
}
