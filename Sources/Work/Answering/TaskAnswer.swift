public import Inference
public import Tasks

/// What a model made of one input of a task, finished as the task wants answers.
public struct TaskAnswer: Sendable {
    public enum Verdict: Sendable, Hashable {
        /// The task allows the answer, and the model is as sure of it as the task asks.
        case confident
        /// The task allows the answer, but the model's confidence is below the threshold.
        case unsure
        /// Generated text that the task does not allow.
        case invalid(AnswerError)
        /// The model's scores are no numbers: there is no answer.
        case notANumber
    }

    /// The label, or the answer as it is kept; for ``Verdict/invalid(_:)`` what the model said, without what its template
    /// writes; empty for ``Verdict/notANumber``.
    public var text: String
    public var verdict: Verdict
    /// The probability of each label, in the task's order; empty for generated answers.
    public var probabilities: [Double] = []
    /// The label's probability among the labels; of a generated answer the geometric mean of its tokens' probabilities.
    public var confidence: Double?
    /// Whether a value that the task's schema does not allow was replaced by the likeliest that it does.
    public var isRepaired = false
    /// Whether the answer ended because it may not be longer.
    public var isCut = false
    public var promptTokenCount: Int
    public var tokenCount = 0
    /// Of the prompt, those whose keys and values were known.
    public var cachedTokenCount = 0
    /// The answer's tokens with their likelihoods, where they were asked for.
    public var tokens: [GeneratedToken]?

    /// The answer that may be used; nil for one that the task does not allow, and for none.
    public var allowed: String? {
        switch verdict {
        case .confident, .unsure: text
        case .invalid, .notANumber: nil
        }
    }
}
