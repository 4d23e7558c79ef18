public import GGUF

/// A mixture of tensor types as a file's name says it: `Q4_K_M`.
///
/// Numbers and names are llama.cpp's (`enum llama_ftype`): a file says its own in `general.file_type`.
/// ``TensorTypeChoice`` says which tensor gets which type.
public enum FileType: UInt32, Sendable, Hashable, CaseIterable {
    case f32 = 0
    case f16 = 1
    case q4_0 = 2
    case q4_1 = 3
    case q8_0 = 7
    case q5_0 = 8
    case q5_1 = 9
    case q2_K = 10
    case q3_K_S = 11
    case q3_K_M = 12
    case q3_K_L = 13
    case q4_K_S = 14
    case q4_K_M = 15
    case q5_K_S = 16
    case q5_K_M = 17
    case q6_K = 18
    case q2_K_S = 21
    case iq4_nl = 25
    case iq4_xs = 30
    case bf16 = 32

    /// `Q4_K_M`.
    public var name: String { "\(self)".uppercased() }

    /// The file type of a name, in upper or lower case; `Q4_K` stands for `Q4_K_M`, likewise `Q3_K` and `Q5_K`.
    public init?(name: String) {
        let wanted = name.uppercased()
        let full = ["Q3_K", "Q4_K", "Q5_K"].contains(wanted) ? wanted + "_M" : wanted
        guard let type = FileType.allCases.first(where: { $0.name == full }) else { return nil }
        self = type
    }

    /// The type of most tensors.
    public var tensorType: GGMLType {
        switch self {
        case .f32: .f32
        case .f16: .f16
        case .bf16: .bf16
        case .q4_0: .q4_0
        case .q4_1: .q4_1
        case .q5_0: .q5_0
        case .q5_1: .q5_1
        case .q8_0: .q8_0
        case .q2_K, .q2_K_S: .q2_K
        case .q3_K_S, .q3_K_M, .q3_K_L: .q3_K
        case .q4_K_S, .q4_K_M: .q4_K
        case .q5_K_S, .q5_K_M: .q5_K
        case .q6_K: .q6_K
        case .iq4_nl: .iq4_nl
        case .iq4_xs: .iq4_xs
        }
    }
}
