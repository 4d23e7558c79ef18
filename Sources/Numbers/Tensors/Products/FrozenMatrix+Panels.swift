import CKernels
import GGUF

/// Products on our own kernels: the weights are unpacked into panels of 64 outputs, in bfloat16 or float32.
///
/// A panel is at most 256 kB, so that it stays in a core's second-level cache while it is read once for every six rows
/// of x; where the sum is longer than a panel, it goes on in y. Sums run in the order of the inputs, whatever the
/// number of rows or threads.
extension FrozenMatrix {
    private static let width = Int(RETORT_PANEL_WIDTH)
    /// Steps of a sum that one panel holds.
    private static let panelSteps = 1024

    /// y[count, rows] = x[count, columns] · Wᵀ for several matrices that read the same x.
    package static func multiply(
        _ x: PanelRows, by parts: [(matrix: FrozenMatrix, y: UnsafeMutablePointer<Float>)], pool: ThreadPool
    ) {
        multiply(x, parts: parts.count, pool: pool) { Part(parts[$0].matrix, into: parts[$0].y) }
    }

    /// The same for parts by their numbers, with their terms.
    static func multiply(_ x: PanelRows, parts: Int, pool: ThreadPool, part: (Int) -> Part) {
        let tiles = (0..<parts).reduce(0) { $0 + part($1).matrix.tileCount }
        let block = rowBlock(x.count, tiles: tiles)
        let blocks = (x.count + block - 1) / block
        pool.run(tiles * blocks) { task in
            var tile = task / blocks
            let start = task % blocks * block
            for index in 0..<parts {
                let part = part(index)
                let matrix = part.matrix
                if tile < matrix.tileCount {
                    let rows = start..<min(x.count, start + block)
                    matrix.multiplyTile(tile, x, rows, part.y)
                    part.term?.add(
                        rows: rows, columns: tile * width..<min(matrix.rows, (tile + 1) * width), to: part.y,
                        stride: matrix.rows)
                    return
                }
                tile -= matrix.tileCount
            }
        }
    }

    /// dx[count, columns] (+)= dy[count, rows] · W + term.
    package func multiplyTransposed(
        _ dy: PanelRows, into dx: UnsafeMutablePointer<Float>, accumulate: Bool, pool: ThreadPool,
        adding term: LowRankTerm? = nil
    ) {
        // A strip is a panel wide, or as wide as the blocks of the type ask: then it is several panels.
        let strip = max(FrozenMatrix.width, type.blockLength)
        let strips = (columns + strip - 1) / strip
        let block = FrozenMatrix.rowBlock(dy.count, tiles: strips)
        let blocks = (dy.count + block - 1) / block
        pool.run(strips * blocks) { task in
            let first = task / blocks * strip
            let start = task % blocks * block
            let (range, rows) = (first..<min(columns, first + strip), start..<min(dy.count, start + block))
            multiplyStrip(range, dy, rows, dx, accumulate)
            term?.add(rows: rows, columns: range, to: dx, stride: columns)
        }
    }

    private var tileCount: Int { (rows + FrozenMatrix.width - 1) / FrozenMatrix.width }

    private func multiplyTile(
        _ tile: Int, _ x: PanelRows, _ block: Range<Int>, _ y: UnsafeMutablePointer<Float>
    ) {
        let first = tile * FrozenMatrix.width
        let outputs = min(FrozenMatrix.width, rows - first)
        let depth = FrozenMatrix.panelSteps * x.kernels.inputsPerDword
        PanelRows.withDwords(x.kernels.steps(min(depth, columns)) * FrozenMatrix.width) {
            panel in
            for input in Swift.stride(from: 0, to: columns, by: depth) {
                let inputs = min(depth, columns - input)
                retort_panel_pack_rows(x.kernels.code, source(row: first, column: input), outputs, inputs, panel)
                x.multiply(
                    block, from: input, panel, inputs: inputs, into: y + first, stride: rows, outputs: outputs,
                    accumulate: input > 0)
            }
        }
    }

    private func multiplyStrip(
        _ range: Range<Int>, _ dy: PanelRows, _ block: Range<Int>, _ dx: UnsafeMutablePointer<Float>,
        _ accumulate: Bool
    ) {
        let width = FrozenMatrix.width
        let panels = (range.count + width - 1) / width
        let depth = max(64, FrozenMatrix.panelSteps / panels) * dy.kernels.inputsPerDword
        let panelSize = dy.kernels.steps(min(depth, rows)) * width
        PanelRows.withDwords(panels * panelSize) { panel in
            for top in Swift.stride(from: 0, to: rows, by: depth) {
                let inputs = min(depth, rows - top)
                retort_panel_pack_columns(
                    dy.kernels.code, source(row: top, column: range.lowerBound), inputs, range.count, panel)
                let size = dy.kernels.steps(inputs) * width
                for index in 0..<panels {
                    let column = range.lowerBound + index * width
                    dy.multiply(
                        block, from: top, panel + index * size, inputs: inputs, into: dx + column, stride: columns,
                        outputs: min(width, range.upperBound - column), accumulate: accumulate || top > 0)
                }
            }
        }
    }

    /// The weights from a row and column on; the column begins a block.
    private func source(row: Int, column: Int) -> retort_panel_source {
        retort_panel_source(
            type: type.rawValue,
            blocks: bytes + row * rowByteCount + column / type.blockLength * type.blockByteCount,
            row_bytes: rowByteCount, chunk_bytes: 256 / type.blockLength * type.blockByteCount)
    }
}
