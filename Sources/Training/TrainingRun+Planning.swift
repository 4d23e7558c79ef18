import Adapters
import Autograd
import Checkpoints
import Foundation
import Tensors
import Transformers

/// Choosing how a run fits into memory, and finding out what it will take, before its first step.
extension TrainingRun {
    /// Forward work of so many tokens is what a micro-batch costs beyond its tokens: frozen weights are unpacked once.
    private static let tokensPerUnpacking = 24.0
    /// Panels and BLAS buffers of one thread, bytes, as seen.
    private static let scratchPerThread = 12 << 20

    /// Chooses micro-batches and recomputed layers so that the run fits into memory with the least work, and takes
    /// them for the steps to come.
    ///
    /// - Parameters:
    ///   - limit: the most bytes that may be resident; nil for what the run takes as it is.
    ///   - maySplit: whether micro-batches may become smaller than the recipe's; that changes the last bits of the
    ///     result, as the recipe's own key does.
    ///   - use: what the process holds now.
    /// - Throws: ``TrainingError`` when nothing fits, with what it would take.
    public func plan(memoryLimit limit: Int?, maySplit: Bool = true, use: MemoryUse) throws -> RunPlan {
        var candidates = plans(tokenLimit: recipe.tokensPerMicroBatch, use)
        var tokenLimit = recipe.tokensPerMicroBatch / 2
        while let limit, maySplit, tokenLimit >= 32 {
            let smaller = plans(tokenLimit: tokenLimit, use)
            // A micro-batch holds at least one example.
            let isSmaller = (smaller.first?.plan.largest.tokens ?? 0) < (candidates.last?.plan.largest.tokens ?? 0)
            if isSmaller { candidates += smaller }
            if candidates.contains(where: { $0.plan.memory.peak <= limit && $0.plan.recomputedLayers == 0 }) { break }
            tokenLimit /= 2
        }
        let fitting = limit.map { limit in candidates.filter { $0.plan.memory.peak <= limit } } ?? [candidates[0]]
        guard let chosen = fitting.min(by: { $0.work < $1.work })?.plan else {
            let least = candidates.min { $0.plan.memory.peak < $1.plan.memory.peak }?.plan ?? candidates[0].plan
            throw TrainingError(
                "memory: the run takes \(RunPlan.bytes(least.memory.peak)) at least, with micro-batches of "
                    + "\(least.largest.tokens) tokens and \(least.recomputedLayers) of \(least.layerCount) layers "
                    + "recomputed (\(least.lines[0])), expected at most \(RunPlan.bytes(limit ?? 0))",
                hint: "give it \(RunPlan.bytes(least.memory.peak * 21 / 20)), or lower maximum_length or rank")
        }
        if chosen.tokensPerMicroBatch != recipe.tokensPerMicroBatch { chosenTokens = chosen.tokensPerMicroBatch }
        self.use(tokensPerMicroBatch: chosen.tokensPerMicroBatch, recomputedLayers: chosen.recomputedLayers)
        return chosen
    }

    /// Three steps without effect: the largest, which shows what memory it takes, and two ordinary ones, which show
    /// how long the rest will take. Parameters, moments and data cursor stay as they are.
    public func warmUp(_ plan: RunPlan, use: () -> MemoryUse) throws -> RunPlan {
        var plan = plan
        try prepareReferences()
        let survey = survey(tokenLimit: recipe.tokensPerMicroBatch)
        gradientStep.reserve(survey.largest)
        let bySize = survey.steps.sorted { $0.largest.tokens < $1.largest.tokens }
        guard let largest = bySize.last else {
            plan.seconds = 0
            return plan
        }
        // The first pass brings in the base's pages and is not timed; validation passes only go forward.
        var order = order
        _ = gradients(of: order.conversations(of: largest.number))
        var training = Rate(), forward = Rate()
        for step in [bySize[bySize.count / 2], bySize[bySize.count / 4]] {
            let places = order.conversations(of: step.number)
            training.time(work(step)) { _ = gradients(of: places) }
        }
        if let validation {
            let part = Array(validation.conversations.prefix(recipe.batchSize).joined())
            forward.time(gradientStep.work.forward(PackedBatch(part).size)) { _ = gradientStep.loss(of: part) }
        }
        adapter.parameters.clearGradients()
        let update = updateSeconds()

        let steps =
            survey.steps.reduce(0.0) { $0 + work($1) } / training.perSecond + update * Double(survey.steps.count)
        let interval = recipe.validationInterval ?? order.stepsPerEpoch
        let validations = validation == nil ? 0 : max(1, survey.steps.count / interval)
        let validationWork = gradientStep.work.forward(survey.validation.size)
        plan.seconds = steps + Double(validations) * (validationWork == 0 ? 0 : validationWork / forward.perSecond)
        // The best state and the adapter to be written come after.
        let later = (validation == nil ? 1 : 2) * parameterCount * MemoryLayout<Float>.stride
        let now = use()
        plan.memory.peak = max(now.peak, now.resident + later)
        return plan
    }

