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
    public let objective: TrainingObjective
    let tape: Tape
    let work: PassWork

    public init(
        decoder: TrainableDecoder, adapter: TrainableAdapter, tokenLimit: Int = 4096, recomputedLayers: Int = 0,
        objective: TrainingObjective = TrainingObjective(), precision: Precision = .fp32, pool: ThreadPool = .shared
    ) {
        self.decoder = decoder
        self.adapter = adapter
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
        PassMemory(decoder.architecture, ranks: adapter.ranksOfLayer, precision: tape.precision)
    }

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

    /// The last layer's output for the rows that a loss needs.
    func hidden(_ packed: PackedBatch, adapter: TrainableAdapter?, isRecording: Bool) -> Activation {
        tape.reset()
        tape.isRecording = isRecording
        let x = decoder.forward(packed.batch, adapter: adapter, on: tape, recomputedLayers: recomputedLayers)
        return decoder.hidden(rows: packed.rows, of: x, on: tape)
    }

    private func add(_ group: [TrainingExample], to loss: inout StepLoss, gradientScale: Float?) {
        let packed = PackedBatch(group)
        loss.flops += gradientScale == nil ? work.forward(packed.size) : work.training(packed.size)
        let hidden = hidden(packed, adapter: adapter, isRecording: gradientScale != nil)
        let scale = gradientScale ?? 1
        var targets = packed.targets
        // Indices of the targets that have a teacher's distribution.
        var taught: [Int] = []
        var distributions: [DistillationTarget] = []
        for index in targets.indices {
            let target = targets[index]
            let share: Float
            if objective.distillationWeight > 0,
                let stored = group[packed.exampleOfTarget[index]].teacher[packed.positionOfTarget[index]]
            {
                share = 1 - objective.distillationWeight
                taught.append(index)
                distributions.append(
                    DistillationTarget(
                        row: target.row, tokens: stored.tokens, logProbabilities: stored.logProbabilities,
                        weight: target.weight * scale * objective.distillationWeight))
            } else {
                share = 1
            }
            targets[index].weight = target.weight * scale * share
        }
        let found = tape.losses(
            hidden, decoder.output, targets, distillation: distributions, temperature: objective.temperature)
        if gradientScale != nil { tape.backward() }
        note(found.entropy, of: packed, group, to: &loss)
        for (place, index) in taught.enumerated() {
            let weight = Double(packed.targets[index].weight)
            let entropy = Double(found.entropy.perTarget[index])
            let divergence = Double(found.divergence.perTarget[place])
            loss.sum += weight * Double(objective.distillationWeight) * (divergence - entropy)
            loss.divergenceSum += weight * divergence
            loss.divergenceWeight += weight
        }
    }

    /// Adds what cross-entropy alone found.
    private func note(_ found: LossValues, of packed: PackedBatch, _ group: [TrainingExample], to loss: inout StepLoss)
    {
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
