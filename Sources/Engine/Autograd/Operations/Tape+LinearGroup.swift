import Tensors

extension Tape {
    /// The outputs of linear layers that read the same x, such as queries, keys and values.
    ///
    /// The same as ``linear(_:_:bias:update:)`` of each, with x read, rounded and multiplied by the updates once.
    /// With dropout every update has an input of its own, and they are computed one by one.
    public func linear(_ x: Activation, _ group: LinearGroup) -> LinearOutputs {
        let (layers, count) = (group.layers, x.rows)
        let outputs = LinearOutputs(group: group, rows: count, first: nodeCount)
        if dropout != nil {
            for place in layers.indices { linear(x, place, of: group) }
            return outputs
        }
        for layer in layers {
            _ = make(rows: count, columns: layer.matrix.rows, needsGradient: needsGradient(x) || layer.isTrained)
        }
        let input = value(x)
        let inner = group.updates.map { keep(count * $0.rank) }
        outputs.withPointers(value) { values in
            func multiply(_ term: (Int) -> LowRankTerm?) {
                FrozenMatrix.multiply(input, count: count, parts: layers.count, pool: pool, precision: precision) {
                    FrozenMatrix.Part(layers[$0].matrix, into: values[$0], adding: term($0))
                }
            }
            if let updates = group.updates, let inner {
                updates.forward(input, count: count, into: inner, pool: pool, multiply)
            } else {
                multiply { _ in nil }
            }
            for (layer, y) in zip(layers, values) { layer.addBias(to: y, count: count, pool: pool) }
        }
        if outputs.contains(where: { needsGradient($0) }) {
            record(.linearGroup(LinearGroupOperation(input: x, outputs: outputs, inner: inner)))
        }
        return outputs
    }
}

struct LinearGroupOperation {
    let input: Activation
    let outputs: LinearOutputs
    let inner: UnsafeMutablePointer<Float>?

    func backward(on tape: Tape) {
        let layers = outputs.group.layers
        defer { for output in outputs { tape.release(output) } }
        guard let first = outputs.first(where: { tape.gradient($0) != nil }), let any = tape.gradient(first) else {
            return
        }
        // Attention and gates give every part a gradient, or none; a norm in between gives none where nothing is trained.
        precondition(
            zip(layers, outputs).allSatisfy {
                tape.gradient($1) != nil || !$0.isTrained && !tape.needsGradient(input)
            }, "layers that read the same input are used together")
        // What nothing asks for stands for itself.
        outputs.withPointers({ tape.gradient($0) ?? any }) { gradients in
            for (layer, dy) in zip(layers, gradients) where layer.isTrained {
                layer.addWeightGradients(
                    dy, x: { UnsafePointer(tape.value(input)) }, count: input.rows, pool: tape.pool)
            }
            let target = tape.needsGradient(input) ? tape.accumulator(input) : nil
            guard let updates = outputs.group.updates, let inner else {
                return passOn(gradients, target, on: tape, adding: nil)
            }
            tape.withBuffer(input.rows * updates.rank) { du in
                updates.backward(
                    gradients, x: tape.value(input), u: inner, count: input.rows, du: du, pool: tape.pool,
                    wantsTerm: target != nil
                ) { term in
                    passOn(gradients, target, on: tape, adding: term)
                }
            }
        }
    }

    /// dx (+)= Σ dy · W + term.
    private func passOn(
        _ gradients: UnsafeMutableBufferPointer<UnsafeMutablePointer<Float>>,
        _ target: (pointer: UnsafeMutablePointer<Float>, isNew: Bool)?, on tape: Tape, adding term: LowRankTerm?
    ) {
        guard let target else { return }
        let layers = outputs.group.layers
        for index in layers.indices {
            layers[index].matrix.multiplyTransposed(
                gradients[index], count: input.rows, into: target.pointer, pool: tape.pool,
                accumulate: index > 0 || !target.isNew, precision: tape.precision,
                adding: index == layers.count - 1 ? term : nil)
        }
    }
}
