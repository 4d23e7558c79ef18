import Autograd
import Checkpoints
import Tensors

/// The frozen weights of one layer.
struct TrainableLayer {
    private let index: Int
    private let architecture: DecoderArchitecture
    private let matrices: [MatrixRole: (matrix: FrozenMatrix, bias: [Float]?)]
    private let norms: [NormRole: [Float]]
    private let attention: AttentionShape

    init(_ checkpoint: Checkpoint, layer: Int) throws {
        let architecture = checkpoint.architecture
        var matrices: [MatrixRole: (matrix: FrozenMatrix, bias: [Float]?)] = [:]
        for matrix in architecture.layerMatrices {
            matrices[matrix.role] = (
                try checkpoint.matrix(matrix.role.weightName(layer: layer)),
                matrix.hasBias ? try checkpoint.vector(matrix.role.biasName(layer: layer)) : nil
            )
        }
        var norms: [NormRole: [Float]] = [:]
        for norm in architecture.layerNorms {
            norms[norm.role] = try checkpoint.vector(norm.role.weightName(layer: layer))
        }
        index = layer
        self.architecture = architecture
        self.matrices = matrices
        self.norms = norms
        attention = AttentionShape(
            heads: architecture.attention.headCount, keyValueHeads: architecture.attention.keyValueHeadCount,
            headSize: architecture.attention.headSize, scale: architecture.attention.scale,
            softCap: architecture.attention.softCap, window: architecture.window(ofLayer: layer))
    }

    /// One layer, as ``DecoderArchitecture`` describes it.
    func forward(_ x: Activation, on tape: Tape, _ batch: TokenBatch, rotary: RotaryTable, adapter: TrainableAdapter?)
        -> Activation
    {
        let attentionInput = normalize(x, .attention, tape, isRestorable: true)
        let heads = attend(attentionInput, tape, batch, rotary, adapter)
        tape.forget(attentionInput)
        var attended = linear(heads, .attentionOutput, tape, adapter)
        if architecture.hasPostNorms { attended = normalize(attended, .postAttention, tape) }
        let middle = tape.add(x, attended, scale: architecture.residualScale)
        let feedForwardInput = normalize(middle, .feedForward, tape, isRestorable: true)
        let inner = gate(feedForwardInput, tape, adapter)
        tape.forget(feedForwardInput)
        var fed = linear(inner, .down, tape, adapter)
        tape.forget(inner)
        if architecture.hasPostNorms { fed = normalize(fed, .postFeedForward, tape) }
        return tape.add(middle, fed, scale: architecture.residualScale)
    }

    private func attend(
        _ x: Activation, _ tape: Tape, _ batch: TokenBatch, _ rotary: RotaryTable, _ adapter: TrainableAdapter?
    ) -> Activation {
        let sizes = architecture.attention
        var queries: ActivationColumns, keys: ActivationColumns, values: ActivationColumns
        if sizes.isFused {
            let all = linear(x, .queryKeyValue, tape, adapter)
            queries = ActivationColumns(all, offset: 0, columns: sizes.queryWidth)
            keys = ActivationColumns(all, offset: sizes.queryWidth, columns: sizes.keyValueWidth)
            values = ActivationColumns(
                all, offset: sizes.queryWidth + sizes.keyValueWidth, columns: sizes.keyValueWidth)
        } else {
            let parts = tape.linear(x, [.query, .key, .value].map { layer($0, adapter) })
            queries = ActivationColumns(parts[0])
            keys = ActivationColumns(parts[1])
            values = ActivationColumns(parts[2])
            if sizes.hasQueryKeyNorm {
                queries = ActivationColumns(normalize(queries.activation, .query, tape))
                keys = ActivationColumns(normalize(keys.activation, .key, tape))
            }
        }
        return tape.attention(
            queries: queries, keys: keys, values: values, shape: attention, tree: batch.tree, rotary: rotary,
            positions: batch.positions)
    }

    /// The inside of the feed-forward block: activation(gate · x) · (up · x).
    private func gate(_ x: Activation, _ tape: Tape, _ adapter: TrainableAdapter?) -> Activation {
        let size = architecture.feedForward.size
        if architecture.feedForward.isFused {
            let both = linear(x, .up, tape, adapter)
            return tape.gated(
                gate: ActivationColumns(both, offset: 0, columns: size),
                up: ActivationColumns(both, offset: size, columns: size), architecture.feedForward.activation)
        }
        let parts = tape.linear(x, [.gate, .up].map { layer($0, adapter) })
        return tape.gated(
            gate: ActivationColumns(parts[0]), up: ActivationColumns(parts[1]), architecture.feedForward.activation)
    }

    private func linear(_ x: Activation, _ role: MatrixRole, _ tape: Tape, _ adapter: TrainableAdapter?) -> Activation {
        tape.linear(x, [layer(role, adapter)])[0]
    }

    private func layer(_ role: MatrixRole, _ adapter: TrainableAdapter?) -> LinearLayer {
        guard let (matrix, bias) = matrices[role] else {
            preconditionFailure("the initializer read every matrix of the architecture")
        }
        return LinearLayer(matrix, bias: bias, update: adapter?.update(of: role.weightName(layer: index)))
    }

    private func normalize(
        _ x: Activation, _ role: NormRole, _ tape: Tape, isRestorable: Bool = false
    ) -> Activation {
        guard let weight = norms[role] else {
            preconditionFailure("the initializer read every norm of the architecture")
        }
        return tape.norm(x, weight: weight, epsilon: architecture.normEpsilon, isRestorable: isRestorable)
    }
}
