#!/usr/bin/env python3
"""Turns Banking77 into what the stages read: logged requests, a recorded teacher, a task. Standard library only.

    python3 Benchmarks/banking77/make_logs.py DATA OUTPUT

DATA holds train.csv, test.csv and categories.json of PolyAI-LDN/task-specific-datasets (Casanueva et al., 2020,
arXiv:2003.04807, CC BY 4.0). The training rows are logged in the first fifty days, the test rows in the ten days
after them, so that a split by time gives back the data set's own.
"""

import csv
import json
import pathlib
import sys

START = 1767571200  # 2026-01-05 00:00:00 UTC
TEST = START + 50 * 86400  # 2026-02-24

TASK_HEAD = """# Made by Benchmarks/banking77/make_logs.py.
name: banking77
description: Which of 77 intents a question to a bank has.
kind: classification
input: last_user_message
metric: accuracy
prompts:
  student:
    system: Name the intent of the customer's question.
    user: "{input}"
  teacher:
    system: |
      You sort questions to a bank. Answer with the name of exactly one intent and nothing else. The intents:
      {labels}
    user: "{input}"
split:
  test_after: 2026-02-24
  validation_fraction: 0.05
  near_duplicate_similarity: 0.95
  seed: 1
gate:
  minimum_margin_over_base: 0.3
labels:
"""


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [(row["text"].strip(), row["category"]) for row in csv.DictReader(file)]


def write(path, entries):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries))


def main():
    data, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    logs, answers = [], {}
    for name, start, days in (("train", START, 49), ("test", TEST, 9)):
        questions = rows(data / f"{name}.csv")
        for index, (text, category) in enumerate(questions):
            # Spread over the period in an order of no meaning: the files are sorted by category.
            time = start + (index * 7919) % len(questions) * days * 86400 // len(questions)
            answers.setdefault(text, category)
            logs.append({
                "timestamp": time, "workload_id": "banking",
                "request": {"model": "frontier-large", "messages": [{"role": "user", "content": text}]},
                "response": {
                    "id": f"chatcmpl-{name}-{index}", "object": "chat.completion", "created": time,
                    "model": "frontier-large",
                    "choices": [{"index": 0, "finish_reason": "stop", "message": {
                        "role": "assistant", "content": "Thank you for your question. A colleague will answer it."}}]}})
    logs.sort(key=lambda entry: entry["timestamp"])
    write(output / "logs" / "banking77.jsonl", logs)
    write(output / "teacher.jsonl", [{"input": text, "answer": label} for text, label in answers.items()])
    labels = json.load(open(data / "categories.json"))
    (output / "task.yaml").write_text(TASK_HEAD + "".join(f"  - name: {label}\n" for label in sorted(labels)))
    print(f"{len(logs)} requests, {len(answers)} different questions, {len(labels)} intents in {output}", file=sys.stderr)


if __name__ == "__main__":
    main()
