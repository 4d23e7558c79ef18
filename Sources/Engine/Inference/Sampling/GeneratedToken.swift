public import Tokenizers

/// A token of an answer as it comes.
public struct GeneratedToken: Sendable, Hashable {
    public var id: TokenID
    /// Where ``GenerationOptions/topLogprobs`` asks for it.
    public var likelihood: TokenLikelihood?

    public init(id: TokenID, likelihood: TokenLikelihood? = nil) {
        self.id = id
        self.likelihood = likelihood
    }
}
