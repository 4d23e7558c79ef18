extension TreeAttention {
    /// The right sides of a pass's products with keys or values.
    struct RightSide {
        /// [tokens, keyStride], as they are.
        let x: UnsafePointer<Float>
        let turned: UnsafePointer<Float>
        /// Of ``KeyPanels/pair(_:into:pool:)``; used in bfloat16 only.
        let paired: UnsafePointer<Float>
    }

    /// The queries of a block, or the gradients of their outputs, of one head as the left side of products.
    struct LeftRows {
        /// Of the block's first token.
        let x: UnsafePointer<Float>
        let stride: Int
        /// In bfloat16: pairs of neighbors.
        let pairs: UnsafePointer<UInt32>?
    }

    /// Makes the rows of a block the left side of products.
    func withLeft(
        _ x: UnsafePointer<Float>, stride: Int, _ block: Block, isPaired: Bool, _ body: (LeftRows) -> Void
    ) {
        guard isPaired else { return body(LeftRows(x: x, stride: stride, pairs: nil)) }
        let count = block.tokens.count
        BrainFloatRowProduct.withDwords(count * BrainFloatRowProduct.pairs(shape.headSize)) { pairs in
            BrainFloatRowProduct.pairNeighbors(x, rows: count, columns: shape.headSize, stride: stride, into: pairs)
            body(LeftRows(x: x, stride: stride, pairs: pairs))
        }
    }

    /// scores[rows, keys] = scale · left · rightᵀ, for every segment of a block.
    func dot(
        _ block: Block, _ left: LeftRows, _ right: RightSide, keyHead: Int,
        into scores: UnsafeMutablePointer<Float>, scale: Float
    ) {
        for segment in tree.segments(of: block) {
            let line = segment.rows.lowerBound - block.tokens.lowerBound
            let panel = right.turned + panels.turned(segment.run, keyHead: keyHead, isPaired: left.pairs != nil)
            let stride = tree.keys.places[segment.run].stride
            let target = scores + block.offset(of: segment)
            if let pairs = left.pairs {
                let steps = BrainFloatRowProduct.pairs(shape.headSize)
                BrainFloatRowProduct.multiply(
                    segment.rows.count, segment.keys.count, steps, pairs + line * steps, row: steps, step: 1,
                    BrainFloatRowProduct.dwords(panel), stride, into: target, stride: block.width, scale: scale)
            } else {
                RowProduct.multiply(
                    segment.rows.count, segment.keys.count, shape.headSize,
                    .plain(left.x + line * left.stride, left.stride), panel, stride, into: target,
                    stride: block.width, scale: scale)
            }
        }
    }

    /// y[rows, headSize] = weights · right: a sum over the keys that each row sees.
    ///
    /// - Parameter y: of the block's first token.
    func combine(
        _ block: Block, _ weights: UnsafePointer<Float>, _ right: RightSide, keyHead: Int, isPaired: Bool,
        into y: UnsafeMutablePointer<Float>, stride: Int
    ) {
        for segment in tree.segments(of: block) {
            let (rows, keys) = (segment.rows.count, segment.keys.count)
            let left = weights + block.offset(of: segment)
            let target = y + (segment.rows.lowerBound - block.tokens.lowerBound) * stride
            if isPaired {
                let steps = BrainFloatRowProduct.pairs(keys)
                BrainFloatRowProduct.withDwords(rows * steps) { pairs in
                    BrainFloatRowProduct.pairNeighbors(
                        left, rows: rows, columns: keys, stride: block.width, into: pairs)
                    BrainFloatRowProduct.multiply(
                        rows, shape.headSize, steps, pairs, row: steps, step: 1,
                        BrainFloatRowProduct.dwords(right.paired + panels.paired(segment.run, keyHead: keyHead)),
                        shape.headSize, into: target, stride: stride, keeps: !segment.isFirst)
                }
            } else {
                RowProduct.multiply(
                    rows, shape.headSize, keys, .plain(left, block.width),
                    right.x + keyHead * shape.headSize + segment.keys.lowerBound * shape.keyStride, shape.keyStride,
                    into: target, stride: stride, keeps: !segment.isFirst)
            }
        }
    }

    /// y[keys, headSize] += weightsᵀ · x for a segment: a sum over the rows that see each key.
    ///
    /// - Parameter x: of the segment's first row.
    func accumulate(
        _ block: Block, _ segment: Segment, _ weights: UnsafePointer<Float>, _ x: UnsafePointer<Float>, stride: Int,
        isPaired: Bool, into y: UnsafeMutablePointer<Float>
    ) {
        let (rows, keys, size) = (segment.rows.count, segment.keys.count, shape.headSize)
        let left = weights + block.offset(of: segment)
        guard isPaired else {
            return RowProduct.multiply(
                keys, size, rows, .transposed(left, block.width), x, stride, into: y, stride: size, keeps: true)
        }
        let steps = BrainFloatRowProduct.pairs(rows)
        BrainFloatRowProduct.withDwords(steps * (keys + size)) { pairs in
            let right = pairs + steps * keys
            BrainFloatRowProduct.pairRows(left, rows: rows, columns: keys, stride: block.width, into: pairs)
            BrainFloatRowProduct.pairRows(x, rows: rows, columns: size, stride: stride, into: right)
            BrainFloatRowProduct.multiply(
                keys, size, steps, pairs, row: 1, step: keys, right, size, into: y, stride: size, keeps: true)
        }
    }
}
