#!/usr/bin/env python3
"""Records training runs of PyTorch, PEFT and transformers on the fixture models: losses and gradient norms, a few steps.

    make_runs.py SHARED_FIXTURES > runs.json

The base models and the batches come from the fixtures; first weights come from a formula that the tests repeat, so that
no weights need to be kept. Made with torch 2.13, transformers 4.57, peft 0.21; a minute on one core.
"""
import json
import math
import os
import sys

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from peft.optimizers import create_loraplus_optimizer
from transformers import AutoModelForCausalLM

FIXTURES = sys.argv[1]
STEPS, WARMUP, RATE, FLOOR = 8, 2, 1e-3, 0.1
ROLES = {
    "q_proj": "attn_q", "k_proj": "attn_k", "v_proj": "attn_v", "o_proj": "attn_output",
    "gate_proj": "ffn_gate", "up_proj": "ffn_up", "down_proj": "ffn_down",
}
ORDER = list(ROLES)


def numbers(stream, count):
    """Uniform numbers in -1 ..< 1: murmur3's finalizer over a counter."""
    with np.errstate(over="ignore"):
        h = np.uint32(stream * 1000003) + np.arange(count, dtype=np.uint32)
        h ^= h >> np.uint32(16)
        h *= np.uint32(0x85EBCA6B)
        h ^= h >> np.uint32(13)
        h *= np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    return h.astype(np.float64) / 2.0**31 - 1.0


# What transformers' reader of GGUF files leaves out.
MISSING = {
    "qwen3": {"head_dim": 64},
    "gemma2": {
        "head_dim": 64, "attn_logit_softcapping": 5.0, "final_logit_softcapping": 5.0, "query_pre_attn_scalar": 64,
        "sliding_window": 16,
    },
}


def load(name):
    model = AutoModelForCausalLM.from_pretrained(
        os.path.join(FIXTURES, "models"), gguf_file=f"{name}.gguf", dtype=torch.float32, attn_implementation="eager",
        **MISSING.get(name, {}))
    check(model, name)
    return model


def check(model, name):
    """Refuses a model whose logits are not the fixture's."""
    folder = os.path.join(FIXTURES, "logits")
    with open(os.path.join(folder, f"{name}.json")) as file:
        prompt = json.load(file)["prompts"][0]
    recorded = np.fromfile(
        os.path.join(folder, prompt["hf"]["file"]), "<f4", prompt["hf"]["nbytes"] // 4, offset=prompt["hf"]["offset"])
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([prompt["ids"]])).logits.flatten().numpy()
    difference = np.abs(logits[-len(recorded):] - recorded).max()
    if difference > 2e-4:
        sys.exit(f"{name}: logits differ by {difference}")


def rate(step):
    if step <= WARMUP:
        return RATE * step / WARMUP
    progress = (step - WARMUP) / (STEPS - WARMUP)
    return RATE * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * progress)))


def batches(trace):
    with open(os.path.join(FIXTURES, "lora", trace, "trace.json")) as file:
        return [batch["examples"] for batch in json.load(file)["batches"]]


def loss_of(model, examples):
    longest = max(len(e["ids"]) for e in examples)
    ids = torch.tensor([e["ids"] + [0] * (longest - len(e["ids"])) for e in examples])
    seen = torch.tensor([[1] * len(e["ids"]) + [0] * (longest - len(e["ids"])) for e in examples])
    mask = torch.tensor([e["mask"] + [0] * (longest - len(e["mask"])) for e in examples])[:, 1:].bool()
    logits = model(input_ids=ids, attention_mask=seen, use_cache=False).logits[:, :-1]
    logp = torch.log_softmax(logits.float(), -1).gather(-1, ids[:, 1:, None])[..., 0]
    return -logp[mask].sum() / mask.sum()


