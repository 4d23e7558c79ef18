import Tensors

/// The updates of layers that read the same x, whose inner vectors lie side by side: u = x · [A₁; A₂; …]ᵀ.
///
/// Together they are wide enough for the kernels, and x is read once for all of them.
struct LowRankGroup {
    struct Member {
        let update: LowRankUpdate
        /// The layer's number among those that read x.
        let layer: Int
        /// Where its inner vector begins.
        let offset: Int
    }

    let members: [Member]
    /// Of all members together.
    let rank: Int
    let inputs: Int
    /// Rows of a task, and columns of one.
    private static let rowBlock = 96
    private static let columnBlock = 64

    /// The updates of layers; nil if none of them has one.
    init?(_ layers: [LinearLayer]) {
        var members: [Member] = []
        var rank = 0
        for (index, layer) in layers.enumerated() {
            guard let update = layer.update else { continue }
            members.append(Member(update: update, layer: index, offset: rank))
            rank += update.rank
        }
        guard let first = layers.first, rank > 0 else { return nil }
        self.members = members
        self.rank = rank
        inputs = first.matrix.columns
    }

    /// u[count, rank] = x · Aᵀ; calls `body` with what adds scale · u · Bᵀ to each tile of each layer's y.
    func forward(
        _ x: UnsafePointer<Float>, count: Int, into u: UnsafeMutablePointer<Float>,
        _ outputs: [UnsafeMutablePointer<Float>], pool: ThreadPool,
        _ body: (@escaping FrozenMatrix.TileCompletion) -> Void
    ) {
        let widths = members.reduce(0) { $0 + $1.update.b.count }
        Scratch.withFloats(rank * inputs + widths) { turned in
            // Of every layer: its update and Bᵀ.
            var addends: [(member: Member, turnedB: UnsafePointer<Float>)?] = outputs.map { _ in nil }
            var next = turned + rank * inputs
            for member in members {
                let (a, b) = (member.update.a, member.update.b)
                RowProduct.transpose(
                    member.update.parameters.value(a), rows: a.rows, columns: a.columns, stride: a.columns,
                    into: turned + member.offset, stride: rank)
                RowProduct.transpose(
                    member.update.parameters.value(b), rows: b.rows, columns: b.columns, stride: b.columns,
                    into: next, stride: b.rows)
                addends[member.layer] = (member, UnsafePointer(next))
                next += b.count
            }
            pool.run(count, blocksOf: LowRankGroup.rowBlock) { block in
                RowProduct.multiply(
                    block.count, rank, inputs, .plain(x + block.lowerBound * inputs, inputs), turned, rank,
                    into: u + block.lowerBound * rank, stride: rank)
            }
            let addendOfLayer = addends
            body { layer, rows, columns in
                guard let (member, turnedB) = addendOfLayer[layer] else { return }
                let width = member.update.b.rows
                RowProduct.multiply(
                    rows.count, columns.count, member.update.rank,
                    .plain(u + rows.lowerBound * rank + member.offset, rank), turnedB + columns.lowerBound, width,
                    into: outputs[layer] + rows.lowerBound * width + columns.lowerBound, stride: width,
                    scale: member.update.scale, keeps: true)
            }
        }
    }

    /// With du = scale · dy · B: dB += scale · dyᵀ · u, dA += duᵀ · x; calls `body` with what adds du · A to each tile of
    /// `dx`.
    ///
    /// - Parameters:
    ///   - gradients: dy of every layer that reads x.
    ///   - du: room for [count, rank].
    func backward(
        _ gradients: [UnsafeMutablePointer<Float>], x: UnsafePointer<Float>, u: UnsafePointer<Float>, count: Int,
        du: UnsafeMutablePointer<Float>, into dx: UnsafeMutablePointer<Float>?, pool: ThreadPool,
        _ body: (@escaping FrozenMatrix.TileCompletion) -> Void
    ) {
        pool.run(count, blocksOf: LowRankGroup.rowBlock) { block in
            for member in members {
                let (update, width) = (member.update, member.update.b.rows)
                RowProduct.multiply(
                    block.count, update.rank, width,
                    .plain(gradients[member.layer] + block.lowerBound * width, width),
                    update.parameters.value(update.b), update.rank, into: du + block.lowerBound * rank + member.offset,
                    stride: rank, scale: update.scale)
            }
        }
        addParameterGradients(gradients, x: x, u: u, du: du, count: count, pool: pool)
        guard let dx else { return }
        Scratch.withFloats(rank * inputs) { stacked in
            for member in members {
                (stacked + member.offset * inputs).update(
                    from: member.update.parameters.value(member.update.a), count: member.update.a.count)
            }
            body { _, rows, columns in
                RowProduct.multiply(
                    rows.count, columns.count, rank, .plain(du + rows.lowerBound * rank, rank),
                    stacked + columns.lowerBound, inputs,
                    into: dx + rows.lowerBound * inputs + columns.lowerBound, stride: inputs, keeps: true)
            }
        }
    }

    /// Tasks are stretches of the columns of all gradients; each is a sum over all rows, in order.
    private func addParameterGradients(
        _ gradients: [UnsafeMutablePointer<Float>], x: UnsafePointer<Float>, u: UnsafePointer<Float>,
        du: UnsafePointer<Float>, count: Int, pool: ThreadPool
    ) {
        let width = LowRankGroup.columnBlock
        let inputTasks = (inputs + width - 1) / width
        let outputTasks = members.map { ($0.update.b.rows + width - 1) / width }
        pool.run(inputTasks + outputTasks.reduce(0, +)) { task in
            if task < inputTasks {
                return addA(task * width..<min(inputs, (task + 1) * width), x: x, du: du, count: count)
            }
            var rest = task - inputTasks
            for (member, tasks) in zip(members, outputTasks) {
                if rest < tasks {
                    let range = rest * width..<min(member.update.b.rows, (rest + 1) * width)
                    return addB(range, of: member, gradients[member.layer], u: u, count: count)
                }
                rest -= tasks
            }
        }
    }

    /// Some columns of every dA.
    private func addA(_ range: Range<Int>, x: UnsafePointer<Float>, du: UnsafePointer<Float>, count: Int) {
        Scratch.withFloats(rank * range.count) { sums in
            RowProduct.multiply(
                rank, range.count, count, .transposed(du, rank), x + range.lowerBound, inputs, into: sums,
                stride: range.count)
            for member in members {
                let target = member.update.parameters.gradient(member.update.a) + range.lowerBound
                for row in 0..<member.update.rank {
                    VectorOperations.addOnThread(
                        sums + (member.offset + row) * range.count, to: target + row * inputs, count: range.count)
                }
            }
        }
    }

    /// Some rows of one dB; vectors run along them, so that its transpose is what is computed.
    private func addB(
        _ range: Range<Int>, of member: Member, _ dy: UnsafePointer<Float>, u: UnsafePointer<Float>, count: Int
    ) {
        let (update, inner) = (member.update, member.update.rank)
        Scratch.withFloats(inner * range.count) { sums in
            RowProduct.multiply(
                inner, range.count, count, .transposed(u + member.offset, rank), dy + range.lowerBound, update.b.rows,
                into: sums, stride: range.count, scale: update.scale)
            let target = update.parameters.gradient(update.b) + range.lowerBound * inner
            for row in 0..<range.count {
                for column in 0..<inner { target[row * inner + column] += sums[column * range.count + row] }
            }
        }
    }
}
