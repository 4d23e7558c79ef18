import CKernels
public import GGUF

/// Decodes ggml blocks to float32, bit for bit as ggml's reference does.
///
/// The block loops are C (`CKernels/blocks`), compiled for the portable instruction set and for AVX2, chosen at
/// run time; both give the same bits.
public enum Dequantizer {
    /// Whether a type can be decoded.
    public static func isSupported(_ type: GGMLType) -> Bool { retort_decoder_of(type.rawValue) != nil }

    /// The types that can be decoded.
    public static var supportedTypes: [GGMLType] { GGMLType.allCases.filter(isSupported) }

    /// Decodes `count` elements; `source` may have any alignment.
    ///
    /// - Throws: ``QuantizationError`` for a type that cannot be decoded, or a count that is no multiple of its block length.
    public static func dequantize(
        _ type: GGMLType, from source: UnsafeRawPointer, to destination: UnsafeMutablePointer<Float>, count: Int
    ) throws(QuantizationError) {
        try decode(type, with: retort_decoder_of(type.rawValue), from: source, to: destination, count: count)
    }

    /// The same with the portable decoder, whatever the machine: so that tests meet both.
    package static func dequantizePortably(
        _ type: GGMLType, from source: UnsafeRawPointer, to destination: UnsafeMutablePointer<Float>, count: Int
    ) throws(QuantizationError) {
        try decode(
            type, with: retort_decoder_of_set(InstructionSet.portable.rawValue, type.rawValue), from: source,
            to: destination, count: count)
    }

    private static func decode(
        _ type: GGMLType, with decoder: retort_decoder?, from source: UnsafeRawPointer,
        to destination: UnsafeMutablePointer<Float>, count: Int
    ) throws(QuantizationError) {
        guard let decoder else { throw unsupported(type) }
        guard count >= 0, count.isMultiple(of: type.blockLength) else {
            throw QuantizationError(
                "cannot decode \(type.name): \(count) elements, expected a multiple of \(type.blockLength)")
        }
        decoder(source, destination, count)
    }

    /// All elements of a tensor.
    public static func dequantize(_ tensor: GGUFTensorInfo, of file: GGUFFile) throws(QuantizationError) -> [Float] {
        guard isSupported(tensor.type) else { throw unsupported(tensor.type) }
        guard let source = file.bytes(of: tensor).baseAddress else { return [] }
        let values = [Float](unsafeUninitializedCapacity: tensor.elementCount) { buffer, count in
            guard let destination = buffer.baseAddress else { return }
            retort_decoder_of(tensor.type.rawValue)?(source, destination, tensor.elementCount)
            count = tensor.elementCount
        }
        return withExtendedLifetime(file) { values }
    }

    private static func unsupported(_ type: GGMLType) -> QuantizationError {
        QuantizationError(
            "cannot decode \(type.name), expected one of \(supportedTypes.map(\.name).joined(separator: ", "))",
            hint: "bring the model in one of these types")
    }
}
