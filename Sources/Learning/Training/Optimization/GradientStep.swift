public import Autograd
public import Tensors
public import Transformers

/// Computes losses and gradients of examples, a packed batch at a time.
public final class GradientStep {
    public let decoder: TrainableDecoder
    /// nil where the decoder's own weights are trained.
    public let adapter: TrainableAdapter?
    /// What is trained.
    public let parameters: ParameterSet
    /// The most tokens computed at once.
    public let tokenLimit: Int
    /// Of how many layers, from the first on, values are computed again in the backward pass rather than kept.
    public let recomputedLayers: Int
    public let objective: TrainingObjective
    /// What the next step leaves out of the inputs of updates: a part, and the seed by which it is chosen.
    ///
    /// What is left out of a token follows from the seed and the tokens up to it. Examples with a common beginning leave
    /// out the same of it, so that it can be shared, and a step may be cut into packed batches anywhere.
    public var dropout: (rate: Float, seed: UInt64)?
    let tape: Tape
    let work: PassWork
    /// Memory that losses use again for every batch.
    var weighted: [LossTarget] = []
    private var distributions: [DistillationTarget] = []
    var found = LossesFound()
    private var isExact: [Bool] = []
    /// Σ ln p of each example's tokens to say, then the slope of the loss in it.
    var exampleSums: [Double] = []
    private var dropoutKeys: [UInt64] = []

    /// Trains an adapter.
    public convenience init(
        decoder: TrainableDecoder, adapter: TrainableAdapter, tokenLimit: Int = 4096, recomputedLayers: Int = 0,
        objective: TrainingObjective = TrainingObjective(), precision: Precision = .fp32, pool: ThreadPool = .shared
    ) {
        self.init(
            decoder: decoder, adapter: adapter, parameters: adapter.parameters, tokenLimit: tokenLimit,
            recomputedLayers: recomputedLayers, objective: objective, precision: precision, pool: pool)
    }

    /// - Parameters:
    ///   - adapter: nil to train the decoder's own weights.
    ///   - parameters: the adapter's, or those of the decoder's weights.
    public init(
        decoder: TrainableDecoder, adapter: TrainableAdapter?, parameters: ParameterSet, tokenLimit: Int = 4096,
        recomputedLayers: Int = 0, objective: TrainingObjective = TrainingObjective(), precision: Precision = .fp32,
        pool: ThreadPool = .shared
    ) {
        self.decoder = decoder
        self.adapter = adapter
        self.parameters = parameters
        self.tokenLimit = tokenLimit
        self.recomputedLayers = recomputedLayers
        self.objective = objective
        work = PassWork(decoder.architecture, adapter: adapter)
        tape = Tape(pool: pool, precision: precision)
    }

    /// The most bytes that activations and their gradients took at once.
    public var activationByteCount: Int { tape.byteCount }

    /// The most floats that a pass kept, that lived a while, and that are held.
    package var memoryUse: (kept: Int, transient: Int, held: Int) {
        (tape.peaks.kept, tape.peaks.transient, tape.capacity)
    }

    /// What a pass takes.
    public var memory: PassMemory {
        PassMemory(
            decoder.architecture, ranks: adapter?.ranksOfLayer ?? [], precision: tape.precision,
            hasDropout: dropout != nil)
    }

    /// Makes room for passes of at most these sizes, so that none of them allocates.
    public func reserve(_ largest: PassSize) {
        let memory = memory
        tape.reset()
        tape.reserve(
            kept: memory.kept(largest, recomputedLayers: recomputedLayers), transient: memory.transient(largest))
    }

    /// Examples as the packed batches that a step takes one after the other.
    public func pack(_ examples: [TrainingExample]) -> [PackedBatch] {
        PackedBatch.split(examples, tokenLimit: tokenLimit).map { PackedBatch($0) }
    }

    /// Writes the gradient of the examples' mean loss to the parameters and returns the loss.
    ///
    /// The mean is over the weights of all examples together, however many packed batches they make.
    public func gradients(of examples: [TrainingExample]) -> StepLoss { gradients(of: pack(examples)) }

