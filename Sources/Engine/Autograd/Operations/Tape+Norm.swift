import Tensors

extension Tape {
    /// ``RootMeanSquareNorm`` of every row, or of every group of `weight.count` numbers of a row (a head).
    ///
    /// - Parameter isRestorable: whether the value may be forgotten, see ``forget(_:)``; nothing may then change it.
    public func norm(
        _ x: Activation, weight: [Float], epsilon: Float, isRestorable: Bool = false
    ) -> Activation {
        norm(x, weight: .frozen(weight), epsilon: epsilon, isRestorable: isRestorable)
    }

    /// The same with a weight that may be trained.
    public func norm(
        _ x: Activation, weight: WeightVector, epsilon: Float, isRestorable: Bool = false
    ) -> Activation {
        let rows = x.count / weight.count
        let inverse = keep(rows)
        let needsGradient = needsGradient(x) || weight.gradient != nil
        let output =
            isRestorable
            ? makeRestorable(rows: x.rows, columns: x.columns, needsGradient: needsGradient)
            : make(rows: x.rows, columns: x.columns, needsGradient: needsGradient)
        let operation = NormOperation(input: x, output: output, weight: weight, epsilon: epsilon, inverse: inverse)
        operation.restore(into: value(output), on: self)
        record(.norm(operation))
        return output
    }
}

struct NormOperation {
    let input: Activation
    let output: Activation
    let weight: WeightVector
    let epsilon: Float
    let inverse: UnsafeMutablePointer<Float>

    func restore(into output: UnsafeMutablePointer<Float>, on tape: Tape) {
        let x = tape.value(input)
        weight.withNumbers { numbers in
            RootMeanSquareNorm.forward(
                x, weight: numbers, epsilon: epsilon, rows: input.count / weight.count, columns: weight.count,
                into: output, inverse: inverse, pool: tape.pool)
        }
    }

    func backward(on tape: Tape) {
        if let dy = tape.gradient(output) {
            let x = tape.value(input)
            let rows = input.count / weight.count
            if let gradient = weight.gradient {
                RootMeanSquareNorm.accumulateWeightGradient(
                    dy, x: x, inverse: inverse, rows: rows, columns: weight.count, into: gradient)
            }
            if tape.needsGradient(input) {
                let (dx, isNew) = tape.accumulator(input)
                weight.withNumbers { numbers in
                    RootMeanSquareNorm.backward(
                        dy, x: x, weight: numbers, inverse: inverse, rows: rows, columns: weight.count, into: dx,
                        accumulate: !isNew, pool: tape.pool)
                }
            }
        }
        tape.release(output)
    }
}
