/// Everything that is trained, in one flat array, with its gradient in another.
///
/// One array each keeps the optimizer, the gradient's norm and snapshots simple, and their order of sums fixed.
public final class ParameterSet {
    /// A matrix in the set.
    public struct Entry: Sendable, Hashable {
        public let name: String
        public let rows: Int
        public let columns: Int
        public let offset: Int

        public var count: Int { rows * columns }
    }

    public let entries: [Entry]
    public let count: Int
    public let values: UnsafeMutablePointer<Float>
    public let gradients: UnsafeMutablePointer<Float>

    /// - Parameter shapes: name, rows and columns of each matrix; all numbers begin as zeros.
    public init(_ shapes: [(name: String, rows: Int, columns: Int)]) {
        var offset = 0
        entries = shapes.map { shape in
            defer { offset += shape.rows * shape.columns }
            return Entry(name: shape.name, rows: shape.rows, columns: shape.columns, offset: offset)
        }
        count = offset
        values = .allocate(capacity: max(1, offset))
        gradients = .allocate(capacity: max(1, offset))
        values.initialize(repeating: 0, count: offset)
        gradients.initialize(repeating: 0, count: offset)
    }

    deinit {
        values.deallocate()
        gradients.deallocate()
    }

    public func value(_ entry: Entry) -> UnsafeMutablePointer<Float> { values + entry.offset }
    public func gradient(_ entry: Entry) -> UnsafeMutablePointer<Float> { gradients + entry.offset }

    /// A copy of one matrix, row-major.
    public func array(_ entry: Entry) -> [Float] { Array(UnsafeBufferPointer(start: value(entry), count: entry.count)) }

    public func clearGradients() { gradients.update(repeating: 0, count: count) }
}
