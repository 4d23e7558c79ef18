public import Tensors

/// Tokens in the order of a tree's runs.
public final class TokenBatch: Sendable {
    public let tree: TokenTree
    /// One for each token of the tree.
    public let tokens: [Int32]
    /// How attention is cut, in all layers.
    let blocks: TreeBlocks

    public init(tree: TokenTree, tokens: [Int32]) {
        precondition(tokens.count == tree.tokenCount, "every token of the tree has its id")
        self.tree = tree
        self.tokens = tokens
        blocks = TreeBlocks(tree)
    }

    /// Σ over tokens of the tokens that each attends to.
    public var pairs: Int { tree.runs.reduce(0) { $0 + $1.count * $1.depth + $1.count * ($1.count + 1) / 2 } }

    /// One sequence.
    public convenience init(sequence tokens: [Int32]) {
        self.init(tree: TokenTree(sequence: tokens.count), tokens: tokens)
    }

    /// Writes a number for each token that follows from the seed and the tokens up to and with it, and from nothing else:
    /// the same whether a beginning is shared or not.
    public func writePathKeys(seed: UInt64, to keys: inout [UInt64]) {
        keys.removeAll(keepingCapacity: true)
        for run in tree.runs {
            var key = run.parent.map { keys[tree.runs[$0].tokens.upperBound - 1] } ?? seed
            for token in run.tokens {
                key = (key ^ UInt64(UInt32(bitPattern: tokens[token]))) &* 0x9E37_79B9_7F4A_7C15
                key ^= key >> 29
                key = key &* 0xBF58_476D_1CE4_E5B9
                key ^= key >> 32
                keys.append(key)
            }
        }
    }
}
