import CKernels

/// Float32 products whose every element is one sum in a fixed order, on the calling thread: the same to the last bit for
/// whatever number of rows and columns it is computed with, and wherever the sum is cut. Slower than ``MatrixProduct`` for
/// many rows, faster for few.
public enum OrderedProduct {
    /// c[m, n] = scale · a[m, k] · b[n, k]ᵀ; rows of c are `stride` floats apart.
    public static func dots(
        _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ aStride: Int, _ b: UnsafePointer<Float>,
        _ bStride: Int, into c: UnsafeMutablePointer<Float>, stride: Int, scale: Float = 1
    ) {
        retort_ordered_dots(m, n, k, a, aStride, b, bStride, c, stride, scale)
    }

    /// c[m, n] = (keeps ? c : 0) + a[m, k] · b[k, n]; rows of c are `stride` floats apart.
    public static func sums(
        _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ aStride: Int, _ b: UnsafePointer<Float>,
        _ bStride: Int, into c: UnsafeMutablePointer<Float>, stride: Int, keeps: Bool = false
    ) {
        retort_ordered_sums(m, n, k, a, aStride, b, bStride, c, stride, keeps ? 1 : 0)
    }
}
