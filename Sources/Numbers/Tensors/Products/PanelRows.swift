import CKernels

/// Rows of x in the form in which panel kernels read them, rounded to bfloat16 or not: the left side of products.
package struct PanelRows {
    let dwords: UnsafePointer<UInt32>
    /// From one row to the next.
    let stride: Int
    package let count: Int
    package let kernels: PanelKernels

    /// Calls `body` with the rows of x[count, columns].
    package static func pack(
        _ x: UnsafePointer<Float>, count: Int, columns: Int, for kernels: PanelKernels, pool: ThreadPool,
        _ body: (PanelRows) -> Void
    ) {
        let stride = kernels.steps(columns)
        withDwords(count * stride) { rounded in
            pool.run(count, blocksOf: max(1, 16384 / columns)) { range in
                for row in range {
                    retort_panel_round(kernels.code, x + row * columns, rounded + row * stride, columns)
                }
            }
            body(PanelRows(dwords: rounded, stride: stride, count: count, kernels: kernels))
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
        retort_panel_multiply(
            kernels.code, dwords + rows.lowerBound * stride + input / kernels.inputsPerDword, stride, rows.count, panel,
            kernels.steps(inputs), y + rows.lowerBound * yStride, yStride, outputs,
            accumulate ? 1 : 0)
    }
}
