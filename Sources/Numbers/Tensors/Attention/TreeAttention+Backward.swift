import CKernels

extension TreeAttention {
    /// Floats that ``backward(_:q:k:v:output:logSums:intoQ:intoK:intoV:work:pool:precision:)`` needs to work in: room for
    /// the panels, and for as many parts as then fit.
    public var backwardWorkCount: Int {
        2 * tokenCount * (shape.heads + 2 * shape.keyValueHeads) * shape.headSize
    }

    /// The gradients of ``forward(q:k:v:into:logSums:pool:precision:)``.
    ///
    /// With P the probabilities and δ = Σ do · o of a row: dv = Pᵀ · do, ds = P ∘ (do · vᵀ - δ), dq = ds · k · scale,
    /// dk = dsᵀ · q · scale. A task is a part of the blocks and a head of keys with its queries' heads, one after the
    /// other; the keys' gradients of the parts are added afterwards, in order.
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
        intoV dv: UnsafeMutablePointer<Float>, work: UnsafeMutablePointer<Float>, pool: ThreadPool,
        precision: Precision = .fp32
    ) {
        let group = shape.heads / shape.keyValueHeads
        let isPaired = isPaired(precision)
        let panels = panels
        let partCount = partCount
        let turnedValues = work + panels.turnedCount
        let pairedKeys = turnedValues + panels.turnedCount
        let gradients = pairedKeys + panels.pairedCount
        let pass = BackwardPass(
            dOutput: dOutput, q: q, keys: RightSide(x: k, turned: work, paired: pairedKeys),
            values: RightSide(x: v, turned: turnedValues, paired: pairedKeys), output: output, logSums: logSums,
            dq: dq, isPaired: isPaired)
        panels.turn(k, isPaired: isPaired, into: work, pool: pool)
        panels.turn(v, isPaired: isPaired, into: turnedValues, pool: pool)
        if isPaired { panels.pair(k, into: pairedKeys, pool: pool) }
        pool.run(partCount * shape.keyValueHeads) { task in
            let part = part(partCount - 1 - task / shape.keyValueHeads, of: partCount)
            let keyHead = task % shape.keyValueHeads
            let dKeys = self.gradients(of: part, keyHead: keyHead, in: gradients)
            dKeys.update(repeating: 0, count: 2 * part.count * shape.headSize)
            for block in blocks[part.blocks] {
                for head in keyHead * group..<(keyHead + 1) * group {
                    add(
                        block, of: part, head: head, keyHead: keyHead, pass, intoKeys: dKeys,
                        intoValues: dKeys + part.count * shape.headSize)
                }
            }
        }
        pool.run(tokenCount, blocksOf: 32) { tokens in
            addParts(partCount, of: tokens, gradients, intoK: dk, intoV: dv)
        }
    }

    /// What a backward pass reads, and where the queries' gradients go.
    private struct BackwardPass {
        let dOutput: UnsafePointer<Float>
        let q: UnsafePointer<Float>
        let keys: RightSide
        let values: RightSide
        let output: UnsafePointer<Float>
        let logSums: UnsafePointer<Float>
        let dq: UnsafeMutablePointer<Float>
        let isPaired: Bool
    }

    /// The keys' gradients of a part and a head, its values' gradients right behind them.
    private func gradients(
        of part: Part, keyHead: Int, in gradients: UnsafeMutablePointer<Float>
    ) -> UnsafeMutablePointer<Float> {
        gradients + 2 * shape.headSize * (part.base * shape.keyValueHeads + part.count * keyHead)
    }

    /// Adds what the queries of one block and head give their keys and values, and writes the queries' own gradient.
    private func add(
        _ block: Block, of part: Part, head: Int, keyHead: Int, _ pass: BackwardPass,
        intoKeys dKeys: UnsafeMutablePointer<Float>, intoValues dValues: UnsafeMutablePointer<Float>
    ) {
        let size = shape.headSize
        let first = block.tokens.lowerBound
        let queries = pass.q + row(first) + head * size
        let gradients = pass.dOutput + outputRow(first) + head * size
        let length = block.tokens.count * block.width
        Scratch.withFloats(2 * length) { p in
            let ds = p + length
            computeScores(block, head: head, q: pass.q, pass.keys, isPaired: pass.isPaired, into: p)
            withLeft(gradients, stride: shape.outputStride, block, isPaired: pass.isPaired) { left in
                dot(block, left, pass.values, keyHead: keyHead, into: ds, scale: 1)
            }
            for line in 0..<block.tokens.count { turnIntoGradients(block, line, head: head, pass, p: p, ds: ds) }
            for segment in tree.segments(of: block) {
                let line = segment.rows.lowerBound - first
                let place = part.place(of: segment) * size
                accumulate(
                    block, segment, p, gradients + line * shape.outputStride, stride: shape.outputStride,
                    isPaired: pass.isPaired, into: dValues + place)
                accumulate(
                    block, segment, ds, queries + line * shape.queryStride, stride: shape.queryStride,
                    isPaired: pass.isPaired, into: dKeys + place)
            }
            combine(
                block, ds, pass.keys, keyHead: keyHead, isPaired: pass.isPaired,
                into: pass.dq + row(first) + head * size, stride: shape.queryStride)
        }
    }

    /// Turns one row of scores into probabilities (`p`) and of dP into the gradient of the raw scores (`ds`).
    private func turnIntoGradients(
        _ block: Block, _ line: Int, head: Int, _ pass: BackwardPass, p: UnsafeMutablePointer<Float>,
        ds: UnsafeMutablePointer<Float>
    ) {
        let seen = visible(block, line)
        let token = block.tokens.lowerBound + line
        let place = outputRow(token) + head * shape.headSize
        let delta = retort_dot(pass.dOutput + place, pass.output + place, shape.headSize)
        let scores = p + line * block.width
        let gradients = ds + line * block.width
        if let cap = shape.softCap {
            // d(cap · tanh(s / cap)) / ds = 1 - (capped / cap)²; the capped scores are still here.
            for i in seen { gradients[i] = (gradients[i] - delta) * (1 - scores[i] * scores[i] / (cap * cap)) }
        }
        let count = fill(scores, after: seen, with: -.infinity)
        _ = fill(gradients, after: seen, with: 0)
        retort_softmax_gradient(
            scores + seen.lowerBound, gradients + seen.lowerBound, count,
            pass.logSums[head * tokenCount + token], shape.softCap == nil ? delta : 0,
            shape.scale)
        clear(scores, except: seen, width: block.width)
        clear(gradients, except: seen, width: block.width)
    }

    /// Adds up the gradients of some tokens' keys and values over all parts, in their order.
    private func addParts(
        _ partCount: Int, of tokens: Range<Int>, _ gradients: UnsafeMutablePointer<Float>,
        intoK dk: UnsafeMutablePointer<Float>, intoV dv: UnsafeMutablePointer<Float>
    ) {
        let size = shape.headSize
        for token in tokens {
            (dk + token * shape.keyStride).update(repeating: 0, count: shape.keyValueHeads * size)
            (dv + token * shape.keyStride).update(repeating: 0, count: shape.keyValueHeads * size)
        }
        for index in 0..<partCount {
            let part = part(index, of: partCount)
            forEachKey(of: part, in: tokens) { keys, place in
                for keyHead in 0..<shape.keyValueHeads {
                    let from = self.gradients(of: part, keyHead: keyHead, in: gradients)
                    for token in keys {
                        let source = from + (place + token - keys.lowerBound) * size
                        let target = token * shape.keyStride + keyHead * size
                        retort_axpy(1, source, dk + target, size)
                        retort_axpy(1, source + part.count * size, dv + target, size)
                    }
                }
            }
        }
    }
}
