/// A forest of token runs: each run attends to its ancestors and, causally, to itself.
///
/// Rows that start alike share the run that they have in common. The tokens of all runs lie one after the other in
/// depth-first order, so that a run and everything below it is one range. A token's position is the number of tokens
/// before it on its path, and also its column in the scores of attention.
public struct TokenTree: Sendable {
    public struct Run: Sendable, Hashable {
        /// The index of its first token.
        public let start: Int
        public let count: Int
        /// The run that it continues, or nil at a root.
        public let parent: Int?
        /// The position of its first token.
        public let depth: Int
        /// One past the last token of the run and of all runs below it.
        public fileprivate(set) var subtreeEnd: Int

        public var tokens: Range<Int> { start..<(start + count) }
        public var subtree: Range<Int> { start..<subtreeEnd }
    }

    public private(set) var runs: [Run] = []
    public private(set) var tokenCount = 0
    /// The longest path, in tokens.
    public private(set) var longestPath = 0

    public init() {}

    /// One sequence: `count` tokens, each attending to all before it.
    public init(sequence count: Int) {
        self.init()
        append(count: count, parent: nil)
    }

    /// Adds a run of `count` tokens below `parent` and returns its number.
    ///
    /// Runs come in depth-first order: `parent` must be the run added last, or one of its ancestors.
    @discardableResult
    public mutating func append(count: Int, parent: Int?) -> Int {
        precondition(count > 0, "a run has at least one token")
        precondition(
            parent.map { runs[$0].subtreeEnd == tokenCount } ?? true, "runs are added in depth-first order")
        let depth = parent.map { runs[$0].depth + runs[$0].count } ?? 0
        runs.append(
            Run(start: tokenCount, count: count, parent: parent, depth: depth, subtreeEnd: tokenCount + count))
        tokenCount += count
        longestPath = max(longestPath, depth + count)
        var ancestor = parent
        while let run = ancestor {
            runs[run].subtreeEnd = tokenCount
            ancestor = runs[run].parent
        }
        return runs.count - 1
    }

    /// For each token those that it sees, from its root down to itself.
    public var paths: [[Int]] {
        var paths: [[Int]] = []
        paths.reserveCapacity(tokenCount)
        for run in runs {
            var path = run.parent.map { paths[runs[$0].tokens.upperBound - 1] } ?? []
            for token in run.tokens {
                path.append(token)
                paths.append(path)
            }
        }
        return paths
    }

    /// The position of every token.
    public var positions: [Int32] {
        var positions: [Int32] = []
        positions.reserveCapacity(tokenCount)
        for run in runs {
            for position in run.depth..<run.depth + run.count { positions.append(Int32(position)) }
        }
        return positions
    }
}
