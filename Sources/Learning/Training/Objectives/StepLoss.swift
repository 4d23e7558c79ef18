/// What one step, or one validation, found.
public struct StepLoss: Sendable {
    /// Σ weight · loss.
    public var sum = 0.0
    /// Σ weight.
    public var weight = 0.0
    /// Examples, and how many of them would be answered exactly: every token to say is the likeliest.
    public var examples = 0
    public var exactExamples = 0
    /// Tokens computed, shared ones once, and tokens of the examples one by one.
    public var computedTokens = 0
    public var exampleTokens = 0
    /// The floating-point operations that this needed.
    public var flops = 0.0
    /// Σ weight · divergence and Σ weight of the tokens for which a teacher's distribution is stored.
    public var divergenceSum = 0.0
    public var divergenceWeight = 0.0
    /// Σ over pairs of β (ln p - ln p of the reference), of the better and of the worse answer.
    public var chosenReward = 0.0
    public var rejectedReward = 0.0
    /// Pairs, and how many of them the model prefers the right way round.
    public var pairs = 0
    public var preferredPairs = 0

    public init() {}

    /// The mean loss of a token to say, nats.
    public var mean: Double { weight > 0 ? sum / weight : 0 }
    /// The part of the examples that would be answered exactly; of pairs, those preferred the right way round.
    public var agreement: Double {
        if pairs > 0 { return Double(preferredPairs) / Double(pairs) }
        return examples > 0 ? Double(exactExamples) / Double(examples) : 0
    }
    /// The mean divergence from the teacher, nats; nil where no distribution was stored.
    public var divergence: Double? { divergenceWeight > 0 ? divergenceSum / divergenceWeight : nil }
    /// Means over the pairs; nil where there were none.
    public var rewards: PreferenceRewards? {
        guard pairs > 0 else { return nil }
        let count = Double(pairs)
        return PreferenceRewards(
            chosen: chosenReward / count, rejected: rejectedReward / count, accuracy: Double(preferredPairs) / count)
    }
}
