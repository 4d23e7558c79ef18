public import Dialects

/// What a teacher's tokens cost.
public struct TokenPrices: Sendable, Hashable {
    /// USD per million input tokens.
    public var input: Double
    /// USD per million output tokens.
    public var output: Double

    public static let free = TokenPrices(input: 0, output: 0)

    public init(input: Double, output: Double) {
        self.input = input
        self.output = output
    }

    /// What so many tokens cost.
    public func cost(of usage: TokenUsage) -> USD {
        USD(input * Double(usage.input) / 1e6 + output * Double(usage.output) / 1e6)
    }
}
