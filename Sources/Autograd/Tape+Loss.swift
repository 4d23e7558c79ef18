import Foundation
import Tensors

extension Tape {
    /// Σ weight · -ln softmax(logits[row])[token].
    ///
    /// - Parameter targets: in increasing order of rows.
    public func crossEntropy(_ x: Activation, _ layer: OutputLayer, _ targets: [LossTarget]) -> LossValues {
        losses(x, layer, targets).entropy
    }

    /// Σ weight · τ² KL(teacher ‖ student) over the teacher's stored tokens and one bucket for all others; at τ = 1
    /// Σ p ln(p / q) + p_rest ln(p_rest / q_rest), with p_rest = 1 - Σ p and q_rest = 1 - Σ q.
    ///
    /// Another temperature softens the buckets themselves: p^(1/τ) and q^(1/τ), each divided by its sum.
    ///
    /// - Parameter targets: in increasing order of rows.
    public func distillation(
        _ x: Activation, _ layer: OutputLayer, _ targets: [DistillationTarget], temperature: Float = 1
    ) -> LossValues {
        losses(x, layer, [], distillation: targets, temperature: temperature).divergence
    }

    /// Cross-entropy and distillation together, over logits that are computed once.
    ///
    /// Logits are computed a few rows at a time and never kept: the loss is the end of the pass, so its gradient is
    /// taken on the spot. A row may have several targets, or the same one from several examples.
    ///
    /// - Parameters:
    ///   - targets: in increasing order of rows.
    ///   - distillation: in increasing order of rows.
    public func losses(
        _ x: Activation, _ layer: OutputLayer, _ targets: [LossTarget], distillation: [DistillationTarget] = [],
        temperature: Float = 1
    ) -> (entropy: LossValues, divergence: LossValues) {
        var entropy = LossValues(count: targets.count), divergence = LossValues(count: distillation.count)
        let targetRanges = ranges(targets.map(\.row), rows: x.rows)
        let storedRanges = ranges(distillation.map(\.row), rows: x.rows)
        let size = layer.vocabularySize
        entropy.withNotes { entropies in
            divergence.withNotes { divergences in
                forEachRow(of: x, layer) { row, logits, gradient in
                    let (range, stored) = (targetRanges[row], storedRanges[row])
                    if range.isEmpty && stored.isEmpty {
                        gradient?.update(repeating: 0, count: size)
                        return
                    }
                    let logSum = VectorOperations.logSumExp(logits, count: size)
                    let top = VectorOperations.maximum(logits, count: size)
                    // What the softmax over the whole vocabulary counts in the gradient.
                    var mass: Float = 0
                    for index in range {
                        let token = Int(targets[index].token)
                        entropies.note(index, loss: logSum - logits[token], isTop: logits[token] == top)
                        mass += targets[index].weight
                    }
                    for index in stored {
                        let buckets = BucketDivergence(distillation[index], logits, logSum, temperature)
                        divergences.note(
                            index, loss: buckets.loss, isTop: buckets.likeliest.map { logits[Int($0)] } == top)
                        mass += distillation[index].weight * buckets.restSlope
                    }
                    guard let gradient else { return }
                    VectorOperations.exponentials(of: logits, minus: logSum, times: mass, into: gradient, count: size)
                    for index in range { gradient[Int(targets[index].token)] -= targets[index].weight }
                    for index in stored {
                        BucketDivergence(distillation[index], logits, logSum, temperature)
                            .addSlopes(to: gradient, distillation[index], logits, logSum)
                    }
                    layer.backward(logits, gradient)
                }
            }
        }
        for (index, target) in targets.enumerated() {
            entropy.total += Double(target.weight) * Double(entropy.perTarget[index])
        }
        for (index, target) in distillation.enumerated() {
            divergence.total += Double(target.weight) * Double(divergence.perTarget[index])
        }
        return (entropy, divergence)
    }

    /// Calls `body` for every row with its logits and, where a gradient is wanted, room for that of x · Wᵀ; then passes
    /// the gradients on to `x`.
    private func forEachRow(
        of x: Activation, _ layer: OutputLayer,
        _ body: (Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>?) -> Void
    ) {
        let size = layer.vocabularySize
        let chunk = OutputLayer.rowsAtOnce(vocabularySize: size)
        let wantsGradient = needsGradient(x) && isRecording
        let dx = wantsGradient ? accumulator(x) : nil
        let hidden = value(x)
        withBuffer(min(chunk, x.rows) * size) { logits in
            withBuffer(wantsGradient ? min(chunk, x.rows) * size : 1) { gradients in
                for first in stride(from: 0, to: x.rows, by: chunk) {
                    let rows = min(chunk, x.rows - first)
                    layer.logits(
                        hidden + first * x.columns, count: rows, into: logits, pool: pool,
                        precision: precision)
                    pool.run(rows) { line in
                        body(first + line, logits + line * size, wantsGradient ? gradients + line * size : nil)
                    }
                    if let dx {
                        layer.matrix.multiplyTransposed(
                            gradients, count: rows, into: dx.pointer + first * x.columns, pool: pool,
                            accumulate: !dx.isNew, precision: precision)
                    }
                }
            }
        }
    }

    /// The range of targets of every row.
    private func ranges(_ rowsOfTargets: [Int], rows: Int) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(rows)
        var next = 0
        for row in 0..<rows {
            let first = next
            while next < rowsOfTargets.count, rowsOfTargets[next] == row { next += 1 }
            ranges.append(first..<next)
        }
        precondition(next == rowsOfTargets.count, "targets are in increasing order of rows of the activation")
        return ranges
    }
}

extension LossValues {
    fileprivate init(count: Int) {
        self.init(perTarget: [Float](repeating: 0, count: count), isTop: [Bool](repeating: false, count: count))
    }

    fileprivate mutating func withNotes(_ body: (FoundLosses) -> Void) {
        perTarget.withUnsafeMutableBufferPointer { losses in
            isTop.withUnsafeMutableBufferPointer { tops in body(FoundLosses(losses: losses, tops: tops)) }
        }
    }
}

/// Where rows that are computed at once leave what they found; each index belongs to one row.
private struct FoundLosses {
    let losses: UnsafeMutableBufferPointer<Float>
    let tops: UnsafeMutableBufferPointer<Bool>

    func note(_ index: Int, loss: Float, isTop: Bool) {
        losses[index] = loss
        tops[index] = isTop
    }
}

extension OutputLayer {
    /// Turns the gradient of final logits into that of x · Wᵀ.
    fileprivate func backward(_ logits: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>) {
        if let softCap {
            for i in 0..<vocabularySize { gradient[i] *= 1 - logits[i] * logits[i] / (softCap * softCap) }
        }
        if scale != 1 { VectorOperations.scale(gradient, by: scale, into: gradient, count: vocabularySize) }
    }
}
