import CKernels

/// Rows of x rounded to bfloat16, in the form in which kernels read them: the left side of products.
package struct BrainFloatRows {
    let dwords: UnsafePointer<UInt32>
    /// From one row to the next.
    let stride: Int
    package let count: Int
    package let set: InstructionSet

    /// Calls `body` with the rows of x[count, columns], rounded to nearest even.
    package static func round(
        _ x: UnsafePointer<Float>, count: Int, columns: Int, set: InstructionSet, pool: ThreadPool,
        _ body: (BrainFloatRows) -> Void
    ) {
        let stride = retort_bf16_steps(set.rawValue, columns)
        withDwords(count * stride) { rounded in
            pool.run(count, blocksOf: max(1, 16384 / columns)) { range in
                for row in range {
                    retort_bf16_round(set.rawValue, x + row * columns, rounded + row * stride, columns)
                }
            }
            body(BrainFloatRows(dwords: rounded, stride: stride, count: count, set: set))
        }
    }

    /// Calls `body` with working memory of the thread.
    static func withDwords(_ count: Int, _ body: (UnsafeMutablePointer<UInt32>) -> Void) {
        Scratch.withFloats(count) { $0.withMemoryRebound(to: UInt32.self, capacity: count, body) }
    }

    /// y[first ..< first + part, 0 ..< outputs] (+)= those rows times a panel, which begins at an input of the sum.
    func multiply(
        _ rows: Range<Int>, from input: Int, _ panel: UnsafePointer<UInt32>, inputs: Int,
        into y: UnsafeMutablePointer<Float>, stride yStride: Int, outputs: Int, accumulate: Bool
    ) {
        retort_bf16_multiply(
            set.rawValue, dwords + rows.lowerBound * stride + input / inputsPerDword, stride, rows.count, panel,
            retort_bf16_steps(set.rawValue, inputs), y + rows.lowerBound * yStride, yStride, outputs,
            accumulate ? 1 : 0)
    }

    var inputsPerDword: Int { retort_bf16_inputs_per_dword(set.rawValue) }
}
