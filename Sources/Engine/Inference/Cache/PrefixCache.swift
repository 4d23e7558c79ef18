import Storage
import Synchronization
import Tokenizers

/// The keys and values of prompts that were computed before, as a tree of token runs: a new prompt starts where the
/// longest known one with the same beginning ends.
///
/// A tree is keyed by what the tokens were computed with (the engine's base, the adapter, the rotation), never by
/// tokens alone. When the budget is full, the leaves used longest ago go.
final class PrefixCache: Sendable {
    /// What keys and values depend on beside the tokens.
    struct Key: Hashable, Sendable {
        var adapter: ContentDigest?
        /// Whose prompts they are: nobody starts from another's, which would tell what it begins with.
        var owner: PromptOwner?
        /// Whether long sequences' rope factors were used.
        var isLong: Bool
    }

    /// A run of tokens below its parent's.
    private final class Node {
        var tokens: ArraySlice<TokenID>
        var piece: KeyValuePiece
        var children: [TokenID: Node] = [:]
        var lastUse: Int

        init(_ tokens: ArraySlice<TokenID>, _ piece: KeyValuePiece, lastUse: Int) {
            self.tokens = tokens
            self.piece = piece
            self.lastUse = lastUse
        }
    }

    private struct State {
        var roots: [Key: Node] = [:]
        var tokenCount = 0
        var clock = 0
    }

    private let state = Mutex(State())
    /// The most tokens that are kept.
    let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    /// How many tokens are kept now.
    var tokenCount: Int { state.withLock { $0.tokenCount } }

    /// The keys and values of the longest known beginning of `tokens`.
    func match(_ tokens: ArraySlice<TokenID>, key: Key) -> [KeyValuePiece] {
        state.withLock { state in
            guard var node = state.roots[key] else { return [] }
            state.clock += 1
            node.lastUse = state.clock
            var pieces: [KeyValuePiece] = []
            var rest = tokens
            while let first = rest.first, let child = node.children[first] {
                let common = PrefixCache.commonCount(child.tokens, rest)
                child.lastUse = state.clock
                pieces.extend(by: child.piece.part(from: 0, count: common))
                rest = rest.dropFirst(common)
                guard common == child.tokens.count else { break }
                node = child
            }
            return pieces
        }
    }

    /// Keeps the keys and values of `tokens`, which lie in `pieces`.
    func insert(_ tokens: ArraySlice<TokenID>, pieces: [KeyValuePiece], key: Key) {
        guard !tokens.isEmpty, tokens.count <= capacity else { return }
        state.withLock { state in
            state.clock += 1
            var node = state.roots[key] ?? Node([], pieces[0].part(from: 0, count: 0), lastUse: state.clock)
            state.roots[key] = node
            var rest = tokens
            while let first = rest.first, let child = node.children[first] {
                let common = PrefixCache.commonCount(child.tokens, rest)
                child.lastUse = state.clock
                if common < child.tokens.count { PrefixCache.split(child, at: common) }
                rest = rest.dropFirst(common)
                node = child
            }
            let known = tokens.count - rest.count
            for piece in pieces.slice(known..<tokens.count) {
                let child = Node(rest.prefix(piece.count), piece, lastUse: state.clock)
                if let first = rest.first { node.children[first] = child }
                rest = rest.dropFirst(piece.count)
                node = child
            }
            state.tokenCount += tokens.count - known
            while state.tokenCount > capacity, PrefixCache.dropOldestLeaf(&state) {}
        }
    }

    private static func commonCount(_ left: ArraySlice<TokenID>, _ right: ArraySlice<TokenID>) -> Int {
        zip(left, right).prefix { $0 == $1 }.count
    }

    /// Leaves the first `count` tokens in a node and hangs the rest below it.
    private static func split(_ node: Node, at count: Int) {
        let tail = Node(
            node.tokens.dropFirst(count), node.piece.part(from: count, count: node.piece.count - count),
            lastUse: node.lastUse)
        tail.children = node.children
        node.tokens = node.tokens.prefix(count)
        node.piece = node.piece.part(from: 0, count: count)
        node.children = [:]
        if let first = tail.tokens.first { node.children[first] = tail }
    }

    private static func dropOldestLeaf(_ state: inout State) -> Bool {
        var oldest: (parent: Node, token: TokenID, leaf: Node)?
        // A root whose last leaf went goes, too: owners come and go.
        state.roots = state.roots.filter { !$0.value.children.isEmpty }
        var open = Array(state.roots.values)
        while let node = open.popLast() {
            for (token, child) in node.children {
                if !child.children.isEmpty {
                    open.append(child)
                } else if oldest.map({ child.lastUse < $0.leaf.lastUse }) ?? true {
                    oldest = (node, token, child)
                }
            }
        }
        guard let oldest else { return false }
        oldest.parent.children[oldest.token] = nil
        state.tokenCount -= oldest.leaf.tokens.count
        return true
    }
}
