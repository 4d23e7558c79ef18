import Tensors

/// Linear layers that read the same x, such as queries, keys and values, or one layer by itself; made once for all
/// passes.
public struct LinearGroup {
    public let layers: [LinearLayer]
    let updates: LowRankGroup?

    public init(_ layers: [LinearLayer]) {
        self.layers = layers
        updates = LowRankGroup(layers)
    }
}

/// What the layers of a group gave: one activation each, in their order.
public struct LinearOutputs: RandomAccessCollection {
    let group: LinearGroup
    let rows: Int
    /// The place on the tape of the first; the others follow.
    let first: Int

    public var startIndex: Int { 0 }
    public var endIndex: Int { group.layers.count }

    public subscript(layer: Int) -> Activation {
        Activation(index: first + layer, rows: rows, columns: group.layers[layer].matrix.rows)
    }

    /// Calls `body` with a place in memory for each of them: its value's, or its gradient's.
    func withPointers(
        _ pointer: (Activation) -> UnsafeMutablePointer<Float>,
        _ body: (UnsafeMutableBufferPointer<UnsafeMutablePointer<Float>>) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<Float>.self, capacity: count) { pointers in
            for (index, output) in enumerated() { pointers[index] = pointer(output) }
            body(pointers)
        }
    }
}
