"""Where things lie: the checkout, its ignored workspace, the built executables."""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / ".retort/bench/train"
RESULTS = ROOT / "Benchmarks/results/train.json"
BUNDLED = ROOT / "Models/retort-base-6m-f16.gguf"
BINARIES = pathlib.Path(os.environ.get("RETORT_BINARIES", ROOT / ".build/release"))
THREADS = len(os.sched_getaffinity(0))


def shown(command):
    """A command as a line that works from the root of the checkout."""
    parts = ("python3" if str(part) == sys.executable else str(part) for part in command)
    return " ".join(part.replace(str(ROOT) + "/", "") for part in parts)
