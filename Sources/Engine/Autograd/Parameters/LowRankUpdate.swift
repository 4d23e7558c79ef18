/// A trained change of a frozen matrix: scale · B · A, with A[rank, inputs] and B[outputs, rank] in a parameter set.
///
/// Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021.
public struct LowRankUpdate {
    public let parameters: ParameterSet
    public let a: ParameterSet.Entry
    public let b: ParameterSet.Entry
    public let scale: Float

    public init(parameters: ParameterSet, a: ParameterSet.Entry, b: ParameterSet.Entry, scale: Float) {
        self.parameters = parameters
        self.a = a
        self.b = b
        self.scale = scale
    }

    public var rank: Int { a.rows }
}
