public import Tensors

/// The record of one forward pass, played backward for gradients.
///
/// Values live in an arena until ``reset()``; a gradient lives from the first operation that adds to it until the
/// operation that made the value has passed it on. What is cheap to compute again need not live that long:
/// ``forget(_:)``, ``recomputed(_:_:)``. A pass that is no larger than one before it allocates nothing: values, records and
/// gradients take the places of the last pass's. A tape belongs to one thread; the loops inside operations use the pool.
public final class Tape {
    public let pool: ThreadPool
    /// Of products with frozen weights.
    public let precision: Precision
    /// Whether operations are recorded; without, only values are computed.
    public var isRecording = true
    /// What updates leave out of their inputs; nil when nothing.
    public var dropout: Dropout?
    let arena: Arena
    private let buffers = TransientBuffers()
    private var operations: [Operation] = []
    private var nodes: [Node] = []

    private struct Node {
        /// In the arena or in `transient`; nil while it is forgotten.
        var value: UnsafeMutablePointer<Float>?
        var count: Int
        var needsGradient: Bool
        var gradient: UnsafeMutableBufferPointer<Float>?
        /// Whether the gradient lies where the value was: its memory is not the buffers'.
        var isGradientInPlace = false
        var transient: UnsafeMutableBufferPointer<Float>?
        /// The operation that can compute a forgotten value again.
        var restorer: Int?
    }

    public init(pool: ThreadPool, precision: Precision = .fp32, arena: Arena = Arena()) {
        self.pool = pool
        self.precision = precision
        self.arena = arena
    }

    /// The most bytes that values, gradients and working memory took at once.
    public var byteCount: Int { (arena.peak + buffers.peak) * MemoryLayout<Float>.stride }

    /// The most floats that were kept until the backward pass, and that lived only a while.
    package var peaks: (kept: Int, transient: Int) { (arena.peak, buffers.peak) }

    /// The floats that are held for both, in use or not.
    package var capacity: Int { arena.capacity + buffers.capacity }

    /// Makes room once, so that no pass of at most these sizes allocates; nothing may be on the tape.
    public func reserve(kept: Int, transient: Int) {
        arena.reserve(kept)
        buffers.reserve(transient)
    }

    /// Forgets all activations; their memory is used again.
    public func reset() {
        removeNodes(from: 0)
        operations.removeAll(keepingCapacity: true)
        arena.reset()
        buffers.consolidate()
    }

    /// Passes the gradients that losses have left on the tape back to parameters.
    public func backward() { backward(downTo: 0) }

    /// Plays back, and removes, all but the first `count` operations.
    func backward(downTo count: Int) {
        while operations.count > count {
            // It stays in its place meanwhile: values are restored by operations before it, found by their places.
            let operation = operations[operations.count - 1]
            operation.backward(on: self)
            operations.removeLast()
        }
    }

    // MARK: For operations

    /// A new activation with arbitrary content.
    package func make(rows: Int, columns: Int, needsGradient: Bool) -> Activation {
        let count = rows * columns
        return append(Node(value: arena.allocate(count), count: count, needsGradient: needsGradient), rows, columns)
    }

    /// A new activation whose value may be forgotten; the operation that is recorded next must be able to restore it.
    func makeRestorable(rows: Int, columns: Int, needsGradient: Bool) -> Activation {
        let buffer = buffers.take(rows * columns)
        var node = Node(value: buffer.baseAddress, count: rows * columns, needsGradient: needsGradient)
        node.transient = buffer
        node.restorer = isRecording ? operations.count : nil
        return append(node, rows, columns)
    }

    /// A new activation in the memory of another, whose value nobody asks for any more.
    func make(inPlaceOf other: Activation, needsGradient: Bool) -> Activation {
        append(
            Node(value: value(other), count: other.count, needsGradient: needsGradient), other.rows, other.columns)
    }

    private func append(_ node: Node, _ rows: Int, _ columns: Int) -> Activation {
        nodes.append(node)
        if !isRecording { nodes[nodes.count - 1].needsGradient = false }
        return Activation(index: nodes.count - 1, rows: rows, columns: columns)
    }

    /// Room for floats that the backward pass will need.
    func keep(_ count: Int) -> UnsafeMutablePointer<Float> { arena.allocate(count) }

