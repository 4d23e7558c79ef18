public import GGUF
public import JSON

/// What lies between a model and being trained and served: the parts of its file that no supported architecture knows.
public struct ArchitectureGap: Sendable, Hashable {
    /// The name in `general.architecture`.
    public let name: String
    /// Tensors that no supported architecture has, layers in one: `blk.*.ffn_gate_exps.weight`.
    public let unknownTensors: [String]
    /// Tensors that every supported architecture has and that are not there.
    public let absentTensors: [String]
    /// Keys of the architecture that nothing reads, and their values: `logit_scale = 8.0`.
    public let unknownKeys: [String]

    /// Nil for a supported architecture, and for a file that names none.
    public init?(file: GGUFFile) {
        guard let name = file.metadata["general.architecture"]?.string,
            !DecoderArchitecture.supportedNames.contains(name)
        else { return nil }
        self.name = name
        let there = Set(file.tensors.map { ArchitectureGap.pattern($0.name) })
        unknownTensors = there.subtracting(ArchitectureGap.knownTensors).sorted()
        let isFused = there.contains("blk.*.attn_qkv.weight")
        absentTensors = ArchitectureGap.neededTensors.filter { tensor in
            !there.contains(tensor) && !(isFused && ArchitectureGap.fusedTensors.contains(tensor))
        }
        unknownKeys = file.metadata.pairs.compactMap { key, value in
            guard key.hasPrefix(name + ".") else { return nil }
            let rest = String(key.dropFirst(name.count + 1))
            guard !ArchitectureGap.knownKeys.contains(rest) else { return nil }
            if let array = value.array { return "\(rest) (\(array.count) values)" }
            if let text = value.string { return "\(rest) = '\(text)'" }
            if let number = value.number, number != 0 {
                return "\(rest) = \(value.integer.map(String.init) ?? "\(number)")"
            }
            // What is 0 or false is switched off.
            if let flag = value.boolean, flag { return "\(rest) = true" }
            return nil
        }
    }

    /// What is missing, a line a kind.
    public var lines: [String] {
        var lines = [(String, [String])]()
        lines.append(("keys that no supported architecture has", unknownKeys))
        lines.append(("tensors that no supported architecture has", unknownTensors))
        lines.append(("tensors that every supported architecture has and this one lacks", absentTensors))
        let found = lines.filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1.joined(separator: ", "))" }
        return found.isEmpty
            ? ["no tensor or key is new: what is missing is how '\(name)' computes with them"] : found
    }

    public var json: JSONValue {
        func list(_ names: [String]) -> JSONValue { .array(names.map { .string($0) }) }
        return [
            "architecture": .string(name), "unknown_keys": list(unknownKeys),
            "unknown_tensors": list(unknownTensors), "absent_tensors": list(absentTensors),
        ]
    }

    /// `blk.3.attn_q.weight` as `blk.*.attn_q.weight`.
    private static func pattern(_ name: String) -> String {
        var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 2, parts[0] == "blk", Int(parts[1]) != nil { parts[1] = "*" }
        return parts.joined(separator: ".")
    }

    private static let fusedTensors = Set(
        [MatrixRole.query, .key, .value].map { "blk.*.\($0.rawValue).weight" })

    private static let neededTensors: [String] =
        [DecoderArchitecture.tokenEmbeddingName, DecoderArchitecture.outputNormName]
        + [MatrixRole.query, .key, .value, .attentionOutput, .up, .down].map { "blk.*.\($0.rawValue).weight" }
        + [NormRole.attention, .feedForward].map { "blk.*.\($0.rawValue).weight" }

    private static let knownTensors: Set<String> = Set(
        MatrixRole.allCases.map { "blk.*.\($0.rawValue).weight" }
            + NormRole.allCases.map { "blk.*.\($0.rawValue).weight" }
            + [MatrixRole.query, .key, .value, .queryKeyValue, .attentionOutput].map { "blk.*.\($0.rawValue).bias" }
            + [
                DecoderArchitecture.tokenEmbeddingName, DecoderArchitecture.outputNormName, "output.weight",
                "rope_freqs.weight", "rope_factors_short.weight", "rope_factors_long.weight",
            ])

    /// What ``ArchitectureReader`` and the descriptions read, and what says nothing about the computation.
    private static let knownKeys: Set<String> = [
        "block_count", "context_length", "embedding_length", "feed_forward_length", "vocab_size",
        "attention.head_count", "attention.head_count_kv", "attention.key_length", "attention.value_length",
        "attention.layer_norm_rms_epsilon", "attention.sliding_window", "attention.sliding_window_pattern",
        "attn_logit_softcapping", "final_logit_softcapping", "rope.dimension_count", "rope.freq_base",
        "rope.freq_base_swa", "rope.scale_linear", "rope.scaling.type", "rope.scaling.factor",
        "rope.scaling.attn_factor", "rope.scaling.original_context_length", "rope.scaling.yarn_ext_factor",
        "rope.scaling.yarn_beta_fast", "rope.scaling.yarn_beta_slow", "rope.scaling.finetuned",
    ]
}
