public import GGUF

/// How much each input column of each matrix matters: the mean square of what the model saw there on sample texts.
///
/// Read in llama.cpp's form (`tools/imatrix`): a GGUF file of `general.type` `imatrix` with two F32 tensors per
/// matrix, `<name>.in_sum2` (sums of squares, `[columns, experts]`) and `<name>.counts` (`[1, experts]`).
public struct ImportanceMatrix: Sendable {
    public let path: String
    /// The texts that it was computed from, as its file names them.
    public let datasets: [String]
    public let chunkCount: Int
    /// Mean squares by the name of the matrix, `[columns]`, with experts `[experts, columns]`.
    public let weights: [String: [Float]]

    /// - Throws: `GGUFError` for a file that is no GGUF, ``QuantizationError`` for one that is no importance matrix.
    public init(path: String) throws {
        let file = try GGUFFile(path: path)
        let type = try file.metadata.optionalString("general.type")
        guard type == "imatrix" else {
            throw QuantizationError("\(path): general.type: \(type.map { "'\($0)'" } ?? "missing"), expected 'imatrix'")
        }
        self.path = path
        datasets = try file.metadata.optionalStrings("imatrix.datasets") ?? []
        chunkCount = try file.metadata.optionalInteger("imatrix.chunk_count") ?? 0
        var weights: [String: [Float]] = [:]
        let suffix = ".in_sum2"
        for sums in file.tensors where sums.name.hasSuffix(suffix) {
            let name = String(sums.name.dropLast(suffix.count))
            weights[name] = try Self.means(name, sums: sums, in: file)
        }
        guard !weights.isEmpty else {
            throw QuantizationError("\(path): no tensor ends in '\(suffix)', expected one for each matrix")
        }
        self.weights = weights
    }

    private static func means(_ name: String, sums: GGUFTensorInfo, in file: GGUFFile) throws -> [Float] {
        guard let counts = file.tensor("\(name).counts"), counts.elementCount == sums.rowCount else {
            throw QuantizationError("\(file.path): tensor \"\(name).counts\": missing or not \(sums.rowCount) numbers")
        }
        for tensor in [sums, counts] where tensor.type != .f32 {
            throw QuantizationError("\(file.path): tensor \"\(tensor.name)\": \(tensor.type.name), expected F32")
        }
        var values = try Dequantizer.dequantize(sums, of: file)
        let observations = try Dequantizer.dequantize(counts, of: file)
        for index in values.indices {
            let count = observations[index / sums.rowLength]
            // An expert that never ran says nothing about its columns.
            values[index] = count > 0 ? values[index] / count : 1
            guard values[index].isFinite, values[index] >= 0 else {
                throw QuantizationError(
                    "\(file.path): tensor \"\(sums.name)\": element \(index) is \(values[index]), "
                        + "expected a finite number from 0 on")
            }
        }
        return values
    }

    /// The weights for a matrix, or nil where there are none.
    ///
    /// - Throws: ``QuantizationError`` where there are weights of another shape: the matrix is of another model.
    public func weights(for tensor: GGUFTensorInfo) throws -> [Float]? {
        guard let found = weights[tensor.name] else { return nil }
        let experts = tensor.dimensions.dropFirst(2).reduce(1, *)
        guard found.count == tensor.rowLength * experts else {
            // The embedding is looked up, not multiplied; a tied one has the output's statistics or none that fit.
            if TensorRole(name: tensor.name) == .tokenEmbedding { return nil }
            throw QuantizationError(
                "\(path): \"\(tensor.name)\": \(found.count) weights, expected \(tensor.rowLength * experts)",
                hint: "give the importance matrix of this model")
        }
        return found
    }
}
