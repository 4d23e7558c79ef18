public import GGUF

/// How much each input column of each matrix matters: what the model saw there on sample texts.
///
/// llama.cpp's form (`tools/imatrix`) is a GGUF file of `general.type` `imatrix` with two F32 tensors per matrix:
/// `<name>.in_sum2`, the sums of squared inputs `[columns, experts]`, and `<name>.counts`, how many inputs there were,
/// `[1, experts]`. ``ImportanceAccumulator`` makes one from a model's own inputs.
public struct ImportanceMatrix: Sendable {
    /// What was seen of one matrix.
    public struct Entry: Sendable, Hashable {
        /// Sums of squares, `[columns]`, with experts `[experts, columns]`.
        public var sums: [Float]
        /// How many inputs each expert had; one number for a matrix without experts.
        public var counts: [Int]

        public init(sums: [Float], counts: [Int]) {
            self.sums = sums
            self.counts = counts
        }

        /// Mean squares, shaped as ``sums``; an expert that never ran says nothing about its columns: 1.
        public var means: [Float] {
            let columns = sums.count / max(1, counts.count)
            return sums.enumerated().map { index, sum in
                let count = counts[index / columns]
                return count > 0 ? sum / Float(count) : 1
            }
        }
    }

    /// What messages and metadata call it: the path of its file.
    public let path: String
    /// The texts that it was computed from, as its file names them.
    public let datasets: [String]
    /// How many stretches of ``chunkSize`` tokens the texts had.
    public let chunkCount: Int
    public let chunkSize: Int
    /// By the name of the matrix.
    public let entries: [String: Entry]

    init(path: String, datasets: [String], chunkCount: Int, chunkSize: Int, entries: [String: Entry]) {
        self.path = path
        self.datasets = datasets
        self.chunkCount = chunkCount
        self.chunkSize = chunkSize
        self.entries = entries
    }

    /// The weights for a matrix, or nil where there are none.
    ///
    /// - Throws: ``QuantizationError`` where there are weights of another shape: the matrix is of another model.
    public func weights(for tensor: GGUFTensorInfo) throws(QuantizationError) -> [Float]? {
        guard let found = entries[tensor.name] else { return nil }
        let experts = tensor.dimensions.dropFirst(2).reduce(1, *)
        guard found.sums.count == tensor.rowLength * experts, found.counts.count == 1 || found.counts.count == experts
        else {
            // The embedding is looked up, not multiplied; a tied one has the output's statistics or none that fit.
            if TensorRole(name: tensor.name) == .tokenEmbedding { return nil }
            throw QuantizationError(
                "\(path): \"\(tensor.name)\": \(found.sums.count) weights, expected \(tensor.rowLength * experts)",
                hint: "give the importance matrix of this model")
        }
        return found.means
    }

    /// Checks that a model has every matrix that this is about, in the shape in which it was seen.
    ///
    /// - Throws: ``QuantizationError`` that names the first one that it has not.
    func validate(for file: GGUFFile) throws(QuantizationError) {
        for name in entries.keys.sorted() {
            guard let tensor = file.tensor(name) else {
                throw QuantizationError(
                    "\(path): \"\(name)\": no such matrix in \(file.path), expected matrices of this model only",
                    hint: "give the importance matrix of this model")
            }
            _ = try weights(for: tensor)
        }
    }
}
