import Architectures
import Checkpoints
import Tensors

/// One pass of some rows, of one sequence or of many, through all layers.
///
/// ``DecoderArchitecture`` has the formulas. Norms, rotation, activations and frozen matrices use the kernels of the
/// training pass; attention and low-rank updates have products of their own, whose last bits depend neither on what was
/// cached nor on what is computed beside a row (`Documentation/Decisions/0011-two-attentions.md`).
struct ForwardPass {
    let architecture: DecoderArchitecture
    let weights: DecoderWeights
    let pool: ThreadPool
    let segments: [RowSegment]
    let workspace: Workspace
    private let observe: ((MatrixInput) -> Void)?
    private let rowCount: Int
    private let firstRows: [Int]
    private let positions: [Int32]
    /// Consecutive rows with the same adapter.
    private let adapted: [(rows: Range<Int>, adapter: LoadedAdapter)]

    /// - Parameters:
    ///   - workspace: has room for all rows of the segments.
    ///   - observe: is shown what the layers' matrices are multiplied with.
    init(
        architecture: DecoderArchitecture, weights: DecoderWeights, pool: ThreadPool, segments: [RowSegment],
        workspace: Workspace, observe: ((MatrixInput) -> Void)? = nil
    ) {
        self.architecture = architecture
        self.weights = weights
        self.pool = pool
        self.segments = segments
        self.workspace = workspace
        self.observe = observe
        var firstRows: [Int] = []
        var adapted: [(rows: Range<Int>, adapter: LoadedAdapter)] = []
        var row = 0
        for segment in segments {
            firstRows.append(row)
            let end = row + segment.rowCount
            if let adapter = segment.adapter {
                if let last = adapted.last, last.adapter === adapter, last.rows.upperBound == row {
                    adapted[adapted.count - 1].rows = last.rows.lowerBound..<end
                } else {
                    adapted.append((row..<end, adapter))
                }
            }
            row = end
        }
        self.firstRows = firstRows
        self.adapted = adapted
        rowCount = row
        positions = segments.flatMap(\.positions)
    }

    /// Runs the rows, stores their keys and values where the segments say, and returns the logits of the wanted rows,
    /// `[wanted, vocabulary]`.
    func run() -> [Float] {
        embed()
        let attention = CachedAttention(architecture.attention, segments: segments)
        for layer in 0..<architecture.layerCount {
            attend(layer, attention)
            feedForward(layer)
        }
        return logits()
    }

    private func embed() {
        let hidden = architecture.hiddenSize
        var row = 0
        for segment in segments {
            for token in segment.tokens {
                let target = workspace.stream + row * hidden
                weights.embedding.copyRow(Int(token), into: target)
                if let update = segment.adapter?.embedding { update.addRow(Int(token), to: target) }
                row += 1
            }
        }
        if architecture.embeddingScale != 1 {
            VectorOperations.scale(
                workspace.stream, by: architecture.embeddingScale, into: workspace.stream, count: rowCount * hidden)
        }
    }

    private func attend(_ layer: Int, _ attention: CachedAttention) {
        let parts = weights.layers[layer], shape = architecture.attention
        norm(.attention, layer, workspace.stream, into: workspace.normed)
        project(parts.query, .query, layer, workspace.normed, into: workspace.queries)
        project(parts.key, .key, layer, workspace.normed, into: workspace.keys)
        project(parts.value, .value, layer, workspace.normed, into: workspace.values)
        if shape.hasQueryKeyNorm {
            norm(.query, layer, workspace.queries, into: workspace.queries, rows: rowCount * shape.headCount)
            norm(.key, layer, workspace.keys, into: workspace.keys, rows: rowCount * shape.keyValueHeadCount)
        }
        let window = architecture.window(ofLayer: layer)
        rotate(isLocal: window != nil)
        store(layer)
        attention.run(
            layer: layer, window: window, queries: workspace.queries, into: workspace.attended, pool: pool)
        project(parts.attentionOutput, .attentionOutput, layer, workspace.attended, into: workspace.blockResult)
        add(.postAttention, layer)
    }

    private func rotate(isLocal: Bool) {
        let shape = architecture.attention
        positions.withUnsafeBufferPointer { positions in
            guard let positions = positions.baseAddress else { return }
            for (segment, first) in zip(segments, firstRows) {
                let table = isLocal ? segment.rope.local : segment.rope.global
                table.rotate(
                    workspace.queries + first * shape.queryWidth, rows: segment.rowCount, heads: shape.headCount,
                    headSize: shape.headSize, tokenPositions: positions + first, pool: pool)
                table.rotate(
                    workspace.keys + first * shape.keyValueWidth, rows: segment.rowCount,
                    heads: shape.keyValueHeadCount, headSize: shape.headSize, tokenPositions: positions + first,
                    pool: pool)
            }
        }
    }

    /// Puts the new keys and values where later tokens will find them.
    private func store(_ layer: Int) {
        let width = architecture.attention.keyValueWidth
        for (segment, first) in zip(segments, firstRows) {
            let chain = segment.chainCount * width, start = first * width
            let target = segment.targetOffset * width
            (segment.target.keys(layer: layer) + target).update(from: workspace.keys + start, count: chain)
            (segment.target.values(layer: layer) + target).update(from: workspace.values + start, count: chain)
            if let tree = segment.treeTarget {
                let count = segment.tree.tokenCount * width
                tree.keys(layer: layer).update(from: workspace.keys + start + chain, count: count)
                tree.values(layer: layer).update(from: workspace.values + start + chain, count: count)
            }
        }
    }

