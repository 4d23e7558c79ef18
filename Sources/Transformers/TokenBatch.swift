public import Tensors

/// Tokens in the order of a tree's runs.
public struct TokenBatch: Sendable {
    public let tree: TokenTree
    /// One for each token of the tree.
    public let tokens: [Int32]
    let positions: [Int32]

    public init(tree: TokenTree, tokens: [Int32]) {
        precondition(tokens.count == tree.tokenCount, "every token of the tree has its id")
        self.tree = tree
        self.tokens = tokens
        positions = tree.positions()
    }

    /// Σ over tokens of the tokens that each attends to.
    public var pairs: Int { tree.runs.reduce(0) { $0 + $1.count * $1.depth + $1.count * ($1.count + 1) / 2 } }

    /// One sequence.
    public init(sequence tokens: [Int32]) { self.init(tree: TokenTree(sequence: tokens.count), tokens: tokens) }
}
