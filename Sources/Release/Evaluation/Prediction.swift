import Answering
import PlainText

/// What one system answered to one example.
public struct Prediction: Sendable, Hashable {
    /// Why there is no answer.
    public enum Problem: String, Sendable, Hashable {
        /// Generated text is none that the task allows.
        case invalid = "invalid_answer"
        /// The model's scores are no numbers.
        case notANumber = "not_a_number"
        /// The prompt is longer than the model's context.
        case tooLong = "prompt_too_long"
    }

    /// The label or the answer; nil where there is none that the task allows.
    public var answer: String?
    /// The probability of the answer among the labels; of generated text the geometric mean of its tokens' probabilities.
    /// 0 where scores are no numbers: nothing is less sure.
    public var confidence: Double?
    /// The probability that the truth got; nil for generated text.
    public var truthProbability: Double?
    public var problem: Problem?
    /// Whether a value that the task's schema does not allow was replaced by the likeliest that it does.
    public var isRepaired = false

    public init(
        answer: String?, confidence: Double? = nil, truthProbability: Double? = nil, problem: Problem? = nil
    ) {
        self.answer = answer
        self.confidence = confidence
        self.truthProbability = truthProbability
        self.problem = problem ?? (answer == nil ? .invalid : nil)
    }

    /// - Parameters:
    ///   - labels: the task's, in the order of the answer's probabilities; empty for generated text.
    init(_ answer: TaskAnswer, labels: [String], truth: String) {
        let isNumber = answer.verdict != .notANumber
        self.init(
            answer: answer.allowed, confidence: isNumber ? answer.confidence : 0,
            truthProbability: zip(labels, answer.probabilities).first { $0.0.isExactly(truth) }?.1,
            problem: isNumber ? nil : .notANumber)
        isRepaired = answer.isRepaired
    }

    /// The likeliest of labels by their scores.
    init(scores: [Double], labels: [String]) {
        let probabilities = Softmax.probabilities(scores)
        let best = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
        self.init(answer: labels[best], confidence: probabilities[best])
    }
}
