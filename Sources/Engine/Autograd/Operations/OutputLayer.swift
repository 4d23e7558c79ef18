public import Tensors

/// What turns hidden rows into logits: cap(scale · x · Wᵀ), with cap(y) = c · tanh(y / c) where logits are capped.
public struct OutputLayer {
    public var matrix: FrozenMatrix
    public var scale: Float
    public var softCap: Float?
    /// Where the matrix's gradient goes, if it is trained; `matrix` then is a view of its numbers.
    public var weight: TrainedWeight?

    public init(matrix: FrozenMatrix, scale: Float = 1, softCap: Float? = nil, weight: TrainedWeight? = nil) {
        self.matrix = matrix
        self.weight = weight
        self.scale = scale
        self.softCap = softCap
    }

    public var vocabularySize: Int { matrix.rows }

    /// Rows whose logits are in memory at once: 16 MB of them, within limits.
    public static func rowsAtOnce(vocabularySize: Int) -> Int { max(16, min(256, (4 << 20) / vocabularySize)) }

    /// Logits of `count` rows of x[count, columns] into y[count, vocabularySize].
    public func logits(
        _ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>, pool: ThreadPool,
        precision: Precision = .fp32
    ) {
        matrix.multiply(x, count: count, into: y, pool: pool, precision: precision)
        let total = count * vocabularySize
        if scale != 1 { VectorOperations.scale(y, by: scale, into: y, count: total) }
        if let softCap { VectorOperations.softCap(y, count: total, cap: softCap, pool: pool) }
    }
}
