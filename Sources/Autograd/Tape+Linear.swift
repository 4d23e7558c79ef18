public import Tensors

extension Tape {
    /// y = x · Wᵀ + bias + scale · (x · Aᵀ) · Bᵀ: a frozen linear layer and what is trained of it.
    public func linear(
        _ x: Activation, _ matrix: FrozenMatrix, bias: [Float]? = nil, update: LowRankUpdate? = nil
    ) -> Activation {
        let count = x.rows
        let output = make(
            rows: count, columns: matrix.rows, needsGradient: needsGradient(x) || update != nil)
        let y = value(output)
        matrix.multiply(value(x), count: count, into: y, pool: pool, precision: precision)
        if let bias { VectorOperations.addBias(bias, to: y, rows: count, columns: matrix.rows, pool: pool) }
        var inner: UnsafeMutablePointer<Float>?
        if let update {
            let u = keep(count * update.rank)
            MatrixProduct.apply(
                update.parameters.value(update.a), rows: update.rank, columns: matrix.columns, to: value(x),
                count: count, into: u, pool: pool)
            MatrixProduct.apply(
                update.parameters.value(update.b), rows: matrix.rows, columns: update.rank, to: u, count: count,
                into: y, scale: update.scale, keeps: true, pool: pool)
            inner = u
        }
        if needsGradient(output) {
            record(LinearOperation(input: x, output: output, matrix: matrix, update: update, inner: inner))
        }
        return output
    }
}

/// With u = x · Aᵀ and du = scale · dy · B: dB += scale · dyᵀ · u, dA += duᵀ · x, dx += dy · W + du · A.
private struct LinearOperation: Operation {
    let input: Activation
    let output: Activation
    let matrix: FrozenMatrix
    let update: LowRankUpdate?
    let inner: UnsafeMutablePointer<Float>?

    func backward(on tape: Tape) {
        guard let dy = tape.gradient(output) else { return }
        let count = input.rows
        if tape.needsGradient(input) {
            let (dx, isNew) = tape.accumulator(input)
            matrix.multiplyTransposed(
                dy, count: count, into: dx, pool: tape.pool, accumulate: !isNew, precision: tape.precision)
        }
        if let update, let inner {
            let parameters = update.parameters
            MatrixProduct.accumulateGradient(
                dy, inner, count: count, rows: matrix.rows, columns: update.rank,
                into: parameters.gradient(update.b), scale: update.scale, pool: tape.pool)
            tape.withBuffer(count * update.rank) { du in
                MatrixProduct.applyTransposed(
                    parameters.value(update.b), rows: matrix.rows, columns: update.rank, to: dy, count: count,
                    into: du, scale: update.scale, pool: tape.pool)
                MatrixProduct.accumulateGradient(
                    du, tape.value(input), count: count, rows: update.rank, columns: matrix.columns,
                    into: parameters.gradient(update.a), pool: tape.pool)
                if tape.needsGradient(input) {
                    MatrixProduct.applyTransposed(
                        parameters.value(update.a), rows: update.rank, columns: matrix.columns, to: du, count: count,
                        into: tape.accumulator(input).pointer, keeps: true, pool: tape.pool)
                }
            }
        }
        tape.release(output)
    }
}
