public import Tensors

extension Tape {
    /// y = x · Wᵀ + bias + scale · (x · Aᵀ) · Bᵀ: a frozen linear layer and what is trained of it.
    public func linear(
        _ x: Activation, _ matrix: FrozenMatrix, bias: [Float]? = nil, update: LowRankUpdate? = nil
    ) -> Activation {
        linear(x, 0, of: LinearGroup([LinearLayer(matrix, bias: bias.map { .frozen($0) }, update: update)]))
    }

    /// One layer of a group by itself.
    @discardableResult
    func linear(_ x: Activation, _ place: Int, of group: LinearGroup) -> Activation {
        let layer = group.layers[place]
        let (matrix, update) = (layer.matrix, layer.update)
        let count = x.rows
        let output = make(
            rows: count, columns: matrix.rows, needsGradient: needsGradient(x) || layer.isTrained)
        let y = value(output)
        matrix.multiply(value(x), count: count, into: y, pool: pool, precision: precision)
        layer.addBias(to: y, count: count, pool: pool)
        var inner: UnsafeMutablePointer<Float>?
        if let update {
            let u = keep(count * update.rank)
            withInput(x, of: update, dropout) { input in
                MatrixProduct.apply(
                    update.parameters.value(update.a), rows: update.rank, columns: matrix.columns, to: input,
                    count: count, into: u, pool: pool)
            }
            MatrixProduct.apply(
                update.parameters.value(update.b), rows: matrix.rows, columns: update.rank, to: u, count: count,
                into: y, scale: update.scale, keeps: true, pool: pool)
            inner = u
        }
        if needsGradient(output) {
            record(
                .linear(
                    LinearOperation(
                        input: x, output: output, group: group, place: place, inner: inner, dropout: dropout)))
        }
        return output
    }

    /// Calls `body` with what an update sees of `x`: all of it, or what dropout leaves.
    fileprivate func withInput(
        _ x: Activation, of update: LowRankUpdate, _ dropout: Dropout?, _ body: (UnsafePointer<Float>) -> Void
    ) {
        let source = value(x)
        guard let dropout else { return body(source) }
        withBuffer(x.count) { rest in
            dropout.apply(to: source, into: rest, columns: x.columns, stream: update.a.offset, pool: pool)
            body(rest)
        }
    }
}

/// With u = x · Aᵀ and du = scale · dy · B: dB += scale · dyᵀ · u, dA += duᵀ · x, dx += dy · W + du · A.
struct LinearOperation {
    let input: Activation
    let output: Activation
    let group: LinearGroup
    let place: Int
    let inner: UnsafeMutablePointer<Float>?
    let dropout: Dropout?

    func backward(on tape: Tape) {
        guard let dy = tape.gradient(output) else { return }
        let count = input.rows
        let layer = group.layers[place]
        let (matrix, update) = (layer.matrix, layer.update)
        if tape.needsGradient(input) {
            let (dx, isNew) = tape.accumulator(input)
            matrix.multiplyTransposed(
                dy, count: count, into: dx, pool: tape.pool, accumulate: !isNew, precision: tape.precision)
        }
        layer.addWeightGradients(dy, x: { UnsafePointer(tape.value(input)) }, count: count, pool: tape.pool)
        if let update, let inner {
            let parameters = update.parameters
            MatrixProduct.accumulateGradient(
                dy, inner, count: count, rows: matrix.rows, columns: update.rank,
                into: parameters.gradient(update.b), scale: update.scale, pool: tape.pool)
            tape.withBuffer(count * update.rank) { du in
                MatrixProduct.applyTransposed(
                    parameters.value(update.b), rows: matrix.rows, columns: update.rank, to: dy, count: count,
                    into: du, scale: update.scale, pool: tape.pool)
                tape.withInput(input, of: update, dropout) { x in
                    MatrixProduct.accumulateGradient(
                        du, x, count: count, rows: update.rank, columns: matrix.columns,
                        into: parameters.gradient(update.a), pool: tape.pool)
                }
                guard tape.needsGradient(input) else { return }
                let dx = tape.accumulator(input).pointer
                guard let dropout else {
                    return MatrixProduct.applyTransposed(
                        parameters.value(update.a), rows: update.rank, columns: matrix.columns, to: du, count: count,
                        into: dx, keeps: true, pool: tape.pool)
                }
                tape.withBuffer(input.count) { part in
                    MatrixProduct.applyTransposed(
                        parameters.value(update.a), rows: update.rank, columns: matrix.columns, to: du, count: count,
                        into: part, pool: tape.pool)
                    dropout.apply(
                        to: part, into: dx, columns: matrix.columns, stream: update.a.offset, accumulate: true,
                        pool: tape.pool)
                }
            }
        }
        tape.release(output)
    }
}
