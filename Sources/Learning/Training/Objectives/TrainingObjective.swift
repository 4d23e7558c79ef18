import Adapters

/// What a step makes smaller.
public struct TrainingObjective: Sendable, Hashable {
    /// The part of a token's loss that is the divergence from the teacher's stored distribution, where it has one; the
    /// rest is cross-entropy.
    public var distillationWeight: Float
    /// Distributions are compared at this temperature, and the divergence counts its square (Hinton et al., 2015).
    public var temperature: Float
    /// What a margin of log-probabilities is worth.
    public var beta: Double
    /// How often a pair is taken to be the wrong way round (Mitchell, conservative DPO, 2023).
    public var labelSmoothing: Double
    /// What the mean cross-entropy of the chosen answers counts beside the preference.
    public var supervisedWeight: Double

    public init(
        distillationWeight: Float = 0, temperature: Float = 1, beta: Double = 0.1, labelSmoothing: Double = 0,
        supervisedWeight: Double = 0
    ) {
        self.distillationWeight = distillationWeight
        self.temperature = temperature
        self.beta = beta
        self.labelSmoothing = labelSmoothing
        self.supervisedWeight = supervisedWeight
    }

    public init(_ recipe: AdapterRecipe) {
        self.init(
            distillationWeight: Float(recipe.distillation?.weight ?? 0),
            temperature: Float(recipe.distillation?.temperature ?? 1), beta: recipe.preference.beta,
            labelSmoothing: recipe.preference.labelSmoothing, supervisedWeight: recipe.preference.supervisedWeight)
    }
}
