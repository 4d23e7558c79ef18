/// How the elements of a tensor are stored: a plain number or a block of quantized ones.
///
/// The raw values are ggml's (`enum ggml_type` in `ggml.h`). Every type has a name and a layout, so that a file that
/// holds it can be listed and copied; which types can be computed with is the matter of `Quantization`.
public enum GGMLType: UInt32, Sendable, Hashable, CaseIterable {
    case f32 = 0
    case f16 = 1
    case q4_0 = 2
    case q4_1 = 3
    case q5_0 = 6
    case q5_1 = 7
    case q8_0 = 8
    case q8_1 = 9
    case q2_K = 10
    case q3_K = 11
    case q4_K = 12
    case q5_K = 13
    case q6_K = 14
    case q8_K = 15
    case iq2_xxs = 16
    case iq2_xs = 17
    case iq3_xxs = 18
    case iq1_s = 19
    case iq4_nl = 20
    case iq3_s = 21
    case iq2_s = 22
    case iq4_xs = 23
    case i8 = 24
    case i16 = 25
    case i32 = 26
    case i64 = 27
    case f64 = 28
    case iq1_m = 29
    case bf16 = 30
    case tq1_0 = 34
    case tq2_0 = 35
    case mxfp4 = 39
    case nvfp4 = 40
    case q1_0 = 41

    /// The name that ggml's tools print: `Q4_K`.
    public var name: String { "\(self)".uppercased() }

    /// The type of a name, in upper or lower case.
    public init?(name: String) {
        let wanted = name.uppercased()
        guard let type = GGMLType.allCases.first(where: { $0.name == wanted }) else { return nil }
        self = type
    }

    /// Whether a block is one plain number.
    public var isPlain: Bool { blockLength == 1 }

    /// Elements per block.
    public var blockLength: Int { layout.length }

    /// Bytes per block.
    public var blockByteCount: Int { layout.bytes }

    /// Bytes of a number of elements, which is a multiple of the block length.
    public func byteCount(elements: Int) -> Int { elements / blockLength * blockByteCount }

    /// The sizes of the C structures in `ggml-common.h`; the comment says what a block holds.
    private var layout: (length: Int, bytes: Int) {
        switch self {
        case .f32, .i32: (1, 4)
        case .f16, .bf16, .i16: (1, 2)
        case .i8: (1, 1)
        case .i64, .f64: (1, 8)
        case .q4_0, .iq4_nl: (32, 18)  // f16 scale, 32 × 4 bits
        case .q4_1: (32, 20)  // f16 scale and minimum, 32 × 4 bits
        case .q5_0: (32, 22)  // f16 scale, 32 high bits, 32 × 4 bits
        case .q5_1: (32, 24)  // f16 scale and minimum, 32 high bits, 32 × 4 bits
        case .q8_0: (32, 34)  // f16 scale, 32 × 8 bits
        case .q8_1: (32, 36)  // f16 scale and sum, 32 × 8 bits
        case .mxfp4: (32, 17)  // e8m0 scale, 32 × e2m1
        case .nvfp4: (64, 36)  // 4 × e4m3 scale, 64 × e2m1
        case .q1_0: (128, 18)  // f16 scale, 128 × 1 bit
        case .q2_K: (256, 84)  // 16 × (4-bit scale, 4-bit minimum), 256 × 2 bits, f16 scale and minimum
        case .q3_K: (256, 110)  // 256 high bits, 256 × 2 bits, 16 × 6-bit scale, f16 scale
        case .q4_K: (256, 144)  // f16 scale and minimum, 8 × (6-bit scale, 6-bit minimum), 256 × 4 bits
        case .q5_K: (256, 176)  // as Q4_K, and 256 high bits
        case .q6_K: (256, 210)  // 256 × 4 bits, 256 × 2 bits, 16 × 8-bit scale, f16 scale
        case .q8_K: (256, 292)  // f32 scale, 256 × 8 bits, 16 × 16-bit sum
        case .iq2_xxs: (256, 66)
        case .iq2_xs: (256, 74)
        case .iq2_s: (256, 82)
        case .iq3_xxs: (256, 98)
        case .iq3_s: (256, 110)
        case .iq1_s: (256, 50)
        case .iq1_m: (256, 56)
        case .iq4_xs: (256, 136)  // f16 scale, 8 × 6-bit scale, 256 × 4 bits
        case .tq1_0: (256, 54)  // 256 × 1.6 bits, f16 scale
        case .tq2_0: (256, 66)  // 256 × 2 bits, f16 scale
        }
    }
}
