/// A sequence to learn from: token ids, and what predicting each of them counts.
public struct TrainingExample: Sendable, Hashable {
    public var tokens: [Int32]
    /// One for each token: 0 for what is given (the first token always is), 1 for what the model should say.
    public var weights: [Float]

    public init(tokens: [Int32], weights: [Float]) {
        precondition(tokens.count == weights.count, "every token has its weight")
        self.tokens = tokens
        self.weights = weights
        if !tokens.isEmpty { self.weights[0] = 0 }
    }

    /// Σ weights: what the example counts in the mean over a step.
    public var totalWeight: Double { weights.reduce(0) { $0 + Double($1) } }
}
