#!/usr/bin/env python3
"""Writes a random model of 1.2 billion parameters as GGUF: the shape of Llama 3.2 1B, weights drawn from a seed.

Usage: make_model.py OUTPUT.gguf [--type F16|F32] [--seed 0]

The weights are normally distributed with a few large columns, as trained ones are; the vocabulary is made up (byte-level
BPE, 128,256 tokens). Needs numpy and gguf. Only one tensor is in memory at a time.
"""
import argparse

import gguf
import numpy as np

HIDDEN, LAYERS, FEED_FORWARD, HEADS, KEY_VALUE_HEADS, VOCABULARY = 2048, 16, 8192, 32, 8, 128256


def shapes():
    """Names and [rows, columns] of all tensors; norms have columns only."""
    key_value = HIDDEN // HEADS * KEY_VALUE_HEADS
    yield "token_embd.weight", (VOCABULARY, HIDDEN)
    for layer in range(LAYERS):
        for name, shape in [
            ("attn_norm", (HIDDEN,)), ("attn_q", (HIDDEN, HIDDEN)), ("attn_k", (key_value, HIDDEN)),
            ("attn_v", (key_value, HIDDEN)), ("attn_output", (HIDDEN, HIDDEN)), ("ffn_norm", (HIDDEN,)),
            ("ffn_gate", (FEED_FORWARD, HIDDEN)), ("ffn_up", (FEED_FORWARD, HIDDEN)), ("ffn_down", (HIDDEN, FEED_FORWARD)),
        ]:
            yield f"blk.{layer}.{name}.weight", shape
    yield "output_norm.weight", (HIDDEN,)


def weights(shape, kind, seed):
    if len(shape) == 1:
        return np.ones(shape, np.float32)
    random = np.random.default_rng(seed)
    values = random.standard_normal(shape, dtype=np.float32)
    values *= np.float32(0.02) * np.exp(np.float32(0.5) * random.standard_normal(shape[1], dtype=np.float32))
    return values.astype(kind)


def byte_alphabet():
    """GPT-2's printable characters for the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    other = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + index) for index in range(len(other))]


def vocabulary(count, seed):
    """Tokens and merges: each token joins two earlier ones."""
    random = np.random.default_rng(seed)
    tokens, merges = byte_alphabet(), []
    known = set(tokens)
    while len(tokens) < count:
        # The square favors early, short tokens.
        left, right = (tokens[int(len(tokens) * value * value)] for value in random.random(2))
        if len(left + right) > 16 or left + right in known:
            continue
        known.add(left + right)
        tokens.append(left + right)
        merges.append(f"{left} {right}")
    return tokens, merges


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("output")
    parser.add_argument("--type", choices=["F16", "F32"], default="F16")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    kind = {"F16": np.float16, "F32": np.float32}[arguments.type]
    writer = gguf.GGUFWriter(arguments.output, "llama")
    writer.add_name("random 1.2B")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16 if arguments.type == "F16" else gguf.LlamaFileType.ALL_F32)
    writer.add_block_count(LAYERS)
    writer.add_context_length(4096)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_VALUE_HEADS)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_rope_freq_base(500000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(VOCABULARY)
    special = 256
    tokens, merges = vocabulary(VOCABULARY - special, arguments.seed)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(tokens + [f"<|special_{index}|>" for index in range(special)])
    writer.add_token_types(
        [gguf.TokenType.NORMAL] * len(tokens) + [gguf.TokenType.CONTROL] * special)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(len(tokens))
    writer.add_eos_token_id(len(tokens) + 1)
    for name, shape in shapes():
        of_tensor = np.dtype(np.float32 if len(shape) == 1 else kind)
        writer.add_tensor_info(name, shape, of_tensor, int(np.prod(shape)) * of_tensor.itemsize)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for index, (_, shape) in enumerate(shapes()):
        writer.write_tensor_data(weights(shape, kind, [arguments.seed, index]))
    writer.close()


if __name__ == "__main__":
    main()
