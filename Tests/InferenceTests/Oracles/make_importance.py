#!/usr/bin/env python3
"""Writes importance.json: what llama-imatrix and a float64 forward pass say about the fixture models.

Usage: make_importance.py --llama-imatrix PATH --fixtures DIR [--libraries DIR]

For each model: the tokens of some chunks of the README, as llama.cpp cuts them (the beginning-of-text token stands in for
the first token of a chunk where the vocabulary wants it), and for each matrix the sum of squared inputs of every column,
folded to at most 32 numbers by adding up columns 0, 32, 64, ... and so on. `llama_imatrix` is what that program wrote
(F32 cache, no flash attention), `float64` what `forward` of the fixtures' check.py computes. The script fails where the two
differ by more than 1e-5 relative to the matrix's largest sum (gemma: 2e-3, because llama.cpp's GELU is a table).
Needs torch, numpy, gguf and llama-cpp-python (for the tokens).
"""
import argparse
import ctypes
import importlib.util
import json
import os
import pathlib
import subprocess
import tempfile

import gguf
import numpy as np
import torch

CHUNK, CHUNKS, FOLD = 64, 3, 32
MODELS = ["llama", "qwen2", "gemma3", "phi3"]
HERE = pathlib.Path(__file__).resolve().parent


def tokens_of(model, text):
    import llama_cpp
    lm = llama_cpp.Llama(str(model), vocab_only=True, verbose=False)
    ids = lm.tokenize(text.encode(), add_bos=True, special=False)
    bos = lm.token_bos() if gguf_field(model, "tokenizer.ggml.add_bos_token", default=True) else None
    chunks = [ids[start:start + CHUNK] for start in range(0, CHUNK * CHUNKS, CHUNK)]
    return [[bos] + chunk[1:] if bos is not None and bos >= 0 else chunk for chunk in chunks]


def gguf_field(model, key, default=None):
    field = gguf.GGUFReader(model).fields.get(key)
    return default if field is None else field.contents()


def run_llama_imatrix(program, libraries, model, text_path, out):
    environment = dict(os.environ)
    if libraries:
        environment["LD_LIBRARY_PATH"] = libraries
    subprocess.run(
        [program, "-m", model, "-f", text_path, "-c", str(CHUNK), "-b", str(CHUNK), "--chunks", str(CHUNKS), "-o", out,
         "-ctk", "f32", "-ctv", "f32", "-fa", "off", "--no-ppl", "-t", "1"],
        check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    reader = gguf.GGUFReader(out)
    tensors = {t.name: np.array(t.data, np.float64).ravel() for t in reader.tensors}
    return {name[:-len(".in_sum2")]: (values, int(tensors[name[:-len(".in_sum2")] + ".counts"][0]))
            for name, values in tensors.items() if name.endswith(".in_sum2")}


def float64_sums(check, model, chunks):
    """The same sums with every matrix product of `forward` watched: the weights are wrapped, so that `x @ W.T` is seen."""
    g = check.Gguf(model)
    sums = {}

    class Watched(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            if "matmul" in function.__name__ and isinstance(args[1], Watched):
                name = args[1].matrix
                if name.startswith("blk."):
                    x = args[0].detach().as_subclass(torch.Tensor)
                    sums[name] = sums.get(name, 0) + (x * x).sum(0).numpy()
            plain = [a.as_subclass(torch.Tensor) if isinstance(a, torch.Tensor) else a for a in args]
            result = function(*plain, **(kwargs or {}))
            if function == torch.Tensor.T.__get__ and isinstance(args[0], Watched):
                result = result.as_subclass(Watched)
                result.matrix = args[0].matrix
            return result

    for name in list(g.t):
        if g.t[name].ndim == 2 and name != "token_embd.weight":
            wrapped = g.t[name].as_subclass(Watched)
            wrapped.matrix = name
            g.t[name] = wrapped
    with torch.no_grad():
        for chunk in chunks:
            check.forward(g, chunk)
    return sums


def fold(values):
    return [float(np.float32(values[start::FOLD].sum())) for start in range(FOLD)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--llama-imatrix", required=True)
    parser.add_argument("--fixtures", required=True, type=pathlib.Path)
    parser.add_argument("--libraries", help="where llama.cpp's shared libraries are")
    arguments = parser.parse_args()
    spec = importlib.util.spec_from_file_location("check", arguments.fixtures / "scripts/check.py")
    check = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(check)
    # The same words whatever the README says later.
    text = " ".join(f"Order {n} of {n * 7 % 31} lamps, kettle no. {n * n % 97}, was sent; where is it now?" for n in range(60))
    models = []
    with tempfile.TemporaryDirectory() as scratch:
        text_path = os.path.join(scratch, "text.txt")
        pathlib.Path(text_path).write_text(text)
        for name in MODELS:
            model = arguments.fixtures / f"models/{name}.gguf"
            chunks = tokens_of(model, text)
            reference = run_llama_imatrix(
                arguments.llama_imatrix, arguments.libraries, str(model), text_path, os.path.join(scratch, "out.gguf"))
            exact = float64_sums(check, model, chunks)
            assert set(reference) == set(exact), (set(reference) ^ set(exact))
            worst = 0
            matrices = []
            for matrix in sorted(reference):
                values, count = reference[matrix]
                assert count == CHUNK * CHUNKS
                worst = max(worst, float(np.abs(values - exact[matrix]).max() / exact[matrix].max()))
                matrices.append({
                    "name": matrix, "columns": len(values), "llama_imatrix": fold(values), "float64": fold(exact[matrix])})
            print(f"{name}: {len(matrices)} matrices, llama-imatrix against float64: {worst:.1e}")
            assert worst < (2e-3 if name.startswith("gemma") else 1e-5), worst
            models.append({"name": name, "chunks": chunks, "matrices": matrices})
    (HERE / "importance.json").write_text(json.dumps({"fold": FOLD, "models": models}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
