public import Conversations
import Storage
public import Teachers

/// What a run of labeling did, and why it stopped early if it did.
public struct LabelingResult: Sendable {
    public enum Stop: Sendable {
        /// The budget would not have held the next request.
        case budget(TeacherError)
        /// The teacher gave no answers, several times in a row or to some inputs after all retries.
        case down(TeacherError)
        /// Somebody asked for it.
        case interrupted

        /// Whether requests on their way are soon given up. Those within a budget are waited for.
        var isUrgent: Bool {
            switch self {
            case .budget: false
            case .down, .interrupted: true
            }
        }
    }

    /// Distinct inputs, and how many of them had an answer before this run.
    public var distinct = 0
    public var kept = 0
    /// Distinct inputs that have a label now, and that were rejected.
    public var labeled = 0
    public var rejected = 0
    /// Inputs that were asked a second time because the first answer did not fit.
    public var askedAgain = 0
    /// Rejections by reason.
    public var reasons: [String: Int] = [:]
    /// Labels that have log-probabilities.
    public var withLogprobs = 0
    /// Labels for which they were asked in vain, by the reason.
    public var withoutLogprobs: [LogprobsError.Kind: Int] = [:]
    public var stop: Stop?

    var answers: [ContentDigest: LabelAnswer] = [:]
}
