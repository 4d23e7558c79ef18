public import Architectures
import Autograd
import Checkpoints
public import Tensors

/// The memory that a forward and backward pass takes on a tape, by arithmetic, before anything is computed.
///
/// Kept until the backward pass: what every matrix of a layer gives, attention's output and one number a norm and a
/// head. Norms and the inside of the feed-forward block are computed again; scores of attention are never kept. Of a
/// layer that is recomputed as a whole only the output is kept.
public struct PassMemory: Sendable {
    private let architecture: DecoderArchitecture
    private let outputRows: Int
    /// The inner sizes of the updates of a layer's matrices, added up over those that read the same input.
    private let ranks: [Int]
    private let precision: Precision
    private let hasDropout: Bool

    /// - Parameters:
    ///   - ranks: see ``TrainableAdapter/ranksOfLayer``.
    ///   - hasDropout: whether updates see what dropout leaves of their inputs.
    public init(
        _ architecture: DecoderArchitecture, ranks: [Int], precision: Precision = .fp32, hasDropout: Bool = false
    ) {
        self.hasDropout = hasDropout
        self.precision = precision
        self.architecture = architecture
        outputRows = OutputLayer.rowsAtOnce(vocabularySize: architecture.vocabularySize)
        self.ranks = ranks
    }

    /// Bytes in all.
    public func bytes(_ batch: PassSize, recomputedLayers: Int) -> Int {
        (kept(batch, recomputedLayers: recomputedLayers) + transient(batch)) * MemoryLayout<Float>.stride
            + rounded(batch)
    }

    /// Bytes of the rows that products in bfloat16 read, rounded, in scratch memory.
    private func rounded(_ batch: PassSize) -> Int {
        guard precision == .bf16 else { return 0 }
        let widest = architecture.layerMatrices.map { max($0.rows, $0.columns) }.max() ?? 0
        let rows = min(outputRows, batch.rows) * architecture.vocabularySize
        return max(batch.tokens * widest, rows) * Precision.roundedByteCount
    }

    /// Floats that live until the backward pass has used them, the most at once.
    public func kept(_ batch: PassSize, recomputedLayers: Int) -> Int {
        let hidden = room(batch.tokens * architecture.hiddenSize)
        let top = 2 * room(batch.rows * architecture.hiddenSize) + room(batch.rows)
        let whole = architecture.layerCount - recomputedLayers
        let base = hidden * (1 + recomputedLayers)
        let layer = keptInLayer(batch.tokens)
        let forward = base + whole * layer + top
        return recomputedLayers == 0 ? forward : max(forward, base + layer + (whole == 0 ? top : 0))
    }

    /// Floats that live a while: gradients, values that are computed again, logits; the most at once.
    public func transient(_ batch: PassSize) -> Int {
        let width = architecture.hiddenSize
        let queries = architecture.attention.queryWidth
        let keys = 2 * architecture.attention.keyValueWidth
        let rank = ranks.max() ?? 0
        let perToken = max(
            2 * width + 2 * architecture.feedForward.size + rank, width + 4 * queries + 3 * keys,
            3 * width + queries + keys + rank)
        let dropped = hasDropout ? max(width, architecture.feedForward.size, queries) : 0
        let logits = 2 * min(outputRows, batch.rows) * architecture.vocabularySize + batch.rows * width
        return max(batch.tokens * (perToken + dropped), logits) + 16 * 16
    }

    private func keptInLayer(_ tokens: Int) -> Int {
        let attention = architecture.attention
        var floats = architecture.layerMatrices.reduce(0) { $0 + room(tokens * $1.rows) }
        floats += ranks.reduce(0) { $0 + room(tokens * $1) }
        floats += room(tokens * attention.queryWidth) + room(tokens * attention.headCount)
        floats += 2 * room(tokens)
        if attention.hasQueryKeyNorm {
            floats += room(tokens * attention.queryWidth) + room(tokens * attention.keyValueWidth)
            floats += room(tokens * attention.headCount) + room(tokens * attention.keyValueHeadCount)
        }
        if architecture.hasPostNorms { floats += 2 * (room(tokens * architecture.hiddenSize) + room(tokens)) }
        return floats
    }

    /// What an arena takes for so many floats.
    private func room(_ count: Int) -> Int { max(16, (count + 15) / 16 * 16) }
}
