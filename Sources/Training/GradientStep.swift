import Autograd
public import Tensors
public import Transformers

/// Computes losses and gradients of examples, a packed batch at a time.
public final class GradientStep {
    public let decoder: TrainableDecoder
    public let adapter: TrainableAdapter
    /// The most tokens computed at once.
    public let tokenLimit: Int
    /// Of how many layers, from the first on, values are computed again in the backward pass rather than kept.
    public let recomputedLayers: Int
    let tape: Tape
    private let work: PassWork

    public init(
        decoder: TrainableDecoder, adapter: TrainableAdapter, tokenLimit: Int = 4096, recomputedLayers: Int = 0,
        pool: ThreadPool = .shared
    ) {
        self.decoder = decoder
        self.adapter = adapter
        self.tokenLimit = tokenLimit
        self.recomputedLayers = recomputedLayers
        work = PassWork(decoder.architecture, adapter: adapter)
        tape = Tape(pool: pool)
    }

    /// The most bytes that activations and their gradients took at once.
    public var activationByteCount: Int { tape.byteCount }

    /// The most floats that a pass kept, that lived a while, and that are held.
    package var memoryUse: (kept: Int, transient: Int, held: Int) {
        (tape.peaks.kept, tape.peaks.transient, tape.capacity)
    }

    /// What a pass takes.
    public var memory: PassMemory { PassMemory(decoder.architecture, ranks: adapter.ranksOfLayer) }

    /// Makes room for passes of at most these sizes, so that none of them allocates.
    public func reserve(_ largest: PassSize) {
        let memory = memory
        tape.reset()
        tape.reserve(
            kept: memory.kept(largest, recomputedLayers: recomputedLayers), transient: memory.transient(largest))
    }

    /// Writes the gradient of the examples' mean loss to the adapter's parameters and returns the loss.
    ///
    /// The mean is over the weights of all examples together, however many packed batches they make.
    public func gradients(of examples: [TrainingExample]) -> StepLoss {
        adapter.parameters.clearGradients()
        let weight = examples.reduce(0) { $0 + $1.totalWeight }
        var loss = StepLoss()
        for group in PackedBatch.split(examples, tokenLimit: tokenLimit) {
            add(group, to: &loss, gradientScale: weight > 0 ? Float(1 / weight) : 0)
        }
        return loss
    }

    /// The loss of examples, without a gradient.
    public func loss(of examples: [TrainingExample]) -> StepLoss {
        var loss = StepLoss()
        for group in PackedBatch.split(examples, tokenLimit: tokenLimit) {
            add(group, to: &loss, gradientScale: nil)
        }
        return loss
    }

    private func add(_ group: [TrainingExample], to loss: inout StepLoss, gradientScale: Float?) {
        let packed = PackedBatch(group)
        loss.flops += gradientScale == nil ? work.forward(packed.size) : work.training(packed.size)
        tape.reset()
        tape.isRecording = gradientScale != nil
        let x = decoder.forward(
            packed.batch, adapter: adapter, on: tape, recomputedLayers: recomputedLayers)
        let hidden = decoder.hidden(rows: packed.rows, of: x, on: tape)
        let targets = packed.targets.map {
            LossTarget(row: $0.row, token: $0.token, weight: $0.weight * (gradientScale ?? 1))
        }
        let found = tape.crossEntropy(hidden, decoder.output, targets)
        if gradientScale != nil { tape.backward() }

        var isExact = [Bool](repeating: true, count: group.count)
        for (index, target) in packed.targets.enumerated() {
            loss.sum += Double(target.weight) * Double(found.perTarget[index])
            if !found.isTop[index] { isExact[packed.exampleOfTarget[index]] = false }
        }
        for (index, example) in group.enumerated() {
            loss.weight += example.totalWeight
            loss.examples += 1
            if isExact[index] { loss.exactExamples += 1 }
        }
        loss.computedTokens += packed.batch.tokens.count
        loss.exampleTokens += packed.exampleTokenCount
    }
}
