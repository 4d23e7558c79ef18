import Foundation
import Teachers

/// How escalation went so far, and how the endpoint is.
struct EscalationCondition: Sendable {
    /// What may be spent on a day, and what was spent on the newest of them.
    struct Money: Sendable {
        var limit: USD
        var spent: USD
        var day: Date
    }

    var answered = 0
    /// Requests that were not escalated though they should have been, by why.
    var unescalated: [Answer.Cause: Int] = [:]
    /// Requests whose client left before the answer came.
    var abandoned = 0
    /// Why the newest attempt failed; nil when it did not.
    var failure: String?
    /// When the run of failures began that the newest attempt belongs to, and how long it is.
    var failingSince: Date?
    var failuresInRow = 0
    /// Whether the newest failure concerns more than its own request.
    var concernsAll = false
    /// Until when the endpoint is left alone.
    var suspendedUntil: Date?
    /// Why there was no money for the newest request that needed some.
    var lackOfMoney: String?
    var money: Money?

    /// Requests that the endpoint gave no answer of use to.
    var failed: Int { unescalated[.escalationFailed, default: 0] + unescalated[.escalationLate, default: 0] }

    /// Whether the frontier is as good as gone: it cannot be asked, or gave no answer of use several times in a row.
    var isDown: Bool { failure != nil && (concernsAll || failuresInRow >= 3 || suspendedUntil != nil) }

    mutating func succeed() {
        answered += 1
        failure = nil
        failingSince = nil
        failuresInRow = 0
        concernsAll = false
        lackOfMoney = nil
    }

    mutating func fail(_ failure: EscalationFailure, now: Date) {
        unescalated[failure.cause, default: 0] += 1
        switch failure.cause {
        case .escalationFailed, .escalationLate:
            failuresInRow += 1
            concernsAll = failure.concernsAll
            self.failure = failure.reason
            failingSince = failingSince ?? now
        case .escalationBudget: lackOfMoney = failure.reason
        default: break
        }
    }
}
