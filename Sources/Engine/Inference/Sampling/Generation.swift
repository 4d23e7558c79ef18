import Foundation
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
    /// The natural logarithm of the probability of all of ``tokens`` after the prompt and of the one that ended the answer,
    /// if one did: of the model's own logits, whatever was done to them to choose.
    public var logProbability: Double
    /// How many tokens ``logProbability`` is about.
    public var scoredTokenCount: Int
    public var promptTokenCount: Int
    /// Tokens of the prompt whose keys and values were known from earlier ones.
    public var cachedTokenCount: Int
    public var promptSeconds: Double
    public var generationSeconds: Double

    /// The geometric mean of the tokens' probabilities, 0 to 1: how sure the model was of its answer, whatever its length.
    public var confidence: Double { exp(logProbability / Double(max(1, scoredTokenCount))) }
}
