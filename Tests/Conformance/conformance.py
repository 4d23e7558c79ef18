#!/usr/bin/env python3
"""Compares Retort with llama.cpp on the GGUF files that you name, and prints a table.

    Tests/Conformance/conformance.py MODEL.gguf … --llama-cpp PATH [--adapter A.gguf]

PATH is llama.cpp's shared library (libllama.so), the folder of a build, or the folder of the Python package llama_cpp
(pip install llama-cpp-python); without it the installed package is taken. Also needed: pip install numpy gguf.

  tokenizer   ids of picked and random texts, special tokens parsed and not; texts of ids
  dequantize  tensors of each type in the file, bit for bit
  quantize    the file in other types: each tensor's type and bytes, or its error where bytes differ
  logits      every position of some prompts, from both of Retort's passes, 32-bit keys and values
  adapter     the same with your adapter, or with a random one

llama.cpp rounds activations when weights are quantized, and reads half-precision weights with half-precision
activations; logits are therefore compared with llama.cpp on the dequantized file. For Gemma it takes GELU from a table
of half-precision numbers, hence a wider tolerance. Ends with 0 when every row passes, 1 when one does not, 2 when
something is missing.
"""

import argparse
import importlib.util
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECKS = ["tokenizer", "dequantize", "quantize", "logits", "adapter"]


def installed_package():
    found = importlib.util.find_spec("llama_cpp")
    return pathlib.Path(found.origin).parent if found and found.origin else None


def parsed_arguments(types):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL", help="a model, or a vocabulary without weights")
    parser.add_argument("--llama-cpp", metavar="PATH", help="the shared library, or a folder that has it")
    parser.add_argument("--header", metavar="FILE", help="its llama.h, where that is not beside the library")
    parser.add_argument("--adapter", metavar="FILE", help="an adapter for the model, a GGUF file")
    parser.add_argument(
        "--executables", metavar="FOLDER", default=str(ROOT / ".build/release"), help="where retort-inspect is")
    parser.add_argument("--checks", default=",".join(CHECKS), help=f"some of {','.join(CHECKS)}")
    parser.add_argument(
        "--types", default="Q8_0,Q4_0,Q4_K_M,Q6_K", help=f"file types to quantize to, of {','.join(types)}")
    parser.add_argument("--texts", type=int, default=2000, help="how many random texts (2000)")
    parser.add_argument("--positions", type=int, default=48, help="how many tokens in a prompt (48)")
    parser.add_argument("--tensors", type=int, default=8, help="how many tensors of each type (about 8)")
    parser.add_argument("--elements", type=int, default=1 << 26, help="of tensors up to this size where there are any")
    parser.add_argument("--seed", type=int, default=1, help="of random texts, ids and adapters (1)")
    parser.add_argument("--work", metavar="FOLDER", help="where temporary files go; a model dequantized is one")
    options = parser.parse_args()
    options.checks = options.checks.split(",")
    options.types = options.types.split(",")
    for given, known in ((options.checks, CHECKS), (options.types, types)):
        for name in given:
            if name not in known:
                parser.error(f"{name} is unknown, expected some of {', '.join(known)}")
    if options.adapter and len(options.models) > 1:
        parser.error("--adapter goes with one model")
    return options


def main():
    try:
        import checks
        import reference
        import retort
    except ImportError as missing:
        print(f"conformance: {missing}; install it with: pip install numpy gguf", file=sys.stderr)
        return 2
    options = parsed_arguments(list(checks.FILE_TYPES))
    path = options.llama_cpp or installed_package()
    if path is None:
        print("conformance: no llama.cpp, expected --llama-cpp PATH or: pip install llama-cpp-python", file=sys.stderr)
        return 2
    try:
        peer = reference.Reference(path, options.header)
    except (reference.ReferenceMissing, OSError) as missing:
        print(f"conformance: {missing}", file=sys.stderr)
        return 2
    ours = retort.Retort(options.executables)
    failed = total = 0
    with tempfile.TemporaryDirectory(dir=options.work) as work:
        options.work = pathlib.Path(work)
        for path in options.models:
            try:
                model = checks.Model(path)
            except (OSError, ValueError, KeyError) as wrong:
                print(f"conformance: {path}: not a GGUF file that the package gguf reads ({wrong})", file=sys.stderr)
                return 2
            print(f"\n{path} ({model.architecture})")
            print(f"  {'check':11} {'case':44} {'result':7} {'largest difference':26} note")
            for row in checks.all_of(model, ours, peer, options):
                total += 1
                failed += not row.passed
                print(
                    f"  {row.subject:11} {row.case:44} {'pass' if row.passed else 'FAIL':7} {row.difference:26} "
                    f"{row.note}", flush=True)
    print(f"\n{total - failed} of {total} rows pass" + (f", {failed} FAIL" if failed else ""))
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main())
