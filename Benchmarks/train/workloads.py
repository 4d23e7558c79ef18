"""Ours and PEFT in turn on one kind of data, each at the batch and precision that are fastest for it."""

import statistics

import conversations
import models
import ours
import peer

# Tokens that all conversations share and that each has alone; what each side may choose from.
WORKLOADS = {
    "shared": {
        "shared": 400, "own": 20, "ours": [64, 96, 128, 160],
        "peft": [(8, "bf16"), (4, "bf16"), (8, "fp32")]},
    "unshared": {
        "shared": 0, "own": 25, "ours": [16, 24, 32, 48],
        "peft": [(32, "bf16"), (64, "bf16"), (16, "bf16"), (32, "fp32")]},
}
MARGIN = 0.98


def measure(name, is_quick=False):
    """Chooses for each side, then runs them in turn; medians of the rounds are what counts."""
    kind = WORKLOADS[name]
    model, folder = models.small()
    data = conversations.write(name, 256, kind["shared"], kind["own"])
    print(f"  {name}: PEFT chooses", flush=True)
    choices = kind["peft"][:1] if is_quick else kind["peft"]
    theirs = ours.fastest(choices, lambda choice: peer.train(folder, data, *choice, steps=2))
    limit = theirs["peak_bytes"] / 3
    # Pages and buffers that no plan foresees take a little.
    flags = ("--memory", f"{limit * MARGIN / 1e6:.0f}m")
    print(f"  {name}: ours chooses, within {limit / 1e9:.2f} GB", flush=True)
    candidates = [
        {"batch_size": size, "precision": precision}
        for precision in ("bf16", "fp32") for size in (kind["ours"][:1] if precision == "fp32" else kind["ours"])]
    chosen = ours.fastest(candidates, lambda recipe: run_ours(model, name, recipe, 3, flags=flags), limit)["recipe"]
    rounds = []
    for _ in range(1 if is_quick else 2):
        rounds.append({
            "ours": run_ours(model, name, chosen, 5, flags=flags),
            "peft": peer.train(folder, data, theirs["batch"], theirs["precision"], steps=2 if is_quick else 3)})
        mine, other = rounds[-1]["ours"], rounds[-1]["peft"]
        print(
            f"  {name}: ours {mine['examples_per_second']:.2f}, PEFT {other['examples_per_second']:.2f} examples/s; "
            f"{mine['peak_bytes'] / 1e9:.2f} and {other['peak_bytes'] / 1e9:.2f} GB", flush=True)
    figures = {side: median(round[side] for round in rounds) for side in ("ours", "peft")}
    return {"rounds": rounds, "chosen": {"ours": chosen, "peft": [theirs["batch"], theirs["precision"]]}, **figures}


def median(measurements):
    measurements = list(measurements)
    return {
        "examples_per_second": statistics.median(one["examples_per_second"] for one in measurements),
        "peak_bytes": max(one["peak_bytes"] for one in measurements), "command": measurements[0]["command"]}


def run_ours(model, name, recipe, steps, threads=ours.THREADS, flags=()):
    """`steps` steps of a workload; the data has as many conversations as they take."""
    kind = WORKLOADS[name]
    count = recipe["batch_size"] * steps
    data = conversations.write(f"{name}-{count}", count, kind["shared"], kind["own"])
    return ours.train(model, data, recipe, threads, *flags)


def first_loss():
    """The loss of the first step on both sides, on the same eight conversations: the same model, the same tokens."""
    model, folder = models.small()
    data = conversations.write("check", 8, 60, 25)
    mine = ours.train(model, data, {"batch_size": 8, "precision": "fp32"})
    other = peer.train(folder, data, 8, "fp32", steps=1)
    return {"ours": mine["first_loss"], "peft": other["first_loss"]}
