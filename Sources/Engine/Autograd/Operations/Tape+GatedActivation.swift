public import Tensors

extension Tape {
    /// activation(gate) · up, of two activations or of two parts of one, which must be used by nothing else.
    ///
    /// The value may be forgotten, see ``forget(_:)``.
    public func gated(gate: ActivationColumns, up: ActivationColumns, _ activation: GatedActivation) -> Activation {
        let output = makeRestorable(
            rows: gate.activation.rows, columns: gate.columns,
            needsGradient: needsGradient(gate.activation) || needsGradient(up.activation))
        let operation = GatedOperation(gate: gate, up: up, output: output, activation: activation)
        operation.restore(into: value(output), on: self)
        record(.gated(operation))
        return output
    }
}

struct GatedOperation {
    let gate: ActivationColumns
    let up: ActivationColumns
    let output: Activation
    let activation: GatedActivation

    func restore(into output: UnsafeMutablePointer<Float>, on tape: Tape) {
        let (g, u) = (tape.value(gate.activation), tape.value(up.activation))
        forEachPiece(of: tape.pool) { place, count in
            activation.forwardOnThread(
                gate: g + place.gate, up: u + place.up, into: output + place.output, count: count)
        }
    }

    func backward(on tape: Tape) {
        defer { tape.release(output) }
        guard let dy = tape.gradient(output) else { return }
        // Nobody asks for gate and up any more: their gradients take their places.
        let (g, u) = (tape.value(gate.activation), tape.value(up.activation))
        let dgate = tape.accumulatorInPlace(gate.activation)
        let dup = tape.accumulatorInPlace(up.activation)
        forEachPiece(of: tape.pool) { place, count in
            activation.backwardOnThread(
                dy + place.output, gate: g + place.gate, up: u + place.up, intoGate: dgate + place.gate,
                intoUp: dup + place.up, count: count)
        }
    }

    /// Pieces that lie in one run in all three matrices: many rows at once unless the matrices are fused.
    func forEachPiece(
        of pool: ThreadPool, _ body: ((gate: Int, up: Int, output: Int), Int) -> Void
    ) {
        let width = output.columns
        if gate.activation.columns == width && up.activation.columns == width {
            pool.run(output.count, blocksOf: 16384) { body(($0.lowerBound, $0.lowerBound, $0.lowerBound), $0.count) }
        } else {
            pool.run(output.rows, blocksOf: max(1, 16384 / width)) { rows in
                for row in rows {
                    let place = (
                        gate: row * gate.activation.columns + gate.offset, up: row * up.activation.columns + up.offset,
                        output: row * width
                    )
                    body(place, width)
                }
            }
        }
    }
}
