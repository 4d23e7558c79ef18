"""The conversations that both sides learn from, with known numbers of tokens, and the tokens themselves."""

import json
import random

import gguf
import tokenizers

from places import BUNDLED, WORK

fields = gguf.GGUFReader(BUNDLED).fields
TOKENS = fields["tokenizer.ggml.tokens"].contents()
vocabulary = {text: index for index, text in enumerate(TOKENS)}
merges = [tuple(line.split(" ")) for line in fields["tokenizer.ggml.merges"].contents()]
tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, merges))
tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.add_special_tokens(["<|im_start|>", "<|im_end|>"])

WORDS = sorted(text[1:] for text in TOKENS if text[0] == "Ġ" and len(text) > 3 and text[1:].isalpha() and text.isascii() is False)
FIRST = sorted(text for text in TOKENS if text.isascii() and text.isalpha() and len(text) > 2)


# Nothing stands before a user's text, so that conversations that begin differently share no token at all.
TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'assistant' %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    "{{ message['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")


def rendered(messages, is_prompt=False):
    """What the template makes of messages before an answer."""
    text = "".join(message["content"] + "<|im_end|>\n" for message in messages)
    return text + ("<|im_start|>assistant\n" if is_prompt else "")


def tokens(messages):
    """Token ids of prompt and answer; the answer ends with the token that ends the turn."""
    prompt = tokenizer.encode(rendered(messages[:-1], is_prompt=True), add_special_tokens=False).ids
    answer = tokenizer.encode(messages[-1]["content"] + "<|im_end|>", add_special_tokens=False).ids
    return prompt, answer


def text_of(generator, count, first=None):
    """Words that make up `count` tokens."""
    words = [first or generator.choice(FIRST)]
    while len(tokenizer.encode(" ".join(words)).ids) < count:
        words.append(generator.choice(WORDS))
    return " ".join(words)


def write(name, count, shared, own, spread=0):
    """Writes `count` conversations; `shared` tokens are the same in all, about `own` are each one's alone.

    With a spread, the logarithm of their number has this standard deviation. Returns the path. Without a shared part no
    two conversations of a batch begin with the same word.
    """
    path = WORK / "data" / f"{name}.jsonl"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    generator = random.Random(7)
    labels = [label for label in (f"{first}_{second}" for first in FIRST for second in FIRST)
              if len(tokenizer.encode(label).ids) == 3][:2000:50]
    frame = len(tokenizer.encode(rendered([{"role": "system", "content": ""}])).ids)
    system = text_of(generator, shared - frame) if shared else None
    firsts = generator.sample(FIRST, len(FIRST))
    lines = []
    for index in range(count):
        answer = generator.choice(labels)
        size = own + generator.choice([-2, -1, 0, 1, 2])
        if spread:
            size = min(1000, 12 + round(own * generator.lognormvariate(0, spread)))
        rest = len(tokenizer.encode("<|im_end|>\n<|im_start|>assistant\n" + answer + "<|im_end|>").ids)
        user = text_of(generator, size - rest, first=firsts[index % len(firsts)])
        messages = [{"role": "user", "content": user}, {"role": "assistant", "content": answer}]
        if system:
            messages.insert(0, {"role": "system", "content": system})
        lines.append(json.dumps({"messages": messages}))
    path.write_text("\n".join(lines) + "\n")
    return path


def taught(path):
    """The same conversations with what a teacher might have thought of eight tokens at each place of the answers."""
    def line(messages, generator):
        places = len(tokens(messages)[1])
        messages[-1]["logprobs"] = {
            "ids": [generator.sample(range(1000), 8) for _ in range(places)],
            "logprobs": [[-2.5] * 8 for _ in range(places)]}
        return {"messages": messages}

    return rewritten(path, "taught", line)


def pairs(path):
    """The same prompts, each with its answer and a worse one."""
    def line(messages, generator):
        answer = messages[-1]["content"]
        return {
            "prompt": messages[:-1], "chosen": messages[-1:],
            "rejected": [{"role": "assistant", "content": generator.choice(FIRST) + " " + answer}]}

    return rewritten(path, "pairs", line)


def rewritten(path, kind, line):
    other = path.with_suffix(f".{kind}.jsonl")
    if not other.exists():
        generator = random.Random(8)
        with open(path) as lines:
            made = [json.dumps(line(json.loads(text)["messages"], generator)) for text in lines]
        other.write_text("\n".join(made) + "\n")
    return other
