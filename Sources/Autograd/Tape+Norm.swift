import Tensors

extension Tape {
    /// ``RootMeanSquareNorm`` of every row, or of every group of `weight.count` numbers of a row (a head).
    ///
    /// - Parameter isRestorable: whether the value may be forgotten, see ``forget(_:)``; nothing may then change it.
    public func norm(
        _ x: Activation, weight: [Float], epsilon: Float, isRestorable: Bool = false
    ) -> Activation {
        let rows = x.count / weight.count
        let inverse = keep(rows)
        let output =
            isRestorable
            ? makeRestorable(rows: x.rows, columns: x.columns, needsGradient: needsGradient(x))
            : make(rows: x.rows, columns: x.columns, needsGradient: needsGradient(x))
        let operation = NormOperation(input: x, output: output, weight: weight, epsilon: epsilon, inverse: inverse)
        operation.restore(into: value(output), on: self)
        record(operation)
        return output
    }
}

private struct NormOperation: Operation {
    let input: Activation
    let output: Activation
    let weight: [Float]
    let epsilon: Float
    let inverse: UnsafeMutablePointer<Float>

    func restore(into output: UnsafeMutablePointer<Float>, on tape: Tape) {
        RootMeanSquareNorm.forward(
            tape.value(input), weight: weight, epsilon: epsilon, rows: input.count / weight.count,
            columns: weight.count, into: output, inverse: inverse, pool: tape.pool)
    }

    func backward(on tape: Tape) {
        if let dy = tape.gradient(output), tape.needsGradient(input) {
            let (dx, isNew) = tape.accumulator(input)
            RootMeanSquareNorm.backward(
                dy, x: tape.value(input), weight: weight, inverse: inverse, rows: input.count / weight.count,
                columns: weight.count, into: dx, accumulate: !isNew, pool: tape.pool)
        }
        tape.release(output)
    }
}
