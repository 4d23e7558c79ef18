import Tokenizers

/// The tokens of several labels as a tree: labels that begin alike share what they have in common.
struct LabelTree {
    /// One entry a node; the root, which stands for the prompt's last token, is not among them.
    private(set) var tokens: [TokenID] = []
    /// The nodes above a node, from the top on.
    private(set) var ancestors: [[Int]] = []
    /// Each label's tokens, each with the node after which it comes (nil for the prompt).
    private(set) var paths: [[(after: Int?, token: TokenID)]] = []

    /// Only nodes that something follows are needed: a label's last token is read off the node before it.
    init(_ labels: [[TokenID]]) {
        var children: [[TokenID: Int]] = [[:]]
        for label in labels {
            var node: Int?
            var path: [(after: Int?, token: TokenID)] = []
            for (index, token) in label.enumerated() {
                path.append((node, token))
                guard index < label.count - 1 else { break }
                let place = node.map { $0 + 1 } ?? 0
                if let known = children[place][token] {
                    node = known
                } else {
                    let fresh = tokens.count
                    ancestors.append(node.map { ancestors[$0] + [$0] } ?? [])
                    tokens.append(token)
                    children[place][token] = fresh
                    children.append([:])
                    node = fresh
                }
            }
            paths.append(path)
        }
    }
}
