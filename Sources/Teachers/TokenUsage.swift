/// How many tokens a teacher says that it read and wrote.
public struct TokenUsage: Sendable, Hashable {
    public var input: Int
    public var output: Int

    public init(input: Int, output: Int) {
        self.input = max(0, input)
        self.output = max(0, output)
    }

    init(reportedInput: Int?, reportedOutput: Int?, otherwise fallback: TokenUsage) {
        self.init(input: reportedInput ?? fallback.input, output: reportedOutput ?? fallback.output)
    }

    public var total: Int { input + output }

    public static func + (left: TokenUsage, right: TokenUsage) -> TokenUsage {
        TokenUsage(input: left.input + right.input, output: left.output + right.output)
    }
}

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
