"""The eight goals: each measures, and says what it found, what was asked, and whether that is enough.

A goal returns a list of rows; a row is name, found, goal, is_met, and the figures behind it.
"""

import json
import pathlib
import subprocess
import sys

import conversations
import kills
import models
import ours
import plans
import workloads
from places import BINARIES, ROOT, THREADS, WORK, shown

NAMES = {
    1: "speed, shared instructions", 2: "speed, nothing shared", 3: "peak memory", 4: "products",
    5: "1.2B in 4 GB", 6: "growth", 7: "kill and resume", 8: "planned time"}
SPEEDS = {"shared": 50, "unshared": 2.5}


def row(name, found, goal, is_met, **figures):
    return {"name": name, "found": found, "goal": goal, "is_met": bool(is_met), **figures}


def measured(name, context):
    """A workload's measurement, once a run; goal 3 alone reads what goals 1 and 2 left."""
    if name not in context["workloads"]:
        path = WORK / f"measured-{name}.json"
        if context["reuse"] and path.exists():
            context["workloads"][name] = json.loads(path.read_text())
        else:
            context["workloads"][name] = workloads.measure(name, context["quick"])
            path.write_text(json.dumps(context["workloads"][name]))
    return context["workloads"][name]


def speed(name, context):
    figures = measured(name, context)
    ratio = figures["ours"]["examples_per_second"] / figures["peft"]["examples_per_second"]
    goal = SPEEDS[name]
    return row(
        f"{name}: examples/s against PEFT", f"{ratio:.2f}×", f"≥ {goal}×", ratio >= goal, ratio=ratio, target=goal,
        figures=figures)


def goal_1(context):
    loss = workloads.first_loss()
    gap = abs(loss["ours"] - loss["peft"])
    yield row("same first loss as PEFT, fp32", f"{gap:.1e} apart", "≤ 1e-3", gap <= 1e-3, figures=loss)
    yield speed("shared", context)


def goal_2(context):
    yield speed("unshared", context)


def goal_3(context):
    for name in workloads.WORKLOADS:
        figures = measured(name, context)
        ratio = figures["ours"]["peak_bytes"] / figures["peft"]["peak_bytes"]
        yield row(
            f"{name}: peak resident memory against PEFT", f"{ratio:.3f}", "≤ 0.333", ratio <= 1 / 3, ratio=ratio,
            ours_bytes=figures["ours"]["peak_bytes"], peft_bytes=figures["peft"]["peak_bytes"])


def goal_4(context):
    script = pathlib.Path(ROOT / "Benchmarks/products/run.py")
    if not script.exists():
        yield row("products", "not measured", "95 % of torch, 90 % of OpenBLAS", False)
        return
    path = WORK / "products.json"
    path.unlink(missing_ok=True)
    line = [sys.executable, script, "--json", path, "--executable", BINARIES / "products-benchmark"]
    if context["quick"]:
        line.append("--quick")
    run = subprocess.run(line, stdout=subprocess.DEVNULL)
    if not path.exists():
        yield row("products", f"failed with {run.returncode}", "a measurement", False, command=shown(line))
        return
    yield from products(json.loads(path.read_text()), shown(line))


def products(report, command):
    """One row a precision: what the slowest shape reaches of the peer."""
    for precision, target in (("bf16", 0.95), ("fp32", 0.90)):
        shapes = [shape for shape in report["products"] if shape["precision"] == precision]
        worst = min(shapes, key=lambda shape: shape["ratio"])
        yield row(
            f"{precision} products against {worst['peer']}", f"{worst['ratio']:.3f} ({worst['shape']})",
            f"≥ {target}", worst["ratio"] >= target, ratio=worst["ratio"], target=target, shapes=shapes,
            command=command)


def goal_5(context):
    model = models.large()
    data = conversations.write("large", 128, 400, 20)
    flags = ["--memory", "4g"] if ours.has_flag("memory") else []
    figures = ours.fastest(
        [{"batch_size": 64, "precision": "bf16"}],
        lambda recipe: ours.train(model, data, recipe, THREADS, *flags), 4e9)
    yield row(
        "1.2B Q4_K_M, 400 + 64 × 20 tokens a step: peak", f"{figures['peak_bytes'] / 1e9:.2f} GB", "≤ 4 GB",
        figures["peak_bytes"] <= 4e9, **figures)


def goal_6(context):
    model, _ = models.small()
    steps = 3 if context["quick"] else 4
    sizes, found = [16, 32, 64, 128], []
    for size in sizes:
        recipe = best_recipe(size)
        found.append(workloads.run_ours(model, "shared", recipe, steps))
        print(f"    {found[-1]['computed_tokens']} tokens: {min(found[-1]['step_seconds']):.3f} s", flush=True)
    costs = [min(one["step_seconds"]) / one["computed_tokens"] for one in found]
    growth = max(later / earlier for earlier, later in zip(costs, costs[1:]))
    yield row(
        "time per token, a doubled batch against the batch", f"{growth:.3f}", "≤ 1.05", growth <= 1.05,
        ratio=growth, steps=found)
    times = {}
    for threads in range(1, THREADS + 1):
        times[threads] = min(workloads.run_ours(model, "shared", best_recipe(64), steps, threads)["step_seconds"])
        print(f"    {threads} threads: {times[threads]:.3f} s", flush=True)
    ratios = [times[count + 1] / times[count] for count in range(1, THREADS)]
    yield row(
        "time per step, a thread more against without", " ".join(f"{ratio:.3f}" for ratio in ratios) or "one core",
        "< 1", all(ratio < 1 for ratio in ratios), seconds=times)


def best_recipe(size):
    return {"batch_size": size, "precision": "bf16", "tokens_per_micro_batch": 8192}


def goal_7(context):
    figures = kills.trials(5 if context["quick"] else 20)
    same = sum(trial["same"] for trial in figures["trials"])
    killed = sum(trial["was_killed"] for trial in figures["trials"])
    count = len(figures["trials"])
    yield row(
        f"kill -9 and resume: the digest of the undisturbed run, {killed} killed in time", f"{same} of {count}",
        f"{count} of {count}", same == count, figures=figures)


def goal_8(context):
    for found in plans.measure(context["quick"]):
        ratio = found["seconds_ratio"]
        yield row(
            f"{found['name']}: seconds planned against taken", f"{ratio:.3f}", "0.8 to 1.2", 0.8 <= ratio <= 1.2,
            ratio=ratio, **{key: value for key, value in found.items() if key != "name"})


GOALS = {1: goal_1, 2: goal_2, 3: goal_3, 4: goal_4, 5: goal_5, 6: goal_6, 7: goal_7, 8: goal_8}
