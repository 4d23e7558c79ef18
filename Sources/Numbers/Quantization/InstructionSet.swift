import CKernels

/// The vector instructions that kernels are compiled for, each set containing those before it.
public enum InstructionSet: Int32, Sendable, CaseIterable, Comparable {
    case portable
    case avx2
    case avx512
    /// AVX-512 with products of bfloat16.
    case avx512bf16

    /// The fastest that the CPU has, or what `RETORT_KERNELS` asks for.
    public static let chosen = InstructionSet(rawValue: retort_instruction_set()) ?? .portable

    /// As `RETORT_KERNELS` and reports have it.
    public var name: String { retort_instruction_set_name(rawValue).map { String(cString: $0) } ?? "\(self)" }

    /// Whether this CPU has it.
    public var isAvailable: Bool { retort_has_instruction_set(rawValue) != 0 }

    public static func < (a: InstructionSet, b: InstructionSet) -> Bool { a.rawValue < b.rawValue }

    /// What is wrong with `RETORT_KERNELS`; nil when it is unset or could be followed.
    ///
    /// The choice is made before a program can report anything, so the first matrix that is opened or encoded reports it.
    public static var refusal: QuantizationError? {
        guard let refused = retort_refused_kernels() else { return nil }
        let available = allCases.filter(\.isAvailable).map(\.name).joined(separator: ", ")
        return QuantizationError(
            "RETORT_KERNELS: '\(String(cString: refused))', expected an instruction set of this CPU: \(available)")
    }
}
