#!/usr/bin/env python3
"""Quantizes a random 1.2B model with retort-quantize and with llama.cpp, in turn, and prints a table.

Usage: run.py --peer PATH [--libraries DIR] [--model FILE.gguf] [--types Q8_0,Q4_K_M,...] [--repeat N] [--threads N]

--peer is the llama-quantize program, or the Python binding's libllama.so (then llama_model_quantize is called in a
process of its own). --libraries is where llama-quantize finds its shared libraries. Without --model, make_model.py writes one
to the temporary folder first (2.5 GB; give --keep to leave it there). Of several runs the fastest counts. MB/s are of the
source file. The outputs are compared byte by byte.
"""
import argparse
import filecmp
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TYPES = "Q8_0,Q6_K,Q5_K_M,Q4_K_M,Q3_K_M,Q4_0,Q5_0,IQ4_XS"
# llama_model_quantize by the binding's library, with the file types of enum llama_ftype.
BINDING = """
import ctypes, sys
import llama_cpp
library, source, target, kind, threads = sys.argv[1:]
parameters = llama_cpp.llama_model_quantize_default_params()
parameters.nthread = int(threads)
parameters.ftype = int(kind)
sys.exit(llama_cpp.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(parameters)))
"""
FILE_TYPES = {
    "Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "Q5_0": 8, "Q5_1": 9, "Q2_K": 10, "Q3_K_S": 11, "Q3_K_M": 12, "Q3_K_L": 13,
    "Q4_K_S": 14, "Q4_K_M": 15, "Q5_K_S": 16, "Q5_K_M": 17, "Q6_K": 18, "IQ4_NL": 25, "IQ4_XS": 30,
}


def run(command, environment):
    """Seconds by the clock, seconds of processor time, peak resident megabytes."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{command[0]} failed:\n{errors.decode(errors='replace')[-2000:]}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peer", required=True)
    parser.add_argument("--libraries")
    parser.add_argument("--model")
    parser.add_argument("--types", default=TYPES)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--retort-quantize", default=str(ROOT / ".build/release/retort-quantize"))
    arguments = parser.parse_args()
    environment = dict(os.environ)
    if arguments.libraries:
        environment["LD_LIBRARY_PATH"] = arguments.libraries
    with tempfile.TemporaryDirectory() as scratch:
        model = arguments.model
        if model is None:
            model = os.path.join(tempfile.gettempdir() if arguments.keep else scratch, "random-1.2b-f16.gguf")
            subprocess.run([sys.executable, HERE / "make_model.py", model], check=True)
        size = os.path.getsize(model) / 1e6
        # Both find the file in the system's cache.
        with open(model, "rb") as file:
            while file.read(1 << 24):
                pass
        own, peer = os.path.join(scratch, "own.gguf"), os.path.join(scratch, "peer.gguf")
        print(f"{model}: {size:.0f} MB, {arguments.threads} threads, fastest of {arguments.repeat}")
        print("type      ours MB/s  peer MB/s  ratio  ours CPU s  peer CPU s  ours MiB  peer MiB  bytes")
        for kind in arguments.types.split(","):
            if arguments.peer.endswith(".so"):
                command = [sys.executable, "-c", BINDING, arguments.peer, model, peer, str(FILE_TYPES[kind]), str(arguments.threads)]
            else:
                command = [arguments.peer, model, peer, kind, str(arguments.threads)]
            ours, theirs = [], []
            for _ in range(arguments.repeat):
                ours.append(run([arguments.retort_quantize, model, own, kind, "--quiet"], environment))
                theirs.append(run(command, environment))
            a, b = min(ours), min(theirs)
            same = "same" if filecmp.cmp(own, peer, shallow=False) else "differ"
            print(
                f"{kind:8} {size / a[0]:10.0f} {size / b[0]:10.0f} {b[0] / a[0]:6.2f} {a[1]:11.1f} {b[1]:11.1f} "
                f"{a[2]:9.0f} {b[2]:9.0f}  {same}", flush=True)
            os.remove(own)
            os.remove(peer)


if __name__ == "__main__":
    main()
