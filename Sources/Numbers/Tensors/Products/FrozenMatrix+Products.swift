import CKernels
import COpenBLAS
import GGUF
import Quantization

extension FrozenMatrix {
    /// y[count, rows] = x[count, columns] · Wᵀ.
    public func multiply(
        _ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>, pool: ThreadPool,
        precision: Precision = .fp32
    ) {
        FrozenMatrix.multiply(x, count: count, parts: 1, pool: pool, precision: precision) { _ in Part(self, into: y) }
    }

    /// y[count, rows] = x[count, columns] · Wᵀ for several matrices that read the same x, such as queries, keys and
    /// values: in bfloat16, x is rounded once.
    public static func multiply(
        _ x: UnsafePointer<Float>, count: Int, by parts: [(matrix: FrozenMatrix, y: UnsafeMutablePointer<Float>)],
        pool: ThreadPool, precision: Precision = .fp32
    ) {
        multiply(x, count: count, parts: parts.count, pool: pool, precision: precision) {
            Part(parts[$0].matrix, into: parts[$0].y)
        }
    }

    /// One of several products with the same x: y = x · Wᵀ + term.
    package struct Part {
        let matrix: FrozenMatrix
        let y: UnsafeMutablePointer<Float>
        let term: LowRankTerm?

        package init(_ matrix: FrozenMatrix, into y: UnsafeMutablePointer<Float>, adding term: LowRankTerm? = nil) {
            self.matrix = matrix
            self.y = y
            self.term = term
        }
    }

    /// Rows that get a term at once where it comes after the whole product.
    private static let termBlock = 96

    /// The same for parts by their numbers: `part` may be called often, on any thread.
    package static func multiply(
        _ x: UnsafePointer<Float>, count: Int, parts: Int, pool: ThreadPool, precision: Precision,
        part: (Int) -> Part
    ) {
        guard count > 0, parts > 0 else { return }
        if precision == .bf16 {
            let columns = part(0).matrix.columns
            return PanelRows.pack(x, count: count, columns: columns, for: .brainFloat, pool: pool) { x in
                multiply(x, parts: parts, pool: pool, part: part)
            }
        }
        for index in 0..<parts {
            let (matrix, y) = (part(index).matrix, part(index).y)
            if count <= Int(RETORT_STORED_ROW_VECTORS), let product = matrix.storedRow {
                matrix.multiplyStoredRows(product, x, count: count, into: y, pool: pool)
            } else if count <= 2 {
                matrix.multiplyFew(x, count: count, into: y, pool: pool)
            } else {
                matrix.multiplyTiles(x, count: count, into: y, pool: pool)
            }
        }
        guard (0..<parts).contains(where: { part($0).term != nil }) else { return }
        pool.run(count, blocksOf: termBlock) { block in
            for index in 0..<parts {
                let part = part(index)
                part.term?.add(
                    rows: block, columns: 0..<part.matrix.rows, to: part.y, stride: part.matrix.rows)
            }
        }
    }

    /// y[count, rows] = x[count, columns] · Wᵀ in float32, in the fastest way that this CPU has, as inference wants it.
    ///
    /// Where our own kernels are used, which is with AVX2 and later, a row of y depends on its row of x alone, to the last
    /// bit: one of ``fewRows`` or fewer as it is for every such number, one of more as it is for every greater number.
    public func multiplyFast(
        _ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>, pool: ThreadPool
    ) {
        let hasStoredRows = storedRow != nil && count <= Int(RETORT_STORED_ROW_VECTORS)
        // Without AVX2 OpenBLAS is much faster.
        guard !hasStoredRows, count > 2, InstructionSet.chosen >= .avx2 else {
            return multiply(x, count: count, into: y, pool: pool)
        }
        PanelRows.pack(x, count: count, columns: columns, for: .float, pool: pool) { x in
            FrozenMatrix.multiply(x, parts: 1, pool: pool) { _ in Part(self, into: y) }
        }
    }

    /// So many rows may be multiplied by another kernel than more are.
    public static let fewRows = Int(RETORT_STORED_ROW_VECTORS)

    /// Tasks are tiles of rows times blocks of `count`; a tile is unpacked once per block.
    private func multiplyTiles(
        _ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>, pool: ThreadPool
    ) {
        // Few rows of x read a tile that stays in the cache; many make up for one that does not.
        let isFew = count < 96
        let tile = FrozenMatrix.evenBlock(rows, most: isFew ? max(32, min(256, 131_072 / columns)) : 512, step: 16)
        let depth = isFew ? columns : 2048
        let tiles = (rows + tile - 1) / tile
        let block = FrozenMatrix.rowBlock(count, tiles: tiles)
        let blocks = (count + block - 1) / block
        pool.run(tiles * blocks) { task in
            let first = task / blocks * tile
            let range = first..<min(rows, first + tile)
            let start = task % blocks * block
            let part = min(block, count - start)
            for column in stride(from: 0, to: columns, by: depth) {
                let inputs = column..<min(columns, column + depth)
                withPanel(rows: range, columns: inputs) { panel, stride in
                    MatrixProduct.multiply(
                        part, range.count, inputs.count, .plain(x + start * columns + column, columns),
                        .transposed(panel, stride), into: y + start * rows + first, stride: rows,
                        keep: column > 0 ? 1 : 0)
                }
            }
        }
    }

