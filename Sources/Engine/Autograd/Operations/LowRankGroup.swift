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
        /// Where its Bᵀ begins among those of all members.
        let turned: Int
    }

    let members: [Member]
    /// Of every layer its member, if it has an update.
    private let memberOfLayer: [Int?]
    /// Of all members together.
    let rank: Int
    let inputs: Int
    /// Floats of every B.
    private let turnedCount: Int
    /// Rows of a task, and columns of one.
    private static let rowBlock = 96
    private static let columnBlock = 64

    /// The updates of layers; nil if none of them has one.
    init?(_ layers: [LinearLayer]) {
        var members: [Member] = []
        var memberOfLayer: [Int?] = []
        var (rank, turned) = (0, 0)
        for (index, layer) in layers.enumerated() {
            memberOfLayer.append(layer.update == nil ? nil : members.count)
            guard let update = layer.update else { continue }
            members.append(Member(update: update, layer: index, offset: rank, turned: turned))
            rank += update.rank
            turned += update.b.count
        }
        guard let first = layers.first, rank > 0 else { return nil }
        self.members = members
        self.memberOfLayer = memberOfLayer
        self.rank = rank
        turnedCount = turned
        inputs = first.matrix.columns
    }

    /// u[count, rank] = x · Aᵀ; calls `body` with what is to be added to each layer's y: scale · u · Bᵀ.
    func forward(
        _ x: UnsafePointer<Float>, count: Int, into u: UnsafeMutablePointer<Float>, pool: ThreadPool,
        _ body: (_ termOfLayer: (Int) -> LowRankTerm?) -> Void
    ) {
        Scratch.withFloats(rank * inputs + turnedCount) { turnedA in
            let turnedB = turnedA + rank * inputs
            for member in members {
                let (a, b) = (member.update.a, member.update.b)
                RowProduct.transpose(
                    member.update.parameters.value(a), rows: a.rows, columns: a.columns, stride: a.columns,
                    into: turnedA + member.offset, stride: rank)
                RowProduct.transpose(
                    member.update.parameters.value(b), rows: b.rows, columns: b.columns, stride: b.columns,
                    into: turnedB + member.turned, stride: b.rows)
            }
            pool.run(count, blocksOf: LowRankGroup.rowBlock) { block in
                RowProduct.multiply(
                    block.count, rank, inputs, .plain(x + block.lowerBound * inputs, inputs), turnedA, rank,
                    into: u + block.lowerBound * rank, stride: rank)
            }
            body { layer in
                guard let index = memberOfLayer[layer] else { return nil }
                let member = members[index]
                return LowRankTerm(
                    u + member.offset, stride: rank, depth: member.update.rank, turnedB + member.turned,
                    stride: member.update.b.rows, scale: member.update.scale)
            }
        }
    }

    /// With du = scale · dy · B: dB += scale · dyᵀ · u, dA += duᵀ · x; then, if it is wanted, calls `body` with what is to
    /// be added to dx: du · A.
    ///
    /// - Parameters:
    ///   - gradients: dy of every layer that reads x.
    ///   - du: room for [count, rank].
    func backward(
        _ gradients: UnsafeMutableBufferPointer<UnsafeMutablePointer<Float>>, x: UnsafePointer<Float>,
        u: UnsafePointer<Float>, count: Int, du: UnsafeMutablePointer<Float>, pool: ThreadPool, wantsTerm: Bool,
        _ body: (LowRankTerm) -> Void
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
        guard wantsTerm else { return }
        Scratch.withFloats(rank * inputs) { stacked in
            for member in members {
                (stacked + member.offset * inputs).update(
                    from: member.update.parameters.value(member.update.a), count: member.update.a.count)
            }
            body(LowRankTerm(du, stride: rank, depth: rank, stacked, stride: inputs))
        }
    }

    /// Tasks are stretches of the columns of all gradients; each is a sum over all rows, in order.
    private func addParameterGradients(
        _ gradients: UnsafeMutableBufferPointer<UnsafeMutablePointer<Float>>, x: UnsafePointer<Float>,
        u: UnsafePointer<Float>, du: UnsafePointer<Float>, count: Int, pool: ThreadPool
    ) {
        let width = LowRankGroup.columnBlock
        func tasks(_ columns: Int) -> Int { (columns + width - 1) / width }
        let inputTasks = tasks(inputs)
        pool.run(members.reduce(inputTasks) { $0 + tasks($1.update.b.rows) }) { task in
            if task < inputTasks {
                return addA(task * width..<min(inputs, (task + 1) * width), x: x, du: du, count: count)
            }
            var rest = task - inputTasks
            for member in members {
                if rest < tasks(member.update.b.rows) {
                    let range = rest * width..<min(member.update.b.rows, (rest + 1) * width)
                    return addB(range, of: member, gradients[member.layer], u: u, count: count)
                }
                rest -= tasks(member.update.b.rows)
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
