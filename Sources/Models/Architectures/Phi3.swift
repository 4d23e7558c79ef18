import Tensors

extension DecoderArchitecture {
    /// Phi-3.5, Phi-4, Phi-4-mini: fused matrices, rope over part of a head, LongRoPE.
    ///
    /// A sliding window in the metadata is not applied: llama.cpp reads it and applies none either, and what is served
    /// must be what was trained.
    static func phi3(_ reader: ArchitectureReader) throws -> DecoderArchitecture {
        var architecture = try reader.standard(pairing: .halves)
        architecture.feedForward.isFused = true
        return architecture
    }
}
