public import Tensors

/// A linear layer and what is trained of it: y = x · Wᵀ + bias + scale · (x · Aᵀ) · Bᵀ.
public struct LinearLayer {
    public var matrix: FrozenMatrix
    public var bias: WeightVector?
    /// Where the matrix's gradient goes, if it is trained itself; `matrix` then is a view of its numbers.
    public var weight: TrainedWeight?
    public var update: LowRankUpdate?

    public init(
        _ matrix: FrozenMatrix, bias: WeightVector? = nil, weight: TrainedWeight? = nil, update: LowRankUpdate? = nil
    ) {
        self.matrix = matrix
        self.bias = bias
        self.weight = weight
        self.update = update
    }

    /// Whether anything of it has a gradient.
    var isTrained: Bool { update != nil || weight != nil || bias?.gradient != nil }

    /// y += bias, where there is one.
    func addBias(to y: UnsafeMutablePointer<Float>, count: Int, pool: ThreadPool) {
        bias?.withNumbers { VectorOperations.addBias($0, to: y, rows: count, columns: matrix.rows, pool: pool) }
    }

    /// dW += dyᵀ · x and dbias += Σ dy, where they are trained.
    ///
    /// - Parameter x: called where the matrix is trained.
    func addWeightGradients(
        _ dy: UnsafePointer<Float>, x: () -> UnsafePointer<Float>, count: Int, pool: ThreadPool
    ) {
        if let gradient = bias?.gradient {
            VectorOperations.addColumns(of: dy, rows: count, columns: matrix.rows, to: gradient, pool: pool)
        }
        if let weight {
            MatrixProduct.accumulateGradient(
                dy, x(), count: count, rows: matrix.rows, columns: matrix.columns, into: weight.gradient, pool: pool)
        }
    }
}
