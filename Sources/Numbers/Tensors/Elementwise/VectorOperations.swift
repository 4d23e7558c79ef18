import CKernels

/// Sums, products and softmax of plain vectors.
public enum VectorOperations {
    /// y += scale · x
    public static func add(
        _ x: UnsafePointer<Float>, scale: Float = 1, to y: UnsafeMutablePointer<Float>, count: Int, pool: ThreadPool
    ) {
        pool.run(count, blocksOf: 32768) { range in
            retort_axpy(scale, x + range.lowerBound, y + range.lowerBound, range.count)
        }
    }

    /// y += scale · x, on the calling thread: for use inside a task.
    public static func addOnThread(
        _ x: UnsafePointer<Float>, scale: Float = 1, to y: UnsafeMutablePointer<Float>, count: Int
    ) {
        retort_axpy(scale, x, y, count)
    }

    /// y[r, :] += bias for every row of y[rows, columns].
    public static func addBias(
        _ bias: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, rows: Int, columns: Int, pool: ThreadPool
    ) {
        pool.run(rows, blocksOf: RootMeanSquareNorm.rowBlock(columns)) { range in
            for row in range { retort_axpy(1, bias, y + row * columns, columns) }
        }
    }

    /// y[columns] += Σ over the rows of x[rows, columns], in their order.
    public static func addColumns(
        of x: UnsafePointer<Float>, rows: Int, columns: Int, to y: UnsafeMutablePointer<Float>, pool: ThreadPool
    ) {
        pool.run(columns, blocksOf: 256) { range in
            for row in 0..<rows {
                retort_axpy(1, x + row * columns + range.lowerBound, y + range.lowerBound, range.count)
            }
        }
    }

    /// y = scale · x; `y` may be `x`.
    public static func scale(
        _ x: UnsafePointer<Float>, by scale: Float, into y: UnsafeMutablePointer<Float>, count: Int
    ) {
        retort_scale(scale, x, y, count)
    }

    public static func dot(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int) -> Float {
        retort_dot(x, y, count)
    }

    /// Softmax in place; returns ln(Σ exp(x)).
    @discardableResult
    public static func softmax(_ x: UnsafeMutablePointer<Float>, count: Int) -> Float { retort_softmax(x, count) }

    /// ln(Σ exp(x))
    public static func logSumExp(_ x: UnsafePointer<Float>, count: Int) -> Float { retort_log_sum_exp(x, count) }

    /// The largest number.
    public static func maximum(_ x: UnsafePointer<Float>, count: Int) -> Float { retort_maximum(x, count) }

    /// y = factor · exp(x - shift)
    public static func exponentials(
        of x: UnsafePointer<Float>, minus shift: Float, times factor: Float, into y: UnsafeMutablePointer<Float>,
        count: Int
    ) {
        retort_exp_weighted(x, y, count, shift, factor)
    }

    /// x = cap · tanh(x / cap), in place.
    public static func softCap(_ x: UnsafeMutablePointer<Float>, count: Int, cap: Float, pool: ThreadPool) {
        pool.run(count, blocksOf: 16384) { range in retort_soft_cap(x + range.lowerBound, range.count, cap) }
    }

    /// One AdamW update; corrections are 1 / (1 - βᵗ), gradients are first multiplied by `gradientScale`.
    public static func adamW(
        _ parameters: UnsafeMutablePointer<Float>, moment1: UnsafeMutablePointer<Float>,
        moment2: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, count: Int, gradientScale: Float,
        learningRate: Float, weightDecay: Float, beta1: Float, beta2: Float, epsilon: Float, correction1: Float,
        correction2: Float
    ) {
        retort_adamw(
            parameters, moment1, moment2, gradients, count, gradientScale, learningRate, weightDecay, beta1, beta2,
            epsilon, correction1, correction2)
    }

    /// Σ x², in double precision.
    public static func sumOfSquares(_ x: UnsafePointer<Float>, count: Int) -> Double {
        retort_sum_of_squares(x, count)
    }
}
