import CKernels
public import GGUF

/// Encodes float32 rows into ggml blocks, byte for byte as `llama-quantize` does.
///
/// The reference is ggml built without fused multiply-add: every operation rounds. The block loops are C
/// (`CKernels/blocks`), compiled for the portable instruction set and for AVX2, chosen at run time; both give the same
/// bytes.
public enum Quantizer {
    /// The instruction set that the chosen encoders are compiled for.
    public static var instructionSet: InstructionSet { InstructionSet(rawValue: retort_encoder_set()) ?? .portable }

    /// Whether a type can be encoded.
    public static func isSupported(_ type: GGMLType) -> Bool { retort_encoder_of(type.rawValue) != nil }

    /// The types that can be encoded.
    public static var supportedTypes: [GGMLType] { GGMLType.allCases.filter(isSupported) }

    /// Encodes a matrix.
    ///
    /// - Parameters:
    ///   - source: `rows × columns` values, row by row, all finite.
    ///   - destination: room for `type.byteCount(elements: rows * columns)` bytes, of any alignment.
    ///   - importance: one weight per column, or nil: how much an error in the column matters.
    /// - Throws: ``QuantizationError`` for a type that cannot be encoded, rows that are no multiple of its block length,
    ///   and a value that is infinite or not a number.
    public static func quantize(
        _ type: GGMLType, from source: UnsafePointer<Float>, to destination: UnsafeMutableRawPointer, rows: Int,
        columns: Int, importance: UnsafePointer<Float>? = nil
    ) throws(QuantizationError) {
        try encode(
            type, with: retort_encoder_of(type.rawValue), from: source, to: destination, rows: rows, columns: columns,
            importance: importance)
    }

    /// The same with the portable encoder, whatever the machine: so that tests meet both.
    package static func quantizePortably(
        _ type: GGMLType, from source: UnsafePointer<Float>, to destination: UnsafeMutableRawPointer, rows: Int,
        columns: Int, importance: UnsafePointer<Float>? = nil
    ) throws(QuantizationError) {
        try encode(
            type, with: retort_encoder_of_set(InstructionSet.portable.rawValue, type.rawValue), from: source,
            to: destination, rows: rows,
            columns: columns, importance: importance)
    }

    private static func encode(
        _ type: GGMLType, with encoder: retort_encoder?, from source: UnsafePointer<Float>,
        to destination: UnsafeMutableRawPointer, rows: Int, columns: Int, importance: UnsafePointer<Float>?
    ) throws(QuantizationError) {
        guard let encoder else {
            throw QuantizationError(
                "cannot encode \(type.name), expected one of \(supportedTypes.map(\.name).joined(separator: ", "))")
        }
        guard rows >= 0, columns >= 0, columns.isMultiple(of: type.blockLength) else {
            throw QuantizationError(
                "cannot encode \(type.name): rows of \(columns), expected a multiple of \(type.blockLength)")
        }
        let invalid = retort_first_not_finite(source, rows * columns)
        // Plain types hold anything; a block that holds an infinity decodes to nonsense as a whole.
        guard type.isPlain || invalid == rows * columns else {
            throw QuantizationError(
                "cannot encode \(type.name): row \(invalid / columns), column \(invalid % columns) is "
                    + "\(source[invalid]), expected a finite number")
        }
        let rowByteCount = type.byteCount(elements: columns)
        for row in 0..<rows {
            encoder(source + row * columns, destination + row * rowByteCount, columns, importance)
        }
    }
}
