public import Tensors

/// The record of one forward pass, played backward for gradients.
///
/// Values live in an arena until ``reset()``; a gradient lives from the first operation that adds to it until the
/// operation that made the value has passed it on. A tape belongs to one thread; the loops inside operations use the
/// pool.
public final class Tape {
    public let pool: ThreadPool
    /// Of products with frozen weights.
    public let precision: Precision
    /// Whether operations are recorded; without, only values are computed.
    public var isRecording = true
    private let arena: Arena
    private let buffers = GradientBuffers()
    private var operations: [any Operation] = []
    private var nodes: [Node] = []

    private struct Node {
        var value: UnsafeMutablePointer<Float>
        var count: Int
        var needsGradient: Bool
        var gradient: UnsafeMutableBufferPointer<Float>?
    }

    public init(pool: ThreadPool, precision: Precision = .fp32, arena: Arena = Arena()) {
        self.pool = pool
        self.precision = precision
        self.arena = arena
    }

    /// Bytes held for values and gradients.
    public var byteCount: Int { (arena.capacity + buffers.capacity) * MemoryLayout<Float>.stride }

    /// Forgets all activations; their memory is used again.
    public func reset() {
        for node in nodes { if let gradient = node.gradient { buffers.put(gradient) } }
        operations.removeAll(keepingCapacity: true)
        nodes.removeAll(keepingCapacity: true)
        arena.reset()
    }

    /// Passes the gradients that losses have left on the tape back to parameters.
    public func backward() {
        for operation in operations.reversed() { operation.backward(on: self) }
        operations.removeAll(keepingCapacity: true)
    }

    // MARK: For operations

    /// A new activation with arbitrary content.
    package func make(rows: Int, columns: Int, needsGradient: Bool) -> Activation {
        let count = rows * columns
        nodes.append(
            Node(
                value: arena.allocate(count), count: count, needsGradient: isRecording && needsGradient, gradient: nil))
        return Activation(index: nodes.count - 1, rows: rows, columns: columns)
    }

    /// Room for floats that the backward pass will need.
    func keep(_ count: Int) -> UnsafeMutablePointer<Float> { arena.allocate(count) }

    package func value(_ activation: Activation) -> UnsafeMutablePointer<Float> { nodes[activation.index].value }

    package func needsGradient(_ activation: Activation) -> Bool { nodes[activation.index].needsGradient }

    func record(_ operation: any Operation) { if isRecording { operations.append(operation) } }

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

    /// Adds `source` to an activation's gradient.
    func accumulate(_ source: UnsafePointer<Float>, into activation: Activation) {
        let (target, isNew) = accumulator(activation)
        if isNew {
            target.update(from: source, count: activation.count)
        } else {
            VectorOperations.add(source, to: target, count: activation.count, pool: pool)
        }
    }

    /// Gives the memory of a gradient back, once it has been passed on.
    func release(_ activation: Activation) {
        if let buffer = nodes[activation.index].gradient { buffers.put(buffer) }
        nodes[activation.index].gradient = nil
    }

    /// Calls `body` with room for floats during a backward rule.
    func withBuffer<Result>(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Result) -> Result {
        let buffer = buffers.take(count)
        defer { buffers.put(buffer) }
        return body(buffer.baseAddress.unsafelyUnwrapped)  // buffers are allocated with a base
    }
}
