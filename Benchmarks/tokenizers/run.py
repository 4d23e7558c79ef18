#!/usr/bin/env python3
"""How fast retort-inspect tokenizes, next to a peer in the same run, on texts that are hard in different ways.

    Benchmarks/tokenizers/run.py [--model M.gguf] [--text FILE] [--retort-inspect PATH]

Prints one line per text: our MB/s, the peer's, their ratio, and whether the ids agree. Encoding alone is timed, on one
core; the best of three runs counts. Peers, whichever can be imported:

* llama_cpp (pip install llama-cpp-python), for any model;
* tokenizers (pip install tokenizers, Hugging Face), for byte-level vocabularies with the gpt-2 pre-tokenizer; the
  package gguf reads the vocabulary.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZE = 1_000_000


def texts(prose):
    letters = "".join(re.findall("[a-z]", prose.lower()))
    word = (letters * (SIZE // len(letters) + 1))[:SIZE]
    return {
        "prose": (prose * (SIZE // len(prose) + 1))[:SIZE],
        "one word": word,
        "one letter": "a" * SIZE,
        "one digit": "0" * SIZE,
        "spaces": " " * SIZE,
        "newlines": "\n" * SIZE,
        "punctuation": "=" * SIZE,
        "Chinese": "的一是不了人我在有他" * (SIZE // 30),
        "accents": "é" * (SIZE // 2),
    }


def ours(executable, model, text):
    """Seconds and ids."""
    best = None
    for _ in range(3):
        run = subprocess.run(
            [executable, "tokenize", "--model", model, "--jsonl", "--verbose"], input=json.dumps(text) + "\n",
            capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(run.stderr)
        seconds = float(re.search(r"bytes in ([0-9.e-]+) s", run.stderr).group(1))
        best = seconds if best is None else min(best, seconds)
    return best, json.loads(run.stdout)


def peer(model):
    """A name and a function from text to ids; None where no peer is there."""
    try:
        import llama_cpp
        llama = llama_cpp.Llama(model, vocab_only=True, verbose=False)
        return "llama.cpp", lambda text: llama.tokenize(text.encode(), add_bos=False, special=False)
    except ImportError:
        pass
    try:
        import tokenizers
        from gguf import GGUFReader
    except ImportError:
        return None
    fields = GGUFReader(model).fields

    def strings(key):
        return [bytes(fields[key].parts[index]).decode() for index in fields[key].data]

    if "tokenizer.ggml.pre" not in fields or strings("tokenizer.ggml.pre") != ["gpt-2"]:
        return None
    vocabulary = {text: index for index, text in enumerate(strings("tokenizer.ggml.tokens"))}
    merges = [tuple(line.split(" ")) for line in strings("tokenizer.ggml.merges")]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    return "tokenizers", lambda text: tokenizer.encode(text, add_special_tokens=False).ids


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=str(ROOT / "Models/retort-base-6m-f16.gguf"))
    parser.add_argument("--text", default=str(ROOT / "README.md"), help="the prose; repeated to 1 MB")
    parser.add_argument("--retort-inspect", default=str(ROOT / ".build/release/retort-inspect"))
    arguments = parser.parse_args()
    prose = pathlib.Path(arguments.text).read_text()
    other = peer(arguments.model)
    name = other[0] if other else "no peer"
    print(f"{'text':12} {'retort MB/s':>12} {name + ' MB/s':>18} {'ratio':>7}  ids")
    for label, text in texts(prose).items():
        size = len(text.encode()) / 1e6
        seconds, ids = ours(arguments.retort_inspect, arguments.model, text)
        line = f"{label:12} {size / seconds:12.1f}"
        if other:
            best, found = None, None
            for _ in range(3):
                start = time.perf_counter()
                found = other[1](text)
                elapsed = time.perf_counter() - start
                best = elapsed if best is None else min(best, elapsed)
                if best > 5:
                    break
            line += f" {size / best:18.1f} {best / seconds:7.1f}  {'same' if found == ids else 'DIFFERENT'}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
