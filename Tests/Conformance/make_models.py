#!/usr/bin/env python3
"""Tiny models with random weights, from transformers by way of llama.cpp's converter, and transformers' logits.

    Tests/Conformance/make_models.py --llama-cpp CHECKOUT --output FOLDER [--only NAME,NAME]

For variants of the supported architectures that real models have, `NAME.gguf` (F32) and `NAME.json`: prompts as token
ids, and the logits of transformers (float32, eager attention) at every position, base64 of little-endian floats.
`Tests/InferenceTests` and `Tests/TrainingTests` read those of `Tests/Conformance/Models`, made by

    Tests/Conformance/make_models.py --llama-cpp CHECKOUT --output Tests/Conformance/Models --only COMMITTED

The weights are random numbers and the vocabularies are trained on this project's own documents, so that the files bear
no licence but the project's. Needs: torch, transformers, tokenizers, sentencepiece, and a checkout of llama.cpp.
"""

import argparse
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy
import torch
import transformers as T

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
VOCABULARY = 384
CONTEXT = 256
CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")
# What runs the converter with the name of the pre-tokenizer given: it knows only published vocabularies.
CONVERT = """
import runpy, sys
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/gguf-py"]
from conversion import base
base.TextModel.get_vocab_base_pre = lambda self, tokenizer: "default"
sys.argv = ["convert", *sys.argv[2:]]
runpy.run_path(sys.path[0] + "/convert_hf_to_gguf.py", run_name="__main__")
"""

SMALL = dict(
    hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
    max_position_embeddings=CONTEXT, vocab_size=VOCABULARY)


def rope(kind="default", theta=10_000.0, **more):
    return dict(rope_type=kind, rope_theta=theta, **more)


def long_rope(original, partial=1.0, pairs=8, factor=4.0):
    short = [1.0 + 0.03 * index for index in range(pairs)]
    return rope(
        "longrope", short_factor=short, long_factor=[1.0 + 0.9 * index for index in range(pairs)], factor=factor,
        original_max_position_embeddings=original, partial_rotary_factor=partial)


LLAMA3 = rope(
    "llama3", 500_000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64)
YARN = rope("yarn", 10_000.0, factor=4.0, original_max_position_embeddings=64)
GEMMA3_LAYERS = ["full_attention" if layer % 6 == 5 else "sliding_attention" for layer in range(7)]

