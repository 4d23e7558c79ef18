"""PEFT beside us: each measurement in a process of its own, so that its peak is its own."""

import json
import pathlib
import subprocess
import sys

from places import THREADS, shown


def train(folder, data, batch, precision, steps):
    line = [
        sys.executable, pathlib.Path(__file__).with_name("peft_step.py"), folder, data, "--batch", str(batch),
        "--precision", precision, "--steps", str(steps), "--threads", str(THREADS)]
    run = subprocess.run(line, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"{shown(line)}: {run.stderr.strip()[-800:]}")
    figures = json.loads(run.stdout.strip().splitlines()[-1])
    figures["command"] = shown(line)
    return figures
