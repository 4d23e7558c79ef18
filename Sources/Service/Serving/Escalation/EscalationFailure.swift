import Foundation
import Storage
import Teachers

/// Why a request was not escalated though it should have been.
struct EscalationFailure: Error {
    /// What it says of the endpoint, for ``CircuitBreaker``.
    enum Verdict {
        /// It answers, if not this request.
        case up
        case down
        /// Every request would fail alike.
        case gone
        /// It was not asked, or not long enough.
        case none
    }

    let cause: Answer.Cause
    /// Says nothing of what was asked.
    let reason: String
    let verdict: Verdict
    /// Whether it concerns more than its own request, for sure.
    let concernsAll: Bool

    init(_ cause: Answer.Cause, _ reason: String, _ verdict: Verdict = .none, concernsAll: Bool = false) {
        self.cause = cause
        self.reason = reason
        self.verdict = verdict
        self.concernsAll = concernsAll
    }

    /// What asking the endpoint came to.
    init(_ error: any Error) {
        let reason = (error as? any LocalizedError)?.errorDescription ?? "\(error)"
        guard let error = error as? TeacherError else {
            // The book of what is spent cannot be written, or the endpoint answered and its answer cannot be used.
            let isOurs = error is StorageError
            self.init(.escalationFailed, reason, isOurs ? .none : .up, concernsAll: isOurs)
            return
        }
        let concernsAll = error.isOutage || error.concernsAllRequests
        switch error.kind {
        case .budget: self.init(.escalationBudget, reason)
        case .noTurn: self.init(.escalationRate, reason)
        case .request: self.init(.escalationFailed, reason, .up)
        case .forbidden: self.init(.escalationFailed, reason, error.isAboutContent ? .up : .down)
        case .down, .rateLimited, .malformed: self.init(.escalationFailed, reason, .down, concernsAll: concernsAll)
        case .configuration, .unauthorized, .payment, .redirected, .notFound:
            self.init(.escalationFailed, reason, .gone, concernsAll: concernsAll)
        }
    }
}
