import CKernels

/// Float32 products whose right side lies in rows: those of attention and of low-rank updates, small or narrow.
///
/// With AVX-512 a kernel of our own computes them; without, OpenBLAS does.
package enum RowProduct {
    /// c[m, n] = scale · a[m, k] · b[k, n] + (keeps ? c : 0), on the calling thread.
    ///
    /// - Parameters:
    ///   - b: k rows of n numbers, `bStride` apart.
    ///   - c: rows are `stride` floats apart.
    package static func multiply(
        _ m: Int, _ n: Int, _ k: Int, _ a: MatrixOperand, _ b: UnsafePointer<Float>, _ bStride: Int,
        into c: UnsafeMutablePointer<Float>, stride: Int, scale: Float = 1, keeps: Bool = false
    ) {
        guard isOurs else {
            return MatrixProduct.multiply(
                m, n, k, a, .plain(b, bStride), into: c, stride: stride, scale: scale, keep: keeps ? 1 : 0)
        }
        retort_row_product(
            m, n, k, a.pointer, a.isTransposed ? 1 : a.stride, a.isTransposed ? a.stride : 1, b, bStride, c, stride,
            scale, keeps ? 1 : 0)
    }

    /// y[columns, rows] = xᵀ.
    package static func transpose(
        _ x: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int, into y: UnsafeMutablePointer<Float>,
        stride yStride: Int
    ) {
        retort_transpose(x, rows, columns, stride, y, yStride)
    }

    private static let isOurs = retort_has_row_product() != 0
}
