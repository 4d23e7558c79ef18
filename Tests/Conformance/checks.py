"""What is compared, one function a subject. Each yields rows of the table."""

import contextlib
import dataclasses
import pathlib

import numpy
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter

import texts
from retort import RetortFailure

# llama.cpp's numbers of file types; retort-quantize knows them by name.
FILE_TYPES = {
    "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "Q5_0": 8, "Q5_1": 9, "Q3_K_S": 11, "Q3_K_M": 12, "Q3_K_L": 13,
    "Q4_K_S": 14, "Q4_K_M": 15, "Q5_K_S": 16, "Q5_K_M": 17, "Q6_K": 18, "IQ4_NL": 25, "IQ4_XS": 30, "BF16": 32,
}
# What a matrix may be wrong by after quantizing, relative to what llama.cpp's is wrong by. A build of llama.cpp with
# fused multiply-add finds other scales in places; equal bytes are shown as such.
QUANTIZATION_SLACK = 0.05
LOGIT_TOLERANCE = 2e-4
# llama.cpp takes GELU from a table over half-precision numbers.
TABLE_TOLERANCE = 3e-2


@dataclasses.dataclass
class Row:
    subject: str
    case: str
    passed: bool
    difference: str
    note: str = ""


def text_of(field):
    return bytes(field.parts[field.data[0]]).decode()


