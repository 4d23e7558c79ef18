import Tensors
import Tokenizers

/// The rows of a pass that belong to one sequence: a chain of tokens, and a tree of tokens that may hang on its end.
///
/// A row of the chain sees the context and the chain up to itself. A row of the tree sees the context, the whole chain
/// and its own ancestors, so that every branch is computed as if it alone followed the chain.
struct RowSegment: Sendable {
    /// The chain's tokens, then the tree's.
    var tokens: [TokenID]
    var chainCount: Int
    /// The rows behind the chain's.
    var tree = TokenTree()
    /// Everything before the chain.
    var context: [KeyValuePiece]
    var contextLength: Int
    /// Where the chain's keys and values go, from `targetOffset` on.
    var target: KeyValueBlock
    var targetOffset: Int
    /// Where the tree's go.
    var treeTarget: KeyValueBlock?
    var adapter: LoadedAdapter?
    var rope: RopeTables
    /// The rows whose logits are wanted, ascending.
    var wanted: [Int]

    var rowCount: Int { tokens.count }

    /// The place of each row in its sequence.
    var positions: [Int32] {
        (0..<chainCount).map { Int32(contextLength + $0) }
            + tree.positions.map { Int32(contextLength + chainCount) + $0 }
    }

    /// Everything that rows may see, in the order of columns: context, chain, tree.
    var columns: [KeyValuePiece] {
        var pieces = context
        pieces.extend(by: KeyValuePiece(block: target, offset: targetOffset, count: chainCount))
        if let treeTarget { pieces.append(KeyValuePiece(block: treeTarget, offset: 0, count: tree.tokenCount)) }
        return pieces
    }
}

/// The rotations of the layers that see everything and of those with a window.
struct RopeTables: Sendable {
    var global: RotaryTable
    var local: RotaryTable
}
