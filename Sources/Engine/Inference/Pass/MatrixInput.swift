/// What one matrix of a layer is multiplied with in one pass; valid only while it is shown.
public struct MatrixInput {
    /// The matrix as the model's file calls it, `blk.0.attn_q.weight`; a fused one is shown once.
    public let name: String
    public let columns: Int
    /// `[rows, columns]`, row-major.
    public let values: UnsafeBufferPointer<Float>
}
