/// A sequence to learn from: token ids, and what predicting each of them counts.
public struct TrainingExample: Sendable, Hashable {
    public var tokens: [Int32]
    /// One for each token: 0 for what is given (the first token always is), 1 for what the model should say.
    public var weights: [Float]
    /// What a teacher would have said in the place of some tokens, by their index in ``tokens``.
    public var teacher: [Int: TokenDistribution]

    public init(tokens: [Int32], weights: [Float], teacher: [Int: TokenDistribution] = [:]) {
        precondition(tokens.count == weights.count, "every token has its weight")
        self.tokens = tokens
        self.weights = weights
        self.teacher = teacher
        if !tokens.isEmpty { self.weights[0] = 0 }
    }

    /// Σ weights: what the example counts in the mean over a step.
    public var totalWeight: Double { weights.reduce(0) { $0 + Double($1) } }
}
