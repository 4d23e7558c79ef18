import Autograd
import Foundation
public import Transformers

/// Direct preference optimization (Rafailov et al., 2023).
extension GradientStep {
    /// Writes the gradient of the pairs' mean loss to the parameters and returns the loss.
    ///
    /// With m = β ((ln p - ln p_ref)(chosen) - (ln p - ln p_ref)(rejected)) and smoothing ε, a pair's loss is
    /// -(1 - ε) ln σ(m) - ε ln σ(-m). A pair's answers share their prompt's run, and its activations serve both the
    /// log-probabilities and, once these have told each pair's slope, the gradient.
    public func gradients(of pairs: [PreferencePair]) -> StepLoss { gradients(of: pack(pairs)) }

    /// The same for pairs that are packed already; as with examples, it allocates nothing once it has seen its largest
    /// batch.
    public func gradients(of batches: [PackedPairs]) -> StepLoss {
        parameters.clearGradients()
        return evaluate(batches, wantsGradient: true)
    }

    /// The loss of pairs, without a gradient.
    public func loss(of pairs: [PreferencePair]) -> StepLoss { evaluate(pack(pairs), wantsGradient: false) }

    /// Pairs as the packed batches that a step takes one after the other.
    public func pack(_ pairs: [PreferencePair]) -> [PackedPairs] {
        PackedBatch.split(pairs, tokenLimit: tokenLimit).map { PackedPairs($0) }
    }

    /// Σ ln p of the tokens to say, for each example.
    ///
    /// - Parameter adapter: nil for the base alone.
    public func logProbabilities(of examples: [TrainingExample], adapter: TrainableAdapter?) -> [Double] {
        var sums = [Double](repeating: 0, count: examples.count)
        for places in PackedBatch.places(examples, tokenLimit: tokenLimit) {
            let packed = PackedBatch(places.map { examples[$0] })
            let hidden = hidden(packed, adapter: adapter, isRecording: false)
            let found = tape.crossEntropy(hidden, decoder.output, packed.targets)
            for (index, example) in packed.exampleOfTarget.enumerated() {
                sums[places[example]] -= Double(found.perTarget[index])
            }
        }
        return sums
    }

    private func evaluate(_ batches: [PackedPairs], wantsGradient: Bool) -> StepLoss {
        var loss = StepLoss()
        let pairCount = batches.reduce(0) { $0 + $1.references.count }
        let chosenWeight = batches.reduce(0) { $0 + $1.chosenWeight }
        loss.weight = Double(pairCount)
        for batch in batches {
            add(
                batch, pairCount: pairCount, chosenTokens: max(1, chosenWeight), wantsGradient: wantsGradient,
                to: &loss)
        }
        return loss
    }

    private func add(
        _ pairs: PackedPairs, pairCount: Int, chosenTokens: Double, wantsGradient: Bool, to loss: inout StepLoss
    ) {
        let packed = pairs.packed
        loss.flops += wantsGradient ? work.training(packed.size) : work.forward(packed.size)
        let hidden = hidden(packed, adapter: adapter, isRecording: wantsGradient)
        tape.isRecording = false
        tape.losses(hidden, decoder.output, packed.targets, distillation: [], temperature: 1, into: &found)
        tape.isRecording = wantsGradient

        exampleSums.removeAll(keepingCapacity: true)
        exampleSums.append(contentsOf: repeatElement(0, count: packed.exampleCount))
        for (index, example) in packed.exampleOfTarget.enumerated() {
            exampleSums[example] -= Double(found.entropy.perTarget[index])
        }
        for (index, reference) in pairs.references.enumerated() {
            let chosen = objective.beta * (exampleSums[2 * index] - reference.chosen)
            let rejected = objective.beta * (exampleSums[2 * index + 1] - reference.rejected)
            let margin = chosen - rejected
            let smoothing = objective.labelSmoothing
            loss.sum += (1 - smoothing) * logistic(margin) + smoothing * logistic(-margin)
            loss.sum -= objective.supervisedWeight * exampleSums[2 * index] / chosenTokens * Double(pairCount)
            // -d loss / d ln p of the chosen answer, and of the rejected, in the place of ln p.
            let pull = objective.beta * ((1 - smoothing) / (1 + exp(margin)) - smoothing / (1 + exp(-margin)))
            exampleSums[2 * index] = pull / Double(pairCount) + objective.supervisedWeight / chosenTokens
            exampleSums[2 * index + 1] = -pull / Double(pairCount)
            loss.chosenReward += chosen
            loss.rejectedReward += rejected
            loss.pairs += 1
            if margin > 0 { loss.preferredPairs += 1 }
        }
        loss.count(packed)
        guard wantsGradient else { return }
        weighted.removeAll(keepingCapacity: true)
        weighted.append(contentsOf: packed.targets)
        for (index, example) in packed.exampleOfTarget.enumerated() {
            weighted[index].weight = Float(exampleSums[example])
        }
        tape.losses(hidden, decoder.output, weighted, distillation: [], temperature: 1, into: &found)
        tape.backward()
    }

    /// -ln σ(margin) = ln(1 + e^-margin), for either sign without overflow.
    private func logistic(_ margin: Double) -> Double { max(0, -margin) + log1p(exp(-abs(margin))) }
}
