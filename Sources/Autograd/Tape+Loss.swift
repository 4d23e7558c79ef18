import Foundation
import Tensors

extension Tape {
    /// Σ weight · -ln softmax(logits[row])[token].
    ///
    /// Logits are computed a few rows at a time and never kept: the loss is the end of the pass, so its gradient is
    /// taken on the spot. A row may have several targets, or the same one from several examples.
    ///
    /// - Parameter targets: in increasing order of rows.
    public func crossEntropy(_ x: Activation, _ layer: OutputLayer, _ targets: [LossTarget]) -> LossValues {
        forEachRow(of: x, layer, rowsOfTargets: targets.map(\.row)) { range, logits, gradient, found in
            let size = layer.vocabularySize
            let logSum = VectorOperations.logSumExp(logits, count: size)
            let top = VectorOperations.maximum(logits, count: size)
            var weight: Float = 0
            for index in range {
                let token = Int(targets[index].token)
                found.note(index, loss: logSum - logits[token], isTop: logits[token] == top)
                weight += targets[index].weight
            }
            guard let gradient else { return }
            VectorOperations.exponentials(of: logits, minus: logSum, times: weight, into: gradient, count: size)
            for index in range { gradient[Int(targets[index].token)] -= targets[index].weight }
        } total: { index in
            Double(targets[index].weight)
        }
    }

    /// Σ weight · KL(teacher ‖ student) over the teacher's stored tokens and one bucket for all others:
    /// Σ p ln(p / q) + p_rest ln(p_rest / q_rest), with p_rest = 1 - Σ p and q_rest = 1 - Σ q.
    ///
    /// - Parameter targets: in increasing order of rows.
    public func distillation(_ x: Activation, _ layer: OutputLayer, _ targets: [DistillationTarget]) -> LossValues {
        forEachRow(of: x, layer, rowsOfTargets: targets.map(\.row)) { range, logits, gradient, found in
            let size = layer.vocabularySize
            let logSum = VectorOperations.logSumExp(logits, count: size)
            let top = VectorOperations.maximum(logits, count: size)
            // dKL/dlogit = q · (Σ p over all buckets = 1) - p for stored tokens; for the others q / q_rest shares p_rest.
            var restWeight: Float = 0
            for index in range {
                let (loss, ratio) = targets[index].divergence(logits: logits, logSum: logSum)
                found.note(index, loss: loss, isTop: targets[index].tokens.first.map { logits[Int($0)] } == top)
                restWeight += targets[index].weight * (1 - ratio)
            }
            guard let gradient else { return }
            VectorOperations.exponentials(of: logits, minus: logSum, times: restWeight, into: gradient, count: size)
            for index in range {
                let target = targets[index]
                let (_, ratio) = target.divergence(logits: logits, logSum: logSum)
                for (token, logProbability) in zip(target.tokens, target.logProbabilities) {
                    let q = exp(logits[Int(token)] - logSum)
                    gradient[Int(token)] +=
                        target.weight * (ratio * q - exp(logProbability))
                }
            }
        } total: { index in
            Double(targets[index].weight)
        }
    }

    /// Calls `body` for every row that has targets, with their range, the row's logits and, where a gradient is
    /// wanted, room for that of the logits; then passes the gradients on to `x`.
    private func forEachRow(
        of x: Activation, _ layer: OutputLayer, rowsOfTargets: [Int],
        _ body: (Range<Int>, UnsafePointer<Float>, UnsafeMutablePointer<Float>?, FoundLosses) -> Void,
        total weight: (Int) -> Double
    ) -> LossValues {
        let count = rowsOfTargets.count
        var found = LossValues(
            perTarget: [Float](repeating: 0, count: count), isTop: [Bool](repeating: false, count: count))
        let ranges = targetRanges(rowsOfTargets, rows: x.rows)
        let size = layer.vocabularySize
        let chunk = OutputLayer.rowsAtOnce(vocabularySize: size)
        let wantsGradient = needsGradient(x) && isRecording
        let dx = wantsGradient ? accumulator(x) : nil
        let hidden = value(x)
        found.perTarget.withUnsafeMutableBufferPointer { losses in
            found.isTop.withUnsafeMutableBufferPointer { tops in
                let notes = FoundLosses(losses: losses, tops: tops)
                withBuffer(min(chunk, x.rows) * size) { logits in
                    withBuffer(wantsGradient ? min(chunk, x.rows) * size : 1) { gradients in
                        for first in stride(from: 0, to: x.rows, by: chunk) {
                            let rows = min(chunk, x.rows - first)
                            layer.logits(hidden + first * x.columns, count: rows, into: logits, pool: pool)
                            pool.run(rows) { line in
                                let gradient = wantsGradient ? gradients + line * size : nil
                                let range = ranges[first + line]
                                if range.isEmpty {
                                    gradient?.update(repeating: 0, count: size)
                                } else {
                                    body(range, logits + line * size, gradient, notes)
                                    if let gradient { layer.backward(logits + line * size, gradient) }
                                }
                            }
                            if let dx {
                                layer.matrix.multiplyTransposed(
                                    gradients, count: rows, into: dx.pointer + first * x.columns, pool: pool,
                                    accumulate: !dx.isNew)
                            }
                        }
                    }
                }
            }
        }
        for index in 0..<count { found.total += weight(index) * Double(found.perTarget[index]) }
        return found
    }

    /// The range of targets of every row.
    private func targetRanges(_ rowsOfTargets: [Int], rows: Int) -> [Range<Int>] {
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

extension DistillationTarget {
    /// The divergence, and p_rest / q_rest.
    ///
    /// Where the teacher left nothing to the rest, its term and its gradient vanish.
    fileprivate func divergence(logits: UnsafePointer<Float>, logSum: Float) -> (loss: Float, restRatio: Float) {
        var loss = 0.0
        var teacherRest = 1.0, studentRest = 1.0
        for (token, logProbability) in zip(tokens, logProbabilities) {
            let p = exp(Double(logProbability))
            let logQ = Double(logits[Int(token)] - logSum)
            loss += p * (Double(logProbability) - logQ)
            teacherRest -= p
            studentRest -= exp(logQ)
        }
        guard teacherRest > 1e-9 else { return (Float(loss), 0) }
        studentRest = max(studentRest, 1e-9)
        loss += teacherRest * log(teacherRest / studentRest)
        return (Float(loss), Float(teacherRest / studentRest))
    }
}