# Name: configuration class, model class, tokenizer, settings.
MODELS = {
    "gemma": (T.GemmaConfig, T.GemmaForCausalLM, "spm", dict(num_key_value_heads=1, head_dim=32, rms_norm_eps=1e-6)),
    "llama3-wide-heads": (
        T.LlamaConfig, T.LlamaForCausalLM, "bpe", dict(head_dim=32, rope_parameters=LLAMA3, rms_norm_eps=1e-5)),
    "llama-linear": (
        T.LlamaConfig, T.LlamaForCausalLM, "spm", dict(rope_parameters=rope("linear", factor=2.5))),
    "llama-yarn": (T.LlamaConfig, T.LlamaForCausalLM, "bpe", dict(rope_parameters=YARN)),
    "llama-biases": (T.LlamaConfig, T.LlamaForCausalLM, "bpe", dict(attention_bias=True)),
    "qwen2-fused": (T.Qwen2Config, T.Qwen2ForCausalLM, "bpe", dict()),
    "mistral": (
        T.MistralConfig, T.MistralForCausalLM, "spm",
        dict(head_dim=32, sliding_window=None, rope_parameters=rope(theta=1e6))),
    "tinyllama": (T.LlamaConfig, T.LlamaForCausalLM, "spm", dict(num_key_value_heads=1)),
    "smollm2": (
        T.LlamaConfig, T.LlamaForCausalLM, "bpe",
        dict(num_attention_heads=3, num_key_value_heads=1, hidden_size=48, tie_word_embeddings=True,
             rope_parameters=rope(theta=100_000.0))),
    "qwen2-untied": (T.Qwen2Config, T.Qwen2ForCausalLM, "bpe", dict(rope_parameters=rope(theta=1e6))),
    "qwen2-yarn": (T.Qwen2Config, T.Qwen2ForCausalLM, "bpe", dict(rope_parameters=YARN, tie_word_embeddings=True)),
    "qwen2-linear": (
        T.Qwen2Config, T.Qwen2ForCausalLM, "bpe",
        dict(rope_parameters=rope("linear", factor=4.0), tie_word_embeddings=True)),
    "qwen3-untied": (T.Qwen3Config, T.Qwen3ForCausalLM, "bpe", dict(head_dim=32)),
    "qwen3-tied": (
        T.Qwen3Config, T.Qwen3ForCausalLM, "bpe",
        dict(head_dim=48, tie_word_embeddings=True, rope_parameters=rope(theta=1e6))),
    "qwen3-yarn": (T.Qwen3Config, T.Qwen3ForCausalLM, "bpe", dict(head_dim=32, rope_parameters=YARN)),
    "phi4": (T.Phi3Config, T.Phi3ForCausalLM, "spm", dict(rope_parameters=rope(theta=250_000.0))),
    "phi4-mini": (
        T.Phi3Config, T.Phi3ForCausalLM, "spm",
        dict(tie_word_embeddings=True, original_max_position_embeddings=64,
             rope_parameters=long_rope(64, partial=0.75, pairs=6))),
    "phi3.5": (
        T.Phi3Config, T.Phi3ForCausalLM, "spm",
        dict(num_key_value_heads=4, original_max_position_embeddings=64, rope_parameters=long_rope(64))),
    "gemma2": (
        T.Gemma2Config, T.Gemma2ForCausalLM, "spm",
        dict(head_dim=32, query_pre_attn_scalar=32, sliding_window=12, attn_logit_softcapping=20.0,
             final_logit_softcapping=8.0, rms_norm_eps=1e-6)),
    "gemma2-27b": (
        T.Gemma2Config, T.Gemma2ForCausalLM, "spm",
        dict(num_hidden_layers=46, hidden_size=32, intermediate_size=32, num_attention_heads=2, num_key_value_heads=1,
             head_dim=8, query_pre_attn_scalar=16, sliding_window=12, rms_norm_eps=1e-6)),
    "gemma3-linear": (
        T.Gemma3TextConfig, T.Gemma3ForCausalLM, "spm",
        dict(num_hidden_layers=7, num_key_value_heads=1, head_dim=16, query_pre_attn_scalar=16, sliding_window=12,
             intermediate_size=64, layer_types=GEMMA3_LAYERS, rms_norm_eps=1e-6, rope_parameters={
                 "full_attention": rope("linear", 1e6, factor=8.0), "sliding_attention": rope()})),
}
# What the converter is told beside.
FLAGS = {"qwen2-fused": ["--fuse-qkv"]}
# Those that tests read: what the recorded fixtures lack.
COMMITTED = ["gemma", "llama3-wide-heads", "qwen2-yarn", "qwen2-fused", "gemma3-linear"]


def lines():
    files = [*sorted((ROOT / "Documentation").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    return [line for path in files for line in path.read_text().splitlines() if line.strip()]


def byte_level_tokenizer(folder):
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(lines(), trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(SPECIALS), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False))
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in SPECIALS])
    tokenizer.save(str(folder / "tokenizer.json"))
    configure(folder, "PreTrainedTokenizerFast", VOCABULARY - 3, {})


def sentence_piece_tokenizer(folder):
    import sentencepiece
    with open(folder / "tokenizer.model", "wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines()), model_writer=file, model_type="bpe", byte_fallback=True,
            vocab_size=VOCABULARY - len(SPECIALS), unk_id=0, bos_id=1, eos_id=2, pad_id=-1, minloglevel=2,
            num_threads=1, normalization_rule_name="identity", remove_extra_whitespaces=False,
            character_coverage=0.99)
    configure(folder, "LlamaTokenizer", VOCABULARY - 3, {
        "bos_token": "<s>", "unk_token": "<unk>", "add_bos_token": True, "add_eos_token": False})


