public import Tokenizers

/// An answer and what stands before it, as tokens.
public struct EncodedTurn: Sendable, Hashable {
    /// What a server is given: the conversation up to where the answer begins, tokenized as it is when nothing follows.
    public var prompt: [TokenID]
    /// What a model has to say then, through the token that ends the turn.
    public var answer: [TokenID]
    /// Whether prompt and answer, one after the other, are the whole text's own tokens. They are not where one token of the
    /// whole text holds the end of the prompt and the beginning of the answer, or where the prompt ends in words that the
    /// template writes before a generated answer only: then the answer follows the prompt that a server has.
    public var isWhole: Bool
    /// Whether the tools, where there are any, are in the prompt.
    public var writesTools: Bool
    /// Whether the names of those who speak, where messages have any, are in the text.
    public var writesNames: Bool
}
