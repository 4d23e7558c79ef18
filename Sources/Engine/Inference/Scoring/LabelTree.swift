import Tensors
import Tokenizers

/// The tokens of several labels as a tree: labels that begin alike share what they have in common.
struct LabelTree {
    /// A run of one token for each node; the root, which stands for the prompt's last token, is not among them.
    private(set) var tree = TokenTree()
    /// Of the nodes.
    private(set) var tokens: [TokenID] = []
    /// Each label's tokens, each with the node after which it comes (nil for the prompt).
    private(set) var paths: [[(after: Int?, token: TokenID)]]

    /// Only nodes that something follows are needed: a label's last token is read off the node before it.
    init(_ labels: [[TokenID]]) {
        paths = labels.map { _ in [] }
        // In the order of their tokens, labels that begin alike stand together: nodes come depth first.
        let order = labels.indices.sorted { labels[$0].lexicographicallyPrecedes(labels[$1]) }
        var nodes: [Int] = []
        for index in order {
            let inner = labels[index].dropLast()
            let common = zip(inner, nodes).prefix { $0 == tokens[$1] }.count
            nodes.removeLast(nodes.count - common)
            for token in inner.dropFirst(common) {
                nodes.append(tree.append(count: 1, parent: nodes.last))
                tokens.append(token)
            }
            paths[index] = labels[index].enumerated().map { place, token in
                (after: place > 0 ? nodes[place - 1] : nil, token: token)
            }
        }
    }
}
