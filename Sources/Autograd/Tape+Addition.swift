import Tensors

extension Tape {
    /// x + scale · y: a residual connection.
    public func add(_ x: Activation, _ y: Activation, scale: Float = 1) -> Activation {
        let output = make(rows: x.rows, columns: x.columns, needsGradient: needsGradient(x) || needsGradient(y))
        let target = value(output)
        let (left, right) = (value(x), value(y))
        pool.run(x.count, blocksOf: 32768) { range in
            let first = range.lowerBound
            (target + first).update(from: left + first, count: range.count)
            VectorOperations.addOnThread(right + first, scale: scale, to: target + first, count: range.count)
        }
        record(AdditionOperation(x: x, y: y, output: output, scale: scale))
        return output
    }
}

private struct AdditionOperation: Operation {
    let x: Activation
    let y: Activation
    let output: Activation
    let scale: Float

    func backward(on tape: Tape) {
        guard let dy = tape.gradient(output) else { return }
        if tape.needsGradient(x) { tape.accumulate(dy, into: x) }
        if tape.needsGradient(y) {
            if scale != 1 { VectorOperations.scale(dy, by: scale, into: dy, count: output.count) }
            tape.accumulate(dy, into: y)
        }
        tape.release(output)
    }
}
