import Conversations
public import Dialects
import Storage
public import Teachers

/// What a run of labeling did, and why it stopped early if it did.
public struct LabelingResult: Sendable {
    public enum Stop: Sendable {
        /// The budget would not have held the next request.
        case budget(TeacherError)
        /// The teacher wants money first.
        case payment(TeacherError)
        /// The teacher gave no answers, several times in a row or to some inputs after all retries.
        case down(TeacherError)
        /// Somebody asked for it.
        case interrupted

        /// Whether requests on their way are soon given up. Those within a budget are waited for.
        var isUrgent: Bool {
            switch self {
            case .budget, .payment: false
            case .down, .interrupted: true
            }
        }
    }

    /// An answer that is no label, for people to look at.
    public struct Example: Sendable, Hashable {
        public var reason: String
        /// The beginning of what the teacher said, or of the server's words.
        public var said: String
        /// Whether these are the server's words about a request, and not an answer.
        public var isRefusal: Bool
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
    /// The first few of this run's rejections, no two alike.
    public var examples: [Example] = []
    /// Labels that have log-probabilities.
    public var withLogprobs = 0
    /// Labels for which they were asked in vain, by the reason.
    public var withoutLogprobs: [LogprobsError.Kind: Int] = [:]
    public var stop: Stop?

    var answers: [ContentDigest: LabelAnswer] = [:]

    /// The most examples that are kept.
    static let mostExamples = 3

    mutating func show(_ asked: Labeler.Asked) {
        guard let said = asked.said, let reason = asked.answer.reason, !said.isEmpty,
            examples.count < LabelingResult.mostExamples
        else { return }
        let example = Example(reason: reason, said: said, isRefusal: asked.answer.response == nil)
        if !examples.contains(example) { examples.append(example) }
    }

    /// Counts what the answers are.
    mutating func tally() {
        for answer in answers.values {
            switch answer.outcome {
            case .label:
                labeled += 1
                if answer.logprobs != nil { withLogprobs += 1 }
                if let reason = answer.withoutLogprobs { withoutLogprobs[reason, default: 0] += 1 }
            case .rejected(let reason):
                rejected += 1
                reasons[reason, default: 0] += 1
            }
        }
    }
}
