#!/usr/bin/env python3
"""How fast products with frozen matrices are, next to torch's bfloat16 and OpenBLAS's own float32 in the same run.

    swift build -c release --product products-benchmark
    Benchmarks/products/run.py [--json PATH] [--threads 1,2] [--rounds 5] [--seconds 0.2] [--quick]

Needs Python with torch (CPU) and libopenblas. Sides take turns, round after round, and the best time of each counts, so
that what else the machine does meets both; one thread is measured in its own CPU time, several on the clock. Ours starts from weights in a ggml type and unpacks them every time; torch
is given both operands in bfloat16, so ours is given x rounded too ("ratio"), and once more with x in float32 and the
rounding timed ("from fp32"). OpenBLAS is given float32. Exit status 1 and a last line tell the goals that are missed.
"""

import argparse
import ctypes
import ctypes.util
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Rows of x, inputs, outputs of each matrix that reads them. The first four are a 135M llama's, the rest of a 1.2B one.
SHAPES = [
    (1024, 576, [1536]), (1024, 1536, [576]), (1024, 576, [576]), (1024, 576, [192]), (1024, 576, [576, 192, 192]),
    (1024, 2048, [2048]), (1024, 2048, [8192]), (1024, 8192, [2048]),
]
GOALS = {"bf16": 0.95, "fp32": 0.90}


