public import Adapters
public import Architectures
public import Autograd
import Checkpoints
public import Storage

/// The low-rank updates of a model's matrices while they are trained.
public final class TrainableAdapter {
    public let parameters: ParameterSet
    public let alpha: Float
    private let updates: [String: LowRankUpdate]

    /// Updates of one rank for the named matrices of every layer; A uniform in ±1/√inputs, B zero, as PEFT does.
    ///
    /// - Parameter targets: names as in GGUF (`attn_q`), or nil for every matrix of a layer.
    /// - Throws: ``TransformerError`` for a name that the architecture does not have.
    public convenience init(
        architecture: DecoderArchitecture, rank: Int, alpha: Float, targets: [String]? = nil,
        generator: inout some RandomNumberGenerator
    ) throws {
        let known = architecture.layerMatrices.map(\.role.rawValue)
        if let unknown = targets?.first(where: { !known.contains($0) }) {
            throw TransformerError(
                "target \(unknown): not a matrix of architecture \(architecture.name), "
                    + "expected some of \(known.joined(separator: ", "))")
        }
        let scale = LowRankAdapter.scale(alpha: alpha, rank: rank)
        self.init(
            architecture.updatableMatrices.filter { matrix in targets?.contains { matrix.name.hasSuffix($0) } ?? true }
                .map {
                    UpdateShape(
                        tensor: $0.name + ".weight", inputs: $0.inputs, outputs: $0.outputs, rank: rank, scale: scale)
                },
            alpha: alpha, generator: &generator)
    }

    /// Updates of these shapes; A uniform in ±1/√inputs, B zero, as PEFT does.
    ///
    /// - Parameter alpha: what the adapter's file calls its alpha; scales are those of the shapes.
    public convenience init(
        _ shapes: [UpdateShape], alpha: Float, generator: inout some RandomNumberGenerator
    ) {
        self.init(shapes, alpha: alpha)
        for entry in parameters.entries where entry.name.hasSuffix(".lora_a") {
            let bound = 1 / Float(entry.columns).squareRoot()
            let values = parameters.value(entry)
            for i in 0..<entry.count { values[i] = Float.random(in: -bound...bound, using: &generator) }
        }
    }

    /// Goes on from an adapter, in its own shapes.
    ///
    /// - Throws: ``TransformerError`` for a matrix that the architecture does not have, or one of another shape.
    public convenience init(_ adapter: LowRankAdapter, architecture: DecoderArchitecture) throws {
        let required = Dictionary(uniqueKeysWithValues: architecture.requiredTensors.map { ($0.name, $0.dimensions) })
        let shapes = try adapter.tensors.sorted { $0.key < $1.key }.map { name, pair in
            guard required[name] == [pair.inputs, pair.outputs], name.hasPrefix("blk.") else {
                throw TransformerError(
                    "adapter: \(name): not a matrix of this shape in the base, expected \(required[name] ?? [])")
            }
            return UpdateShape(
                tensor: name, inputs: pair.inputs, outputs: pair.outputs, rank: pair.rank, scale: pair.scale)
        }
        self.init(shapes, alpha: adapter.alpha)
        try load(adapter, name: "adapter")
    }

    /// Begins with an adapter's numbers; matrices that it does not change keep theirs.
    ///
    /// Where it has another scale, the ratio goes into B.
    ///
    /// - Parameter name: what messages call the adapter, its path for one.
    /// - Returns: How many matrices the adapter does not change.
    /// - Throws: ``TransformerError`` for a matrix that is not trained, or one of another rank or shape.
    @discardableResult
    public func load(_ adapter: LowRankAdapter, name: String) throws -> Int {
        for (tensor, pair) in adapter.tensors.sorted(by: { $0.key < $1.key }) {
            guard let update = updates[tensor] else {
                throw TransformerError(
                    "\(name): changes \(tensor), which the recipe does not train, expected some of its targets")
            }
            let (rank, inputs, outputs) = (update.rank, update.a.columns, update.b.rows)
            guard pair.rank == rank, pair.inputs == inputs, pair.outputs == outputs else {
                throw TransformerError(
                    "\(name): \(tensor): rank \(pair.rank) from \(pair.inputs) to \(pair.outputs), "
                        + "expected rank \(rank) from \(inputs) to \(outputs) as the recipe and the base have it")
            }
        }
        for (tensor, pair) in adapter.tensors {
            guard let update = updates[tensor] else { continue }
            let ratio = pair.scale / update.scale
            parameters.value(update.a).update(from: pair.a, count: pair.a.count)
            // A last digit lost in alpha is no reason to touch the numbers.
            let b = abs(ratio - 1) > 1e-6 ? pair.b.map { $0 * ratio } : pair.b
            parameters.value(update.b).update(from: b, count: b.count)
        }
        return updates.count - adapter.tensors.count
    }

    private init(_ shapes: [UpdateShape], alpha: Float) {
        self.alpha = alpha
        let parameters = ParameterSet(
            shapes.flatMap { shape in
                [
                    (shape.tensor + ".lora_a", shape.rank, shape.inputs),
                    (shape.tensor + ".lora_b", shape.outputs, shape.rank),
                ]
            })
        self.parameters = parameters
        updates = Dictionary(
            uniqueKeysWithValues: shapes.enumerated().map { index, shape in
                let (a, b) = (parameters.entries[2 * index], parameters.entries[2 * index + 1])
                return (shape.tensor, LowRankUpdate(parameters: parameters, a: a, b: b, scale: shape.scale))
            })
    }

    /// The update of a matrix, if it has one.
    public func update(of name: String) -> LowRankUpdate? { updates[name] }

    /// The inner sizes of the updates of a layer, added up over matrices that read the same input, by which
    /// ``PassMemory`` counts; of the layer that has the most.
    public var ranksOfLayer: [Int] {
        let layers = Dictionary(grouping: updates) { $0.key.split(separator: ".").dropFirst().first ?? "" }
        return layers.values.map { updates in
            Dictionary(grouping: updates) { MatrixRole(ofTensor: $0.key)?.input }.values
                .map { $0.reduce(0) { $0 + $1.value.rank } }.sorted()
        }.max { $0.reduce(0, +) < $1.reduce(0, +) } ?? []
    }

    /// Σ rank · (inputs + outputs) of all updates: the multiplications that they cost a token.
    public var updateSize: Double {
        updates.values.reduce(0) { $0 + Double($1.rank) * Double($1.a.columns + $1.b.rows) }
    }

    /// The adapter as it is now, to be written.
    public func adapter(architecture: DecoderArchitecture, baseDigest: ContentDigest?) throws -> LowRankAdapter {
        LowRankAdapter(
            architecture: architecture.name,
            alpha: LowRankAdapter.commonAlpha(updates.values.map { ($0.rank, $0.scale) }, preferred: alpha),
            baseDigest: baseDigest,
            tensors: try updates.mapValues { update in
                try LowRankPair(
                    rank: update.rank, inputs: update.a.columns, outputs: update.b.rows, a: parameters.array(update.a),
                    b: parameters.array(update.b), scale: update.scale)
            })
    }
}

extension DecoderArchitecture {
    /// The matrices that an adapter may change, in the order in which a pass uses them: name without `.weight`, columns
    /// and rows.
    public var updatableMatrices: [(name: String, inputs: Int, outputs: Int)] {
        (0..<layerCount).flatMap { layer in
            layerMatrices.map { ("blk.\(layer).\($0.role.rawValue)", $0.columns, $0.rows) }
        }
    }
}
