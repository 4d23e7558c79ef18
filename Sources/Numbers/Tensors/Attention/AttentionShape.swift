/// The sizes and constants of one attention layer.
public struct AttentionShape: Sendable, Hashable {
    public var heads: Int
    /// Each serves heads / keyValueHeads neighboring heads.
    public var keyValueHeads: Int
    public var headSize: Int
    /// What scores are multiplied by before the softmax.
    public var scale: Float
    /// Scores become cap · tanh(score / cap), or stay when nil.
    public var softCap: Float?
    /// How many tokens a token sees, itself included, or all before it when nil.
    public var window: Int?
    /// Floats from one token's queries to the next's.
    public var queryStride: Int
    /// Floats from one token's outputs to the next's.
    public var outputStride: Int
    /// Floats from one token's keys (and values) to the next's.
    public var keyStride: Int

    public init(
        heads: Int, keyValueHeads: Int, headSize: Int, scale: Float? = nil, softCap: Float? = nil, window: Int? = nil,
        queryStride: Int? = nil, keyStride: Int? = nil, outputStride: Int? = nil
    ) {
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headSize = headSize
        self.scale = scale ?? 1 / Float(headSize).squareRoot()
        self.softCap = softCap
        self.window = window
        self.queryStride = queryStride ?? heads * headSize
        self.outputStride = outputStride ?? heads * headSize
        self.keyStride = keyStride ?? keyValueHeads * headSize
    }
}
