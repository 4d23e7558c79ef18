/// A product of little depth that is added to another one: scale · left[rows, depth] · right[depth, columns].
///
/// It is added tile by tile, by the thread that computed the tile and soon after, so that in bfloat16 the tile is still
/// in that thread's cache.
package struct LowRankTerm {
    let left: UnsafePointer<Float>
    let leftStride: Int
    let depth: Int
    let right: UnsafePointer<Float>
    let rightStride: Int
    let scale: Float

    /// Rows of `left` and of `right` are their strides apart, in floats.
    package init(
        _ left: UnsafePointer<Float>, stride leftStride: Int, depth: Int, _ right: UnsafePointer<Float>,
        stride rightStride: Int, scale: Float = 1
    ) {
        self.left = left
        self.leftStride = leftStride
        self.depth = depth
        self.right = right
        self.rightStride = rightStride
        self.scale = scale
    }

    /// Adds a tile of it to y, whose rows are `stride` floats apart, on the calling thread.
    func add(rows: Range<Int>, columns: Range<Int>, to y: UnsafeMutablePointer<Float>, stride: Int) {
        RowProduct.multiply(
            rows.count, columns.count, depth, .plain(left + rows.lowerBound * leftStride, leftStride),
            right + columns.lowerBound, rightStride, into: y + rows.lowerBound * stride + columns.lowerBound,
            stride: stride, scale: scale, keeps: true)
    }
}
