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
    /// - Parameters:
    ///   - targets: in increasing order of rows.
    ///   - distillation: in increasing order of rows.
    public func losses(
        _ x: Activation, _ layer: OutputLayer, _ targets: [LossTarget], distillation: [DistillationTarget] = [],
        temperature: Float = 1
    ) -> LossesFound {
        var found = LossesFound()
        losses(x, layer, targets, distillation: distillation, temperature: temperature, into: &found)
        return found
    }

    /// The same into memory that is used again and again.
    ///
    /// Logits are computed a few rows at a time and never kept: the loss is the end of the pass, so its gradient is
    /// taken on the spot. A row may have several targets, or the same one from several examples.
    public func losses(
        _ x: Activation, _ layer: OutputLayer, _ targets: [LossTarget], distillation: [DistillationTarget],
        temperature: Float, into found: inout LossesFound
    ) {
        expectOrder(targets.count, rows: x.rows) { targets[$0].row }
        expectOrder(distillation.count, rows: x.rows) { distillation[$0].row }
        found.entropy.clear(count: targets.count)
        found.divergence.clear(count: distillation.count)
        let size = layer.vocabularySize
        found.entropy.withNotes { entropies in
            found.divergence.withNotes { divergences in
                forEachRow(of: x, layer) { row, logits, gradient in
                    let range = self.targets(of: row, among: targets.count) { targets[$0].row }
                    let stored = self.targets(of: row, among: distillation.count) { distillation[$0].row }
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
                        entropies.note(index, loss: logSum - logits[token], isTop: isGreedy(token, logits, top))
                        mass += targets[index].weight
                    }
                    for index in stored {
                        let buckets = BucketDivergence(distillation[index], logits, logSum, temperature)
                        divergences.note(
                            index, loss: buckets.loss,
                            isTop: buckets.likeliest.map { isGreedy(Int($0), logits, top) } == true)
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
            found.entropy.total += Double(target.weight) * Double(found.entropy.perTarget[index])
        }
        for (index, target) in distillation.enumerated() {
            found.divergence.total += Double(target.weight) * Double(found.divergence.perTarget[index])
        }
    }

    /// Calls `body` for every row with its logits and, where a gradient is wanted, room for that of x · Wᵀ; then passes
    /// the gradients on to `x`.
    private func forEachRow(
        of x: Activation, _ layer: OutputLayer,
        _ body: (Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>?) -> Void
    ) {
        let size = layer.vocabularySize
        let chunk = OutputLayer.rowsAtOnce(vocabularySize: size)
        let wantsGradient = (needsGradient(x) || layer.weight != nil) && isRecording
        let dx = wantsGradient && needsGradient(x) ? accumulator(x) : nil
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
                    if wantsGradient, let weight = layer.weight {
                        MatrixProduct.accumulateGradient(
                            gradients, hidden + first * x.columns, count: rows, rows: size, columns: x.columns,
                            into: weight.gradient, pool: pool)
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

    /// The targets of a row, of `count` that are in increasing order of rows.
    private func targets(of row: Int, among count: Int, rowOfTarget: (Int) -> Int) -> Range<Int> {
        var (first, end) = (0, count)
        while first < end {
            let middle = (first + end) / 2
            if rowOfTarget(middle) < row { first = middle + 1 } else { end = middle }
        }
        while end < count, rowOfTarget(end) == row { end += 1 }
        return first..<end
    }

    private func expectOrder(_ count: Int, rows: Int, rowOfTarget: (Int) -> Int) {
        var last = 0
        for index in 0..<count {
            let row = rowOfTarget(index)
            precondition((last..<rows).contains(row), "targets are in increasing order of rows of the activation")
            last = row
        }
    }
}

extension LossValues {
    fileprivate mutating func withNotes(_ body: (LossNotes) -> Void) {
        perTarget.withUnsafeMutableBufferPointer { losses in
            isTop.withUnsafeMutableBufferPointer { tops in body(LossNotes(losses: losses, tops: tops)) }
        }
    }
}

/// Whether greedy decoding says a token: it is the likeliest, and the first of those that are equally likely.
///
/// A model that has run away makes all tokens equally likely; it does not know every answer.
private func isGreedy(_ token: Int, _ logits: UnsafePointer<Float>, _ top: Float) -> Bool {
    logits[token] == top && !(0..<token).contains { logits[$0] == top }
}

/// Where rows that are computed at once leave what they found; each index belongs to one row.
private struct LossNotes {
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
