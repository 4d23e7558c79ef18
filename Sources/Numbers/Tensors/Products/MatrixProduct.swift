import COpenBLAS

/// OpenBLAS keeps to the calling thread: the pool is ours, and so is the order of every sum.
enum BLASThreads {
    static let areSingle: Void = openblas_set_num_threads(1)
}

/// A matrix in memory as one side of a product.
public struct MatrixOperand {
    let pointer: UnsafePointer<Float>
    let stride: Int
    let order: CBLAS_TRANSPOSE

    var isTransposed: Bool { order == CblasTrans }

    /// Rows as stored, `stride` floats apart.
    @inline(__always)
    public static func plain(_ pointer: UnsafePointer<Float>, _ stride: Int) -> MatrixOperand {
        MatrixOperand(pointer: pointer, stride: stride, order: CblasNoTrans)
    }

    /// The transpose of what is stored in rows `stride` floats apart.
    @inline(__always)
    public static func transposed(_ pointer: UnsafePointer<Float>, _ stride: Int) -> MatrixOperand {
        MatrixOperand(pointer: pointer, stride: stride, order: CblasTrans)
    }
}

/// Dense float32 products, row-major, over OpenBLAS.
public enum MatrixProduct {
    /// c[m, n] = scale · a[m, k] · b[k, n] + keep · c, on the calling thread; rows of c are `stride` floats apart.
    public static func multiply(
        _ m: Int, _ n: Int, _ k: Int, _ a: MatrixOperand, _ b: MatrixOperand,
        into c: UnsafeMutablePointer<Float>, stride: Int, scale: Float = 1, keep: Float = 0
    ) {
        BLASThreads.areSingle
        cblas_sgemm(
            CblasRowMajor, a.order, b.order, blasint(m), blasint(n), blasint(k), scale, a.pointer,
            blasint(a.stride), b.pointer, blasint(b.stride), keep, c, blasint(stride))
    }

    /// y[count, rows] = scale · x[count, columns] · wᵀ + (keeps ? y : 0) for a packed w[rows, columns], in blocks of
    /// `count`.
    public static func apply(
        _ w: UnsafePointer<Float>, rows: Int, columns: Int, to x: UnsafePointer<Float>, count: Int,
        into y: UnsafeMutablePointer<Float>, scale: Float = 1, keeps: Bool = false, pool: ThreadPool
    ) {
        Scratch.withFloats(rows * columns) { turned in
            RowProduct.transpose(w, rows: rows, columns: columns, stride: columns, into: turned, stride: rows)
            pool.run(count, blocksOf: rowBlock) { block in
                let first = block.lowerBound
                RowProduct.multiply(
                    block.count, rows, columns, .plain(x + first * columns, columns), turned, rows,
                    into: y + first * rows, stride: rows, scale: scale, keeps: keeps)
            }
        }
    }

    /// dx[count, columns] = scale · dy[count, rows] · w + (keeps ? dx : 0) for a packed w[rows, columns].
    public static func applyTransposed(
        _ w: UnsafePointer<Float>, rows: Int, columns: Int, to dy: UnsafePointer<Float>, count: Int,
        into dx: UnsafeMutablePointer<Float>, scale: Float = 1, keeps: Bool = false, pool: ThreadPool
    ) {
        pool.run(count, blocksOf: rowBlock) { block in
            let first = block.lowerBound
            RowProduct.multiply(
                block.count, columns, rows, .plain(dy + first * rows, rows), w, columns,
                into: dx + first * columns, stride: columns, scale: scale, keeps: keeps)
        }
    }

    /// dw[rows, columns] += scale · dyᵀ[rows, count] · x[count, columns].
    ///
    /// The longer side is cut into blocks; the sum over `count` is one product, so that its order is fixed.
    public static func accumulateGradient(
        _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, count: Int, rows: Int, columns: Int,
        into dw: UnsafeMutablePointer<Float>, scale: Float = 1, pool: ThreadPool
    ) {
        if columns >= rows {
            pool.run(columns, blocksOf: columnBlock) { block in
                let first = block.lowerBound
                RowProduct.multiply(
                    rows, block.count, count, .transposed(dy, rows), x + first, columns,
                    into: dw + first, stride: columns, scale: scale, keeps: true)
            }
        } else {
            // Vectors run along the longer side: the gradient's transpose is what is computed.
            pool.run(rows, blocksOf: columnBlock) { block in
                let first = block.lowerBound
                Scratch.withFloats(columns * block.count) { turned in
                    RowProduct.multiply(
                        columns, block.count, count, .transposed(x, columns), dy + first, rows, into: turned,
                        stride: block.count, scale: scale)
                    for row in 0..<block.count {
                        let target = dw + (first + row) * columns
                        for column in 0..<columns { target[column] += turned[column * block.count + row] }
                    }
                }
            }
        }
    }

    /// Rows of a task.
    private static let rowBlock = 96
    /// Columns of a task.
    private static let columnBlock = 64
}
