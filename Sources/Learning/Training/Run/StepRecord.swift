public import JSON

/// What is known after a step.
public struct StepRecord: Sendable {
    public var step: Int
    public var totalSteps: Int
    public var epoch: Int
    public var loss: Double
    public var gradientNorm: Double
    public var learningRate: Double
    public var seconds: Double
    public var examples: Int
    /// Tokens that were computed: shared ones once.
    public var computedTokens: Int
    /// Tokens of the examples one by one.
    public var exampleTokens: Int
    /// The floating-point operations that the step needed.
    public var flops: Double
    /// The mean divergence from a teacher, where distributions are stored.
    public var divergence: Double?
    /// Where the step's examples are pairs.
    public var rewards: PreferenceRewards?

    public var json: JSONObject {
        var object = JSONObject([
            (key: "kind", value: "step"), (key: "step", value: .integer(step)), (key: "epoch", value: .integer(epoch)),
            (key: "loss", value: .number(loss)), (key: "gradient_norm", value: .number(gradientNorm)),
            (key: "learning_rate", value: .number(learningRate)), (key: "seconds", value: .number(seconds)),
            (key: "examples", value: .integer(examples)), (key: "computed_tokens", value: .integer(computedTokens)),
            (key: "example_tokens", value: .integer(exampleTokens)), (key: "flops", value: .number(flops)),
        ])
        if let divergence { object["divergence"] = .number(divergence) }
        for field in rewards?.fields ?? [] { object[field.key] = field.value }
        return object
    }
}

/// What a validation found after some step.
public struct ValidationRecord: Sendable {
    public var step: Int
    public var loss: Double
    /// The part of the examples that would be answered exactly.
    public var agreement: Double
    public var isBest: Bool
    public var rewards: PreferenceRewards?

    public var json: JSONObject {
        var object = JSONObject([
            (key: "kind", value: "validation"), (key: "step", value: .integer(step)),
            (key: "loss", value: .number(loss)),
            (key: "agreement", value: .number(agreement)), (key: "best", value: .bool(isBest)),
        ])
        for field in rewards?.fields ?? [] { object[field.key] = field.value }
        return object
    }
}
