import Tensors

extension Tape {
    /// x + scale · y: a residual connection. The sum takes the memory of `y`, whose value must be used by nothing else.
    public func add(_ x: Activation, _ y: Activation, scale: Float = 1) -> Activation {
        let output = make(inPlaceOf: y, needsGradient: needsGradient(x) || needsGradient(y))
        let target = value(output)
        let left = value(x)
        pool.run(x.count, blocksOf: 32768) { range in
            let first = range.lowerBound
            if scale != 1 {
                VectorOperations.scale(target + first, by: scale, into: target + first, count: range.count)
            }
            VectorOperations.addOnThread(left + first, to: target + first, count: range.count)
        }
        record(.addition(AdditionOperation(x: x, y: y, output: output, scale: scale)))
        return output
    }
}

struct AdditionOperation {
    let x: Activation
    let y: Activation
    let output: Activation
    let scale: Float

    func backward(on tape: Tape) {
        guard let dy = tape.gradient(output) else { return }
        if tape.needsGradient(x) { tape.accumulate(dy, into: x) }
        if tape.needsGradient(y) {
            if scale != 1 { VectorOperations.scale(dy, by: scale, into: dy, count: output.count) }
            tape.passGradient(from: output, to: y)
        }
        tape.release(output)
    }
}
