/// How much a pass over a packed batch computes.
public struct PassSize: Sendable, Hashable {
    /// Tokens computed, shared ones once.
    public var tokens: Int
    /// Tokens whose logits are needed.
    public var rows: Int
    /// Σ over tokens of the tokens that each attends to.
    public var pairs: Int

    public init(tokens: Int = 0, rows: Int = 0, pairs: Int = 0) {
        self.tokens = tokens
        self.rows = rows
        self.pairs = pairs
    }

    public static func + (left: PassSize, right: PassSize) -> PassSize {
        PassSize(tokens: left.tokens + right.tokens, rows: left.rows + right.rows, pairs: left.pairs + right.pairs)
    }

    /// At least both of each.
    public func union(_ other: PassSize) -> PassSize {
        PassSize(tokens: max(tokens, other.tokens), rows: max(rows, other.rows), pairs: max(pairs, other.pairs))
    }
}
