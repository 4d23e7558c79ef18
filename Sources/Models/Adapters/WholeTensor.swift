/// A tensor that an adapter's file has whole beside its updates: embeddings, an output matrix, a norm.
///
/// PEFT saves embeddings along with their update, for one. No update stands for such a tensor, so an adapter fits a base
/// only where the base has the same numbers.
public struct WholeTensor: Sendable {
    /// What the adapter's file calls it.
    public let source: String
    /// In GGUF's order, the fastest-running first.
    public let dimensions: [Int]
    /// A number as the type that the file has it in holds it.
    public let rounded: @Sendable (Float) -> Float
    /// Some rows' numbers, row-major.
    public let numbers: @Sendable (Range<Int>) -> [Float]

    package init(
        source: String, dimensions: [Int], rounded: @escaping @Sendable (Float) -> Float,
        numbers: @escaping @Sendable (Range<Int>) -> [Float]
    ) {
        self.source = source
        self.dimensions = dimensions
        self.rounded = rounded
        self.numbers = numbers
    }

    public var columns: Int { dimensions[0] }
    public var rows: Int { dimensions.dropFirst().reduce(1, *) }
}
