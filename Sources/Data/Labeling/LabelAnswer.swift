import Conversations
public import Dialects
public import Storage
public import Teachers

/// What became of one input: a label, or the reason for having none.
public struct LabelAnswer: Sendable, Hashable {
    public enum Outcome: Sendable, Hashable {
        case label(String)
        /// Why there is no label. Says nothing of the input or the answer.
        case rejected(String)
    }

    public var outcome: Outcome
    /// The digest of the response that decided; nil where none came.
    public var response: ContentDigest?
    /// What all its responses cost when they were paid for.
    public var cost: USD
    /// How many alternatives of each token the request asked for; nil where it asked for no log-probabilities.
    public var topLogprobs: Int?
    /// The log-probabilities of the label's tokens.
    public var logprobs: TokenLogprobs?
    /// Why a label has none although the request asked for them.
    public var withoutLogprobs: LogprobsError.Kind?

    public init(_ outcome: Outcome, response: ContentDigest?, cost: USD, topLogprobs: Int? = nil) {
        self.outcome = outcome
        self.response = response
        self.cost = cost
        self.topLogprobs = topLogprobs
    }

    public var label: String? {
        if case .label(let label) = outcome { label } else { nil }
    }

    /// Why there is no label; nil where there is one.
    public var reason: String? {
        if case .rejected(let reason) = outcome { reason } else { nil }
    }

    /// The reason of an input that a moderation did not let through.
    static let forbidden = "the request: refused with 403"
    /// The reason of an input whose response could not be read.
    static let malformed = "the response: malformed"
    /// The reason of an input on which the teacher fails, while it answers others.
    static let neverAnswered = "the request: failed again and again, while others were answered"
}
