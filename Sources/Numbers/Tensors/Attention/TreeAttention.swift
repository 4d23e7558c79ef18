import CKernels

/// Attention over a ``TokenTree``: softmax(q · kᵀ · scale) · v of every token with the tokens on its path.
///
/// Keys are turned once, so that vectors run along them. Scores of a block of ``TreeBlocks`` live in the calling thread's
/// scratch memory and are never kept; the backward pass computes them again from `logSums`.
public struct TreeAttention: Sendable {
    typealias Block = TreeBlocks.Block
    typealias Segment = TreeBlocks.Segment

    public let shape: AttentionShape
    package let tree: TreeBlocks

    public init(shape: AttentionShape, _ tree: TreeBlocks) {
        self.shape = shape
        self.tree = tree
    }

    var tokenCount: Int { tree.tokenCount }
    var blocks: [Block] { tree.blocks }
    var panels: KeyPanels { KeyPanels(runs: tree.keys, shape: shape) }

    /// Whether products are taken over bfloat16; softmax and all sums are float32 in both.
    func isPaired(_ precision: Precision) -> Bool { precision == .bf16 && BrainFloatRowProduct.isAvailable }

    /// - Parameters:
    ///   - q: [tokens, queryStride].
    ///   - k, v: [tokens, keyStride].
    ///   - output: [tokens, outputStride].
    ///   - logSums: [heads, tokens] ln Σ exp(score), for the backward pass, or nil.
    public func forward(
        q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>,
        into output: UnsafeMutablePointer<Float>, logSums: UnsafeMutablePointer<Float>? = nil, pool: ThreadPool,
        precision: Precision = .fp32
    ) {
        let group = shape.heads / shape.keyValueHeads
        let isPaired = isPaired(precision)
        let (panels, blocks) = (panels, blocks)
        Scratch.withFloats(panels.turnedCount + (isPaired ? panels.pairedCount : 0)) { memory in
            let keys = RightSide(x: k, turned: memory, paired: memory)
            let values = RightSide(x: v, turned: memory, paired: memory + panels.turnedCount)
            panels.turn(k, isPaired: isPaired, into: memory, pool: pool)
            if isPaired { panels.pair(v, into: memory + panels.turnedCount, pool: pool) }
            pool.run(blocks.count * shape.heads) { task in
                // Blocks with the most keys come last in the tree: begin with them.
                let block = blocks[blocks.count - 1 - task / shape.heads]
                let head = task % shape.heads
                let first = block.tokens.lowerBound
                Scratch.withFloats(block.tokens.count * block.width) { scores in
                    computeScores(block, head: head, q: q, keys, isPaired: isPaired, into: scores)
                    for row in 0..<block.tokens.count {
                        let line = scores + row * block.width
                        let seen = visible(block, row)
                        let count = fill(line, after: seen, with: -.infinity)
                        let logSum = retort_softmax(line + seen.lowerBound, count)
                        clear(line, except: seen, width: block.width)
                        logSums?[head * tokenCount + first + row] = logSum
                    }
                    combine(
                        block, scores, values, keyHead: head / group, isPaired: isPaired,
                        into: output + outputRow(first) + head * shape.headSize,
                        stride: shape.outputStride)
                }
            }
        }
    }

    /// Where a token's row of queries begins.
    func row(_ token: Int) -> Int { token * shape.queryStride }

    /// Where a token's row of outputs begins.
    func outputRow(_ token: Int) -> Int { token * shape.outputStride }

    /// The columns that a row may see.
    func visible(_ block: Block, _ row: Int) -> Range<Int> {
        let position = tree.position(block.tokens.lowerBound + row)
        return (shape.window.map { max(0, position + 1 - $0) } ?? 0)..<(position + 1)
    }

    /// Capped scores of one head; columns that a row may not see hold anything.
    func computeScores(
        _ block: Block, head: Int, q: UnsafePointer<Float>, _ keys: RightSide, isPaired: Bool,
        into scores: UnsafeMutablePointer<Float>
    ) {
        let rows = q + row(block.tokens.lowerBound) + head * shape.headSize
        withLeft(rows, stride: shape.queryStride, block, isPaired: isPaired) { left in
            dot(
                block, left, keys, keyHead: head * shape.keyValueHeads / shape.heads, into: scores, scale: shape.scale)
        }
        if let cap = shape.softCap {
            for row in 0..<block.tokens.count {
                let seen = visible(block, row)
                retort_soft_cap(scores + row * block.width + seen.lowerBound, seen.count, cap)
            }
        }
    }

    /// Fills the row behind what is seen, up to a whole number of vectors from its begin or to the end of the row;
    /// returns how many columns are seen or filled. Kernels need no remainder then.
    func fill(_ line: UnsafeMutablePointer<Float>, after seen: Range<Int>, with number: Float) -> Int {
        guard seen.lowerBound == 0 else { return seen.count }
        let end = (seen.upperBound + 15) / 16 * 16
        for column in seen.upperBound..<end { line[column] = number }
        return end
    }

    /// Sets what a row may not see to zero, so that whole products can be taken.
    func clear(_ line: UnsafeMutablePointer<Float>, except seen: Range<Int>, width: Int) {
        line.update(repeating: 0, count: seen.lowerBound)
        (line + seen.upperBound).update(repeating: 0, count: width - seen.upperBound)
    }
}
