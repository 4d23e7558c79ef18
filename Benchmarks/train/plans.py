"""What retort-train says that a run will take, beside what it then takes, on many kinds of runs.

The plan is made by `--deadline` in the same process as the run, so that both see the machine as it is; seconds of the
processors are compared too, which what else the machine does hardly changes.
"""

import conversations
import models
import ours
from places import BUNDLED, THREADS

BUNDLED_RECIPE = {"batch_size": 32, "epochs": 3, "precision": "fp32"}


def workloads():
    """Name, base, what to learn from, recipe, flags and threads of every run."""
    small, _ = models.small()
    shared = conversations.write("plan-shared", 960, 400, 20)
    unshared = conversations.write("plan-unshared", 480, 0, 25)
    plain = conversations.write("plan-bundled", 320, 30, 20)
    validation = conversations.write("plan-validation", 100, 30, 20)
    uneven = conversations.write("plan-uneven", 400, 0, 60, spread=1)
    taught, pairs = conversations.taught(plain), conversations.pairs(plain)
    judged = ("--validation", validation)

    def on_small(name, data, recipe, *flags):
        return name, small, data, {"batch_size": 32} | recipe, flags, THREADS

    def on_bundled(name, data, recipe, *flags, threads=THREADS):
        return name, BUNDLED, data, BUNDLED_RECIPE | recipe, flags, threads

    bf16, fp32 = {"precision": "bf16"}, {"precision": "fp32"}
    yield on_small("135M shared bf16", shared, bf16 | {"batch_size": 96})
    yield on_small("135M unshared bf16", unshared, bf16)
    yield on_small("135M unshared fp32", unshared, fp32)
    yield on_small("135M, layers recomputed", shared, bf16 | {"batch_size": 96}, "--memory", "1200m")
    yield on_bundled("6M fp32", plain, {})
    yield on_bundled("6M bf16", plain, bf16)
    yield on_bundled("6M, validations", plain, {"validation": "\n  every_steps: 10"}, *judged)
    yield on_bundled("6M bf16, validations", plain, bf16 | {"validation": "\n  every_steps: 10"}, *judged)
    yield on_bundled("6M, snapshots", plain, bf16 | {"snapshot": "\n  every_steps: 2"})
    yield on_bundled("6M, dropout", plain, {"dropout": 0.1})
    yield on_bundled("6M, distillation", taught, {"distillation": "\n  weight: 0.5"})
    yield on_bundled("6M, preferences", pairs, {"loss": "dpo", "epochs": 2})
    yield on_bundled("6M, preferences, validations", pairs, {"loss": "dpo", "epochs": 2}, "--validation", pairs)
    yield on_bundled("6M, all weights", plain, {"method": "full", "rank": None, "alpha": None})
    yield on_bundled("6M, many micro-batches", plain, {"tokens_per_micro_batch": 256})
    yield on_bundled("6M, uneven lengths", uneven, {"epochs": 1, "batch_size": 8})
    yield on_bundled("6M, uneven lengths, one a step", uneven, {"epochs": 1, "batch_size": 1})
    yield on_bundled("6M, one thread", plain, {}, threads=1)


def measure(is_quick=False):
    """Seconds planned and taken of each workload; of runs that take seconds, the median of three by their ratio."""
    for name, base, data, recipe, flags, threads in workloads():
        if is_quick and base != BUNDLED:
            continue
        count = 1 if is_quick or base != BUNDLED else 3
        rounds = [once(base, data, recipe, flags, threads) for _ in range(count)]
        rounds.sort(key=lambda one: one["seconds_ratio"])
        found = {"name": name} | rounds[count // 2] | {"seconds_ratios": [one["seconds_ratio"] for one in rounds]}
        print(
            f"    {name}: planned {found['planned_seconds']:.1f} s, taken {found['taken_seconds']:.1f} s, "
            + ", ".join(f"{one['seconds_ratio']:.3f}" for one in rounds)
            + f"; of the processors {found['cpu_seconds_ratio']:.3f}", flush=True)
        yield found


def once(base, data, recipe, flags, threads):
    """Seconds planned and taken by one run, on the clock and of the processors."""
    run = ours.train(base, data, recipe, threads, "--deadline", "10h", *flags)
    figures = run["figures"]
    found = {"command": run["command"], "recipe": run["recipe"], "threads": threads}
    for kind in ("seconds", "cpu_seconds"):
        planned, taken = figures[f"planned_{kind}"], figures[f"run_{kind}"]
        found |= {f"planned_{kind}": planned, f"taken_{kind}": taken, f"{kind}_ratio": planned / taken}
    return found
