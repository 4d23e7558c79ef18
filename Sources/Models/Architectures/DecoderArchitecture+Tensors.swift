/// The part that a matrix plays in a layer; the raw value is its name in GGUF.
public enum MatrixRole: String, Sendable, Hashable, CaseIterable {
    case query = "attn_q"
    case key = "attn_k"
    case value = "attn_v"
    /// Query, key and value in one; see ``DecoderArchitecture/Attention/isFused``.
    case queryKeyValue = "attn_qkv"
    case attentionOutput = "attn_output"
    case gate = "ffn_gate"
    /// Gate and up in one where ``DecoderArchitecture/FeedForward/isFused``.
    case up = "ffn_up"
    case down = "ffn_down"

    /// `blk.3.attn_q.weight`
    public func weightName(layer: Int) -> String { "blk.\(layer).\(rawValue).weight" }
    /// `blk.3.attn_q.bias`
    public func biasName(layer: Int) -> String { "blk.\(layer).\(rawValue).bias" }

    /// The role of the tensor of a name such as `blk.3.attn_q.weight`; nil for one that is no matrix of a layer.
    public init?(ofTensor name: String) {
        let parts = name.split(separator: ".")
        guard parts.count > 2, parts[0] == "blk" else { return nil }
        self.init(rawValue: String(parts[2]))
    }

    /// What a matrix of a layer reads. Matrices that read the same can be computed together.
    public enum Input: Sendable, Hashable {
        case attention, attended, feedForward, activated
    }

    public var input: Input {
        switch self {
        case .query, .key, .value, .queryKeyValue: .attention
        case .attentionOutput: .attended
        case .gate, .up: .feedForward
        case .down: .activated
        }
    }
}

/// The part that a norm's weights play in a layer; the raw value is its name in GGUF.
public enum NormRole: String, Sendable, Hashable, CaseIterable {
    case attention = "attn_norm"
    case query = "attn_q_norm"
    case key = "attn_k_norm"
    case postAttention = "post_attention_norm"
    case feedForward = "ffn_norm"
    case postFeedForward = "post_ffw_norm"

    /// `blk.3.attn_norm.weight`
    public func weightName(layer: Int) -> String { "blk.\(layer).\(rawValue).weight" }
}

/// A matrix that every layer has: `y[rows] = x[columns] · Wᵀ (+ bias)`.
public struct LayerMatrix: Sendable, Hashable {
    public var role: MatrixRole
    /// Outputs.
    public var rows: Int
    /// Inputs.
    public var columns: Int
    public var hasBias: Bool
}

extension DecoderArchitecture {
    /// The name of the embedding matrix `[vocabularySize, hiddenSize]`.
    public static let tokenEmbeddingName = "token_embd.weight"
    /// The name of the last norm's weights.
    public static let outputNormName = "output_norm.weight"

    /// The name of the matrix that makes logits: the embedding matrix where it is tied.
    public var outputName: String { isOutputTied ? DecoderArchitecture.tokenEmbeddingName : "output.weight" }

    /// The matrices of a layer, in the order in which a pass uses them.
    public var layerMatrices: [LayerMatrix] {
        let query = attention.queryWidth, keyValue = attention.keyValueWidth, bias = attention.hasInputBias
        var matrices: [LayerMatrix]
        if attention.isFused {
            matrices = [
                .init(role: .queryKeyValue, rows: query + 2 * keyValue, columns: hiddenSize, hasBias: bias)
            ]
        } else {
            matrices = [
                .init(role: .query, rows: query, columns: hiddenSize, hasBias: bias),
                .init(role: .key, rows: keyValue, columns: hiddenSize, hasBias: bias),
                .init(role: .value, rows: keyValue, columns: hiddenSize, hasBias: bias),
            ]
        }
        matrices.append(
            .init(role: .attentionOutput, rows: hiddenSize, columns: query, hasBias: attention.hasOutputBias))
        if !feedForward.isFused {
            matrices.append(.init(role: .gate, rows: feedForward.size, columns: hiddenSize, hasBias: false))
        }
        let upRows = feedForward.isFused ? 2 * feedForward.size : feedForward.size
        matrices.append(.init(role: .up, rows: upRows, columns: hiddenSize, hasBias: false))
        matrices.append(.init(role: .down, rows: hiddenSize, columns: feedForward.size, hasBias: false))
        return matrices
    }

    /// The norms of a layer, and how many weights each has.
    public var layerNorms: [(role: NormRole, count: Int)] {
        var norms: [(role: NormRole, count: Int)] = [(.attention, hiddenSize), (.feedForward, hiddenSize)]
        if attention.hasQueryKeyNorm { norms += [(.query, attention.headSize), (.key, attention.headSize)] }
        if hasPostNorms { norms += [(.postAttention, hiddenSize), (.postFeedForward, hiddenSize)] }
        return norms
    }

    /// Every tensor that a pass reads, with its dimensions in GGUF order (inputs first).
    public var requiredTensors: [(name: String, dimensions: [Int])] {
        var tensors: [(name: String, dimensions: [Int])] = [
            (DecoderArchitecture.tokenEmbeddingName, [hiddenSize, vocabularySize]),
            (DecoderArchitecture.outputNormName, [hiddenSize]),
        ]
        if !isOutputTied { tensors.append((outputName, [hiddenSize, vocabularySize])) }
        for layer in 0..<layerCount {
            for matrix in layerMatrices {
                tensors.append((matrix.role.weightName(layer: layer), [matrix.columns, matrix.rows]))
                if matrix.hasBias { tensors.append((matrix.role.biasName(layer: layer), [matrix.rows])) }
            }
            for norm in layerNorms { tensors.append((norm.role.weightName(layer: layer), [norm.count])) }
        }
        return tensors
    }
}
