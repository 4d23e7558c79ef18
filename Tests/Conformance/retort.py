"""Retort's side: the executables that a user runs."""

import json
import pathlib
import subprocess

import numpy


class RetortFailure(Exception):
    """An executable ended with another status than 0; the text is what it said."""


class Retort:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()

    def run(self, tool, *arguments, data=None):
        done = subprocess.run(
            [self.folder / tool, *map(str, arguments)], input=data, capture_output=True, timeout=3600)
        if done.returncode != 0:
            raise RetortFailure(f"{tool}: {done.stderr.decode(errors='replace').strip()[:500]}")
        return done.stdout

    def _lines(self, arguments, values):
        data = "".join(json.dumps(value) + "\n" for value in values).encode()
        return [json.loads(line) for line in self.run("retort-inspect", *arguments, data=data).splitlines()]

    def tokenize(self, model, texts, add_special, parse_special):
        flags = ["--add-special"] * add_special + ["--parse-special"] * parse_special
        return self._lines(["tokenize", "--model", model, "--jsonl", *flags], texts)

    def detokenize(self, model, token_lists):
        return self._lines(["tokenize", "--model", model, "--jsonl", "--decode"], token_lists)

    def tensor(self, model, name, folder):
        output = folder / "tensor.bin"
        self.run("retort-inspect", "tensor", model, name, "--output", output, "--quiet")
        values = numpy.fromfile(output, "<f4")
        output.unlink()
        return values

    def logits(self, model, tokens, engine, folder, adapter=None):
        prompt, output = folder / "tokens.json", folder / "logits.bin"
        prompt.write_text(json.dumps(tokens))
        more = ["--adapter", adapter] if adapter else []
        self.run(
            "retort-inspect", "logits", "--model", model, "--tokens", prompt, "--output", output, "--engine", engine,
            "--quiet", *more)
        values = numpy.fromfile(output, "<f4").reshape(len(tokens), -1)
        output.unlink()
        return values

    def quantize(self, source, target, file_type):
        self.run("retort-quantize", source, target, file_type, "--quiet")
