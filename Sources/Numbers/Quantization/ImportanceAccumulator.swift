/// Adds up the squares of what matrices are multiplied with, column by column: an importance matrix in the making.
///
/// Sums are kept in double precision, so that the last of many thousand tokens counts as much as the first.
public struct ImportanceAccumulator: Sendable {
    /// Tokens to a chunk, in which llama.cpp counts texts.
    public static let chunkSize = 512

    private var seen: [String: (sums: [Double], count: Int)] = [:]

    public init() {}

    /// Takes in some inputs of a matrix.
    ///
    /// - Parameters:
    ///   - name: the matrix as the model's file calls it, `blk.0.attn_q.weight`.
    ///   - inputs: `[rows, columns]`, row-major.
    public mutating func add(_ name: String, inputs: UnsafeBufferPointer<Float>, columns: Int) {
        guard columns > 0 else { return }
        seen[name, default: ([Double](repeating: 0, count: columns), 0)].sums.withUnsafeMutableBufferPointer { sums in
            for start in stride(from: 0, to: inputs.count - columns + 1, by: columns) {
                for column in 0..<min(columns, sums.count) {
                    let value = Double(inputs[start + column])
                    sums[column] += value * value
                }
            }
        }
        seen[name]?.count += inputs.count / columns
    }

    /// The matrix.
    ///
    /// - Parameters:
    ///   - path: what messages and metadata call it.
    ///   - dataset: what the texts are called.
    /// - Throws: ``QuantizationError`` if nothing was seen, or if a sum is not finite: the model itself is broken.
    public func finish(path: String, dataset: String) throws(QuantizationError) -> ImportanceMatrix {
        guard !seen.isEmpty else { throw QuantizationError("\(dataset): no tokens, expected at least one") }
        var entries: [String: ImportanceMatrix.Entry] = [:]
        var tokens = 0
        for (name, matrix) in seen {
            let sums = matrix.sums.map { Float($0) }
            if let wrong = sums.firstIndex(where: { !$0.isFinite }) {
                throw QuantizationError(
                    "\(dataset): \"\(name)\": the inputs of column \(wrong) are \(sums[wrong]), expected finite ones",
                    hint: "the model's weights hold numbers that are not finite, or too large")
            }
            entries[name] = ImportanceMatrix.Entry(sums: sums, counts: [matrix.count])
            tokens = max(tokens, matrix.count)
        }
        let chunks = (tokens + Self.chunkSize - 1) / Self.chunkSize
        return ImportanceMatrix(
            path: path, datasets: [dataset], chunkCount: chunks, chunkSize: Self.chunkSize, entries: entries)
    }
}
