extension DecoderArchitecture {
    /// Gemma 3 (text): normalized queries and keys; five local layers, with their own rope, for each global one.
    static func gemma3(_ reader: ArchitectureReader) throws -> DecoderArchitecture {
        var architecture = try gemma(reader)
        architecture.hasPostNorms = true
        architecture.attention.hasQueryKeyNorm = true
        architecture.logitSoftCap = try reader.softCap("final_logit_softcapping")
        let size = try reader.optionalInteger("attention.sliding_window", in: 0...1 << 30) ?? 0
        if size > 0 {
            architecture.attention.window = .init(
                size: size, isLocal: try reader.localLayers(count: architecture.layerCount, period: 6))
            // Local layers know nothing of the scaling that stretches the global ones.
            var local = architecture.rope
            local.base = try reader.optionalNumber("rope.freq_base_swa", in: 1e-6...1e9) ?? 10_000
            local.frequencyScale = 1
            local.factors = nil
            architecture.localRope = local
        }
        // The 27B model scales scores by hidden size / heads, which is not its head size; no key says so.
        if architecture.layerCount == 62 {
            let width = Float(architecture.hiddenSize) / Float(architecture.attention.headCount)
            architecture.attention.scale = 1 / width.squareRoot()
        }
        return architecture
    }
}
