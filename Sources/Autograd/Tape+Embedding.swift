public import Tensors

extension Tape {
    /// One row of a frozen matrix for each token, times `scale`.
    public func embed(_ tokens: [Int32], _ matrix: FrozenMatrix, scale: Float = 1) -> Activation {
        let output = make(rows: tokens.count, columns: matrix.columns, needsGradient: false)
        let target = value(output)
        pool.run(tokens.count, blocksOf: 32) { range in
            for row in range {
                let line = target + row * matrix.columns
                matrix.copyRow(Int(tokens[row]), into: line)
                if scale != 1 { VectorOperations.scale(line, by: scale, into: line, count: matrix.columns) }
            }
        }
        return output
    }
}
