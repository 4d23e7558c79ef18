public import Adapters
public import Autograd
public import Checkpoints
public import Storage

/// The low-rank updates of a model's matrices while they are trained.
public final class TrainableAdapter {
    public let parameters: ParameterSet
    public let rank: Int
    public let alpha: Float
    private let updates: [String: LowRankUpdate]

    /// Updates of rank `rank` for the named matrices of every layer; A uniform in ±1/√inputs, B zero, as PEFT does.
    ///
    /// - Parameter targets: names as in GGUF (`attn_q`), or nil for every matrix of a layer.
    /// - Throws: ``TransformerError`` for a name that the architecture does not have.
    public convenience init(
        architecture: DecoderArchitecture, rank: Int, alpha: Float, targets: [String]? = nil,
        generator: inout some RandomNumberGenerator
    ) throws {
        let matrices = architecture.layerMatrices
        let known = matrices.map(\.role.rawValue)
        if let unknown = targets?.first(where: { !known.contains($0) }) {
            throw TransformerError(
                "target \(unknown): not a matrix of architecture \(architecture.name), "
                    + "expected some of \(known.joined(separator: ", "))")
        }
        let chosen = matrices.filter { targets?.contains($0.role.rawValue) ?? true }
        self.init(
            rank: rank, alpha: alpha,
            shapes: (0..<architecture.layerCount).flatMap { layer in
                chosen.map { ($0.role.weightName(layer: layer), $0.columns, $0.rows) }
            })
        for entry in parameters.entries where entry.name.hasSuffix(".lora_a") {
            let bound = 1 / Float(entry.columns).squareRoot()
            let values = parameters.value(entry)
            for i in 0..<entry.count { values[i] = Float.random(in: -bound...bound, using: &generator) }
        }
    }

    /// Goes on from an adapter.
    ///
    /// - Throws: ``TransformerError`` for pairs of unequal rank, a matrix that the architecture does not have, or one
    ///   of another shape.
    public convenience init(_ adapter: LowRankAdapter, architecture: DecoderArchitecture) throws {
        let names = adapter.tensors.keys.sorted()
        let ranks = Set(adapter.tensors.values.map(\.rank))
        guard let rank = ranks.first, ranks.count == 1 else {
            throw TransformerError("adapter: pairs of ranks \(ranks.sorted()), expected one rank")
        }
        var shapes: [(String, Int, Int)] = []
        let required = Dictionary(uniqueKeysWithValues: architecture.requiredTensors.map { ($0.name, $0.dimensions) })
        for name in names {
            guard let pair = adapter.tensors[name], required[name] == [pair.inputs, pair.outputs],
                name.hasPrefix("blk.")
            else {
                throw TransformerError(
                    "adapter: \(name): not a matrix of this shape in the base, expected \(required[name] ?? [])")
            }
            shapes.append((name, pair.inputs, pair.outputs))
        }
        self.init(rank: rank, alpha: adapter.alpha, shapes: shapes)
        for name in names {
            guard let pair = adapter.tensors[name], let update = updates[name] else { continue }
            parameters.value(update.a).update(from: pair.a, count: pair.a.count)
            parameters.value(update.b).update(from: pair.b, count: pair.b.count)
        }
    }

    private init(rank: Int, alpha: Float, shapes: [(name: String, inputs: Int, outputs: Int)]) {
        self.rank = rank
        self.alpha = alpha
        let parameters = ParameterSet(
            shapes.flatMap { shape in
                [(shape.name + ".lora_a", rank, shape.inputs), (shape.name + ".lora_b", shape.outputs, rank)]
            })
        self.parameters = parameters
        let scale = LowRankAdapter.scale(alpha: alpha, rank: rank)
        updates = Dictionary(
            uniqueKeysWithValues: shapes.enumerated().map { index, shape in
                let (a, b) = (parameters.entries[2 * index], parameters.entries[2 * index + 1])
                return (shape.name, LowRankUpdate(parameters: parameters, a: a, b: b, scale: scale))
            })
    }

    /// The update of a matrix, if it has one.
    public func update(of name: String) -> LowRankUpdate? { updates[name] }

    /// The inner sizes of the updates of a layer, added up over matrices that read the same input, by which
    /// ``PassMemory`` counts; of the layer that has the most.
    public var ranksOfLayer: [Int] {
        let layers = Dictionary(grouping: updates) { $0.key.split(separator: ".").dropFirst().first ?? "" }
        return layers.values.map { updates in
            Dictionary(grouping: updates) { TrainableAdapter.input(of: $0.key) }.values
                .map { $0.reduce(0) { $0 + $1.value.rank } }.sorted()
        }.max { $0.reduce(0, +) < $1.reduce(0, +) } ?? []
    }

    /// What a matrix reads, as a word: queries, keys and values read the same, and so do gate and up.
    private static func input(of name: String) -> String {
        let matrix = name.split(separator: ".").dropFirst(2).first.map(String.init) ?? name
        switch matrix {
        case "attn_q", "attn_k", "attn_v": return "attention"
        case "ffn_gate", "ffn_up": return "feed-forward"
        default: return matrix
        }
    }

    /// Σ rank · (inputs + outputs) of all updates: the multiplications that they cost a token.
    public var updateSize: Double {
        updates.values.reduce(0) { $0 + Double($1.rank) * Double($1.a.columns + $1.b.rows) }
    }

    /// The adapter as it is now, to be written.
    public func adapter(architecture: DecoderArchitecture, baseDigest: ContentDigest?) throws -> LowRankAdapter {
        LowRankAdapter(
            architecture: architecture.name, alpha: alpha, baseDigest: baseDigest,
            tensors: try updates.mapValues { update in
                try LowRankPair(
                    rank: rank, inputs: update.a.columns, outputs: update.b.rows, a: parameters.array(update.a),
                    b: parameters.array(update.b), scale: update.scale)
            })
    }
}