class Model:
    """A GGUF file as the package gguf reads it, the judge's own reader."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.reader = GGUFReader(str(path))
        self.architecture = text_of(self.reader.fields["general.architecture"])

    @property
    def has_weights(self):
        return any(tensor.name == "blk.0.attn_norm.weight" for tensor in self.reader.tensors)

    @property
    def has_float_matrices_only(self):
        return all(tensor.tensor_type == GGMLQuantizationType.F32 for tensor in self.reader.tensors)

    def number(self, key):
        field = self.reader.fields.get(f"{self.architecture}.{key}")
        return None if field is None else field.parts[field.data[0]][0]


def tokenizer(model, retort, reference, options):
    """Ids of texts, with special tokens parsed and not, and the texts of ids."""
    vocabulary = reference.open(model.path, vocabulary_only=True)
    try:
        count = vocabulary.token_count
        rng = numpy.random.default_rng(options.seed)
        some = [vocabulary.token_text(int(token)) for token in rng.integers(0, count, 400)]
        pieces = [text.decode() for text in some if _is_text(text)]
        subjects = texts.EDGES + texts.random_texts(options.texts, options.seed, pieces)
        for add_special, parse_special in ((False, False), (True, True), (False, True)):
            expected = [vocabulary.tokenize(text, add_special, parse_special) for text in subjects]
            found = retort.tokenize(model.path, subjects, add_special, parse_special)
            wrong = [text for text, left, right in zip(subjects, found, expected) if left != right]
            case = f"encode add_special={add_special} parse_special={parse_special}".replace("True", "1").replace(
                "False", "0")
            yield Row(
                "tokenizer", case, not wrong, f"{len(wrong)} of {len(subjects)} texts",
                "" if not wrong else f"first: {ascii(min(wrong, key=len))[:60]}")
        lists = expected + [[int(token) for token in rng.integers(0, count, 12)] for _ in range(options.texts // 4)]
        lists += [[token] for token in range(min(count, 3000))]
        found = retort.detokenize(model.path, lists)
        wrong = [
            ids for ids, text in zip(lists, found) if vocabulary.detokenize(ids).decode(errors="replace") != text]
        yield Row(
            "tokenizer", "decode", not wrong, f"{len(wrong)} of {len(lists)} lists of ids",
            "" if not wrong else f"first: {min(wrong, key=len)[:8]}")
    finally:
        vocabulary.close()


def _is_text(data):
    try:
        data.decode()
        return True
    except UnicodeDecodeError:
        return False


def dequantization(model, retort, reference, options):
    """Tensors of each type in the file, bit for bit."""
    by_type = {}
    for tensor in model.reader.tensors:
        by_type.setdefault(tensor.tensor_type, []).append(tensor)
    for kind, tensors in sorted(by_type.items()):
        small = [tensor for tensor in tensors if tensor.n_elements <= options.elements] or tensors[:1]
        wrong, largest = [], 0.0
        for tensor in small[:: max(1, len(small) // options.tensors)]:
            found = retort.tensor(model.path, tensor.name, options.work)
            expected = reference.dequantized(int(kind), tensor.data, int(tensor.n_elements))
            if found.view("<u4").tobytes() != expected.view("<u4").tobytes():
                wrong.append(tensor.name)
                if found.shape == expected.shape:
                    largest = max(largest, float(numpy.abs(found - expected).max()))
        yield Row(
            "dequantize", f"{kind.name} ({len(tensors)} tensors)", not wrong, f"{largest:g}",
            "bit for bit" if not wrong else f"first: {wrong[0]}")


def quantization(model, retort, reference, options):
    """The whole file in other types: the same type for each tensor; its bytes, or how far it is from the original."""
    base = {tensor.name: tensor for tensor in model.reader.tensors}
    for name in options.types:
        ours, theirs = options.work / "ours.gguf", options.work / "theirs.gguf"
        retort.quantize(model.path, ours, name)
        reference.quantize(model.path, theirs, FILE_TYPES[name])
        found = {tensor.name: tensor for tensor in GGUFReader(str(ours)).tensors}
        wrong, equal, worst = [], 0, 0.0
        for expected in GGUFReader(str(theirs)).tensors:
            tensor = found.pop(expected.name, None)
            if tensor is None or tensor.tensor_type != expected.tensor_type:
                wrong.append(f"{expected.name}: {tensor and tensor.tensor_type.name}, not {expected.tensor_type.name}")
            elif tensor.data.tobytes() == expected.data.tobytes():
                equal += 1
            else:
                errors = [
                    _error(base[expected.name], part, reference) for part in (tensor, expected)]
                worst = max(worst, errors[0] / errors[1] - 1 if errors[1] else float("inf"))
                if errors[0] > (1 + QUANTIZATION_SLACK) * errors[1]:
                    wrong.append(f"{expected.name}: rmse {errors[0]:g}, not {errors[1]:g}")
        wrong += [f"{extra}: not in the reference's file" for extra in found]
        yield Row(
            "quantize", name, not wrong, f"rmse {worst:+.1%}",
            wrong[0] if wrong else f"{equal} of {equal + _different(ours, theirs)} tensors byte for byte")
        ours.unlink()
        theirs.unlink()


def _different(ours, theirs):
    left, right = (
        {tensor.name: tensor.data.tobytes() for tensor in GGUFReader(str(path)).tensors} for path in (ours, theirs))
    return sum(left.get(name) != data for name, data in right.items())


def _error(base, tensor, reference):
    values = [
        reference.dequantized(int(part.tensor_type), part.data, int(part.n_elements)).astype(numpy.float64)
        for part in (base, tensor)]
    return float(numpy.sqrt(numpy.mean((values[0] - values[1]) ** 2)))


@contextlib.contextmanager
def float_model_of(model, reference, options):
    """The model as llama.cpp runs it without rounding activations: dequantized, where it is not float already."""
    path, made = model.path, None
    if not model.has_float_matrices_only:
        path = made = options.work / "dequantized.gguf"
        reference.quantize(model.path, path, 0)
    opened = reference.open(path)
    try:
        yield opened
    finally:
        opened.close()
        if made:
            made.unlink()


def prompts(model, float_model, options):
    """Lists of ids: a text, random ids, and, where the model has a sliding window, more than it sees."""
    rng = numpy.random.default_rng(options.seed)
    count = float_model.token_count
    text = "The quick brown fox jumps over the lazy dog. 1, 2, 3 — what comes next?"
    lists = [float_model.tokenize(text, True, True)[: options.positions]]
    lists += [[int(token) for token in rng.integers(0, count, options.positions)] for _ in range(2)]
    window = model.number("attention.sliding_window") or 0
    if 0 < window < 2 * options.positions:
        lists.append([int(token) for token in rng.integers(0, count, 3 * options.positions)])
    original = model.number("rope.scaling.original_context_length") or 0
    context = int(model.number("context_length"))
    lists = [tokens[:context] for tokens in lists if tokens]
    # llama.cpp takes long rope's factors by the context's size, Retort (and transformers) by the sequence's.
    if any(tensor.name == "rope_factors_long.weight" for tensor in model.reader.tensors) and original <= 4096:
        lists.append([int(token) for token in rng.integers(0, count, min(context, int(original) + 16))])
    return lists, int(original)


def logits(model, float_model, retort, options, adapter=None, subject="logits"):
    """Every position of some prompts, by both of Retort's passes."""
    tolerance = TABLE_TOLERANCE if model.architecture.startswith("gemma") else LOGIT_TOLERANCE
    lists, original = prompts(model, float_model, options)
    for engine in ("inference", "training"):
        for tokens in lists:
            context = original * 2 if original and len(tokens) > original else None
            expected = float_model.logits(tokens, adapter=adapter, context=context)
            found = retort.logits(model.path, tokens, engine, options.work, adapter=adapter)
            difference = numpy.abs(found - expected)
            worst = float(difference.max()) if numpy.isfinite(found).all() else float("inf")
            allowed = tolerance * max(1.0, float(numpy.abs(expected).max()) / 10)
            position = int(difference.max(axis=1).argmax())
            yield Row(
                subject, f"{engine}, {len(tokens)} positions", worst <= allowed, f"{worst:.2e}",
                f"tolerance {allowed:.0e}" + (f", worst at position {position}" if worst > allowed else ""))


