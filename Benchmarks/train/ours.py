"""Runs retort-train, as a user would, and reads its metrics."""

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time

from places import BINARIES, THREADS, WORK, shown

DEFAULTS = {"rank": 16, "alpha": 32, "epochs": 1, "learning_rate": 2e-4, "warmup": 0, "seed": 1}


class Refused(Exception):
    """retort-train would not run this; the message says why."""


def command(base, data, output, recipe, threads, *flags):
    """The command line, with the recipe written beside the output; None leaves a default out."""
    lines = [f"{key}: {value}" for key, value in (DEFAULTS | recipe).items() if value is not None]
    path = output.with_suffix(".yaml")
    path.write_text("\n".join(lines) + "\n")
    return [
        BINARIES / "retort-train", "--base", base, "--dataset", data, "--recipe", path, "--output", output,
        "--report", output.with_suffix(".report"), "--threads", str(threads), "--quiet", "--json", *flags]


def train(base, data, recipe, threads=THREADS, *flags):
    """One run: seconds of each step, examples a second, peak resident bytes, CPU seconds, first loss.

    The first step warms up (pages of the base come in, arenas grow) and is not counted.
    """
    folder = WORK / "runs"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    line = command(base, data, folder / "adapter.gguf", recipe, threads, *flags)
    start = time.perf_counter()
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as report:
        process = subprocess.Popen(line, stdout=report, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        report.seek(0)
        said, answer = errors.read().decode(), report.read().decode()
    if process.returncode != 0:
        raise Refused(f"{shown(line)}: {said.strip()[-400:]}")
    with open(folder / "adapter.report/metrics.jsonl") as metrics:
        steps = [step for step in map(json.loads, metrics) if step["kind"] == "step"]
    counted = steps[1:] or steps
    seconds = statistics.median(step["seconds"] for step in counted)
    return {
        "command": shown(line), "recipe": recipe, "threads": threads, "step_seconds": [s["seconds"] for s in steps],
        "examples": counted[0]["examples"], "computed_tokens": counted[0]["computed_tokens"],
        "example_tokens": counted[0]["example_tokens"], "seconds": seconds,
        "examples_per_second": counted[0]["examples"] / seconds, "peak_bytes": usage.ru_maxrss * 1024,
        "cpu_seconds": usage.ru_utime + usage.ru_stime, "wall_seconds": time.perf_counter() - start,
        "first_loss": steps[0]["loss"], "outputs": json.loads(answer)["outputs"],
        "figures": json.loads(answer)["figures"],
    }


def has_flag(name):
    """Whether this build's retort-train has a flag."""
    said = subprocess.run([BINARIES / "retort-train", "--help"], capture_output=True, text=True)
    return f"--{name}" in said.stdout


def fastest(candidates, run, peak_limit=None):
    """The measurement with the most examples a second among those within the limit, if any are.

    `run` may refuse a candidate; when it refuses all, the last reason is raised.
    """
    found, refusal = [], None
    for candidate in candidates:
        try:
            found.append(run(candidate))
        except Refused as reason:
            refusal = reason
            continue
        figures = found[-1]
        print(
            f"    {candidate}: {figures['examples_per_second']:.2f} examples/s, {figures['peak_bytes'] / 1e9:.2f} GB",
            flush=True)
    if not found:
        raise refusal
    fitting = [figures for figures in found if peak_limit is None or figures["peak_bytes"] <= peak_limit]
    return max(fitting or found, key=lambda figures: figures["examples_per_second"])
