/// A matrix of numbers on a ``Tape``: one row a token.
public struct Activation: Sendable {
    let index: Int
    public let rows: Int
    public let columns: Int

    var count: Int { rows * columns }
}

/// Some columns of an activation: a part of a fused matrix, or the whole.
public struct ActivationColumns: Sendable {
    public let activation: Activation
    public let offset: Int
    public let columns: Int

    public init(_ activation: Activation, offset: Int = 0, columns: Int? = nil) {
        self.activation = activation
        self.offset = offset
        self.columns = columns ?? activation.columns
    }
}
