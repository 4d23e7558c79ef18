public import Adapters
public import Autograd
public import Checkpoints
public import Tensors

/// The forward pass that is trained: a frozen base, and the low-rank updates of an adapter, on a tape.
///
/// It follows ``DecoderArchitecture`` as the inference pass does and calls the same kernels; a parity test holds the
/// two together. One thread uses it at a time.
public final class TrainableDecoder {
    public let architecture: DecoderArchitecture
    public let output: OutputLayer
    private let embedding: FrozenMatrix
    private let outputNorm: [Float]
    private let layers: [TrainableLayer]
    /// Rotary tables by embedding and whether the sequence is a long one; each grows when a longer path comes.
    private var tables: [RotaryKey: RotaryTable] = [:]

    private struct RotaryKey: Hashable {
        var rope: RotaryEmbedding
        var isLong: Bool
    }

    /// - Throws: what ``Checkpoint`` throws for a tensor that cannot be read.
    public init(_ checkpoint: Checkpoint) throws {
        architecture = checkpoint.architecture
        embedding = try checkpoint.matrix(DecoderArchitecture.tokenEmbeddingName)
        outputNorm = try checkpoint.vector(DecoderArchitecture.outputNormName)
        output = OutputLayer(
            matrix: try checkpoint.matrix(checkpoint.architecture.outputName), scale: architecture.logitScale,
            softCap: architecture.logitSoftCap)
        layers = try (0..<architecture.layerCount).map { try TrainableLayer(checkpoint, layer: $0) }
    }

    /// The last layer's output for every token, before the last norm.
    ///
    /// Token ids must lie in the vocabulary: ``check(_:)`` tells.
    ///
    /// - Parameter recomputedLayers: of how many layers, from the first on, only the output is kept and the rest
    ///   computed again in the backward pass; the numbers are the same to the bit. See ``PassMemory``.
    public func forward(
        _ batch: TokenBatch, adapter: TrainableAdapter?, on tape: Tape, recomputedLayers: Int = 0
    ) -> Activation {
        var x = tape.embed(batch.tokens, embedding, scale: architecture.embeddingScale)
        for (index, layer) in layers.enumerated() {
            let rotary = table(architecture.rope(ofLayer: index), longestPath: batch.tree.longestPath)
            if index < recomputedLayers || !tape.isRecording {
                x = tape.recomputed(x) { layer.forward($0, on: tape, batch, rotary: rotary, adapter: adapter) }
            } else {
                x = tape.scoped { layer.forward(x, on: tape, batch, rotary: rotary, adapter: adapter) }
            }
        }
        return x
    }

    /// The rows that the output layer reads: the last norm of some rows of ``forward(_:adapter:on:)``.
    ///
    /// - Parameter rows: in increasing order, each once.
    public func hidden(rows: [Int32], of x: Activation, on tape: Tape) -> Activation {
        tape.norm(tape.select(rows, of: x), weight: outputNorm, epsilon: architecture.normEpsilon)
    }

    /// Logits of every position of one sequence: positions × vocabulary.
    ///
    /// - Throws: ``TransformerError`` for a token outside the vocabulary or an adapter that does not fit.
    public func logits(
        tokens: [Int32], adapter: LowRankAdapter? = nil, precision: Precision = .fp32, pool: ThreadPool = .shared
    ) throws -> [Float] {
        try check(tokens)
        let trainable = try adapter.map { try TrainableAdapter($0, architecture: architecture) }
        let tape = Tape(pool: pool, precision: precision)
        tape.isRecording = false
        let x = forward(TokenBatch(sequence: tokens), adapter: trainable, on: tape)
        let rows = hidden(rows: (0..<Int32(tokens.count)).map { $0 }, of: x, on: tape)
        var logits = [Float](repeating: 0, count: tokens.count * output.vocabularySize)
        output.logits(
            tape.value(rows), count: tokens.count, into: &logits, pool: pool, precision: precision)
        return logits
    }

    /// - Throws: ``TransformerError`` for no tokens, or one outside the vocabulary.
    public func check(_ tokens: [Int32]) throws {
        guard !tokens.isEmpty else { throw TransformerError("tokens: none, expected at least one") }
        let size = architecture.vocabularySize
        if let index = tokens.firstIndex(where: { $0 < 0 || Int($0) >= size }) {
            throw TransformerError("token \(index): id \(tokens[index]), expected 0 to \(size - 1)")
        }
    }

    private func table(_ rope: RotaryEmbedding, longestPath: Int) -> RotaryTable {
        let key = RotaryKey(rope: rope, isLong: rope.isLong(longestPath))
        if let known = tables[key], known.positions >= longestPath { return known }
        let table = rope.table(positions: (longestPath + 255) / 256 * 256, sequenceLength: longestPath)
        tables[key] = table
        return table
    }
}
