public import GGUF

/// What is added to some tensors on the way: an adapter's update, for one.
public struct RowUpdate: Sendable {
    /// The tensors that change.
    public let tensorNames: Set<String>
    /// Adds to rows of a tensor, given as floats, row-major.
    public let add: @Sendable (GGUFTensorInfo, Range<Int>, UnsafeMutablePointer<Float>) -> Void

    public init(
        tensorNames: Set<String>,
        add: @escaping @Sendable (GGUFTensorInfo, Range<Int>, UnsafeMutablePointer<Float>) -> Void
    ) {
        self.tensorNames = tensorNames
        self.add = add
    }
}
