/// How the modules of a Hugging Face model stand in a GGUF file: names, and the order of rows.
public struct PEFTLayout: Sendable, Hashable {
    /// The base's architecture, as in `general.architecture`.
    public var architecture: String
    public var headCount: Int
    public var keyValueHeadCount: Int
    /// Whether rows of queries and keys are permuted so that rope's pairs are adjacent, as in architecture `llama`.
    public var permutesHeads: Bool

    /// Whether gate and up are one module, which GGUF has under the name of up.
    public var fusesGateAndUp: Bool

    public init(
        architecture: String, headCount: Int, keyValueHeadCount: Int, permutesHeads: Bool, fusesGateAndUp: Bool
    ) {
        self.architecture = architecture
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount
        self.permutesHeads = permutesHeads
        self.fusesGateAndUp = fusesGateAndUp
    }

    /// Modules of a layer and what they are called in GGUF.
    private static let layerModules = [
        ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"),
        ("self_attn.qkv_proj", "attn_qkv"), ("self_attn.o_proj", "attn_output"), ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"), ("mlp.gate_up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"),
    ]
    static let embeddingModule = "model.embed_tokens"
    private static let outputModule = "lm_head"
    /// What ``outputModule`` is in GGUF.
    static let outputTensor = "output.weight"
    /// Where the text model stands in models that see or hear as well.
    private static let textModels = ["model.language_model.", "language_model.model.", "model."]

    /// The GGUF tensor of a module (`model.layers.3.self_attn.q_proj`).
    ///
    /// - Parameter file: what messages call the file that has it.
    /// - Throws: ``AdapterError`` for a module that the architecture does not have, or one beside the text model.
    func tensor(ofModule module: String, in file: String) throws -> String {
        if let tensor = tensor(ofModule: module) { return tensor }
        let isApart = module.contains(".layers.") || module.contains(".blocks.")
        throw AdapterError(
            "\(file): module \(module): "
                + (isApart
                    ? "of a part of the model beside the text model, " : "not one of architecture \(architecture), ")
                + "expected modules of the text model such as model.layers.0.self_attn.q_proj")
    }

    /// The GGUF tensor of a module; nil for one that no GGUF has.
    private func tensor(ofModule module: String) -> String? {
        if module == PEFTLayout.outputModule || module == "language_model.lm_head" { return PEFTLayout.outputTensor }
        guard let prefix = PEFTLayout.textModels.first(where: module.hasPrefix) else { return nil }
        let rest = module.dropFirst(prefix.count)
        if rest == "embed_tokens" { return LowRankAdapter.flippedTensor }
        let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "layers", let layer = Int(parts[1]), layer >= 0, String(layer) == parts[1]
        else { return nil }
        let name = parts[2...].joined(separator: ".")
        return PEFTLayout.layerModules.first { $0.0 == name }.map { "blk.\(layer).\($0.1).weight" }
    }

    /// The module of a GGUF tensor; nil for one that no module stands for.
    func module(ofTensor tensor: String) -> String? {
        if tensor == LowRankAdapter.flippedTensor { return PEFTLayout.embeddingModule }
        if tensor == PEFTLayout.outputTensor { return PEFTLayout.outputModule }
        let parts = tensor.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "blk", let layer = Int(parts[1]), parts[3] == "weight" else { return nil }
        let module =
            PEFTLayout.layerModules.first { $0.1 == parts[2] && ($0.0 == "mlp.gate_up_proj" || !fusesGateAndUp) }
            ?? PEFTLayout.layerModules.first { $0.1 == parts[2] }
        return module.map { "model.layers.\(layer).\($0.0)" }
    }

    /// The heads whose rows are permuted in a tensor; nil where they are not.
    func permutedHeads(ofTensor tensor: String) -> Int? {
        guard permutesHeads else { return nil }
        if tensor.hasSuffix(".attn_q.weight") { return headCount }
        if tensor.hasSuffix(".attn_k.weight") { return keyValueHeadCount }
        return nil
    }

    /// `[outputs, rank]` with the rows of each head in GGUF's order, pairs adjacent; or back.
    static func permuted(_ b: [Float], rank: Int, heads: Int, isInverse: Bool) -> [Float] {
        let rows = b.count / rank, size = rows / heads
        var result = b
        for head in 0..<heads {
            for pair in 0..<size / 2 {
                for half in 0..<2 {
                    let ours = head * size + 2 * pair + half, theirs = head * size + half * (size / 2) + pair
                    let (target, source) = isInverse ? (theirs, ours) : (ours, theirs)
                    result.replaceSubrange(
                        target * rank..<(target + 1) * rank, with: b[source * rank..<(source + 1) * rank])
                }
            }
        }
        return result
    }
}
