import GGUF
import Tensors

/// Reads what an architecture is made of from the metadata and the tensor list of a GGUF file.
///
/// The description of one architecture is one file beside this one: it takes ``standard(pairing:)`` and changes what
/// is different.
struct ArchitectureReader {
    let file: GGUFFile
    /// The prefix of the architecture's keys: its name.
    let name: String

    /// The architecture with the parts that all have: RMS norms, grouped-query attention, gated feed-forward, rope.
    func standard(pairing: RotaryTable.Pairing) throws -> DecoderArchitecture {
        if let experts = try optionalInteger("expert_count", in: 0...1 << 16), experts > 0 {
            throw ArchitectureError(
                "\(file.path): \(key("expert_count")): \(experts), expected a model without experts, "
                    + "which are not supported")
        }
        let hiddenSize = try integer("embedding_length", in: 1...1 << 20)
        let headCount = try integer("attention.head_count", in: 1...1 << 16)
        let keyValueHeadCount = try optionalInteger("attention.head_count_kv", in: 1...1 << 16) ?? headCount
        guard headCount.isMultiple(of: keyValueHeadCount) else {
            throw wrong("attention.head_count_kv", "\(keyValueHeadCount)", "a divisor of \(headCount) heads")
        }
        let headSize = try optionalInteger("attention.key_length", in: 1...1 << 16) ?? hiddenSize / headCount
        let valueSize = try optionalInteger("attention.value_length", in: 1...1 << 16) ?? headSize
        guard valueSize == headSize else {
            throw wrong("attention.value_length", "\(valueSize)", "\(headSize), the length of keys")
        }
        let rope = try rotaryEmbedding(pairing: pairing, headSize: headSize)
        // llama.cpp's converter fuses these three on request, for every architecture.
        let isFused = has(MatrixRole.queryKeyValue.weightName(layer: 0))
        let inputRole = isFused ? MatrixRole.queryKeyValue : .query
        return DecoderArchitecture(
            name: name,
            layerCount: try integer("block_count", in: 1...1 << 16),
            hiddenSize: hiddenSize,
            vocabularySize: try vocabularySize(),
            contextLength: try integer("context_length", in: 1...1 << 30),
            attention: .init(
                headCount: headCount, keyValueHeadCount: keyValueHeadCount, headSize: headSize,
                scale: 1 / Float(headSize).squareRoot(), isFused: isFused,
                hasInputBias: has(inputRole.biasName(layer: 0)),
                hasOutputBias: has(MatrixRole.attentionOutput.biasName(layer: 0)),
                hasQueryKeyNorm: false, softCap: nil, window: nil),
            feedForward: .init(
                size: try integer("feed_forward_length", in: 1...1 << 24), activation: .silu, isFused: false),
            rope: rope,
            localRope: nil,
            normEpsilon: Float(try number("attention.layer_norm_rms_epsilon", in: 0...1)),
            hasPostNorms: false,
            embeddingScale: 1,
            residualScale: 1,
            logitScale: 1,
            logitSoftCap: nil,
            isOutputTied: !has("output.weight"))
    }

    private func vocabularySize() throws -> Int {
        let name = DecoderArchitecture.tokenEmbeddingName
        guard let embedding = file.tensor(name) else {
            throw ArchitectureError("\(file.path): tensor \(name): missing, expected the token embeddings")
        }
        guard embedding.dimensions.count == 2 else {
            throw ArchitectureError("\(file.path): tensor \(name): \(embedding.dimensions), expected two dimensions")
        }
        return embedding.dimensions[1]
    }

    /// Which layers have a sliding window: every one but the last of a period, or as a list in the file says.
    ///
    /// - Parameter period: the architecture's own, where the file says nothing; 0 stands for all layers.
    func localLayers(count: Int, period: Int) throws -> [Bool] {
        let name = "attention.sliding_window_pattern"
        var period = period
        if let value = file.metadata[key(name)] {
            if let array = value.array {
                let list =
                    array.elementType == .bool
                    ? try file.metadata.booleans(key(name)) : try file.metadata.integers(key(name)).map { $0 != 0 }
                guard list.count >= count else {
                    throw wrong(name, "\(list.count) elements", "\(count), one a layer")
                }
                return Array(list.prefix(count))
            }
            period = try integer(name, in: 0...1 << 16)
        }
        return (0..<count).map { period == 0 || $0 % period < period - 1 }
    }

