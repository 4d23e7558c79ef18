/// The likeliest tokens at one place, as a teacher saw them; what they leave of 1 is that of all other tokens together.
public struct TokenDistribution: Sendable, Hashable {
    public var tokens: [Int32]
    /// Natural logarithms, one for each of ``tokens``.
    public var logProbabilities: [Float]

    public init(tokens: [Int32], logProbabilities: [Float]) {
        precondition(tokens.count == logProbabilities.count, "every token has its probability")
        self.tokens = tokens
        self.logProbabilities = logProbabilities
    }
}
