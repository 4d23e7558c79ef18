/// Where the keys, or values, of each run of a tree lie when they are turned: [headSize, stride of the run].
///
/// Products of queries with keys then read vectors along the keys, with nothing to pack.
struct TurnedRuns: Sendable {
    /// Of each run, in floats.
    let offsets: [Int]
    let strides: [Int]
    /// Floats of one head.
    let count: Int
    private let tokens: [Range<Int>]

    init(_ tree: TokenTree, headSize: Int) {
        var offsets: [Int] = []
        var strides: [Int] = []
        var count = 0
        for run in tree.runs {
            var stride = (run.count + 15) / 16 * 16
            // Rows a power of two apart would fall into the same few sets of the cache.
            if stride % 256 == 0 { stride += 16 }
            offsets.append(count)
            strides.append(stride)
            count += stride * headSize
        }
        self.offsets = offsets
        self.strides = strides
        self.count = count
        tokens = tree.runs.map(\.tokens)
    }

    /// Turns x[tokens, keyStride] of every head of keys into [heads][``count``].
    func turn(
        _ x: UnsafePointer<Float>, _ shape: AttentionShape, into y: UnsafeMutablePointer<Float>, pool: ThreadPool
    ) {
        pool.run(tokens.count * shape.keyValueHeads) { task in
            let (run, head) = (task / shape.keyValueHeads, task % shape.keyValueHeads)
            RowProduct.transpose(
                x + tokens[run].lowerBound * shape.keyStride + head * shape.headSize, rows: tokens[run].count,
                columns: shape.headSize, stride: shape.keyStride, into: y + head * count + offsets[run],
                stride: strides[run])
        }
    }
}
