#!/usr/bin/env python3
"""Records runs of PyTorch and PEFT that learn from a teacher's stored likeliest tokens: losses and gradient norms.

    make_distillation.py SHARED_FIXTURES > distillation.json

The divergence is written down here once more, from its definition: every stored token is a bucket and all others together
are one; buckets are raised to 1/temperature and divided by their sum; temperature squared times KL(teacher || student).
Conversations of several turns with weights share their prompt, two of them their first answer as well; one place in
three has no teacher, some have one alternative only, one has (nearly) all of the probability. Made with torch 2.13,
transformers 4.57, peft 0.21; a minute on one core.
"""
import json
import sys

import torch
from make_runs import FLOOR, ORDER, RATE, STEPS, WARMUP, adamw, adapted, numbers, rate

MODEL = "qwen2"


def tokens(stream, count, size):
    return [int((x + 1) / 2 * size) % size for x in numbers(stream, count)]


def distribution(stream, size, count, peak):
    """The likeliest tokens of a teacher who is drawn, and their rounded logarithms."""
    logits = torch.tensor(numbers(stream, size)) * peak
    best = torch.log_softmax(logits, -1).topk(count)
    return {"ids": best.indices.tolist(), "logprobs": [round(x, 6) for x in best.values.tolist()]}


def conversation(number, prompt, turns, size):
    """Token ids, weights and the teacher by place."""
    ids, weights, teacher = list(prompt), [0.0] * len(prompt), {}
    for turn, (answer, weight, question) in enumerate(turns):
        for token in answer:
            place = len(ids)
            if place % 3 != 1:
                peak = 400.0 if place % 7 == 3 else 12.0
                # The same place of equal beginnings has the same teacher.
                stream = 1000 + place + (500 * number if turn > 0 else 0)
                teacher[place] = distribution(stream, size, 1 + place % 6, peak)
            ids.append(token)
            weights.append(weight)
        ids += question
        weights += [0.0] * len(question)
    return {"ids": ids, "weights": weights, "teacher": {str(k): v for k, v in teacher.items()}}


def make_batches(size):
    batches = []
    for batch in range(2):
        prompt = tokens(100 + batch, 24, size)
        first = tokens(200 + batch, 7, size)
        examples = []
        for number in range(4):
            stream = 300 + 10 * batch + number
            answer = first if number < 2 else tokens(stream, 5 + number, size)
            turns = [(answer, 1.0, tokens(stream + 50, 4, size)), (tokens(stream + 500, 4 + number, size), 0.5, [])]
            examples.append(conversation(number, prompt, turns, size))
        batches.append(examples)
    return batches


def loss_of(model, examples, alpha, temperature):
    total, weight_sum = 0.0, 0.0
    for e in examples:
        logits = model(input_ids=torch.tensor([e["ids"]]), use_cache=False).logits[0].double()
        logq = torch.log_softmax(logits, -1)
        for place, weight in enumerate(e["weights"]):
            if weight == 0:
                continue
            row = logq[place - 1]
            loss = -row[e["ids"][place]]
            stored = e["teacher"].get(str(place))
            if stored:
                p = torch.tensor(stored["logprobs"], dtype=torch.float64).exp()
                q = row[stored["ids"]].exp()
                p = torch.cat([p, (1 - p.sum()).clamp(min=0)[None]]) ** (1 / temperature)
                q = torch.cat([q, (1 - q.sum())[None]]) ** (1 / temperature)
                p, q = p / p.sum(), q / q.sum()
                kl = torch.where(p > 0, p * (p.clamp(min=1e-300).log() - q.log()), torch.zeros_like(p)).sum()
                loss = (1 - alpha) * loss + alpha * temperature**2 * kl
            total = total + weight * loss
            weight_sum += weight
    return total / weight_sum


def main():
    torch.set_num_threads(1)
    runs, batches = [], None
    for name, alpha, temperature in [("alone", 1.0, 1.0), ("mixed", 0.35, 2.0), ("sharpened", 0.7, 0.5)]:
        model = adapted(MODEL, ORDER, 4, 8)
        model.eval()
        batches = batches or make_batches(model.config.vocab_size)
        optimizer = adamw(model)
        parameters = [p for p in model.parameters() if p.requires_grad]
        losses, norms = [], []
        for step in range(1, STEPS + 1):
            optimizer.param_groups[0]["lr"] = rate(step)
            optimizer.zero_grad()
            loss = loss_of(model, batches[(step - 1) % len(batches)], alpha, temperature)
            loss.backward()
            norms.append(float(torch.nn.utils.clip_grad_norm_(parameters, 1.0)))
            losses.append(loss.item())
            optimizer.step()
        print(name, losses[0], losses[-1], file=sys.stderr)
        runs.append({
            "name": name, "model": MODEL, "recipe": {"rank": 4, "alpha": 8}, "distillation_weight": alpha,
            "temperature": temperature, "losses": losses, "norms": norms})
    json.dump(
        {"steps": STEPS, "warmup": WARMUP, "rate": RATE, "floor": FLOOR, "batches": batches, "runs": runs}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
