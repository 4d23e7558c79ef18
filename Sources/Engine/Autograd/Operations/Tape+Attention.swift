public import Tensors

extension Tape {
    /// Rotates queries and keys in place, then attends along the paths of the tree.
    ///
    /// The parts must be used by nothing else. Queries, keys and values may be parts of one activation; keys and
    /// values must then have the same stride.
    public func attention(
        queries: ActivationColumns, keys: ActivationColumns, values: ActivationColumns, shape: AttentionShape,
        tree: TreeBlocks, rotary: RotaryTable
    ) -> Activation {
        var shape = shape
        shape.queryStride = queries.activation.columns
        shape.outputStride = shape.heads * shape.headSize
        shape.keyStride = keys.activation.columns
        let count = queries.activation.rows
        rotate(queries, shape.heads, shape.headSize, rotary, tree, isInverse: false)
        rotate(keys, shape.keyValueHeads, shape.headSize, rotary, tree, isInverse: false)
        // In the first layer one of them may be trained, and the others and their input not.
        let needsGradient =
            needsGradient(queries.activation) || needsGradient(keys.activation) || needsGradient(values.activation)
        let output = make(rows: count, columns: shape.outputStride, needsGradient: needsGradient)
        let logSums = keep(shape.heads * count)
        let attention = TreeAttention(shape: shape, tree)
        attention.forward(
            q: value(queries.activation) + queries.offset, k: value(keys.activation) + keys.offset,
            v: value(values.activation) + values.offset, into: value(output), logSums: logSums, pool: pool,
            precision: precision)
        if self.needsGradient(output) {
            record(
                .attention(
                    AttentionOperation(
                        queries: queries, keys: keys, values: values, output: output, attention: attention,
                        rotary: rotary, logSums: logSums)))
        }
        return output
    }

    fileprivate func rotate(
        _ part: ActivationColumns, _ heads: Int, _ headSize: Int, _ rotary: RotaryTable, _ tree: TreeBlocks,
        isInverse: Bool
    ) {
        let target = isInverse ? accumulator(part.activation).pointer : value(part.activation)
        rotary.rotate(
            target + part.offset, rows: part.activation.rows, stride: part.activation.columns, heads: heads,
            headSize: headSize, tokenPositions: tree.positions, isInverse: isInverse, pool: pool)
    }
}

struct AttentionOperation {
    let queries: ActivationColumns
    let keys: ActivationColumns
    let values: ActivationColumns
    let output: Activation
    let attention: TreeAttention
    let rotary: RotaryTable
    let logSums: UnsafeMutablePointer<Float>

    func backward(on tape: Tape) {
        guard let dy = tape.gradient(output) else { return }
        let shape = attention.shape
        let dq = tape.accumulator(queries.activation).pointer + queries.offset
        let dk = tape.accumulator(keys.activation).pointer + keys.offset
        let dv = tape.accumulator(values.activation).pointer + values.offset
        tape.withBuffer(attention.backwardWorkCount) { work in
            attention.backward(
                dy, q: tape.value(queries.activation) + queries.offset,
                k: tape.value(keys.activation) + keys.offset, v: tape.value(values.activation) + values.offset,
                output: tape.value(output), logSums: logSums, intoQ: dq, intoK: dk, intoV: dv, work: work,
                pool: tape.pool, precision: tape.precision)
        }
        tape.rotate(queries, shape.heads, shape.headSize, rotary, attention.tree, isInverse: true)
        tape.rotate(keys, shape.keyValueHeads, shape.headSize, rotary, attention.tree, isInverse: true)
        tape.release(output)
    }
}
