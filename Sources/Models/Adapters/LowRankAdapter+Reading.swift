public import GGUF
import Storage
import Tensors

extension LowRankAdapter {
    /// The keys that the adapter's own properties stand for.
    static let ownKeys = [
        "general.type", "general.architecture", "adapter.type", "adapter.lora.alpha", LowRankAdapter.baseDigestKey,
    ]
    /// The matrix whose factors a file has the other way round: `lora_a` holds a row for each token.
    static let flippedTensor = "token_embd.weight"

    /// Opens the GGUF form.
    public init(path: String) throws { try self.init(gguf: GGUFFile(path: path)) }

    /// Reads llama.cpp's GGUF form, `Documentation/Formats/Adapter.md`.
    ///
    /// Norms, which llama.cpp passes over, are kept apart: an adapter fits a base only where they are the base's.
    ///
    /// - Throws: ``AdapterError`` for another kind of file, a tensor that is no factor, a factor without its partner,
    ///   shapes that do not fit each other, a number that is not finite.
    public init(gguf file: GGUFFile) throws {
        try LowRankAdapter.check(file, "general.type", "adapter")
        try LowRankAdapter.check(file, "adapter.type", "lora")
        let alpha = Float(try file.metadata.number("adapter.lora.alpha"))
        guard alpha.isFinite, alpha >= 0 else {
            throw AdapterError("\(file.path): adapter.lora.alpha: \(alpha), expected a number from 0 on")
        }
        if file.metadata["adapter.alora.invocation_tokens"] != nil {
            throw AdapterError(
                "\(file.path): adapter.alora.invocation_tokens: an adapter that acts after an invocation only, "
                    + "expected one that always acts")
        }
        var metadata = GGUFMetadata()
        for (key, value) in file.metadata.pairs where !LowRankAdapter.ownKeys.contains(key) {
            metadata.set(key, value)
        }
        let (factors, norms) = try LowRankAdapter.sorted(file)
        self.init(
            architecture: try file.metadata.string("general.architecture"),
            alpha: alpha,
            baseDigest: try LowRankAdapter.baseDigest(file),
            tensors: try LowRankAdapter.pairs(factors, file, alpha: alpha),
            metadata: metadata)
        wholeTensors = try Dictionary(
            uniqueKeysWithValues: norms.map { ($0.name, try LowRankAdapter.wholeTensor($0, file)) })
    }

    private static func check(_ file: GGUFFile, _ key: String, _ expected: String) throws {
        let found = try file.metadata.optionalString(key)
        guard found == expected else {
            throw AdapterError(
                "\(file.path): \(key): \(found.map { "'\($0)'" } ?? "missing"), expected '\(expected)'",
                hint: "an adapter is a GGUF file with general.type 'adapter' and adapter.type 'lora'")
        }
    }

    private static func baseDigest(_ file: GGUFFile) throws -> ContentDigest? {
        guard let text = try file.metadata.optionalString(baseDigestKey) else { return nil }
        guard let digest = ContentDigest(text) else {
            throw AdapterError(
                "\(file.path): \(baseDigestKey): '\(text)', expected sha256: and 64 hexadecimal digits")
        }
        return digest
    }

    private typealias Factors = [String: (a: GGUFTensorInfo?, b: GGUFTensorInfo?)]

    /// The factors by the tensor that they change, and what is none.
    private static func sorted(_ file: GGUFFile) throws -> (factors: Factors, norms: [GGUFTensorInfo]) {
        var factors: Factors = [:], norms: [GGUFTensorInfo] = []
        for tensor in file.tensors {
            if tensor.name.hasSuffix(".lora_a") {
                factors[String(tensor.name.dropLast(7)), default: (nil, nil)].a = tensor
            } else if tensor.name.hasSuffix(".lora_b") {
                factors[String(tensor.name.dropLast(7)), default: (nil, nil)].b = tensor
            } else if tensor.name.hasSuffix("_norm.weight") {
                norms.append(tensor)
            } else {
                throw AdapterError(
                    "\(file.path): tensor \(tensor.name): expected a name that ends in .lora_a or .lora_b")
            }
        }
        guard !factors.isEmpty else { throw AdapterError("\(file.path): no factors, expected at least one pair") }
        return (factors, norms)
    }

