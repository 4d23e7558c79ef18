/// The update that a recipe asks for of one matrix.
public struct UpdateShape: Sendable, Hashable {
    /// The name of the base's tensor: `blk.0.attn_q.weight`.
    public var tensor: String
    public var inputs: Int
    public var outputs: Int
    public var rank: Int
    /// What B · A is multiplied with.
    public var scale: Float

    public init(tensor: String, inputs: Int, outputs: Int, rank: Int, scale: Float) {
        self.tensor = tensor
        self.inputs = inputs
        self.outputs = outputs
        self.rank = rank
        self.scale = scale
    }
}
