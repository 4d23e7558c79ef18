/// A ``TokenTree`` cut into the products that attention over it takes: the same for all layers of a pass, and made once.
///
/// A block of queries meets each run on its paths with one product, so that all rows that share a run share the
/// reading of its keys.
public struct TreeBlocks: Sendable {
    /// Queries of one block: small enough that its scores stay in the second-level cache.
    static let length = 64

    /// Of all tokens.
    public let positions: [Int32]
    let blocks: [Block]
    let keys: KeyRuns
    private let segments: [Segment]

    /// One product of a block: its rows `rows` (tokens) with the first `columns` keys of a run.
    struct Segment: Sendable {
        var rows: Range<Int>
        /// They begin where their run begins.
        var keys: Range<Int>
        var run: Int
        /// The position of the first key: its column in the scores.
        var column: Int
        /// Whether the rows' output begins here: their path has nothing before this run.
        var isFirst: Bool
    }

    struct Block: Sendable {
        var tokens: Range<Int>
        /// Its segments among those of all blocks, in the order of their runs.
        var segments: Range<Int>
        /// One row of scores, in floats; a whole number of vectors.
        var width: Int

        /// Where the scores of a segment begin.
        func offset(of segment: Segment) -> Int {
            (segment.rows.lowerBound - tokens.lowerBound) * width + segment.column
        }
    }

    public init(_ tree: TokenTree) {
        var blocks: [Block] = []
        var segments: [Segment] = []
        blocks.reserveCapacity((tree.tokenCount + TreeBlocks.length - 1) / TreeBlocks.length)
        for first in stride(from: 0, to: tree.tokenCount, by: TreeBlocks.length) {
            let tokens = first..<min(first + TreeBlocks.length, tree.tokenCount)
            let start = segments.count
            var width = 0
            for (index, run) in tree.runs.enumerated() where run.subtree.overlaps(tokens) {
                let rows = run.subtree.clamped(to: tokens)
                let keys = run.start..<min(run.start + run.count, rows.upperBound)
                segments.append(
                    Segment(rows: rows, keys: keys, run: index, column: run.depth, isFirst: run.parent == nil))
                width = max(width, run.depth + keys.count)
            }
            blocks.append(Block(tokens: tokens, segments: start..<segments.count, width: (width + 15) / 16 * 16))
        }
        self.blocks = blocks
        self.segments = segments
        positions = tree.positions
        keys = KeyRuns(tree)
    }

    func segments(of block: Block) -> ArraySlice<Segment> { segments[block.segments] }

    var tokenCount: Int { positions.count }

    /// The position of a token.
    func position(_ token: Int) -> Int { Int(positions[token]) }
}