def configure(folder, kind, first, more):
    added = {
        str(first + index): dict(
            content=text, special=True, normalized=False, lstrip=False, rstrip=False, single_word=False)
        for index, text in enumerate(SPECIALS)}
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": kind, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "chat_template": CHATML,
        "added_tokens_decoder": added, **more}))


def random_model(name):
    """Every parameter drawn from the name's own seed, so large that a wrong pass shows."""
    configuration, model_class, _, settings = MODELS[name]
    config = configuration(**{
        **SMALL, "tie_word_embeddings": name.startswith("gemma"), **settings,
        "bos_token_id": None, "eos_token_id": VOCABULARY - 1, "pad_token_id": VOCABULARY - 3})
    config._attn_implementation = "eager"
    model = model_class(config).float().eval()
    original = settings.get("original_max_position_embeddings")
    assert original is None or original == config.rope_parameters["original_max_position_embeddings"]
    generator = torch.Generator().manual_seed(sum(name.encode()))
    deep = config.num_hidden_layers > 20
    with torch.no_grad():
        for parameter_name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter_name.endswith("norm.weight"):
                parameter.copy_(0.2 * noise + (0.0 if name.startswith("gemma") else 1.0))
            elif parameter_name.endswith(".bias"):
                parameter.copy_(0.3 * noise)
            elif "embed_tokens" in parameter_name or "lm_head" in parameter_name:
                parameter.copy_(0.3 * noise)
            else:
                parameter.copy_((0.06 if deep else 0.2) * noise)
    return model


def prompts(settings):
    """Random ids: short, and longer than windows and original contexts."""
    rng = numpy.random.default_rng(7)
    original = settings.get("rope_parameters", {}).get("original_max_position_embeddings", 0)
    lengths = [5, 40, original + 16 if original else 60]
    return [[int(token) for token in rng.integers(0, VOCABULARY, length)] for length in lengths]


def logits(model, tokens):
    with torch.no_grad():
        return model(input_ids=torch.tensor([tokens]), use_cache=False).logits[0].float().numpy()


def make(name, checkout, output):
    kind, settings = MODELS[name][2:]
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work) / "model"
        model = random_model(name)
        model.save_pretrained(folder)
        {"bpe": byte_level_tokenizer, "spm": sentence_piece_tokenizer}[kind](folder)
        target = output / f"{name}.gguf"
        done = subprocess.run(
            [sys.executable, "-c", CONVERT, checkout, str(folder), "--outfile", str(target), "--outtype", "f32",
             "--model-name", f"random {name}", *FLAGS.get(name, [])], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{name}: {done.stdout[-1000:]}{done.stderr[-3000:]}")
    entries = []
    for tokens in prompts(settings):
        values = logits(model, tokens).astype("<f4")
        entries.append({"ids": tokens, "logits": base64.b64encode(values.tobytes()).decode()})
    recording = {
        "reference": f"transformers {T.__version__}, float32, eager attention", "vocabulary": VOCABULARY,
        "prompts": entries}
    (output / f"{name}.json").write_text(json.dumps(recording, indent=0) + "\n")
    print(f"{name}: {target.stat().st_size / 1e6:.2f} MB, logits' standard deviation {values.std():.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--llama-cpp", required=True, help="a checkout of llama.cpp, for its converter")
    parser.add_argument("--output", required=True, type=pathlib.Path)
    parser.add_argument("--only", default=",".join(MODELS), help="names, or COMMITTED")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    names = COMMITTED if options.only == "COMMITTED" else options.only.split(",")
    for name in names:
        make(name, str(pathlib.Path(options.llama_cpp).resolve()), options.output)


if __name__ == "__main__":
    main()
