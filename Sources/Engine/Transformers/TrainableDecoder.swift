public import Adapters
public import Architectures
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
    private let embeddingWeight: TrainedWeight?
    private let outputNorm: WeightVector
    private let weights: [LayerWeights]
    private let rotary = RotaryTables()
    /// The layers with the adapter that was asked for last, so that they are put together once for all its passes.
    private var adapter: TrainableAdapter?
    private var layers: [TrainableLayer]

    /// - Parameter weights: the model's weights where they are trained themselves; nil for those of the file.
    /// - Throws: what ``Checkpoint`` throws for a tensor that cannot be read.
    public init(_ checkpoint: Checkpoint, weights: TrainableWeights? = nil) throws {
        architecture = checkpoint.architecture
        let source = WeightSource(checkpoint, weights)
        embedding = try source.matrix(DecoderArchitecture.tokenEmbeddingName)
        embeddingWeight = source.weight(DecoderArchitecture.tokenEmbeddingName)
        outputNorm = try source.vector(DecoderArchitecture.outputNormName)
        output = OutputLayer(
            matrix: try source.matrix(architecture.outputName), scale: architecture.logitScale,
            softCap: architecture.logitSoftCap, weight: source.weight(architecture.outputName))
        self.weights = try (0..<architecture.layerCount).map {
            try LayerWeights(checkpoint.architecture, source, layer: $0)
        }
        layers = []
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
        // An id outside would read, and with `weights` write, outside of the embeddings.
        precondition(
            batch.tokens.allSatisfy { $0 >= 0 && Int($0) < architecture.vocabularySize },
            "check(_:) tells whether ids lie in the vocabulary")
        var x = tape.embed(
            batch.tokens, embedding, scale: architecture.embeddingScale, weight: embeddingWeight)
        use(adapter)
        for (index, layer) in layers.enumerated() {
            let pass = LayerPass(layer: layer, batch: batch)
            if index < recomputedLayers || !tape.isRecording {
                x = tape.recomputed(x, pass)
            } else {
                x = tape.scoped { pass.forward(x, on: tape) }
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

    private func use(_ adapter: TrainableAdapter?) {
        guard layers.isEmpty || adapter !== self.adapter else { return }
        layers = weights.map { TrainableLayer(architecture, $0, adapter, rotary) }
        self.adapter = adapter
    }
}
