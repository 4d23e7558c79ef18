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

    public init() {}

    /// The mean loss of a token to say, nats.
    public var mean: Double { weight > 0 ? sum / weight : 0 }
    /// The part of the examples that would be answered exactly.
    public var agreement: Double { examples > 0 ? Double(exactExamples) / Double(examples) : 0 }
}
