#!/usr/bin/env python3
"""Measures how long a 1.2B model takes to open and how its memory grows, next to llama.cpp, in the same run.

Usage: run.py [--model FILE-Q4_K_M.gguf] [--repeat N]

Run with a Python that has llama-cpp-python. Without --model, quantizer/make_model.py writes a random model to the temporary
folder and retort-quantize makes a Q4_K_M of it. For each number of prompt tokens a fresh process opens the model and runs
them: 0 (open only), 1 and 64. "Ready" is from the start of the process to its end, less nothing; "peak" is the largest
resident size, of which the mapped file is a part: its pages come as tensors are touched.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / ".build/release"
PEER = """
import json, sys, time
import llama_cpp
model, count = sys.argv[1], int(sys.argv[2])
start = time.perf_counter()
llama_cpp.llama_backend_init()
llama = llama_cpp.Llama(model, n_ctx=512, verbose=False, use_mmap=True)
opened = time.perf_counter() - start
if count:
    llama.eval([100 + i for i in range(count)])
print(json.dumps({"open": opened}))
"""


def run(command):
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{command} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024, output


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        model = arguments.model
        if model is None:
            source, model = os.path.join(scratch, "f16.gguf"), os.path.join(scratch, "q4_k_m.gguf")
            subprocess.run([sys.executable, ROOT / "Benchmarks/quantizer/make_model.py", source], check=True)
            subprocess.run([BUILD / "retort-quantize", source, model, "Q4_K_M", "--quiet"], check=True)
            os.remove(source)
        with open(model, "rb") as file:
            while file.read(1 << 24):
                pass
        print(f"{model}: {os.path.getsize(model) / 1e6:.0f} MB, fastest of {arguments.repeat}")
        print("what                         ours s  peer s  ours MiB  peer MiB")
        # Starting an interpreter and its binding is not llama.cpp's time.
        empty = min(run([sys.executable, "-c", "import llama_cpp"]) for _ in range(arguments.repeat))
        print(f"peer's process without model         {empty[0]:7.2f}           {empty[1]:9.0f}")

        def row(what, ours, theirs):
            a = min(run(ours) for _ in range(arguments.repeat))
            b = min(run(theirs) for _ in range(arguments.repeat))
            print(f"{what:27} {a[0]:7.2f} {b[0]:7.2f} {a[1]:9.0f} {b[1]:9.0f}", flush=True)
            return json.loads(b[2])["open"]

        opened = row(
            "header", [BUILD / "retort-inspect", "gguf", model], [sys.executable, "-c", PEER, model, "0"])
        for count in [1, 64]:
            tokens = os.path.join(scratch, "tokens.json")
            pathlib.Path(tokens).write_text(json.dumps([100 + index for index in range(count)]))
            logits = os.path.join(scratch, "logits.bin")
            row(
                f"open and run {count} tokens",
                [BUILD / "retort-inspect", "logits", "--model", model, "--tokens", tokens, "--output", logits],
                [sys.executable, "-c", PEER, model, str(count)])
        print(f"llama.cpp opens the model in {opened:.2f} s by its own process's clock")


if __name__ == "__main__":
    main()
