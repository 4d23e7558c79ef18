import Tensors

extension DecoderArchitecture {
    /// Qwen 2 and 2.5: queries, keys and values have a bias, which ``ArchitectureReader`` sees in the tensor list.
    static func qwen2(_ reader: ArchitectureReader) throws -> DecoderArchitecture {
        try reader.standard(pairing: .halves)
    }
}
