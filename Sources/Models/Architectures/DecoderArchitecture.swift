public import Tensors

/// What a decoder-only transformer is made of: sizes, norms, rope, attention, feed-forward, scaling, tying.
///
/// The value is read once from a GGUF file; the training pass and the inference pass both follow it and nothing else,
/// so that what is trained is what is served. One layer, with `x` the residual stream of `hiddenSize` numbers:
///
///     h = rmsNorm(x, attn_norm)
///     q, k, v = h · Wᵀ (+ bias); q, k = rmsNorm per head if hasQueryKeyNorm; q, k = rope(q, k)
///     o = attention(q, k, v) · attn_outputᵀ (+ bias); o = rmsNorm(o, post_attention_norm) if hasPostNorms
///     x = x + residualScale · o
///     h = rmsNorm(x, ffn_norm)
///     o = (activation(h · gateᵀ) ⊙ (h · upᵀ)) · downᵀ; o = rmsNorm(o, post_ffw_norm) if hasPostNorms
///     x = x + residualScale · o
///
/// Before the layers `x = embeddingScale · token_embd[id]`; after them
/// `logits = cap(logitScale · rmsNorm(x, output_norm) · outputᵀ)` with `cap(y) = c · tanh(y / c)`.
public struct DecoderArchitecture: Sendable, Hashable {
    /// The name in `general.architecture`.
    public var name: String
    public var layerCount: Int
    /// The width of the residual stream.
    public var hiddenSize: Int
    /// Rows of `token_embd.weight`, which is the number of logits.
    public var vocabularySize: Int
    /// The longest sequence that the model was made for, tokens.
    public var contextLength: Int
    public var attention: Attention
    public var feedForward: FeedForward
    /// Rotary embedding of the layers that see everything (of all layers where none is local).
    public var rope: RotaryEmbedding
    /// Rotary embedding of the layers with a sliding window, where it is another one.
    public var localRope: RotaryEmbedding?
    /// Added to the mean square in every norm.
    public var normEpsilon: Float
    /// Whether a norm follows attention and feed-forward, too, before the residual addition.
    public var hasPostNorms: Bool
    /// What token embeddings are multiplied with.
    public var embeddingScale: Float
    /// What each block's result is multiplied with before it is added to the residual stream.
    public var residualScale: Float
    /// What logits are multiplied with, before capping.
    public var logitScale: Float
    /// The bound of `c · tanh(logit / c)`, where logits are capped.
    public var logitSoftCap: Float?
    /// Whether `token_embd.weight` is the output matrix as well.
    public var isOutputTied: Bool

    /// How a layer attends.
    public struct Attention: Sendable, Hashable {
        /// Query heads.
        public var headCount: Int
        /// Key and value heads; query head `h` reads key head `h / (headCount / keyValueHeadCount)`.
        public var keyValueHeadCount: Int
        /// The length of one query, key or value vector.
        public var headSize: Int
        /// What scores `q · k` are multiplied with.
        public var scale: Float
        /// Whether query, key and value are one matrix, `attn_qkv`, with their rows in that order.
        public var isFused: Bool
        /// Whether query, key and value have a bias.
        public var hasInputBias: Bool
        /// Whether the output projection has a bias.
        public var hasOutputBias: Bool
        /// Whether queries and keys are normalized per head before rope.
        public var hasQueryKeyNorm: Bool
        /// The bound of `c · tanh(score / c)`, where scores are capped.
        public var softCap: Float?
        public var window: SlidingWindow?

        /// Numbers in all queries of one token.
        public var queryWidth: Int { headCount * headSize }
        /// Numbers in all keys (or all values) of one token.
        public var keyValueWidth: Int { keyValueHeadCount * headSize }
    }

    /// Which layers see only the nearest tokens.
    public struct SlidingWindow: Sendable, Hashable {
        /// Tokens a token sees, itself among them.
        public var size: Int
        /// One entry a layer.
        public var isLocal: [Bool]
    }

    /// The gated block after attention.
    public struct FeedForward: Sendable, Hashable {
        /// The inner width.
        public var size: Int
        public var activation: GatedActivation
        /// Whether gate and up are one matrix, `ffn_up`, the gate's rows first.
        public var isFused: Bool
    }

    /// How many tokens back a layer sees, itself among them; nil where it sees all.
    public func window(ofLayer layer: Int) -> Int? {
        attention.window.flatMap { $0.isLocal[layer] ? $0.size : nil }
    }

    /// The rotary embedding that a layer uses.
    public func rope(ofLayer layer: Int) -> RotaryEmbedding {
        window(ofLayer: layer) == nil ? rope : localRope ?? rope
    }
}