    // MARK: Rope

    private func rotaryEmbedding(pairing: RotaryTable.Pairing, headSize: Int) throws -> RotaryEmbedding {
        let dimensions = try optionalInteger("rope.dimension_count", in: 2...headSize) ?? headSize
        guard dimensions.isMultiple(of: 2) else {
            throw wrong("rope.dimension_count", "\(dimensions)", "an even number")
        }
        let type = try file.metadata.optionalString(key("rope.scaling.type")) ?? "linear"
        guard ["none", "linear", "yarn", "longrope"].contains(type) else {
            throw wrong("rope.scaling.type", "'\(type)'", "one of none, linear, yarn, longrope")
        }
        let positive = 1e-6...1e9
        // Old files call the factor of linear scaling `rope.scale_linear`; 0 stands for none in both.
        let factor =
            try optionalNumber("rope.scaling.factor", in: 0...1e9)
            ?? optionalNumber("rope.scale_linear", in: 0...1e9) ?? 0
        let original = try optionalInteger("rope.scaling.original_context_length", in: 1...1 << 30)
        return RotaryEmbedding(
            pairing: pairing,
            dimensions: dimensions,
            base: try optionalNumber("rope.freq_base", in: positive) ?? 10_000,
            frequencyScale: type == "none" || factor == 0 ? 1 : 1 / factor,
            originalContextLength: try original ?? integer("context_length", in: 1...1 << 30),
            factors: try ropeFactors("rope_freqs.weight", dimensions)
                ?? ropeFactors("rope_factors_short.weight", dimensions),
            longFactors: try ropeFactors("rope_factors_long.weight", dimensions),
            yarn: type != "yarn"
                ? nil
                : .init(
                    extrapolation: try optionalNumber("rope.scaling.yarn_ext_factor", in: 0...1) ?? 1,
                    fastBeta: try optionalNumber("rope.scaling.yarn_beta_fast", in: positive) ?? 32,
                    slowBeta: try optionalNumber("rope.scaling.yarn_beta_slow", in: positive) ?? 1),
            magnitude: try optionalNumber("rope.scaling.attn_factor", in: positive) ?? 1)
    }

    private func ropeFactors(_ name: String, _ dimensions: Int) throws -> [Float]? {
        guard let tensor = file.tensor(name) else { return nil }
        guard tensor.type == .f32, tensor.dimensions == [dimensions / 2] else {
            throw ArchitectureError(
                "\(file.path): tensor \(name): \(tensor.type.name) \(tensor.dimensions), "
                    + "expected F32 [\(dimensions / 2)]")
        }
        let factors = Array(file.bytes(of: tensor).bindMemory(to: Float.self))
        guard factors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw ArchitectureError(
                "\(file.path): tensor \(name): a factor that is not positive, expected positive ones")
        }
        return factors
    }

    // MARK: Typed reads

    func key(_ key: String) -> String { "\(name).\(key)" }

    func has(_ tensor: String) -> Bool { file.tensor(tensor) != nil }

    func integer(_ key: String, in range: ClosedRange<Int>) throws -> Int {
        try check(key, try file.metadata.integer(self.key(key)), in: range)
    }

    func optionalInteger(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
        try file.metadata.optionalInteger(self.key(key)).map { try check(key, $0, in: range) }
    }

    func number(_ key: String, in range: ClosedRange<Double>) throws -> Double {
        try check(key, try file.metadata.number(self.key(key)), in: range)
    }

    func optionalNumber(_ key: String, in range: ClosedRange<Double>) throws -> Double? {
        try file.metadata.optionalNumber(self.key(key)).map { try check(key, $0, in: range) }
    }

    /// The bound of a soft cap; 0 and absence mean none.
    func softCap(_ key: String) throws -> Float? {
        try optionalNumber(key, in: 0...1e9).flatMap { $0 == 0 ? nil : Float($0) }
    }

    func wrong(_ key: String, _ found: String, _ expected: String) -> ArchitectureError {
        ArchitectureError("\(file.path): \(self.key(key)): \(found), expected \(expected)")
    }

    private func check<Number: Comparable>(_ key: String, _ value: Number, in range: ClosedRange<Number>) throws
        -> Number
    {
        guard range.contains(value) else {
            throw wrong(key, "\(value)", "from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}