class Ours:
    def __init__(self, executable):
        self.process = subprocess.Popen([executable], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.instruction_sets = {}

    def seconds(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit("products-benchmark: no answer")
        answer = json.loads(answer)
        self.instruction_sets[request["precision"]] = answer["instruction_set"]
        return answer["best_seconds"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def best(call, seconds, threads):
    clock = time.thread_time if threads == 1 else time.perf_counter
    call()
    start, found, runs = time.perf_counter(), float("inf"), 0
    while time.perf_counter() - start < seconds or runs < 3:
        before = clock()
        call()
        found = min(found, clock() - before)
        runs += 1
    return found


def torch_product(torch, count, columns, rows, direction):
    x = torch.randn(count, columns).to(torch.bfloat16)
    weights = [torch.randn(n, columns).to(torch.bfloat16) for n in rows]
    dy = torch.randn(count, rows[0]).to(torch.bfloat16)
    if direction == "forward":
        return lambda: [torch.nn.functional.linear(x, w) for w in weights]
    return lambda: torch.mm(dy, weights[0])


def blas_product(library, torch, count, columns, rows, direction):
    """What OpenBLAS does with the whole matrix in float32 in one call."""
    x, w, y = torch.randn(count, columns), torch.randn(rows[0], columns), torch.randn(count, rows[0])
    f, i, p = ctypes.c_float, ctypes.c_int, lambda t: ctypes.c_void_p(t.data_ptr())
    row_major, plain, transposed = 101, 111, 112
    if direction == "forward":
        n = rows[0]
        return lambda: library.cblas_sgemm(
            row_major, plain, transposed, count, n, columns, f(1), p(x), i(columns), p(w), i(columns), f(0), p(y), i(n))
    n = rows[0]
    return lambda: library.cblas_sgemm(
        row_major, plain, plain, count, columns, n, f(1), p(y), i(n), p(w), i(columns), f(0), p(x), i(columns))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=pathlib.Path, help="where the figures go")
    parser.add_argument("--threads", default="1,2", help="numbers of threads, separated by commas")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.2, help="of each side in each round")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, the 135M shapes only")
    parser.add_argument("--type", default="q8_0", help="the weights' type")
    parser.add_argument("--executable", default=ROOT / ".build/release/products-benchmark")
    options = parser.parse_args()
    try:
        import torch
    except ImportError:
        sys.exit("products: torch cannot be imported; pip install torch --index-url https://download.pytorch.org/whl/cpu")
    library = ctypes.CDLL(ctypes.util.find_library("openblas") or "libopenblas.so.0")
    library.openblas_get_corename.restype = ctypes.c_char_p
    ours = Ours(str(options.executable))
    rounds, seconds = (2, 0.1) if options.quick else (options.rounds, options.seconds)
    shapes = SHAPES[:5] if options.quick else SHAPES

    products, missed = [], []
    print(f"{'':46} {'ours':>7} {'peer':>7} {'ratio':>6}   GFLOP/s")
    for threads in (int(t) for t in options.threads.split(",")):
        torch.set_num_threads(threads)
        library.openblas_set_num_threads(threads)
        for precision in ("bf16", "fp32"):
            for count, columns, rows in shapes:
                for direction in ("forward", "backward"):
                    if len(rows) > 1 and (direction == "backward" or precision == "fp32"):
                        continue
                    if precision == "bf16":
                        peer = torch_product(torch, count, columns, rows, direction)
                    else:
                        peer = blas_product(library, torch, count, columns, rows, direction)
                    request = dict(
                        precision=precision, type=options.type, count=count, columns=columns, rows=rows,
                        direction=direction, threads=threads, seconds=seconds)
                    times = {"ours": [], "peer": [], "whole": []}
                    with torch.inference_mode():
                        for _ in range(rounds):
                            times["ours"].append(ours.seconds(is_rounded=precision == "bf16", **request))
                            times["peer"].append(best(peer, seconds, threads))
                            if precision == "bf16":
                                times["whole"].append(ours.seconds(is_rounded=False, **request))
                    flops = 2e-9 * count * columns * sum(rows)
                    figures = {side: flops / min(found) for side, found in times.items() if found}
                    ratio = figures["ours"] / figures["peer"]
                    name = f"{precision} {direction} {count}×{columns}×{'+'.join(map(str, rows))}, {threads} thread{'s' * (threads > 1)}"
                    product = dict(
                        shape=name, precision=precision, direction=direction, count=count, columns=columns, rows=rows,
                        threads=threads, ours_gflops=figures["ours"], peer_gflops=figures["peer"], ratio=ratio,
                        peer="torch" if precision == "bf16" else "OpenBLAS", goal=GOALS[precision],
                        meets=ratio >= GOALS[precision])
                    line = f"{name:46} {figures['ours']:7.1f} {figures['peer']:7.1f} {ratio:6.2f}"
                    if "whole" in figures:
                        product["from_fp32_gflops"] = figures["whole"]
                        product["from_fp32_ratio"] = figures["whole"] / figures["peer"]
                        line += f"   from fp32 {figures['whole']:.1f}, {product['from_fp32_ratio']:.2f}"
                    products.append(product)
                    if not product["meets"]:
                        missed.append(f"{name} {ratio:.2f}")
                    print(line, flush=True)
    ours.close()

    goals = []
    for precision, goal in GOALS.items():
        found = [p for p in products if p["precision"] == precision]
        spent = {side: sum(p["count"] * p["columns"] * sum(p["rows"]) / p[f"{side}_gflops"] for p in found)
                 for side in ("ours", "peer")}
        goals.append(dict(
            name=f"{precision} products over {found[0]['peer']}'s", goal=goal,
            lowest_ratio=min(p["ratio"] for p in found), ratio_of_all=spent["peer"] / spent["ours"],
            meets=all(p["meets"] for p in found)))
        print(f"{goals[-1]['name']}: all together {goals[-1]['ratio_of_all']:.2f}, the lowest "
              f"{goals[-1]['lowest_ratio']:.2f}, expected {goal:.2f} or more")
    if options.json:
        cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown")
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(dict(
            machine=dict(cpu=cpu, cores=os.cpu_count(), system=platform.platform()),
            versions=dict(torch=torch.__version__, openblas_core=library.openblas_get_corename().decode()),
            instruction_sets=ours.instruction_sets, weights=options.type, load_average=os.getloadavg(),
            command=" ".join([pathlib.Path(sys.argv[0]).name, *sys.argv[1:]]),
            products=products, goals=goals), indent=2) + "\n")
    if missed:
        print("missed: " + "; ".join(missed))
        return 1
    print("all goals are met")
    return 0


sys.exit(main())
