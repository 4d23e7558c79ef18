import Tensors

extension Tape {
    /// Some rows of an activation, in increasing order, each at most once: logits are computed only where needed.
    public func select(_ rows: [Int32], of x: Activation) -> Activation {
        let output = make(rows: rows.count, columns: x.columns, needsGradient: needsGradient(x))
        let (source, target) = (value(x), value(output))
        for (line, row) in rows.enumerated() {
            (target + line * x.columns).update(from: source + Int(row) * x.columns, count: x.columns)
        }
        if needsGradient(x) { record(.selection(SelectionOperation(input: x, output: output, rows: rows))) }
        return output
    }
}

struct SelectionOperation {
    let input: Activation
    let output: Activation
    let rows: [Int32]

    func backward(on tape: Tape) {
        guard let dy = tape.gradient(output) else { return }
        let (dx, isNew) = tape.accumulator(input)
        if isNew { dx.update(repeating: 0, count: input.count) }
        for (line, row) in rows.enumerated() {
            VectorOperations.addOnThread(
                dy + line * input.columns, to: dx + Int(row) * input.columns, count: input.columns)
        }
        tape.release(output)
    }
}
