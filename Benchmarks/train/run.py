#!/usr/bin/env python3
"""Training beside PEFT in the same run: a table, Benchmarks/results/train.json, and exit status 1 if a goal is missed.

    make bench-train
    Benchmarks/train/run.py [--goal N …] [--quick] [--continue]

Goals can be run alone; their results are put beside those of the others. `--continue` leaves out those that were
measured since the last whole run began. The executables are those of .build/release, or of $RETORT_BINARIES.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import time

import goals
import ours
from places import RESULTS, ROOT, THREADS, WORK


def machine():
    with open("/proc/cpuinfo") as lines:
        facts = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {name.strip(): value.strip() for name, value in facts.items()}
    wanted = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16")
    return {
        "cpu": facts.get("model name"), "family": facts.get("cpu family"), "model": facts.get("model"),
        "cores": THREADS, "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "instructions": [flag for flag in wanted if flag in facts.get("flags", "").split()],
        "system": platform.platform()}


def commit():
    found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return found.stdout.strip() or None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--goal", type=int, action="append", choices=sorted(goals.GOALS), help="only this one")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions; for a look, not for a figure")
    parser.add_argument("--continue", dest="goes_on", action="store_true", help="leave out what is measured")
    arguments = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    part = WORK / "results.json"
    report = {"goals": {}}
    kept = RESULTS if arguments.goal and not part.exists() else part
    if (arguments.goal or arguments.goes_on) and kept.exists():
        report = json.loads(kept.read_text())
    chosen = arguments.goal or [
        goal for goal in goals.GOALS if not (arguments.goes_on and str(goal) in report["goals"])]
    context = {
        "workloads": {}, "quick": arguments.quick, "reuse": bool(arguments.goal or arguments.goes_on)}
    if arguments.goal:
        for name, goal in (("shared", 1), ("unshared", 2)):
            if goal in arguments.goal:
                (WORK / f"measured-{name}.json").unlink(missing_ok=True)
    for goal in chosen:
        print(f"goal {goal}: {goals.NAMES[goal]}", flush=True)
        start = time.time()
        try:
            rows = list(goals.GOALS[goal](context))
        except ours.Refused as reason:
            rows = [goals.row(goals.NAMES[goal], f"refused: {reason}", "a measurement", False)]
        for row in rows:
            print(f"  {row['name']}: {row['found']} ({row['goal']})", flush=True)
        report["goals"][str(goal)] = {
            "name": goals.NAMES[goal], "rows": rows, "seconds": time.time() - start, "is_quick": arguments.quick,
            "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "commit": commit()}
        report |= {"command": "make bench-train", "machine": machine()}
        part.write_text(json.dumps(report))
    RESULTS.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    sys.exit(conclude(report))


def conclude(report):
    """Prints the table and a last line; the exit status."""
    rows = [(goal, row) for goal, result in sorted(report["goals"].items()) for row in result["rows"]]
    width = max(len(row["name"]) for _, row in rows)
    print(f"\n{'goal':4}  {'':{width}}  {'found':24}  asked")
    for goal, row in rows:
        mark = "met" if row["is_met"] else "MISSED"
        print(f"{goal:4}  {row['name']:{width}}  {row['found'][:60]:24}  {row['goal']:10}  {mark}")
    left = [str(goal) for goal in goals.GOALS if str(goal) not in report["goals"]]
    if left:
        print(f"not measured: goals {', '.join(left)}")
    missed = [f"{goal} ({row['name']}: {row['found'][:60]}, {row['goal']})" for goal, row in rows if not row["is_met"]]
    print("missed: " + "; ".join(missed) if missed else "all measured goals are met")
    return 1 if missed else 0


if __name__ == "__main__":
    main()
