import Autograd
import Foundation
public import Transformers

/// Direct preference optimization (Rafailov et al., 2023).
extension GradientStep {
    /// Writes the gradient of the pairs' mean loss to the adapter's parameters and returns the loss.
    ///
    /// With m = β ((ln p - ln p_ref)(chosen) - (ln p - ln p_ref)(rejected)) and smoothing ε, a pair's loss is
    /// -(1 - ε) ln σ(m) - ε ln σ(-m). A pair's answers share their prompt's run, and its activations serve both the
    /// log-probabilities and, once these have told each pair's slope, the gradient.
    public func gradients(of pairs: [PreferencePair]) -> StepLoss {
        adapter.parameters.clearGradients()
        return evaluate(pairs, wantsGradient: true)
    }

    /// The loss of pairs, without a gradient.
    public func loss(of pairs: [PreferencePair]) -> StepLoss { evaluate(pairs, wantsGradient: false) }

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

    private func evaluate(_ pairs: [PreferencePair], wantsGradient: Bool) -> StepLoss {
        var loss = StepLoss()
        loss.weight = Double(pairs.count)
        let chosenTokens = pairs.reduce(0.0) { $0 + $1.chosen.totalWeight }
        for group in PackedBatch.split(pairs, tokenLimit: tokenLimit) {
            add(
                group, pairCount: pairs.count, chosenTokens: max(1, chosenTokens), wantsGradient: wantsGradient,
                to: &loss)
        }
        return loss
    }

    private func add(
        _ group: [PreferencePair], pairCount: Int, chosenTokens: Double, wantsGradient: Bool, to loss: inout StepLoss
    ) {
        // Examples 2i and 2i + 1 are the chosen and the rejected answer of pair i.
        let packed = PackedBatch(group.flatMap { [$0.chosen, $0.rejected] })
        loss.flops += wantsGradient ? work.training(packed.size) : work.forward(packed.size)
        let hidden = hidden(packed, adapter: adapter, isRecording: wantsGradient)
        tape.isRecording = false
        let found = tape.crossEntropy(hidden, decoder.output, packed.targets)
        tape.isRecording = wantsGradient

        var logProbabilities = [Double](repeating: 0, count: 2 * group.count)
        for (index, example) in packed.exampleOfTarget.enumerated() {
            logProbabilities[example] -= Double(found.perTarget[index])
        }
        var slopes = [Double](repeating: 0, count: 2 * group.count)
        for (index, pair) in group.enumerated() {
            let chosen = objective.beta * (logProbabilities[2 * index] - pair.reference.chosen)
            let rejected = objective.beta * (logProbabilities[2 * index + 1] - pair.reference.rejected)
            let margin = chosen - rejected
            let smoothing = objective.labelSmoothing
            loss.sum += (1 - smoothing) * logistic(margin) + smoothing * logistic(-margin)
            loss.sum -=
                objective.supervisedWeight * logProbabilities[2 * index] / chosenTokens * Double(pairCount)
            // -d loss / d ln p of the chosen answer, and of the rejected.
            let pull = objective.beta * ((1 - smoothing) / (1 + exp(margin)) - smoothing / (1 + exp(-margin)))
            slopes[2 * index] = pull / Double(pairCount) + objective.supervisedWeight / chosenTokens
            slopes[2 * index + 1] = -pull / Double(pairCount)
            loss.chosenReward += chosen
            loss.rejectedReward += rejected
            loss.pairs += 1
            if margin > 0 { loss.preferredPairs += 1 }
        }
        loss.examples += 2 * group.count
        loss.computedTokens += packed.batch.tokens.count
        loss.exampleTokens += packed.exampleTokenCount
        guard wantsGradient else { return }
        var targets = packed.targets
        for (index, example) in packed.exampleOfTarget.enumerated() { targets[index].weight = Float(slopes[example]) }
        _ = tape.crossEntropy(hidden, decoder.output, targets)
        tape.backward()
    }

    /// -ln σ(margin) = ln(1 + e^-margin), for either sign without overflow.
    private func logistic(_ margin: Double) -> Double { max(0, -margin) + log1p(exp(-abs(margin))) }
}