    /// dx[count, columns] (+)= dy[count, rows] · W.
    ///
    /// Tasks are blocks of columns times blocks of `count`; each adds up its tiles of rows in order.
    public func multiplyTransposed(
        _ dy: UnsafePointer<Float>, count: Int, into dx: UnsafeMutablePointer<Float>, pool: ThreadPool,
        accumulate: Bool, precision: Precision = .fp32
    ) {
        multiplyTransposed(
            dy, count: count, into: dx, pool: pool, accumulate: accumulate, precision: precision, adding: nil)
    }

    /// dx[count, columns] (+)= dy[count, rows] · W + term.
    package func multiplyTransposed(
        _ dy: UnsafePointer<Float>, count: Int, into dx: UnsafeMutablePointer<Float>, pool: ThreadPool,
        accumulate: Bool, precision: Precision, adding term: LowRankTerm?
    ) {
        guard count > 0 else { return }
        if precision == .bf16 {
            return PanelRows.pack(dy, count: count, columns: rows, for: .brainFloat, pool: pool) { dy in
                multiplyTransposed(dy, into: dx, accumulate: accumulate, pool: pool, adding: term)
            }
        }
        multiplyTransposedTiles(dy, count: count, into: dx, pool: pool, accumulate: accumulate)
        guard let term else { return }
        pool.run(count, blocksOf: FrozenMatrix.termBlock) {
            term.add(rows: $0, columns: 0..<columns, to: dx, stride: columns)
        }
    }

    private func multiplyTransposedTiles(
        _ dy: UnsafePointer<Float>, count: Int, into dx: UnsafeMutablePointer<Float>, pool: ThreadPool,
        accumulate: Bool
    ) {
        let step = max(16, type.blockLength)
        let width = FrozenMatrix.evenBlock(columns, most: max(step, 512), step: step)
        let strips = (columns + width - 1) / width
        let block = FrozenMatrix.rowBlock(count, tiles: strips)
        let blocks = (count + block - 1) / block
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
            // As long a sum as OpenBLAS takes at a time.
            let tile = 384
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
    private func multiplyStoredRows(
        _ product: retort_stored_row, _ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>,
        pool: ThreadPool
    ) {
        let tile = FrozenMatrix.evenBlock(rows, most: max(16, min(256, 65536 / columns)), step: 16)
        pool.run(rows, blocksOf: tile) { range in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: Int(RETORT_STORED_ROW_VECTORS)) { sums in
                for row in range {
                    product(bytes + row * rowByteCount, x, sums.baseAddress, columns, count)
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
            withPanel(rows: range, columns: 0..<columns) { panel, _ in
                for i in 0..<count {
                    for row in 0..<range.count {
                        y[i * rows + range.lowerBound + row] = retort_dot(
                            panel + row * columns, x + i * columns, columns)
                    }
                }
            }
        }
    }

    /// Calls `body` with a rectangle of the matrix as floats, and how far apart its rows are.
    private func withPanel(
        rows: Range<Int>, columns range: Range<Int>, _ body: (UnsafePointer<Float>, Int) -> Void
    ) {
        if let weights = inPlace { return body(weights + rows.lowerBound * columns + range.lowerBound, columns) }
        Scratch.withFloats(rows.count * range.count) { panel in
            if range.count == columns {
                unpack(rows: rows, into: panel)
            } else {
                for (index, row) in rows.enumerated() {
                    unpack(row: row, columns: range, into: panel + index * range.count)
                }
            }
            body(panel, range.count)
        }
    }

    /// How many rows of x a task takes: as many as go, since a tile is unpacked for each block, but so few that the
    /// tasks can be shared out, and never fewer than a few hundred where there are as many.
    static func rowBlock(_ count: Int, tiles: Int) -> Int {
        let blocks = max((count + 1535) / 1536, min((15 + tiles) / tiles, count / 384), 1)
        return evenBlock(count, most: (count + blocks - 1) / blocks, step: 12)
    }

    /// The size of equal blocks of at most `most`, a multiple of `step`.
    static func evenBlock(_ count: Int, most: Int, step: Int) -> Int {
        let blocks = (count + most - 1) / most
        let size = (count + blocks - 1) / blocks
        return (size + step - 1) / step * step
    }
}
