import Tensors

extension DecoderArchitecture {
    /// Llama 2, 3, 3.1, 3.2, SmolLM2, TinyLlama, Mistral: the plain one.
    ///
    /// The converter has permuted the rows of queries and keys so that rope's pairs are adjacent. Llama 3's scaling
    /// comes as `rope_freqs.weight`.
    static func llama(_ reader: ArchitectureReader) throws -> DecoderArchitecture {
        try reader.standard(pairing: .adjacent)
    }
}
