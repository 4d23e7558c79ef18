import Tensors

extension Tape {
    /// ``RootMeanSquareNorm`` of every row, or of every group of `weight.count` numbers of a row (a head).
    public func norm(_ x: Activation, weight: [Float], epsilon: Float) -> Activation {
        let rows = x.count / weight.count
        let output = make(rows: x.rows, columns: x.columns, needsGradient: needsGradient(x))
        let inverse = keep(rows)
        RootMeanSquareNorm.forward(
            value(x), weight: weight, epsilon: epsilon, rows: rows, columns: weight.count, into: value(output),
            inverse: inverse, pool: pool)
        if needsGradient(x) {
            record(NormOperation(input: x, output: output, weight: weight, inverse: inverse))
        }
        return output
    }
}

private struct NormOperation: Operation {
    let input: Activation
    let output: Activation
    let weight: [Float]
    let inverse: UnsafeMutablePointer<Float>

    func backward(on tape: Tape) {
        guard let dy = tape.gradient(output) else { return }
        let (dx, isNew) = tape.accumulator(input)
        RootMeanSquareNorm.backward(
            dy, x: tape.value(input), weight: weight, inverse: inverse, rows: input.count / weight.count,
            columns: weight.count, into: dx, accumulate: !isNew, pool: tape.pool)
        tape.release(output)
    }
}
