import Adapters
import Architectures
import Autograd
import Checkpoints
import Foundation
import Tensors
import Transformers

/// Choosing how a run fits into memory, before its first step.
extension TrainingRun {
    /// Forward work of so many tokens is what a micro-batch costs beyond its tokens: frozen weights are unpacked once.
    static let tokensPerUnpacking = 24.0
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