    /// The same for examples that are packed already.
    ///
    /// It allocates nothing once it has seen its largest batch: values lie in the tape's memory, operations and losses in
    /// arrays that are used again.
    public func gradients(of batches: [PackedBatch]) -> StepLoss {
        parameters.clearGradients()
        let weight = batches.reduce(0) { $0 + $1.totalWeight }
        var loss = StepLoss()
        for batch in batches { add(batch, to: &loss, gradientScale: weight > 0 ? Float(1 / weight) : 0) }
        return loss
    }

    /// The loss of examples, without a gradient.
    public func loss(of examples: [TrainingExample]) -> StepLoss {
        var loss = StepLoss()
        for group in PackedBatch.split(examples, tokenLimit: tokenLimit) {
            add(PackedBatch(group), to: &loss, gradientScale: nil)
        }
        return loss
    }

    /// The last layer's output for the rows that a loss needs.
    func hidden(_ packed: PackedBatch, adapter: TrainableAdapter?, isRecording: Bool) -> Activation {
        tape.reset()
        tape.isRecording = isRecording
        tape.dropout = nil
        // Losses without a gradient are those of the whole model.
        if isRecording, let dropout {
            packed.batch.writePathKeys(seed: dropout.seed, to: &dropoutKeys)
            tape.dropout = Dropout(rate: dropout.rate, keys: dropoutKeys)
        }
        let x = decoder.forward(packed.batch, adapter: adapter, on: tape, recomputedLayers: recomputedLayers)
        return decoder.hidden(rows: packed.rows, of: x, on: tape)
    }

    private func add(_ packed: PackedBatch, to loss: inout StepLoss, gradientScale: Float?) {
        loss.flops += gradientScale == nil ? work.forward(packed.size) : work.training(packed.size)
        let hidden = hidden(packed, adapter: adapter, isRecording: gradientScale != nil)
        let isTaught = objective.distillationWeight > 0
        weigh(packed, by: gradientScale ?? 1, isTaught: isTaught)
        tape.losses(
            hidden, decoder.output, weighted, distillation: distributions, temperature: objective.temperature,
            into: &found)
        if gradientScale != nil { tape.backward() }
        note(found.entropy, of: packed, to: &loss)
        guard isTaught else { return }
        for (place, index) in packed.targetOfDistribution.enumerated() {
            let weight = Double(packed.targets[index].weight)
            let entropy = Double(found.entropy.perTarget[index])
            let divergence = Double(found.divergence.perTarget[place])
            loss.sum += weight * Double(objective.distillationWeight) * (divergence - entropy)
            loss.divergenceSum += weight * divergence
            loss.divergenceWeight += weight
        }
    }

    /// Notes what each target counts in the loss, and each distribution of a teacher.
    private func weigh(_ packed: PackedBatch, by scale: Float, isTaught: Bool) {
        weighted.removeAll(keepingCapacity: true)
        weighted.append(contentsOf: packed.targets)
        distributions.removeAll(keepingCapacity: true)
        for index in weighted.indices { weighted[index].weight *= scale }
        guard isTaught else { return }
        distributions.append(contentsOf: packed.distributions)
        for (place, index) in packed.targetOfDistribution.enumerated() {
            weighted[index].weight *= 1 - objective.distillationWeight
            distributions[place].weight *= scale
            distributions[place].weight *= objective.distillationWeight
        }
    }

    /// Adds what cross-entropy alone found.
    private func note(_ found: LossValues, of packed: PackedBatch, to loss: inout StepLoss) {
        isExact.removeAll(keepingCapacity: true)
        isExact.append(contentsOf: repeatElement(true, count: packed.exampleCount))
        for (index, target) in packed.targets.enumerated() {
            loss.sum += Double(target.weight) * Double(found.perTarget[index])
            if !found.isTop[index] { isExact[packed.exampleOfTarget[index]] = false }
        }
        loss.exactExamples += isExact.count { $0 }
        loss.weight += packed.totalWeight
        loss.count(packed)
    }
}

extension StepLoss {
    /// Counts a batch's examples and tokens.
    mutating func count(_ packed: PackedBatch) {
        examples += packed.exampleCount
        computedTokens += packed.batch.tokens.count
        exampleTokens += packed.exampleTokenCount
    }
}
