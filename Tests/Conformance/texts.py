"""Texts on which tokenizers differ: picked ones, and random ones by a seed."""

import random
import sys
import unicodedata

EDGES = [
    "", " ", "  ", "\n", "\n\n", "\r\n", "\t", " \n ", "\u00a0", "\u3000", "\u200b", "\ufeff", "\x00", "a\x00b", "\x7f",
    "Hello, world!", " Hello", "Hello ", "  Hello   world  ", "HELLO World hELLO", "camelCaseWords HTTPServer iPhone",
    "don't can't I'm we've she'll they'd he's IT'S DON'T 'S 's", "don’t can’t", "'", "''", "'s", "x's y'LL z'T",
    "1", "12", "123", "1234", "12345678901234567890", "3.14159", "1,000,000", "1e-5", "0x1F", "٣٤٥", "¼½¾", "Ⅷ", "²³",
    "$100", "100%", "a+b=c", "x == y && z != w", "<tag attr=\"v\">", "https://example.com/path?q=1#x", "a@b.example",
    "def f(x):\n    return x + 1\n\n\n# done\n", "\t\tif (a) {\r\n\t\t\tb();\r\n\t\t}", "{\"a\": [1, 2, {\"b\": null}]}",
    "...", "…", "---", "___", "!!!???", "a/b/c", "//\n//\n", " /\n", "~`|\\^", "«quoted» “quoted” ‘q’",
    "日本語のテキスト", "中文，标点。", "한국어 텍스트", "ภาษาไทย", "हिन्दी में", "العربية ١٢٣", "עברית", "Ελληνικά", "русский ТЕКСТ",
    "Ünïcödé", "u\u0308 u\u0301\u0323", "e\u0301té", "ﬁ ﬂ", "ǅ ǈ", "ß ẞ", "ı İ", "Å \u212b", "한", "각",
    "🙂", "👨‍👩‍👧‍👦", "🇩🇪🇫🇷", "👍🏽", "❤️", "a🙂b", "\U0001d4d0\U0001d4d1", "\U00020000\U0002a6d6", "\ue000", "\U000f0000", "\ufffd", "\uffff",
    "a" * 300, "ab" * 200, " " * 300, "\n" * 200, "é" * 100, "字" * 100, "1" * 100, "=" * 200, "\t" * 70, "ha" * 60 + "!",
    "word " * 60, "\u2581", "\u2581a \u2581", "a\u2581b", "Ġ", "ĠaĊ", "▁▁the", "<0x0A>", "<0xE2>", "<s>", "</s>", "<unk>",
    "<|endoftext|>", "<|im_start|>user\nhi<|im_end|>\n", "<|begin_of_text|>x<|eot_id|>", "<bos><start_of_turn>user\n",
    "[INST] hi [/INST]", "  <s>  a  </s>  ", "<s><s>", "<|im_end|> ", " <|im_end|>\n\n x", "\u2028\u2029", "\x85\x1c\x1d",
]


def _scalar(rng, groups):
    kind = rng.random()
    if kind < 0.5:
        return chr(rng.randrange(0x20, 0x7f))
    if kind < 0.93:
        return rng.choice(groups[rng.choice(sorted(groups))])
    while True:
        code = rng.randrange(0x110000)
        if not 0xd800 <= code < 0xe000:
            return chr(code)


def _groups():
    """Some characters of each general category, of those that every Unicode version of the last years has alike."""
    groups = {}
    for code in range(sys.maxunicode + 1):
        category = unicodedata.category(chr(code))
        if category != "Cs":
            groups.setdefault(category, []).append(chr(code))
    return groups


def random_texts(count, seed, pieces=()):
    """`count` texts: characters of all categories, runs, contractions, scripts, and `pieces` (a vocabulary's tokens)."""
    rng = random.Random(seed)
    groups = _groups()
    runs = [" ", "\n", "\t", "\r\n", "0", "1", "a", "A", "é", "字", "=", "-", ".", "'", "/", "\u00a0", "あ", "\u0301", "🙂"]
    parts = [
        "'s", "'S", "'ll", "'LL", "'ve", "'RE", "'t", " the", "The", "ing", "1234", " 56", "日本", "ひらがな", "カタカナ", "한글", "Привет",
        "العربية", "नमस्ते", "ไทย", "e\u0301", "👨‍👩‍👧", "🏳️‍🌈", "http://", "();\n", "\n    ", "\u2581", "<s>", "</s>", "<0x41>",
    ]
    texts = []
    for _ in range(count):
        text = ""
        for _ in range(rng.randint(1, 12)):
            kind = rng.random()
            if kind < 0.35:
                text += "".join(_scalar(rng, groups) for _ in range(rng.randint(1, 8)))
            elif kind < 0.5:
                text += rng.choice(runs) * rng.randint(1, 7)
            elif kind < 0.7:
                text += rng.choice(parts)
            elif kind < 0.8:
                text += " " + "".join(rng.choice("etaoinshrdlu") for _ in range(rng.randint(1, 9)))
            elif pieces:
                text += rng.choice(pieces)
        texts.append(text)
    return texts
