import CKernels
package import Quantization

/// One set of the kernels that multiply rows with panels of weights.
package struct PanelKernels: Sendable, Hashable {
    /// What both operands are rounded to; sums are float32.
    package enum Operand: Sendable, CaseIterable {
        case bfloat16, float32
    }

    /// One that the CPU has.
    package var set: InstructionSet
    package var operand: Operand

    package init(_ set: InstructionSet, _ operand: Operand) {
        self.set = set
        self.operand = operand
    }

    static let brainFloat = PanelKernels(.chosen, .bfloat16)
    static let float = PanelKernels(.chosen, .float32)

    /// What the C functions call it.
    var code: Int32 { operand == .float32 ? set.rawValue + Int32(RETORT_PANEL_FULL) : set.rawValue }
    var inputsPerDword: Int { retort_panel_inputs_per_dword(code) }

    /// The dwords that so many inputs take.
    func steps(_ inputs: Int) -> Int { retort_panel_steps(code, inputs) }
}