    /// An activation's numbers; forgotten ones are computed again.
    package func value(_ activation: Activation) -> UnsafeMutablePointer<Float> {
        if let value = nodes[activation.index].value { return value }
        guard let restorer = nodes[activation.index].restorer else {
            preconditionFailure("a value that was forgotten without a record is not asked for")
        }
        let buffer = buffers.take(activation.count)
        let value = buffer.baseAddress.unsafelyUnwrapped  // buffers are allocated with a base
        operations[restorer].restore(into: value, on: self)
        nodes[activation.index].transient = buffer
        nodes[activation.index].value = value
        return value
    }

    /// Gives the memory of a value back that can be computed again; those of other activations stay.
    public func forget(_ activation: Activation) {
        guard let buffer = nodes[activation.index].transient else { return }
        buffers.put(buffer)
        nodes[activation.index].transient = nil
        nodes[activation.index].value = nil
    }

    package func needsGradient(_ activation: Activation) -> Bool { nodes[activation.index].needsGradient }

    func record(_ operation: Operation) { if isRecording { operations.append(operation) } }

    var operationCount: Int { operations.count }
    var nodeCount: Int { nodes.count }

    /// Removes all but the first `count` activations.
    func removeNodes(from count: Int) {
        for index in count..<nodes.count {
            let node = nodes[index]
            if let gradient = node.gradient, !node.isGradientInPlace { buffers.put(gradient) }
            if let buffer = node.transient { buffers.put(buffer) }
        }
        nodes.removeLast(nodes.count - count)
    }

    /// The gradient that has reached an activation, or nil when nothing depends on it.
    package func gradient(_ activation: Activation) -> UnsafeMutablePointer<Float>? {
        nodes[activation.index].gradient?.baseAddress
    }

    /// Where to add to an activation's gradient, and whether the place is new and must be overwritten instead.
    package func accumulator(_ activation: Activation) -> (pointer: UnsafeMutablePointer<Float>, isNew: Bool) {
        if let known = nodes[activation.index].gradient?.baseAddress { return (known, false) }
        let buffer = buffers.take(nodes[activation.index].count)
        nodes[activation.index].gradient = buffer
        return (buffer.baseAddress.unsafelyUnwrapped, true)  // buffers are allocated with a base
    }

    /// Where to write an activation's gradient over its value, which nobody asks for any more.
    func accumulatorInPlace(_ activation: Activation) -> UnsafeMutablePointer<Float> {
        if let known = nodes[activation.index].gradient?.baseAddress { return known }
        let place = value(activation)
        nodes[activation.index].gradient = .init(start: place, count: activation.count)
        nodes[activation.index].isGradientInPlace = true
        return place
    }

    /// Adds `source` to an activation's gradient.
    func accumulate(_ source: UnsafePointer<Float>, into activation: Activation) {
        let (target, isNew) = accumulator(activation)
        if isNew {
            target.update(from: source, count: activation.count)
        } else {
            VectorOperations.add(source, to: target, count: activation.count, pool: pool)
        }
    }

    /// Adds the gradient of `source` to that of `target`, of the same size, and releases it.
    func passGradient(from source: Activation, to target: Activation) {
        guard let gradient = nodes[source.index].gradient else { return }
        if nodes[target.index].gradient == nil, !nodes[source.index].isGradientInPlace {
            nodes[target.index].gradient = gradient
            nodes[source.index].gradient = nil
        } else {
            accumulate(gradient.baseAddress.unsafelyUnwrapped, into: target)  // buffers are allocated with a base
            release(source)
        }
    }

    /// Gives the memory of a gradient back, once it has been passed on, and that of the value if it was restored.
    func release(_ activation: Activation) {
        forget(activation)
        if let buffer = nodes[activation.index].gradient, !nodes[activation.index].isGradientInPlace {
            buffers.put(buffer)
        }
        nodes[activation.index].gradient = nil
        nodes[activation.index].isGradientInPlace = false
    }

    /// Calls `body` with room for floats during a backward rule.
    func withBuffer<Result>(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Result) -> Result {
        let buffer = buffers.take(count)
        defer { buffers.put(buffer) }
        return body(buffer.baseAddress.unsafelyUnwrapped)  // buffers are allocated with a base
    }
}
