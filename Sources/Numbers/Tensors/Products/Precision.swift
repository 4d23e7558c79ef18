import CKernels
import COpenBLAS
import Quantization

/// The arithmetic of products with frozen weights. All else is float32 in both.
public enum Precision: String, Sendable, Hashable, CaseIterable {
    /// float32 over OpenBLAS: the reference.
    case fp32
    /// Both operands rounded to bfloat16, sums in float32, on kernels of our own.
    case bf16

    /// The faster one on this CPU with the instruction set that was chosen.
    ///
    /// That is bfloat16 where one instruction multiplies it. With AVX-512 alone our kernels still use the whole width,
    /// and are the faster ones where OpenBLAS does not.
    public static var fastest: Precision {
        switch InstructionSet.chosen {
        case .avx512bf16: .bf16
        case .avx512: ["SkylakeX", "Cooperlake", "SapphireRapids"].contains(openBLASCore) ? .fp32 : .bf16
        case .avx2, .portable: .fp32
        }
    }

    /// What results depend on, to the bit: our kernels' instruction set, and OpenBLAS's.
    public var instructionSet: String {
        // In float32 the products are OpenBLAS's, and what is left to our kernels is element by element.
        let elementwise = InstructionSet(rawValue: retort_elementwise_set()) ?? .portable
        let kernels = self == .bf16 ? InstructionSet.chosen : elementwise
        return "\(kernels.name)+openblas-\(Precision.openBLASCore.lowercased())"
    }

    /// Bytes that a number rounded to bfloat16 takes in the rows that products read.
    package static var roundedByteCount: Int {
        MemoryLayout<UInt32>.size / PanelKernels.brainFloat.inputsPerDword
    }

    private static var openBLASCore: String { openblas_get_corename().map { String(cString: $0) } ?? "unknown" }
}