    private func feedForward(_ layer: Int) {
        let parts = weights.layers[layer]
        norm(.feedForward, layer, workspace.stream, into: workspace.normed)
        project(parts.gate, .gate, layer, workspace.normed, into: workspace.gate)
        project(parts.up, .up, layer, workspace.normed, into: workspace.up)
        architecture.feedForward.activation.forward(
            gate: workspace.gate, up: workspace.up, into: workspace.gate,
            count: rowCount * architecture.feedForward.size, pool: pool)
        project(parts.down, .down, layer, workspace.gate, into: workspace.blockResult)
        add(.postFeedForward, layer)
    }

    private func logits() -> [Float] {
        let hidden = architecture.hiddenSize, vocabulary = architecture.vocabularySize
        let wanted = zip(segments, firstRows).flatMap { segment, first in
            segment.wanted.map { (row: first + $0, adapter: segment.adapter) }
        }
        guard !wanted.isEmpty else { return [] }
        // The wanted rows move together; they ascend, so none is overwritten before it has moved.
        for (index, row) in wanted.enumerated() where index != row.row {
            (workspace.stream + index * hidden).update(from: workspace.stream + row.row * hidden, count: hidden)
        }
        weights.outputNorm.withUnsafeBufferPointer { weight in
            RootMeanSquareNorm.forward(
                workspace.stream, weight: weight.baseAddress, epsilon: architecture.normEpsilon, rows: wanted.count,
                columns: hidden, into: workspace.normed, pool: pool)
        }
        return [Float](unsafeUninitializedCapacity: wanted.count * vocabulary) { buffer, count in
            // There is at least one wanted row, so the buffer has a base.
            guard let logits = buffer.baseAddress else { return }
            weights.output.multiplyFast(workspace.normed, count: wanted.count, into: logits, pool: pool)
            for (index, row) in wanted.enumerated() {
                row.adapter?.output?.add(
                    workspace.normed + index * hidden, count: 1, to: logits + index * vocabulary, pool: pool)
            }
            count = wanted.count * vocabulary
            if architecture.logitScale != 1 {
                VectorOperations.scale(logits, by: architecture.logitScale, into: logits, count: count)
            }
            if let cap = architecture.logitSoftCap {
                VectorOperations.softCap(logits, count: count, cap: cap, pool: pool)
            }
        }
    }

    // MARK: Parts of a block

    /// - Parameter rows: how many vectors of the norm's length; the pass's rows unless heads are normalized.
    private func norm(
        _ role: NormRole, _ layer: Int, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
        rows: Int? = nil
    ) {
        guard let weight = weights.layers[layer].norms[role] else { return }
        weight.withUnsafeBufferPointer { buffer in
            RootMeanSquareNorm.forward(
                x, weight: buffer.baseAddress, epsilon: architecture.normEpsilon, rows: rows ?? rowCount,
                columns: weight.count, into: y, pool: pool)
        }
    }

    private func project(
        _ projection: DecoderWeights.Projection, _ role: MatrixRole, _ layer: Int, _ x: UnsafePointer<Float>,
        into y: UnsafeMutablePointer<Float>
    ) {
        let matrix = projection.matrix
        if let observe, let name = projection.storedName {
            let values = UnsafeBufferPointer(start: x, count: rowCount * matrix.columns)
            observe(MatrixInput(name: name, columns: matrix.columns, values: values))
        }
        matrix.multiplyFast(x, count: rowCount, into: y, pool: pool)
        projection.bias?.withUnsafeBufferPointer { bias in
            if let bias = bias.baseAddress {
                VectorOperations.addBias(bias, to: y, rows: rowCount, columns: matrix.rows, pool: pool)
            }
        }
        for (rows, adapter) in adapted {
            adapter.layers[layer][role]?.add(
                x + rows.lowerBound * matrix.columns, count: rows.count, to: y + rows.lowerBound * matrix.rows,
                pool: pool)
        }
    }

    /// Adds a block's result to the residual stream.
    private func add(_ postNorm: NormRole, _ layer: Int) {
        if architecture.hasPostNorms { norm(postNorm, layer, workspace.blockResult, into: workspace.blockResult) }
        VectorOperations.add(
            workspace.blockResult, scale: architecture.residualScale, to: workspace.stream,
            count: rowCount * architecture.hiddenSize, pool: pool)
    }
}

extension LowRankUpdate {
    /// `y[count, outputs] += scale · (x[count, inputs] · Aᵀ) · Bᵀ`
    func add(_ x: UnsafePointer<Float>, count: Int, to y: UnsafeMutablePointer<Float>, pool: ThreadPool) {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                guard let a = a.baseAddress, let b = b.baseAddress else { return }
                pool.run(count, blocksOf: 64) { block in
                    Scratch.withFloats(block.count * rank) { inner in
                        OrderedProduct.dots(
                            block.count, rank, inputs, x + block.lowerBound * inputs, inputs, a, inputs, into: inner,
                            stride: rank, scale: scale)
                        OrderedProduct.sums(
                            block.count, outputs, rank, inner, rank, b, outputs,
                            into: y + block.lowerBound * outputs, stride: outputs, keeps: true)
                    }
                }
            }
        }
    }

    /// `y[inputs] += scale · B[row] · A`: the update of one row of the matrix itself, an embedding.
    func addRow(_ row: Int, to y: UnsafeMutablePointer<Float>) {
        for component in 0..<rank {
            let weight = scale * b[component * outputs + row]
            for column in 0..<inputs { y[column] += weight * a[component * inputs + column] }
        }
    }
}