def adapters(model, float_model, retort, options):
    """Logits with an adapter: the user's, or one with random numbers for every matrix of the layers."""
    path = options.adapter
    if path is None:
        path = options.work / "random-adapter.gguf"
        write_random_adapter(model, path, options.seed)
    lists, _ = prompts(model, float_model, options)
    effect = numpy.abs(float_model.logits(lists[0], adapter=path) - float_model.logits(lists[0])).max()
    yield Row("adapter", "changes llama.cpp's logits", bool(effect > 1e-3), f"{effect:.2e}")
    yield from logits(model, float_model, retort, options, adapter=path, subject="adapter")


def write_random_adapter(model, path, seed, rank=4):
    """Rank 4 on all matrices of the layers, alpha 8; B so that updates are about a tenth of the weights."""
    rng = numpy.random.default_rng(seed)
    writer = GGUFWriter(str(path), model.architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 2.0 * rank)
    for tensor in model.reader.tensors:
        if tensor.name.startswith("blk.") and tensor.name.endswith(".weight") and "norm" not in tensor.name:
            inputs, outputs = (int(size) for size in tensor.shape)
            scale = 0.1 / numpy.sqrt(inputs * rank)
            for suffix, shape, size in (("a", (rank, inputs), 1.0), ("b", (outputs, rank), scale)):
                numbers = rng.standard_normal(shape, dtype=numpy.float32) * numpy.float32(size)
                writer.add_tensor(f"{tensor.name}.lora_{suffix}", numbers)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def all_of(model, retort, reference, options):
    """Every check that the file has something for and that was asked for."""
    try:
        if "tokenizer" in options.checks and "tokenizer.ggml.model" in model.reader.fields:
            yield from tokenizer(model, retort, reference, options)
        if not model.has_weights:
            return
        if "dequantize" in options.checks:
            yield from dequantization(model, retort, reference, options)
        if "quantize" in options.checks:
            yield from quantization(model, retort, reference, options)
        if {"logits", "adapter"} & set(options.checks):
            with float_model_of(model, reference, options) as float_model:
                if "logits" in options.checks:
                    yield from logits(model, float_model, retort, options)
                if "adapter" in options.checks:
                    yield from adapters(model, float_model, retort, options)
    except (RetortFailure, RuntimeError) as failure:
        yield Row("stopped", "", False, "", str(failure))
