public import Tensors

/// A frozen linear layer and what is trained of it: y = x · Wᵀ + bias + scale · (x · Aᵀ) · Bᵀ.
public struct LinearLayer {
    public var matrix: FrozenMatrix
    public var bias: [Float]?
    public var update: LowRankUpdate?

    public init(_ matrix: FrozenMatrix, bias: [Float]? = nil, update: LowRankUpdate? = nil) {
        self.matrix = matrix
        self.bias = bias
        self.update = update
    }
}
