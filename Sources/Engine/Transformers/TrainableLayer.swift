import Architectures
import Autograd
import Checkpoints
import Tensors

/// One layer with the updates of an adapter, put together once for all passes.
final class TrainableLayer {
    private let architecture: DecoderArchitecture
    /// Queries, keys and values: one matrix where they are fused, three where not.
    private let attentionInputs: LinearGroup
    private let attentionOutput: LinearGroup
    /// Gate and up, likewise.
    private let gates: LinearGroup
    private let down: LinearGroup
    private let norms: [NormRole: WeightVector]
    private let attention: AttentionShape
    private let rope: RotaryEmbedding
    private let rotary: RotaryTables

    init(
        _ architecture: DecoderArchitecture, _ weights: LayerWeights, _ adapter: TrainableAdapter?,
        _ rotary: RotaryTables
    ) {
        self.architecture = architecture
        self.rotary = rotary
        rope = architecture.rope(ofLayer: weights.index)
        norms = weights.norms
        attentionInputs = weights.group(
            architecture.attention.isFused ? [.queryKeyValue] : [.query, .key, .value], adapter)
        attentionOutput = weights.group([.attentionOutput], adapter)
        gates = weights.group(architecture.feedForward.isFused ? [.up] : [.gate, .up], adapter)
        down = weights.group([.down], adapter)
        attention = AttentionShape(
            heads: architecture.attention.headCount, keyValueHeads: architecture.attention.keyValueHeadCount,
            headSize: architecture.attention.headSize, scale: architecture.attention.scale,
            softCap: architecture.attention.softCap, window: architecture.window(ofLayer: weights.index))
    }

    /// One layer, as ``DecoderArchitecture`` describes it.
    func forward(_ x: Activation, on tape: Tape, _ batch: TokenBatch) -> Activation {
        let attentionInput = normalize(x, .attention, tape, isRestorable: true)
        let heads = attend(attentionInput, tape, batch)
        tape.forget(attentionInput)
        var attended = tape.linear(heads, attentionOutput)[0]
        if architecture.hasPostNorms { attended = normalize(attended, .postAttention, tape) }
        let middle = tape.add(x, attended, scale: architecture.residualScale)
        let feedForwardInput = normalize(middle, .feedForward, tape, isRestorable: true)
        let inner = gate(feedForwardInput, tape)
        tape.forget(feedForwardInput)
        var fed = tape.linear(inner, down)[0]
        tape.forget(inner)
        if architecture.hasPostNorms { fed = normalize(fed, .postFeedForward, tape) }
        return tape.add(middle, fed, scale: architecture.residualScale)
    }

    private func attend(_ x: Activation, _ tape: Tape, _ batch: TokenBatch) -> Activation {
        let sizes = architecture.attention
        let parts = tape.linear(x, attentionInputs)
        var queries: ActivationColumns, keys: ActivationColumns, values: ActivationColumns
        if sizes.isFused {
            queries = ActivationColumns(parts[0], offset: 0, columns: sizes.queryWidth)
            keys = ActivationColumns(parts[0], offset: sizes.queryWidth, columns: sizes.keyValueWidth)
            values = ActivationColumns(
                parts[0], offset: sizes.queryWidth + sizes.keyValueWidth, columns: sizes.keyValueWidth)
        } else {
            queries = ActivationColumns(parts[0])
            keys = ActivationColumns(parts[1])
            values = ActivationColumns(parts[2])
            if sizes.hasQueryKeyNorm {
                queries = ActivationColumns(normalize(queries.activation, .query, tape))
                keys = ActivationColumns(normalize(keys.activation, .key, tape))
            }
        }
        return tape.attention(
            queries: queries, keys: keys, values: values, shape: attention, tree: batch.blocks,
            rotary: rotary.table(rope, longestPath: batch.tree.longestPath))
    }

    /// The inside of the feed-forward block: activation(gate · x) · (up · x).
    private func gate(_ x: Activation, _ tape: Tape) -> Activation {
        let size = architecture.feedForward.size
        let parts = tape.linear(x, gates)
        if architecture.feedForward.isFused {
            return tape.gated(
                gate: ActivationColumns(parts[0], offset: 0, columns: size),
                up: ActivationColumns(parts[0], offset: size, columns: size), architecture.feedForward.activation)
        }
        return tape.gated(
            gate: ActivationColumns(parts[0]), up: ActivationColumns(parts[1]), architecture.feedForward.activation)
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

/// A layer's pass over a batch; two references, as ``Recomputable`` asks.
struct LayerPass: Recomputable {
    let layer: TrainableLayer
    let batch: TokenBatch

    func forward(_ x: Activation, on tape: Tape) -> Activation { layer.forward(x, on: tape, batch) }
}
