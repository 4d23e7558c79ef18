/// The keys, or the values, of all runs of a tree, made ready to be the right side of products.
///
/// - turned: vectors run along the tokens of a run, for products that sum over a head's numbers. [numbers of a head,
///   stride of the run] for each run; in bfloat16 pairs of numbers are dwords.
/// - paired: for products that sum over tokens, in bfloat16 only: pairs of tokens are dwords. In float32 the keys are
///   read where they are.
struct KeyPanels: Sendable {
    let runs: KeyRuns
    let shape: AttentionShape

    /// Floats of a turned panel of all heads, in either arithmetic.
    var turnedCount: Int { shape.keyValueHeads * runs.turnedTokens * shape.headSize }

    /// Floats of a paired panel of all heads.
    var pairedCount: Int { shape.keyValueHeads * runs.pairs * shape.headSize }

    /// Where the turned panel of a run and head begins.
    func turned(_ run: Int, keyHead: Int, isPaired: Bool) -> Int {
        let steps = isPaired ? BrainFloatRowProduct.pairs(shape.headSize) : shape.headSize
        return (keyHead * runs.turnedTokens + runs.places[run].turnedTokens) * steps
    }

    /// Where the paired panel of a run and head begins.
    func paired(_ run: Int, keyHead: Int) -> Int { (keyHead * runs.pairs + runs.places[run].pairs) * shape.headSize }

    /// Turns x[tokens, keyStride].
    func turn(
        _ x: UnsafePointer<Float>, isPaired: Bool, into y: UnsafeMutablePointer<Float>, pool: ThreadPool
    ) {
        let steps = BrainFloatRowProduct.pairs(shape.headSize)
        forEach(pool) { run, head in
            let place = runs.places[run]
            let from = x + place.tokens.lowerBound * shape.keyStride + head * shape.headSize
            let target = y + turned(run, keyHead: head, isPaired: isPaired)
            guard isPaired else {
                return RowProduct.transpose(
                    from, rows: place.tokens.count, columns: shape.headSize, stride: shape.keyStride, into: target,
                    stride: place.stride)
            }
            Scratch.withFloats(place.tokens.count * steps) { rounded in
                BrainFloatRowProduct.pairNeighbors(
                    from, rows: place.tokens.count, columns: shape.headSize, stride: shape.keyStride,
                    into: BrainFloatRowProduct.dwords(rounded))
                RowProduct.transpose(
                    rounded, rows: place.tokens.count, columns: steps, stride: steps, into: target,
                    stride: place.stride)
            }
        }
    }

    /// Pairs the tokens of x[tokens, keyStride].
    func pair(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, pool: ThreadPool) {
        forEach(pool) { run, head in
            let place = runs.places[run]
            BrainFloatRowProduct.pairRows(
                x + place.tokens.lowerBound * shape.keyStride + head * shape.headSize, rows: place.tokens.count,
                columns: shape.headSize, stride: shape.keyStride,
                into: BrainFloatRowProduct.dwords(y + paired(run, keyHead: head)))
        }
    }

    private func forEach(_ pool: ThreadPool, _ body: (_ run: Int, _ head: Int) -> Void) {
        pool.run(runs.places.count * shape.keyValueHeads) { body($0 / shape.keyValueHeads, $0 % shape.keyValueHeads) }
    }
}

/// Where the runs of a tree begin in the panels of one head, whatever the head's size.
struct KeyRuns: Sendable {
    struct Place: Sendable {
        var tokens: Range<Int>
        /// Between the rows of the turned panel.
        var stride: Int
        /// Strides of the runs before it.
        var turnedTokens: Int
        /// Pairs of tokens of the runs before it.
        var pairs: Int
    }

    let places: [Place]
    /// Of all runs.
    let turnedTokens: Int
    let pairs: Int

    init(_ tree: TokenTree) {
        var places: [Place] = []
        places.reserveCapacity(tree.runs.count)
        var (turnedTokens, pairs) = (0, 0)
        for run in tree.runs {
            var stride = run.count
            // Rows a power of two apart would fall into the same few sets of the cache.
            if stride % 256 == 0 { stride += 16 }
            places.append(Place(tokens: run.tokens, stride: stride, turnedTokens: turnedTokens, pairs: pairs))
            turnedTokens += stride
            pairs += BrainFloatRowProduct.pairs(run.count)
        }
        self.places = places
        self.turnedTokens = turnedTokens
        self.pairs = pairs
    }
}
