import Tensors

extension DecoderArchitecture {
    /// Gemma: embeddings are scaled by the root of the hidden size, the gate is a GELU, the output is tied.
    ///
    /// Norm weights come with the 1 of Gemma's `1 + w` already added.
    static func gemma(_ reader: ArchitectureReader) throws -> DecoderArchitecture {
        var architecture = try reader.standard(pairing: .halves)
        architecture.embeddingScale = Float(architecture.hiddenSize).squareRoot()
        architecture.feedForward.activation = .gelu
        return architecture
    }
}
