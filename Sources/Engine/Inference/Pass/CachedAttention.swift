import Architectures
import Checkpoints
import Foundation
import Tensors

/// Attention of new rows to everything that they may see: softmax(cap(scale · q · kᵀ)) · v, head by head.
///
/// A row's result is the same to the last bit however many rows are computed with it, and in whatever pieces the keys and
/// values before it lie.
struct CachedAttention {
    /// What one task computes: some rows of a segment for one head, or all heads of a group for a single row.
    private struct Block {
        var segment: Int
        /// Of the segment.
        var rows: Range<Int>
        var heads: Range<Int>
    }

    private let shape: DecoderArchitecture.Attention
    private let segments: [RowSegment]
    private let columns: [[KeyValuePiece]]
    /// What each row of a segment's tree sees of the tree.
    private let paths: [[[Int]]]
    private let firstRows: [Int]
    private let blocks: [Block]

    init(_ shape: DecoderArchitecture.Attention, segments: [RowSegment]) {
        self.shape = shape
        self.segments = segments
        columns = segments.map(\.columns)
        paths = segments.map(\.tree.paths)
        var firstRows: [Int] = [], blocks: [Block] = []
        var first = 0
        let groupSize = shape.headCount / shape.keyValueHeadCount
        for (index, segment) in segments.enumerated() {
            firstRows.append(first)
            first += segment.rowCount
            // A single row takes the heads that share keys together, as the rows of one product.
            let step = segment.rowCount == 1 ? groupSize : 1
            for start in stride(from: 0, to: segment.rowCount, by: 64) {
                let rows = start..<min(start + 64, segment.rowCount)
                for head in stride(from: 0, to: shape.headCount, by: step) {
                    blocks.append(Block(segment: index, rows: rows, heads: head..<head + step))
                }
            }
        }
        self.firstRows = firstRows
        self.blocks = blocks
    }

    /// - Parameters:
    ///   - queries: `[rows, headCount · headSize]`, rotated.
    ///   - window: how many tokens back a row sees, itself among them; nil for all.
    ///   - result: `[rows, headCount · headSize]`
    func run(
        layer: Int, window: Int?, queries: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>,
        pool: ThreadPool
    ) {
        pool.run(blocks.count) { task in
            attend(blocks[task], layer: layer, window: window, queries: queries, into: result)
        }
    }

    private func attend(
        _ block: Block, layer: Int, window: Int?, queries: UnsafePointer<Float>,
        into result: UnsafeMutablePointer<Float>
    ) {
        let segment = segments[block.segment]
        let pieces = columns[block.segment]
        let total = segment.contextLength + segment.rowCount
        let size = shape.headSize, width = shape.queryWidth
        // A product's rows: rows of one head, or the heads of one row. Either way they lie at equal distances.
        let count = block.rows.count * block.heads.count
        let distance = block.heads.count > 1 ? size : width
        let start = (firstRows[block.segment] + block.rows.lowerBound) * width + block.heads.lowerBound * size
        let offset = block.heads.lowerBound / (shape.headCount / shape.keyValueHeadCount) * size
        let visible = block.rows.map { visibility(of: $0, in: block.segment, window: window) }
        let low = visible.reduce(total) { min($0, $1.range.lowerBound) }
        // Rows of the tree may see columns anywhere behind the chain.
        let high =
            block.rows.upperBound > segment.chainCount ? total : visible.reduce(0) { max($0, $1.range.upperBound) }
        Scratch.withFloats(count * total) { scores in
            forEachPiece(pieces, in: low..<high) { piece, column in
                let keys = piece.block.keys(layer: layer) + piece.offset * piece.block.width + offset
                OrderedProduct.dots(
                    count, piece.count, size, queries + start, distance, keys, piece.block.width,
                    into: scores + column, stride: total, scale: shape.scale)
            }
            for index in 0..<count {
                let row = block.heads.count > 1 ? 0 : index
                normalize(scores + index * total, low..<high, visible[row], treeStart: total - segment.tree.tokenCount)
            }
            var isFirst = true
            forEachPiece(pieces, in: low..<high) { piece, column in
                let values = piece.block.values(layer: layer) + piece.offset * piece.block.width + offset
                OrderedProduct.sums(
                    count, size, piece.count, scores + column, total, values, piece.block.width,
                    into: result + start, stride: distance, keeps: !isFirst)
                isFirst = false
            }
        }
    }

    /// The columns that a row sees: a range, and single ones in the tree.
    private struct Visibility {
        var range: Range<Int>
        /// Rows of the tree, ascending.
        var tree: [Int]
    }

    private func visibility(of row: Int, in index: Int, window: Int?) -> Visibility {
        let segment = segments[index]
        let chainEnd = segment.contextLength + segment.chainCount
        guard row >= segment.chainCount else {
            let end = segment.contextLength + row + 1
            return Visibility(range: (window.map { max(0, end - $0) } ?? 0)..<end, tree: [])
        }
        let path = paths[index][row - segment.chainCount]
        let low = window.map { max(0, chainEnd + path.count - $0) } ?? 0
        // Ancestor number d stands at position chainEnd + d.
        let hidden = min(path.count - 1, max(0, low - chainEnd))
        return Visibility(range: min(low, chainEnd)..<chainEnd, tree: Array(path.dropFirst(hidden)))
    }

    /// Softmax over what is visible; 0 for the rest of `columns`.
    private func normalize(
        _ scores: UnsafeMutablePointer<Float>, _ columns: Range<Int>, _ visible: Visibility, treeStart: Int
    ) {
        // The scores of the row's ancestors move up to the end of its range, so that one run is normalized.
        let range = visible.range.lowerBound..<visible.range.upperBound + visible.tree.count
        for (index, row) in visible.tree.enumerated() {
            scores[visible.range.upperBound + index] = scores[treeStart + row]
        }
        if let cap = shape.softCap {
            for column in range { scores[column] = cap * tanh(scores[column] / cap) }
        }
        VectorOperations.softmax(scores + range.lowerBound, count: range.count)
        for column in columns.lowerBound..<range.lowerBound { scores[column] = 0 }
        guard visible.tree.isEmpty else {
            let weights = (0..<visible.tree.count).map { scores[visible.range.upperBound + $0] }
            for column in visible.range.upperBound..<columns.upperBound { scores[column] = 0 }
            for (weight, row) in zip(weights, visible.tree) { scores[treeStart + row] = weight }
            return
        }
        for column in range.upperBound..<max(range.upperBound, columns.upperBound) { scores[column] = 0 }
    }

    private func forEachPiece(
        _ pieces: [KeyValuePiece], in range: Range<Int>, _ body: (KeyValuePiece, Int) -> Void
    ) {
        var column = 0
        for piece in pieces {
            let from = max(range.lowerBound, column), to = min(range.upperBound, column + piece.count)
            if from < to { body(piece.part(from: from - column, count: to - from), from) }
            column += piece.count
        }
    }
}
