import GGUF

/// What a tensor does in a model, as far as the choice of its type depends on it; read from its name.
enum TensorRole {
    case tokenEmbedding
    case output
    case attentionQuery
    case attentionKey
    /// The values, alone or fused with queries and keys: quantization hurts here most.
    case attentionValue
    case attentionOutput
    case feedForwardDown
    case other

    init(name: String) {
        if name == "output.weight" {
            self = .output
        } else if name == "token_embd.weight" || name == "per_layer_token_embd.weight" {
            self = .tokenEmbedding
        } else if ["attn_qkv.weight", "attn_kv_b.weight", "attn_v.weight"].contains(where: name.contains) {
            self = .attentionValue
        } else if name.contains("attn_k.weight") {
            self = .attentionKey
        } else if name.contains("attn_q.weight") {
            self = .attentionQuery
        } else if name.contains("attn_output.weight") {
            self = .attentionOutput
        } else if name.contains("ffn_down") {
            self = .feedForwardDown
        } else {
            self = .other
        }
    }

    /// Names, or parts of them, of weights that stay as they are: small, or too sensitive.
    private static let exempt = [
        "_norm.weight", "ffn_gate_inp.weight", "ffn_gate_tid2eid.weight", "altup", "laurel", "per_layer_model_proj",
        "ssm_conv1d", "shortconv.conv.weight", "indexer.k_proj.weight", "indexer.q_proj.weight",
        "time_mix_first.weight", "time_mix_w0.weight", "time_mix_w1.weight", "time_mix_w2.weight",
        "time_mix_v0.weight", "time_mix_v1.weight", "time_mix_v2.weight", "time_mix_a0.weight", "time_mix_a1.weight",
        "time_mix_a2.weight", "time_mix_g1.weight", "time_mix_g2.weight", "time_mix_decay_w1.weight",
        "time_mix_decay_w2.weight", "time_mix_lerp_fused.weight", "attn_rel_b.weight", ".position_embd",
        "sam.pos_embd", "sam.neck.", "sam.net_", ".rel_pos", ".patch_embd", ".patch_merger", "a.rvq.codebook",
        "mm.a.code_embd",
    ]

    /// Whether a tensor is a matrix of weights that may change its type.
    static func mayChangeType(_ tensor: GGUFTensorInfo) -> Bool {
        // Sizes of 1 at the end do not make a matrix.
        let isMatrix = tensor.dimensions.dropFirst().contains { $0 != 1 }
        return isMatrix && tensor.name.hasSuffix("weight") && !exempt.contains(where: tensor.name.contains)
            && tensor.name != "position_embd.weight" && tensor.name != "token_types.weight"
    }
}
