import CKernels

/// y = x / sqrt(mean(x²) + ε) · weight, row by row ("Root Mean Square Layer Normalization", Zhang and Sennrich 2019).
public enum RootMeanSquareNorm {
    /// - Parameters:
    ///   - x: [rows, columns]; `y` may be the same memory.
    ///   - weight: [columns], or nil for ones.
    ///   - inverse: where to keep 1 / sqrt(…) of each row for the backward pass, or nil.
    public static func forward(
        _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>?, epsilon: Float, rows: Int, columns: Int,
        into y: UnsafeMutablePointer<Float>, inverse: UnsafeMutablePointer<Float>? = nil, pool: ThreadPool
    ) {
        pool.run(rows, blocksOf: rowBlock(columns)) { range in
            retort_rms_norm(
                x + range.lowerBound * columns, weight, y + range.lowerBound * columns,
                inverse.map { $0 + range.lowerBound }, range.count, columns, epsilon)
        }
    }

    /// dx (+)= the gradient with respect to x.
    public static func backward(
        _ dy: UnsafePointer<Float>, x: UnsafePointer<Float>, weight: UnsafePointer<Float>?,
        inverse: UnsafePointer<Float>, rows: Int, columns: Int, into dx: UnsafeMutablePointer<Float>,
        accumulate: Bool, pool: ThreadPool
    ) {
        pool.run(rows, blocksOf: rowBlock(columns)) { range in
            let offset = range.lowerBound * columns
            retort_rms_norm_backward(
                x + offset, weight, inverse + range.lowerBound, dy + offset, dx + offset, range.count, columns,
                accumulate ? 1 : 0)
        }
    }

    /// dweight[columns] += the gradient with respect to the weight.
    public static func accumulateWeightGradient(
        _ dy: UnsafePointer<Float>, x: UnsafePointer<Float>, inverse: UnsafePointer<Float>, rows: Int, columns: Int,
        into dweight: UnsafeMutablePointer<Float>
    ) {
        retort_rms_norm_weight_gradient(x, inverse, dy, dweight, rows, columns)
    }

    /// About 32 kB of floats: small enough to share out, large enough to be worth it.
    static func rowBlock(_ columns: Int) -> Int { max(1, 8192 / max(1, columns)) }
}
