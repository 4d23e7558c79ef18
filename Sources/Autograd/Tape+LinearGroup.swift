import Tensors

extension Tape {
    /// The outputs of linear layers that read the same x, such as queries, keys and values.
    ///
    /// The same as ``linear(_:_:bias:update:)`` of each, with x read, rounded and multiplied by the updates once.
    /// With dropout every update has an input of its own, and they are computed one by one.
    public func linear(_ x: Activation, _ layers: [LinearLayer]) -> [Activation] {
        if dropout != nil { return layers.map { linear(x, $0) } }
        let count = x.rows
        let group = LowRankGroup(layers)
        let outputs = layers.map { layer in
            make(rows: count, columns: layer.matrix.rows, needsGradient: needsGradient(x) || layer.isTrained)
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
            layer.bias?.withNumbers {
                VectorOperations.addBias($0, to: y, rows: count, columns: layer.matrix.rows, pool: pool)
            }
        }
        if outputs.contains(where: { needsGradient($0) }) {
            record(
                LinearGroupOperation(
                    input: x, outputs: outputs, layers: layers, group: group, inner: inner))
        }
        return outputs
    }
}

private struct LinearGroupOperation: Operation {
    let input: Activation
    let outputs: [Activation]
    let layers: [LinearLayer]
    let group: LowRankGroup?
    let inner: UnsafeMutablePointer<Float>?

    func backward(on tape: Tape) {
        defer { for output in outputs { tape.release(output) } }
        let found = outputs.map { tape.gradient($0) }
        guard let any = found.compactMap({ $0 }).first else { return }
        // Attention and gates give every part a gradient, or none; a norm in between gives none where nothing is trained.
        precondition(
            zip(layers, found).allSatisfy { $1 != nil || !$0.isTrained && !tape.needsGradient(input) },
            "layers that read the same input are used together")
        let gradients = found.map { $0 ?? any }  // what nothing asks for stands for itself
        for (layer, dy) in zip(layers, gradients) where layer.isTrained {
            layer.addWeightGradients(dy, x: { UnsafePointer(tape.value(input)) }, count: input.rows, pool: tape.pool)
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
        for (index, (layer, dy)) in zip(layers, gradients).enumerated() {
            layer.matrix.multiplyTransposed(
                dy, count: input.rows, into: target.pointer, pool: tape.pool,
                accumulate: index > 0 || !target.isNew, precision: tape.precision,
                completion: index == layers.count - 1 ? completion : nil)
        }
    }
}
