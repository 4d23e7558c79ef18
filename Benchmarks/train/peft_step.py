#!/usr/bin/env python3
"""Some training steps with transformers and PEFT in a process of their own; prints one JSON object.

    peft_step.py FOLDER DATA --batch N --precision fp32|bf16 --steps N
"""

import argparse
import json
import resource
import statistics
import time

import torch
import transformers
from peft import LoraConfig, get_peft_model

import conversations


def batches(path, size, steps):
    """Right-padded ids, masks and labels; only answers count."""
    with open(path) as lines:
        examples = [conversations.tokens(json.loads(line)["messages"]) for line in lines]
    for step in range(steps):
        chosen = [examples[(step * size + index) % len(examples)] for index in range(size)]
        width = max(len(prompt) + len(answer) for prompt, answer in chosen)
        ids = torch.zeros(size, width, dtype=torch.long)
        labels = torch.full((size, width), -100)
        mask = torch.zeros(size, width, dtype=torch.long)
        for row, (prompt, answer) in enumerate(chosen):
            length = len(prompt) + len(answer)
            ids[row, :length] = torch.tensor(prompt + answer)
            labels[row, len(prompt):length] = torch.tensor(answer)
            mask[row, :length] = 1
        yield {"input_ids": ids, "attention_mask": mask, "labels": labels}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("data")
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--precision", choices=["fp32", "bf16"], required=True)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--threads", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    dtype = torch.float32 if arguments.precision == "fp32" else torch.bfloat16
    base = transformers.AutoModelForCausalLM.from_pretrained(arguments.folder, dtype=dtype)
    # In bf16 the adapter is bf16 too: the faster way, where PEFT would keep it in fp32 by default.
    model = get_peft_model(
        base,
        LoraConfig(
            r=16, lora_alpha=32, lora_dropout=0.0, task_type="CAUSAL_LM",
            target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]),
        autocast_adapter_dtype=False)
    model.train()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=2e-4)
    seconds, losses, counts = [], [], []
    for batch in batches(arguments.data, arguments.batch, arguments.steps):
        start = time.perf_counter()
        optimizer.zero_grad()
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        seconds.append(time.perf_counter() - start)
        losses.append(loss.item())
        counts.append(int(batch["attention_mask"].sum()))
    counted = seconds[1:] or seconds
    median = statistics.median(counted)
    print(json.dumps({
        "batch": arguments.batch, "precision": arguments.precision, "step_seconds": seconds, "seconds": median,
        "examples": arguments.batch, "example_tokens": counts[-1], "examples_per_second": arguments.batch / median,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "first_loss": losses[0],
        "trained_parameters": sum(parameter.numel() for parameter in trained),
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    }))


if __name__ == "__main__":
    main()
