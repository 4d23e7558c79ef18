import Tensors

extension Tape {
    /// The outputs of linear layers that read the same x, such as queries, keys and values.
    ///
    /// The same as ``linear(_:_:bias:update:)`` of each, with x read, rounded and multiplied by the updates once.
    public func linear(_ x: Activation, _ layers: [LinearLayer]) -> [Activation] {
        let count = x.rows
        let group = LowRankGroup(layers)
        let outputs = layers.map { layer in
            make(rows: count, columns: layer.matrix.rows, needsGradient: needsGradient(x) || layer.update != nil)
        }
        let values = outputs.map { value($0) }
        let input = value(x)
        let parts = zip(layers, values).map { (matrix: $0.matrix, y: $1) }
        var inner: UnsafeMutablePointer<Float>?
        if let group {
            let u = keep(count * group.rank)
            inner = u
            group.forward(input, count: count, into: u, values, pool: pool) { addUpdates in
                FrozenMatrix.multiply(
                    input, count: count, by: parts, pool: pool, precision: precision, completion: addUpdates)
            }
        } else {
            FrozenMatrix.multiply(input, count: count, by: parts, pool: pool, precision: precision)
        }
        for (layer, y) in zip(layers, values) {
            guard let bias = layer.bias else { continue }
            VectorOperations.addBias(bias, to: y, rows: count, columns: layer.matrix.rows, pool: pool)
        }
        if outputs.contains(where: { needsGradient($0) }) {
            record(
                LinearGroupOperation(
                    input: x, outputs: outputs, matrices: layers.map(\.matrix), group: group, inner: inner))
        }
        return outputs
    }
}

private struct LinearGroupOperation: Operation {
    let input: Activation
    let outputs: [Activation]
    let matrices: [FrozenMatrix]
    let group: LowRankGroup?
    let inner: UnsafeMutablePointer<Float>?

    func backward(on tape: Tape) {
        defer { for output in outputs { tape.release(output) } }
        let gradients = outputs.compactMap { tape.gradient($0) }
        // Attention and gates give every part a gradient, or none.
        guard gradients.count == outputs.count else {
            precondition(gradients.isEmpty, "layers that read the same input are used together")
            return
        }
        let target = tape.needsGradient(input) ? tape.accumulator(input) : nil
        guard let group, let inner else { return passOn(gradients, target, on: tape, completion: nil) }
        tape.withBuffer(input.rows * group.rank) { du in
            group.backward(
                gradients, x: tape.value(input), u: inner, count: input.rows, du: du, into: target?.pointer,
                pool: tape.pool
            ) { addUpdates in
                passOn(gradients, target, on: tape, completion: addUpdates)
            }
        }
    }

    /// dx (+)= Σ dy · W; the completion is that of the last product.
    private func passOn(
        _ gradients: [UnsafeMutablePointer<Float>], _ target: (pointer: UnsafeMutablePointer<Float>, isNew: Bool)?,
        on tape: Tape, completion: FrozenMatrix.TileCompletion?
    ) {
        guard let target else { return }
        for (index, (matrix, dy)) in zip(matrices, gradients).enumerated() {
            matrix.multiplyTransposed(
                dy, count: input.rows, into: target.pointer, pool: tape.pool,
                accumulate: index > 0 || !target.isNew, precision: tape.precision,
                completion: index == matrices.count - 1 ? completion : nil)
        }
    }
}
