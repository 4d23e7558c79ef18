import Tensors

extension DecoderArchitecture {
    /// Qwen 3: queries and keys are normalized per head, and a head's size is independent of the hidden size.
    static func qwen3(_ reader: ArchitectureReader) throws -> DecoderArchitecture {
        var architecture = try reader.standard(pairing: .halves)
        architecture.attention.hasQueryKeyNorm = true
        return architecture
    }
}
