import CKernels

/// ``RowProduct`` over operands rounded to bfloat16, pairs along the sum in a dword, added up in float32.
enum BrainFloatRowProduct {
    /// Whether the CPU has the instruction, and `RETORT_KERNELS` allows it.
    static let isAvailable = retort_has_bf16_row_product() != 0

    /// c[m, n] = scale · Σ a[m, step] · b[step, n] + (keeps ? c : 0), on the calling thread; strides of a and b count
    /// dwords.
    static func multiply(
        _ m: Int, _ n: Int, _ steps: Int, _ a: UnsafePointer<UInt32>, row: Int, step: Int, _ b: UnsafePointer<UInt32>,
        _ bStride: Int, into c: UnsafeMutablePointer<Float>, stride: Int, scale: Float = 1, keeps: Bool = false
    ) {
        retort_bf16_row_product(m, n, steps, a, row, step, b, bStride, c, stride, scale, keeps ? 1 : 0)
    }

    /// The dwords that as many numbers take.
    static func pairs(_ count: Int) -> Int { (count + 1) / 2 }

    /// Pairs of neighbors in every row: [rows, pairs of columns].
    static func pairNeighbors(
        _ x: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int, into y: UnsafeMutablePointer<UInt32>
    ) {
        retort_bf16_pair_neighbors(x, rows, columns, stride, y, pairs(columns))
    }

    /// Pairs of neighboring rows: [pairs of rows, columns].
    static func pairRows(
        _ x: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int, into y: UnsafeMutablePointer<UInt32>
    ) {
        retort_bf16_pair_rows(x, rows, columns, stride, y, columns)
    }

    /// Room for dwords in the calling thread's scratch memory.
    static func withDwords<Result>(_ count: Int, _ body: (UnsafeMutablePointer<UInt32>) -> Result) -> Result {
        Scratch.withFloats(count) { body(dwords($0)) }
    }

    /// Working memory, which holds floats elsewhere, as dwords.
    static func dwords(_ memory: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<UInt32> {
        UnsafeMutableRawPointer(memory).assumingMemoryBound(to: UInt32.self)
    }

    static func dwords(_ memory: UnsafePointer<Float>) -> UnsafePointer<UInt32> {
        UnsafeRawPointer(memory).assumingMemoryBound(to: UInt32.self)
    }
}