    /// The micro-batches of the steps that are left, and of a validation.
    func survey(tokenLimit: Int) -> WorkSurvey {
        var order = order
        let numbers = state.step < order.totalSteps ? (state.step + 1)...order.totalSteps : nil
        return WorkSurvey(steps: numbers.map { Array($0) } ?? []) { number in
            let set = number == nil ? validation : training
            guard let set else { return [] }
            let places = number.map { Array(order.conversations(of: $0)) } ?? Array(set.conversations.indices)
            return set.sizes(of: places, tokenLimit: tokenLimit)
        }
    }

    private struct Candidate {
        var plan: RunPlan
        var work: Double
    }

    /// Plans with one size of micro-batches and every number of recomputed layers.
    private func plans(tokenLimit: Int, _ use: MemoryUse) -> [Candidate] {
        let survey = survey(tokenLimit: tokenLimit)
        let layers = checkpoint.architecture.layerCount
        let sizes = gradientStep.memory
        let base = checkpoint.tensorByteCount
        // The program's own files, and those that it has read of the base already.
        let program = use.mapped >= base ? use.mapped - base : min(use.mapped, TrainingRun.scratchPerThread)
        let parameter = parameterCount * MemoryLayout<Float>.stride
        let once = gradientStep.work.training(survey.size)
        let unpacking =
            gradientStep.work.forward(PassSize(tokens: 1)) * TrainingRun.tokensPerUnpacking
            * Double(survey.microBatches)
        let forward = gradientStep.work.forward(survey.size)
        // The last layer is always kept: recomputing it would save nothing.
        return (0..<max(1, layers)).map { recomputed in
            let pass = sizes.bytes(survey.largest, recomputedLayers: recomputed)
            let other =
                use.resident - use.mapped - 4 * parameter + program
                + pool.threadCount * TrainingRun.scratchPerThread
            let memory = RunPlan.Memory(
                base: base, parameters: (validation == nil ? 5 : 6) * parameter, pass: pass, other: other, peak: 0)
            let share = Double(recomputed) / Double(layers)
            var plan = RunPlan(
                totalSteps: totalSteps, stepsLeft: survey.steps.count, tokensPerMicroBatch: tokenLimit,
                microBatches: survey.microBatches, largest: survey.largest, recomputedLayers: recomputed,
                layerCount: layers, computedTokens: survey.size.tokens, memory: memory)
            plan.memory.peak = max(use.peak, memory.base + memory.parameters + memory.pass + memory.other)
            return Candidate(plan: plan, work: once + share * forward + (2 + share) * unpacking)
        }
    }

    /// What a step costs, recomputation and unpacking included: what its time is proportional to.
    private func work(_ step: WorkSurvey.Step) -> Double {
        let share = Double(recomputedLayers) / Double(checkpoint.architecture.layerCount)
        let unpacking = gradientStep.work.forward(PassSize(tokens: 1)) * TrainingRun.tokensPerUnpacking
        return gradientStep.work.training(step.size) + share * gradientStep.work.forward(step.size)
            + (2 + share) * unpacking * Double(step.microBatches)
    }

    /// Seconds of one update, timed on numbers of its own: those of the run stay untouched.
    private func updateSeconds() -> Double {
        let count = min(parameterCount, 1 << 18)
        var numbers = [Float](repeating: 0.5, count: 4 * count)
        let start = ContinuousClock.now
        numbers.withUnsafeMutableBufferPointer { numbers in
            guard let place = numbers.baseAddress else { return }
            _ = VectorOperations.sumOfSquares(place + 3 * count, count: count)
            VectorOperations.adamW(
                place, moment1: place + count, moment2: place + 2 * count, gradients: place + 3 * count, count: count,
                gradientScale: 1, learningRate: 0, weightDecay: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8,
                correction1: 1, correction2: 1)
        }
        return start.duration(to: .now).inSeconds * Double(parameterCount) / Double(max(1, count))
    }
}

/// Work done and the time it took.
private struct Rate {
    private var work = 0.0
    private var seconds = 0.0

    mutating func time(_ work: Double, _ body: () -> Void) {
        let start = ContinuousClock.now
        body()
        seconds += start.duration(to: .now).inSeconds
        self.work += work
    }

    var perSecond: Double { seconds > 0 ? work / seconds : .infinity }
}

extension TrainingSet {
    /// The sizes of the micro-batches of some conversations.
    func sizes(of places: [Int], tokenLimit: Int) -> [PassSize] {
        guard isOfPreferences else {
            return PackedBatch.split(places.flatMap { conversations[$0] }, tokenLimit: tokenLimit)
                .map { PackedBatch($0).size }
        }
        let none = PreferencePair.Reference(chosen: 0, rejected: 0)
        let pairs = places.map {
            PreferencePair(chosen: conversations[$0][0], rejected: conversations[$0][1], reference: none)
        }
        return PackedBatch.split(pairs, tokenLimit: tokenLimit).map {
            PackedBatch($0.flatMap { [$0.chosen, $0.rejected] }).size
        }
    }
}
