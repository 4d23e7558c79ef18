import CKernels

extension TreeAttention {
    /// Floats that ``backward(_:q:k:v:output:logSums:intoQ:intoK:intoV:work:pool:)`` needs to work in.
    public var backwardWorkCount: Int { 2 * shape.heads * queries.count * shape.headSize }

    /// The gradients of ``forward(q:k:v:into:logSums:pool:)``; all tokens of the tree must be queries.
    ///
    /// With P the probabilities and δ = Σ do · o of a row: dv = Pᵀ · do, ds = P ∘ (do · vᵀ - δ), dq = ds · k · scale,
    /// dk = dsᵀ · q · scale. Heads are tasks; the keys' gradients of the heads of a group are added afterwards, in
    /// order.
    ///
    /// - Parameters:
    ///   - dOutput, output: [tokens, outputStride].
    ///   - q, dq: [tokens, queryStride]; `dq` is overwritten.
    ///   - dk, dv: [tokens, keyStride], overwritten.
    ///   - work: ``backwardWorkCount`` floats.
    public func backward(
        _ dOutput: UnsafePointer<Float>, q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>,
        output: UnsafePointer<Float>, logSums: UnsafePointer<Float>,
        intoQ dq: UnsafeMutablePointer<Float>, intoK dk: UnsafeMutablePointer<Float>,
        intoV dv: UnsafeMutablePointer<Float>, work: UnsafeMutablePointer<Float>, pool: ThreadPool
    ) {
        let count = queries.count
        let size = shape.headSize
        let group = shape.heads / shape.keyValueHeads
        pool.run(shape.heads) { head in
            let dKeys = work + head * 2 * count * size
            let dValues = dKeys + count * size
            dKeys.update(repeating: 0, count: 2 * count * size)
            let column = head * size
            for block in blocks {
                let length = block.tokens.count * block.width
                Scratch.withFloats(2 * length + block.tokens.count * size) { p in
                    let ds = p + length
                    let dQueries = ds + length
                    let keys = k + head / group * size
                    computeScores(block, head: head, q: q, k: keys, into: p)
                    for segment in block.segments {
                        let values = v + head / group * size + segment.keys.lowerBound * shape.keyStride
                        let dRows = dOutput + outputRow(segment.rows.lowerBound) + column
                        MatrixProduct.multiply(
                            segment.rows.count, segment.keys.count, size, .plain(dRows, shape.outputStride),
                            .transposed(values, shape.keyStride), into: ds + block.offset(of: segment),
                            stride: block.width)
                    }
                    for line in 0..<block.tokens.count {
                        turnIntoGradients(
                            block, line, head: head, dOutput: dOutput, output: output, logSums: logSums, p: p, ds: ds)
                    }
                    for segment in block.segments {
                        let rows = segment.rows.count
                        let queryRows = q + row(segment.rows.lowerBound) + column
                        let dRows = dOutput + outputRow(segment.rows.lowerBound) + column
                        let offset = block.offset(of: segment)
                        let place = segment.keys.lowerBound * size
                        MatrixProduct.multiply(
                            segment.keys.count, size, rows, .transposed(p + offset, block.width),
                            .plain(dRows, shape.outputStride), into: dValues + place, stride: size, keep: 1)
                        MatrixProduct.multiply(
                            segment.keys.count, size, rows, .transposed(ds + offset, block.width),
                            .plain(queryRows, shape.queryStride), into: dKeys + place, stride: size, keep: 1)
                        let target = dQueries + (segment.rows.lowerBound - block.tokens.lowerBound) * size
                        let segmentKeys = keys + segment.keys.lowerBound * shape.keyStride
                        MatrixProduct.multiply(
                            rows, size, segment.keys.count, .plain(ds + offset, block.width),
                            .plain(segmentKeys, shape.keyStride), into: target, stride: size,
                            keep: segment.isFirst ? 0 : 1)
                    }
                    for line in 0..<block.tokens.count {
                        let target = dq + row(block.tokens.lowerBound + line) + column
                        target.update(from: dQueries + line * size, count: size)
                    }
                }
            }
        }
        pool.run(count, blocksOf: 32) { tokens in
            for token in tokens {
                for head in 0..<shape.heads {
                    let from = work + head * 2 * count * size + token * size
                    let place = token * shape.keyStride + head / group * size
                    if head % group == 0 {
                        (dk + place).update(from: from, count: size)
                        (dv + place).update(from: from + count * size, count: size)
                    } else {
                        retort_axpy(1, from, dk + place, size)
                        retort_axpy(1, from + count * size, dv + place, size)
                    }
                }
            }
        }
    }

    /// Turns one row of scores into probabilities (`p`) and of dP into the gradient of the raw scores (`ds`).
    private func turnIntoGradients(
        _ block: Block, _ line: Int, head: Int, dOutput: UnsafePointer<Float>, output: UnsafePointer<Float>,
        logSums: UnsafePointer<Float>, p: UnsafeMutablePointer<Float>, ds: UnsafeMutablePointer<Float>
    ) {
        let seen = visible(block, line)
        let token = block.tokens.lowerBound + line
        let place = outputRow(token) + head * shape.headSize
        let delta = retort_dot(dOutput + place, output + place, shape.headSize)
        let scores = p + line * block.width
        let gradients = ds + line * block.width
        if let cap = shape.softCap {
            // d(cap · tanh(s / cap)) / ds = 1 - (capped / cap)²; the capped scores are still here.
            for i in seen { gradients[i] = (gradients[i] - delta) * (1 - scores[i] * scores[i] / (cap * cap)) }
        }
        retort_exp_shifted(
            scores + seen.lowerBound, seen.count, logSums[head * queries.count + token - queries.lowerBound])
        retort_scores_gradient(
            gradients + seen.lowerBound, scores + seen.lowerBound, shape.softCap == nil ? delta : 0, shape.scale,
            seen.count)
        clear(scores, except: seen, width: block.width)
        clear(gradients, except: seen, width: block.width)
    }
}
