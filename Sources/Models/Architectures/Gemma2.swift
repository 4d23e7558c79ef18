extension DecoderArchitecture {
    /// Gemma 2: norms after the blocks, too; capped scores and logits; every other layer, from the first, is local.
    static func gemma2(_ reader: ArchitectureReader) throws -> DecoderArchitecture {
        var architecture = try gemma(reader)
        architecture.hasPostNorms = true
        architecture.attention.softCap = try reader.softCap("attn_logit_softcapping")
        architecture.logitSoftCap = try reader.softCap("final_logit_softcapping")
        let size = try reader.optionalInteger("attention.sliding_window", in: 0...1 << 30) ?? 4096
        if size > 0 {
            architecture.attention.window = .init(
                size: size, isLocal: try reader.localLayers(count: architecture.layerCount, period: 2))
        }
        // The 27B model scales scores by hidden size / heads, which is not its head size; no key says so.
        if architecture.layerCount == 46 {
            let width = Float(architecture.hiddenSize) / Float(architecture.attention.headCount)
            architecture.attention.scale = 1 / width.squareRoot()
        }
        return architecture
    }
}
