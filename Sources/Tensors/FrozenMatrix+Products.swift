import CKernels
import COpenBLAS
import GGUF

extension FrozenMatrix {
    /// y[count, rows] = x[count, columns] · Wᵀ.
    ///
    /// Tasks are tiles of rows times blocks of `count`; a tile is unpacked once per block.
    public func multiply(
        _ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>, pool: ThreadPool
    ) {
        guard count > 0 else { return }
        if canMultiplyRows, count <= Int(RETORT_ROW_PRODUCT_VECTORS) {
            return multiplyRows(x, count: count, into: y, pool: pool)
        }
        if count <= 2 { return multiplyFew(x, count: count, into: y, pool: pool) }
        let block = FrozenMatrix.evenBlock(count, most: 256, step: 16)
        let tile = FrozenMatrix.evenBlock(rows, most: max(32, min(256, 131072 / columns)), step: 16)
        let blocks = (count + block - 1) / block
        let tiles = (rows + tile - 1) / tile
        pool.run(tiles * blocks) { task in
            let first = task / blocks * tile
            let range = first..<min(rows, first + tile)
            let start = task % blocks * block
            let part = min(block, count - start)
            withPanel(rows: range) { panel in
                MatrixProduct.multiply(
                    part, range.count, columns, .plain(x + start * columns, columns), .transposed(panel, columns),
                    into: y + start * rows + first, stride: rows)
            }
        }
    }

    /// dx[count, columns] (+)= dy[count, rows] · W.
    ///
    /// Tasks are blocks of columns times blocks of `count`; each adds up its tiles of rows in order.
    public func multiplyTransposed(
        _ dy: UnsafePointer<Float>, count: Int, into dx: UnsafeMutablePointer<Float>, pool: ThreadPool,
        accumulate: Bool
    ) {
        guard count > 0 else { return }
        let block = FrozenMatrix.evenBlock(count, most: 256, step: 16)
        let blocks = (count + block - 1) / block
        let step = max(16, type.blockLength)
        let width = FrozenMatrix.evenBlock(columns, most: max(step, 256), step: step)
        let strips = (columns + width - 1) / width
        pool.run(strips * blocks) { task in
            let first = task / blocks * width
            let range = first..<min(columns, first + width)
            let start = task % blocks * block
            let part = min(block, count - start)
            let target = dx + start * columns + first
            if let weights = inPlace {
                return MatrixProduct.multiply(
                    part, range.count, rows, .plain(dy + start * rows, rows), .plain(weights + first, columns),
                    into: target, stride: columns, keep: accumulate ? 1 : 0)
            }
            let tile = 256
            Scratch.withFloats(tile * range.count) { panel in
                for top in stride(from: 0, to: rows, by: tile) {
                    let height = min(tile, rows - top)
                    for row in 0..<height { unpack(row: top + row, columns: range, into: panel + row * range.count) }
                    let source = dy + start * rows + top
                    MatrixProduct.multiply(
                        part, range.count, height, .plain(source, rows), .plain(panel, range.count),
                        into: target, stride: columns, keep: accumulate || top > 0 ? 1 : 0)
                }
            }
        }
    }

    /// A few rows of x, as when a token is decoded for a few sequences: each row of weights goes through registers once.
    private func multiplyRows(
        _ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>, pool: ThreadPool
    ) {
        let tile = FrozenMatrix.evenBlock(rows, most: max(16, min(256, 65536 / columns)), step: 16)
        pool.run(rows, blocksOf: tile) { range in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: Int(RETORT_ROW_PRODUCT_VECTORS)) { sums in
                for row in range {
                    retort_row_products(
                        type.rawValue, bytes + row * rowByteCount, x, sums.baseAddress, columns, count)
                    for i in 0..<count { y[i * rows + row] = sums[i] }
                }
            }
        }
    }

    /// One or two rows of x, as when a token is decoded: the time goes into reading the weights once.
    private func multiplyFew(
        _ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>, pool: ThreadPool
    ) {
        let tile = FrozenMatrix.evenBlock(rows, most: max(16, min(256, 16384 / columns)), step: 16)
        pool.run(rows, blocksOf: tile) { range in
            withPanel(rows: range) { panel in
                for i in 0..<count {
                    for row in 0..<range.count {
                        y[i * rows + range.lowerBound + row] = retort_dot(
                            panel + row * columns, x + i * columns, columns)
                    }
                }
            }
        }
    }

    private func withPanel(rows range: Range<Int>, _ body: (UnsafePointer<Float>) -> Void) {
        if let weights = inPlace { return body(weights + range.lowerBound * columns) }
        Scratch.withFloats(range.count * columns) { panel in
            unpack(rows: range, into: panel)
            body(panel)
        }
    }

    /// The size of equal blocks of at most `most`, a multiple of `step`.
    static func evenBlock(_ count: Int, most: Int, step: Int) -> Int {
        let blocks = (count + most - 1) / most
        let size = (count + blocks - 1) / blocks
        return (size + step - 1) / step * step
    }
}