def run(model, optimizer, trace):
    """Losses and gradient norms before clipping."""
    model.eval()
    parameters = [p for p in model.parameters() if p.requires_grad]
    factors = [group["lr"] / RATE for group in optimizer.param_groups]
    data, losses, norms = batches(trace), [], []
    for step in range(1, STEPS + 1):
        for group, factor in zip(optimizer.param_groups, factors):
            group["lr"] = rate(step) * factor
        optimizer.zero_grad()
        loss = loss_of(model, data[(step - 1) % len(data)])
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(parameters, 1.0)))
        losses.append(float(loss))
        optimizer.step()
    return {"trace": trace, "losses": losses, "norms": norms}


def adapted(model, targets, r, alpha, rank_pattern={}, alpha_pattern={}, rslora=False):
    """A PEFT model whose first weights follow from names and places."""
    config = LoraConfig(
        r=r, lora_alpha=alpha, target_modules=targets, rank_pattern=rank_pattern, alpha_pattern=alpha_pattern,
        use_rslora=rslora, lora_dropout=0.0, task_type="CAUSAL_LM")
    model = get_peft_model(load(model), config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" not in name:
                continue
            parts = name.split(".")
            layer, role = int(parts[parts.index("layers") + 1]), next(p for p in parts if p in ROLES)
            is_a = "lora_A" in name
            stream = (layer * len(ORDER) + ORDER.index(role)) * 2 + (0 if is_a else 1)
            scale = 1 / math.sqrt(parameter.shape[1]) if is_a else 0.02
            values = numbers(stream, parameter.numel()) * scale
            parameter.copy_(torch.tensor(values.astype(np.float32)).reshape(parameter.shape))
    return model


def adamw(model, decays_all=True):
    if decays_all:
        groups = [{"params": [p for p in model.parameters() if p.requires_grad], "weight_decay": 0.01}]
    else:
        # As the Trainer of transformers: norms and biases do not decay.
        groups = [
            {"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": 0.01},
            {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0},
        ]
    return torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.999), eps=1e-8)


def main():
    torch.set_num_threads(1)
    runs = []

    def record(name, model, recipe, result):
        runs.append({"name": name, "model": model, "recipe": recipe, **result})
        print(name, result["losses"][0], result["losses"][-1], file=sys.stderr)

    data = "trace-sft-qwen2"
    model = adapted(
        "qwen2", ORDER, 4, 8, {"q_proj": 2, r"layers\.1\.mlp\.down_proj": 6}, {"v_proj": 16, r"layers\.0\.mlp\..*": 3})
    record(
        "patterns", "qwen2",
        {
            "rank": 4, "alpha": 8, "rank_pattern": {"attn_q": 2, "blk.1.ffn_down": 6},
            "alpha_pattern": {"attn_v": 16, "blk.0.ffn_*": 3},
        }, run(model, adamw(model), data))
    model = adapted("qwen2", r".*layers\.(0\.self_attn\.(q|v)_proj|1\.mlp\.(gate|up|down)_proj)", 8, 8, rslora=True)
    record(
        "rslora", "qwen2",
        {"rank": 8, "alpha": 8, "rslora": True, "targets": ["blk.0.attn_[qv]", "blk.1.ffn_*"]},
        run(model, adamw(model), data))
    model = adapted("qwen2", ORDER, 4, 8)
    optimizer = create_loraplus_optimizer(
        model, torch.optim.AdamW, lr=RATE, loraplus_lr_ratio=16, loraplus_weight_decay=0.01, betas=(0.9, 0.999),
        eps=1e-8, weight_decay=0.01)
    record("lora-plus", "qwen2", {"rank": 4, "alpha": 8, "lora_plus_ratio": 16}, run(model, optimizer, data))
    for name in ["llama", "qwen2", "qwen3", "gemma2"]:
        model = load(name)
        for parameter in model.parameters():
            parameter.requires_grad_(True)
        record(f"full-{name}", name, {"method": "full"}, run(model, adamw(model, decays_all=False), data))
    json.dump({"steps": STEPS, "warmup": WARMUP, "rate": RATE, "floor": FLOOR, "runs": runs}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
