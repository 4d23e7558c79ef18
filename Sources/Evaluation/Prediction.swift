/// What one system answered to one example.
public struct Prediction: Sendable, Hashable {
    /// The label or the answer; nil where generated text is none that the task allows.
    public var answer: String?
    /// The probability of the answer among the labels; nil for generated text.
    public var confidence: Double?
    /// The probability that the truth got; nil for generated text.
    public var truthProbability: Double?

    public init(answer: String?, confidence: Double? = nil, truthProbability: Double? = nil) {
        self.answer = answer
        self.confidence = confidence
        self.truthProbability = truthProbability
    }

    /// The likeliest of labels by their log-probabilities, with probabilities among them.
    init(scores: [Double], labels: [String], truth: String) {
        let probabilities = Softmax.probabilities(scores)
        let best = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
        answer = labels[best]
        confidence = probabilities[best]
        truthProbability = labels.firstIndex(of: truth).map { probabilities[$0] }
    }
}