    private static func pairs(
        _ factors: Factors, _ file: GGUFFile, alpha: Float
    ) throws -> [String: LowRankPair] {
        try Dictionary(
            uniqueKeysWithValues: factors.sorted { $0.key < $1.key }.map { name, factor in
                guard let a = factor.a, let b = factor.b else {
                    let missing = factor.a == nil ? "lora_a" : "lora_b"
                    throw AdapterError("\(file.path): tensor \(name).\(missing): missing, expected both factors")
                }
                return (name, try pair(name, a: a, b: b, file, alpha: alpha))
            })
    }

    private static func pair(
        _ name: String, a: GGUFTensorInfo, b: GGUFTensorInfo, _ file: GGUFFile, alpha: Float
    ) throws -> LowRankPair {
        let isFlipped = name == flippedTensor
        for tensor in [a, b] where tensor.dimensions.count != 2 || tensor.elementCount == 0 {
            throw AdapterError(
                "\(file.path): tensor \(tensor.name): dimensions \(tensor.dimensions), expected two, neither 0")
        }
        // A file has [inputs, rank] and [rank, outputs]; of the embeddings [rank, outputs] and [rank, inputs].
        let rank = b.dimensions[0]
        guard a.dimensions[isFlipped ? 0 : 1] == rank else {
            throw AdapterError(
                "\(file.path): tensor \(name): factors \(a.dimensions) and \(b.dimensions), "
                    + "expected both to have the same rank")
        }
        let first = try matrix(a, file), second = try matrix(b, file)
        return isFlipped
            ? try LowRankPair(
                rank: rank, inputs: b.dimensions[1], outputs: a.dimensions[1],
                a: transposed(second, rows: b.dimensions[1], columns: rank), b: first,
                scale: scale(alpha: alpha, rank: rank))
            : try LowRankPair(
                rank: rank, inputs: a.dimensions[0], outputs: b.dimensions[1], a: first, b: second,
                scale: scale(alpha: alpha, rank: rank))
    }

    private static func matrix(_ tensor: GGUFTensorInfo, _ file: GGUFFile) throws -> [Float] {
        let matrix = try stored(tensor, file)
        let numbers = numbers(matrix, 0..<matrix.rows)
        if let problem = LowRankPair.problem(numbers, columns: matrix.columns) {
            throw AdapterError("\(file.path): tensor \(tensor.name): \(problem)")
        }
        return numbers
    }

    private static func stored(_ tensor: GGUFTensorInfo, _ file: GGUFFile) throws -> FrozenMatrix {
        do {
            return try FrozenMatrix(
                rows: tensor.rowCount, columns: tensor.rowLength, type: tensor.type, bytes: file.bytes(of: tensor),
                owner: file)
        } catch {
            throw AdapterError("\(file.path): tensor \(tensor.name): \(error)")
        }
    }

    private static func numbers(_ matrix: FrozenMatrix, _ rows: Range<Int>) -> [Float] {
        var numbers = [Float](repeating: 0, count: rows.count * matrix.columns)
        numbers.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for (index, row) in rows.enumerated() { matrix.copyRow(row, into: base + index * matrix.columns) }
        }
        return numbers
    }

    private static func wholeTensor(_ tensor: GGUFTensorInfo, _ file: GGUFFile) throws -> WholeTensor {
        let matrix = try stored(tensor, file)
        return WholeTensor(
            source: tensor.name, dimensions: tensor.dimensions, rounded: { $0 }, numbers: { numbers(matrix, $0) })
    }

    /// `[rows, columns]` as `[columns, rows]`.
    static func transposed(_ numbers: [Float], rows: Int, columns: Int) -> [Float] {
        var result = [Float](repeating: 0, count: numbers.count)
        for row in 0..<rows {
            for column in 0..<columns { result[column * rows + row] = numbers[row * columns + column] }
        }
        return result
    }
}
