public import Tokenizers

/// An answer, and what it took.
public struct Generation: Sendable {
    public enum Finish: Sendable, Hashable {
        /// The model ended its turn, or a stop text appeared.
        case stop
        /// The most tokens were reached, or the end of the context.
        case length
        /// The caller asked for no more.
        case cancelled
    }

    /// The answer's tokens, without the one that ended it.
    public var tokens: [TokenID]
    /// The answer's text, up to a stop text.
    public var text: String
    public var finish: Finish
    public var promptTokenCount: Int
    /// Tokens of the prompt whose keys and values were known from earlier ones.
    public var cachedTokenCount: Int
    public var promptSeconds: Double
    public var generationSeconds: Double
}
