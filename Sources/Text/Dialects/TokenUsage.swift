/// How many tokens a request has, or a teacher says that it read and wrote. Sums stay at the largest integer.
public struct TokenUsage: Sendable, Hashable {
    public var input: Int
    public var output: Int

    public init(input: Int, output: Int) {
        self.input = max(0, input)
        self.output = max(0, output)
    }

    public var total: Int { TokenUsage.sum(input, output) }

    public static func + (left: TokenUsage, right: TokenUsage) -> TokenUsage {
        TokenUsage(input: sum(left.input, right.input), output: sum(left.output, right.output))
    }

    /// The sum of two counts, neither of them negative.
    package static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, isBeyond) = left.addingReportingOverflow(right)
        return isBeyond ? .max : sum
    }
}
