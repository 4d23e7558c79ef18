public import Tensors

extension Tape {
    /// One row of a frozen matrix for each token, times `scale`.
    ///
    /// - Parameter weight: where the matrix's gradient goes, if it is trained; `matrix` then is a view of its numbers.
    public func embed(
        _ tokens: [Int32], _ matrix: FrozenMatrix, scale: Float = 1, weight: TrainedWeight? = nil
    ) -> Activation {
        let output = make(rows: tokens.count, columns: matrix.columns, needsGradient: weight != nil)
        let target = value(output)
        pool.run(tokens.count, blocksOf: 32) { range in
            for row in range {
                let line = target + row * matrix.columns
                matrix.copyRow(Int(tokens[row]), into: line)
                if scale != 1 { VectorOperations.scale(line, by: scale, into: line, count: matrix.columns) }
            }
        }
        if let weight {
            record(.embedding(EmbeddingOperation(tokens: tokens, output: output, weight: weight, scale: scale)))
        }
        return output
    }
}

struct EmbeddingOperation {
    let tokens: [Int32]
    let output: Activation
    let weight: TrainedWeight
    let scale: Float

    func backward(on tape: Tape) {
        if let dy = tape.gradient(output) {
            let columns = output.columns
            let gradient = weight.gradient
            // A token may come several times: one thread adds all rows of some columns, in their order.
            tape.pool.run(columns, blocksOf: 128) { range in
                for (row, token) in tokens.enumerated() {
                    VectorOperations.addOnThread(
                        dy + row * columns + range.lowerBound, scale: scale,
                        to: gradient + Int(token) * columns + range.lowerBound, count: range.count)
                }
            }
        }
        tape.release(output)
    }
}
