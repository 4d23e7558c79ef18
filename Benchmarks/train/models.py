"""Random-weight llamas of a given shape, seeded: as GGUF, and as a Hugging Face folder of the same weights.

The tokenizer is that of the bundled base; its vocabulary is filled up with tokens that no text has, so that the
output layer has its full size.
"""

import dataclasses
import json
import subprocess

import gguf
import numpy

import conversations
from places import BINARIES, BUNDLED, WORK, shown


@dataclasses.dataclass(frozen=True)
class Shape:
    name: str
    width: int
    layers: int
    heads: int
    key_value_heads: int
    feed_forward: int
    vocabulary: int

    def tensors(self):
        """Names as in GGUF and Hugging Face, with rows and columns; norms have no rows."""
        head = self.width // self.heads
        narrow = self.key_value_heads * head
        yield "token_embd.weight", "model.embed_tokens.weight", (self.vocabulary, self.width)
        yield "output_norm.weight", "model.norm.weight", (self.width,)
        for layer in range(self.layers):
            for ours, theirs, size in (
                ("attn_norm", "input_layernorm", (self.width,)),
                ("attn_q", "self_attn.q_proj", (self.width, self.width)),
                ("attn_k", "self_attn.k_proj", (narrow, self.width)),
                ("attn_v", "self_attn.v_proj", (narrow, self.width)),
                ("attn_output", "self_attn.o_proj", (self.width, self.width)),
                ("ffn_norm", "post_attention_layernorm", (self.width,)),
                ("ffn_gate", "mlp.gate_proj", (self.feed_forward, self.width)),
                ("ffn_up", "mlp.up_proj", (self.feed_forward, self.width)),
                ("ffn_down", "mlp.down_proj", (self.width, self.feed_forward)),
            ):
                yield f"blk.{layer}.{ours}.weight", f"model.layers.{layer}.{theirs}.weight", size


SMALL = Shape("llama-135m", 576, 30, 9, 3, 1536, 49152)
LARGE = Shape("llama-1.2b", 2048, 16, 32, 8, 8192, 128256)


def small():
    """The 135M llama: the path of its Q8_0 file, and of the folder for transformers."""
    model, folder = WORK / "llama-135m-q8_0.gguf", WORK / "llama-135m-hf"
    if not model.exists() or not (folder / "model.safetensors").exists():
        folder.mkdir(parents=True, exist_ok=True)
        weights = write(SMALL, gguf.GGMLQuantizationType.Q8_0, model)
        write_folder(SMALL, weights, folder)
    return model, folder


def large():
    """The 1.2B llama, made Q4_K_M by retort-quantize from a random F16 that is then removed."""
    model, source = WORK / "llama-1.2b-q4_k_m.gguf", WORK / "llama-1.2b-f16.gguf"
    if not model.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        if not source.exists():
            write(LARGE, gguf.GGMLQuantizationType.F16, source, keep=False)
        command = [BINARIES / "retort-quantize", source, model, "Q4_K_M"]
        print(shown(command), flush=True)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        source.unlink()
    return model


def write(shape, kind, path, keep=True):
    """Writes the GGUF and returns the numbers that it holds, by the names of Hugging Face."""
    writer = gguf.GGUFWriter(path.with_suffix(".part"), "llama")
    describe(writer, shape, kind)
    types = {}
    for name, _, size in shape.tensors():
        types[name] = kind if len(size) == 2 else gguf.GGMLQuantizationType.F32
        bytes_per_row = size[-1] // gguf.GGML_QUANT_SIZES[types[name]][0] * gguf.GGML_QUANT_SIZES[types[name]][1]
        shown_size = size[:-1] + (bytes_per_row,) if types[name] == gguf.GGMLQuantizationType.Q8_0 else size
        of = {gguf.GGMLQuantizationType.Q8_0: numpy.uint8, gguf.GGMLQuantizationType.F16: numpy.float16}
        dtype = numpy.dtype(of.get(types[name], numpy.float32))
        count = int(numpy.prod(size[:-1], dtype=numpy.int64)) * bytes_per_row
        writer.add_tensor_info(name, shown_size, dtype, count, raw_dtype=types[name])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    generator = numpy.random.default_rng(1)
    weights = {}
    for name, theirs, size in shape.tensors():
        if len(size) == 1:
            numbers = numpy.ones(size, numpy.float32)
        else:
            numbers = generator.standard_normal(size, numpy.float32)
            numbers *= 0.02
        packed = gguf.quants.quantize(numbers, types[name])
        writer.write_tensor_data(packed)
        if keep:
            numbers = gguf.quants.dequantize(packed, types[name]).reshape(size)
            if "attn_q" in name or "attn_k" in name:
                numbers = unpermuted(numbers, shape.heads if "attn_q" in name else shape.key_value_heads)
            weights[theirs] = numbers
    writer.close()
    path.with_suffix(".part").rename(path)
    return weights


def unpermuted(numbers, heads):
    """From GGUF's order of rows in a head, pairs side by side, to Hugging Face's, pairs half a head apart."""
    rows, columns = numbers.shape
    return numpy.ascontiguousarray(
        numbers.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns))


def describe(writer, shape, kind):
    fields = gguf.GGUFReader(BUNDLED).fields
    writer.add_name(shape.name)
    writer.add_context_length(2048)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.key_value_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(7 if kind == gguf.GGMLQuantizationType.Q8_0 else 1)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(fields["tokenizer.ggml.pre"].contents())
    tokens = fields["tokenizer.ggml.tokens"].contents()
    filling = [f"<|unused_{index}|>" for index in range(shape.vocabulary - len(tokens))]
    writer.add_token_list(tokens + filling)
    kinds = fields["tokenizer.ggml.token_type"].contents()
    writer.add_token_types(list(kinds) + [gguf.TokenType.UNUSED] * len(filling))
    writer.add_token_merges(fields["tokenizer.ggml.merges"].contents())
    writer.add_bos_token_id(fields["tokenizer.ggml.bos_token_id"].contents())
    writer.add_eos_token_id(fields["tokenizer.ggml.eos_token_id"].contents())
    writer.add_add_bos_token(False)
    writer.add_chat_template(conversations.TEMPLATE)


def write_folder(shape, weights, folder):
    import safetensors.numpy

    safetensors.numpy.save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": shape.width,
        "num_hidden_layers": shape.layers, "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.key_value_heads, "intermediate_size": shape.feed_forward,
        "vocab_size": shape.vocabulary, "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "max_position_embeddings": 2048, "tie_word_embeddings": True, "torch_dtype": "float32",
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1))
