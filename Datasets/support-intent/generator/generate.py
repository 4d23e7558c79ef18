#!/usr/bin/env python3
"""Writes the bundled support-intent data: logs/, teacher.jsonl and gold.jsonl. Standard library only.

    python3 Datasets/support-intent/generator/generate.py

The shop, its customers and every sentence are invented (phrases.txt, this file). The same seed gives the same
bytes. What real traffic has and a clean data set lacks is put in on purpose: uneven intents, typos, greetings and
anger around the request, earlier turns, exact and near duplicates, records that are broken, phrasings that
appear late, and a teacher that is sometimes wrong.
"""

import gzip
import json
import pathlib
import random
import re

SEED = 20260105
ROOT = pathlib.Path(__file__).resolve().parent.parent
START = 1767571200  # 2026-01-05 00:00:00 UTC
DAYS = 60
LATE_DAY = 38  # phrasings marked + appear from this day on
GOLD_DAY = 46  # from this day on people checked every label
CONVERSATIONS = 3900

PRODUCTS = """kettle; toaster; rice cooker; coffee grinder; espresso machine; floor lamp; desk lamp; bookshelf; shoe rack;
air fryer; blender; hand mixer; cast iron pan; knife set; bath mat; shower curtain; duvet; pillow; office chair;
folding table; robot vacuum; steam iron; water filter; wall clock; mirror; rug; plant pot; spice rack; laundry basket;
fan heater; dehumidifier; baby gate; garden hose; parasol; picnic bag; lunch box; thermos; cutting board;
kitchen scale; milk frother""".replace("\n", " ").split("; ")
CITIES = "Leeds Porto Graz Malmo Ghent Cork Turin Brno Bergen Lyon Utrecht Split Vigo Aarhus Bonn Tartu".split()
COLORS = "black white red green blue grey yellow beige copper navy".split()
MONTHS = "january february march april may june july august september october november december".split()
NAMES = "Ana Tom Priya Jonas Mei Carla Yusuf Elin Marek Zoe Dani Ruth".split()
GREETINGS = ["hi", "hello", "hey there", "good morning", "good evening", "dear team", "hi support", "hello there",
             "hey", "hi, {name} here", "good day", "hallo"]
ANGER = ["this is ridiculous", "i am really annoyed", "unbelievable", "seriously??", "i am losing my patience",
         "what a mess", "honestly i am furious", "not happy at all", "how hard can it be"]
CONTEXT = ["i am a customer since {month}", "order number is {order}", "it was a present for my mother",
           "i already wrote last week", "i am on my phone so sorry for typos", "my name is {name}",
           "i need this sorted before {date}", "i tried the help page first", "my husband ordered it for me",
           "we live in {city}", "the app was no help", "bought in {month}"]
CLOSINGS = ["thanks", "thank you", "thx", "please help", "regards, {name}", "cheers", "asap please",
            "thanks in advance", "any help is welcome", "waiting for your answer", "please reply to {email}"]

# What the assistant of the shop answered in production, by intent; a prose answer, not a label.
REPLIES = {
    "track_order": "Let me look at where your parcel is. It left our hub and the courier expects to deliver it by {date}.",
    "delivery_late": "I am sorry that your delivery is late. I have asked the courier for a new time and will follow up.",
    "delivery_missing": "That should not happen. I have opened a search with the courier for the parcel you did not get.",
    "change_delivery_address": "I can change the address as long as the parcel has not left. Please confirm the new one.",
    "delivery_options": "Standard delivery takes three to five days and is free from {amount}; express arrives the next day.",
    "cancel_order": "I have stopped the order before packing. You will see the money on your account in a few days.",
    "change_order": "Your order is not packed yet, so I can change it. Tell me exactly what it should contain.",
    "return_item": "You can send it back within 30 days. I have put a return label into your account.",
    "refund_status": "Your return has been booked in. Refunds reach your bank within five working days.",
    "exchange_item": "An exchange is no problem. Send the first one back with the label and we ship the other at once.",
    "item_damaged": "I am sorry that it arrived damaged. Please send a photo; a new one goes out today.",
    "wrong_item": "I am sorry, we packed the wrong thing. We will collect it and send the right one.",
    "missing_parts": "I am sorry that something was missing. I am sending the missing part to you free of charge.",
    "warranty_claim": "It is covered for two years. Please describe the fault and I will arrange the repair.",
    "product_question": "Good question. The product page lists the size and the care instructions; in short, yes.",
    "stock_availability": "It is sold out at the moment. We expect more by {date} and I can notify you.",
    "discount_code": "I checked the code for you. I have applied the discount by hand this time.",
    "price_match": "If the same model is cheaper elsewhere within 14 days we pay the difference. Please send a link.",
    "payment_declined": "The payment was declined by the bank's check. Please try again or use another method.",
    "charged_twice": "One of the two is only a reservation and disappears within three days. I have noted it.",
    "invoice_request": "I have sent the invoice to the address in your account. You also find it under your orders.",
    "payment_methods": "We accept cards, bank transfer and pay later in three parts.",
    "gift_card": "I checked the card for you. The balance is {amount} and it is valid for three years.",
    "membership_cancel": "Your membership will not renew. You keep the benefits until the end of the month.",
    "membership_benefits": "Members get free express delivery and free returns for {amount} a year.",
    "login_problem": "I have unlocked your account. Please try to sign in again in ten minutes.",
    "password_reset": "I have sent you a new link to set your password. It is valid for one hour.",
    "update_account": "I have changed the details in your account. Please check that they are right.",
    "delete_account": "I have passed your request to our privacy team. They confirm the deletion within 30 days.",
    "speak_to_agent": "I am connecting you to a colleague. The wait is about four minutes.",
    "complaint": "I am very sorry for this experience. I have passed your complaint to the team lead.",
    "out_of_scope": "I am afraid I can only help with orders and products of our shop.",
}

# Which label a careless teacher would give instead.
NEIGHBOURS = {
    "track_order": "delivery_late", "delivery_late": "track_order", "delivery_missing": "delivery_late",
    "change_delivery_address": "update_account", "delivery_options": "product_question",
    "cancel_order": "change_order", "change_order": "cancel_order", "return_item": "exchange_item",
    "refund_status": "return_item", "exchange_item": "return_item", "item_damaged": "warranty_claim",
    "wrong_item": "exchange_item", "missing_parts": "item_damaged", "warranty_claim": "item_damaged",
    "product_question": "stock_availability", "stock_availability": "product_question",
    "discount_code": "gift_card", "price_match": "discount_code", "payment_declined": "payment_methods",
    "charged_twice": "refund_status", "invoice_request": "update_account", "payment_methods": "payment_declined",
    "gift_card": "discount_code", "membership_cancel": "delete_account", "membership_benefits": "membership_cancel",
    "login_problem": "password_reset", "password_reset": "login_problem", "update_account": "login_problem",
    "delete_account": "membership_cancel", "speak_to_agent": "complaint", "complaint": "speak_to_agent",
    "out_of_scope": "product_question",
}
EARLIER_TURNS = [
    ("hello, is anybody there?", "Hello, this is the shop's assistant. How can I help you?"),
    ("hi i have a question", "Of course, please go ahead."),
    ("can you see my account?", "Yes, I can see your account. What can I do for you?"),
    ("thanks for the quick answer yesterday", "You are welcome. What else can I do for you?"),
]


def read_phrases():
    intents, current = {}, None
    for line in (pathlib.Path(__file__).parent / "phrases.txt").read_text().splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        header = re.fullmatch(r"\[(\w+)\] (\d+)", line)
        if header:
            current = header[1]
            intents[current] = {"weight": int(header[2]), "phrases": [], "late": []}
        elif line.startswith("+ "):
            intents[current]["late"].append(line[2:])
        else:
            intents[current]["phrases"].append(line)
    return intents


def expand(pattern, random_):
    """One expansion of a pattern: alternatives from the inside out, then slots."""
    innermost = re.compile(r"\(([^()]*)\)")
    while True:
        group = innermost.search(pattern)
        if not group:
            break
        choice = random_.choice(group[1].split("|"))
        pattern = pattern[:group.start()] + choice + pattern[group.end():]
    slots = {
        "order": lambda: random_.choice(["{}", "#{}", "LK-{}", "no {}"]).format(random_.randint(10000, 9999999)),
        "product": lambda: random_.choice(PRODUCTS),
        "city": lambda: random_.choice(CITIES),
        "color": lambda: random_.choice(COLORS),
        "month": lambda: random_.choice(MONTHS),
        "name": lambda: random_.choice(NAMES),
        "days": lambda: str(random_.randint(2, 21)),
        "amount": lambda: random_.choice(["{} euro", "${}", "{}.99", "£{}"]).format(random_.randint(5, 240)),
        "code": lambda: random_.choice(["E{}", "SAVE{}", "HOME{}", "{}-XK"]).format(random_.randint(10, 9999)),
        "date": lambda: random_.choice(["monday", "friday", "the {}th", "last week", "{}.2."]).format(
            random_.randint(4, 28)),
        "email": lambda: f"{random_.choice(NAMES).lower()}{random_.randint(1, 99)}@mail.example",
    }
    text = re.sub(r"\{(\w+)\}", lambda slot: slots[slot[1]](), pattern)
    return re.sub(r" +([,?])", r"\1", re.sub(r" +", " ", text)).replace(" 's", "'s").strip(" ,")


def misspell(text, random_):
    """One slip of the fingers inside a word of four letters or more; numbers stay as they are."""
    words = [word for word in re.finditer(r"[a-z]{4,}", text)]
    if not words:
        return text
    word = random_.choice(words)
    at = random_.randrange(word.start() + 1, word.end() - 1)
    slip = random_.random()
    if slip < 0.35:
        return text[:at] + text[at + 1:]
    if slip < 0.65:
        return text[:at] + text[at + 1] + text[at] + text[at + 2:]
    if slip < 0.85:
        return text[:at] + text[at] + text[at:]
    return text[:at] + random_.choice("asdfghjklertuiopnm") + text[at + 1:]


def message(core, random_):
    """A request as a customer types it, with what stands around it."""
    parts = [core]
    if random_.random() < 0.22:
        parts.insert(random_.choice([0, 1]), expand(random_.choice(CONTEXT), random_))
    if random_.random() < 0.10:
        parts.insert(random_.choice([0, len(parts)]), random_.choice(ANGER))
    if random_.random() < 0.32:
        parts.insert(0, expand(random_.choice(GREETINGS), random_))
    if random_.random() < 0.28:
        parts.append(expand(random_.choice(CLOSINGS), random_))
    question = re.match(r"(where|when|can|could|do|does|is|are|how|what|which|why|has|did|will|who)\b", core)
    ends = ["?", "??", ""] if question else [".", "!", "", "..."]
    separator = random_.choice([". ", ", ", " - ", ". ", "\n"])
    text = separator.join(parts) + random_.choice(ends)
    for _ in range(random_.choice([0, 0, 0, 1, 1, 2])):
        text = misspell(text, random_)
    style = random_.random()
    if style < 0.40:
        text = text[0].upper() + text[1:]
        text = re.sub(r"\bi\b", "I", text)
    elif style < 0.44:
        text = text.upper()
    return text


def teacher_answer(intent, random_):
    """What the teacher says: mostly right, sometimes a neighbour, now and then not a label at all."""
    chance = random_.random()
    if chance < 0.005:
        return f"It could be {intent} or {NEIGHBOURS[intent]}, hard to say."
    label = NEIGHBOURS[intent] if chance < 0.030 else intent
    return random_.choice([label] * 17 + [label + ".", f'"{label}"', label.upper()])


def tokens(text):
    return max(1, round(len(text) / 4.2))


SYSTEM = ("You are the assistant of Larkspur, a shop for things for the home. Be brief and friendly. Help with orders, "
          "deliveries, returns, payments and accounts. Never invent order details.")


def record(number, text, intent, time, random_):
    messages = [{"role": "system", "content": SYSTEM}]
    if random_.random() < 0.12:
        asked, answered = random_.choice(EARLIER_TURNS)
        messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
    messages.append({"role": "user", "content": text})
    reply = expand(REPLIES[intent], random_)
    model = "frontier-large-2025-11"
    request = {"model": "frontier-large", "messages": messages, "temperature": 0.3, "max_tokens": 300}
    identity = f"chatcmpl-{number:06d}{random_.getrandbits(40):010x}"
    usage = {"prompt_tokens": sum(tokens(m["content"]) + 4 for m in messages), "completion_tokens": tokens(reply)}
    usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
    if random_.random() < 0.06:
        request["stream"] = True
        words = re.findall(r"\S+\s*", reply)
        pieces = ["".join(words[i:i + 6]) for i in range(0, len(words), 6)]
        chunk = lambda delta, finish: {
            "id": identity, "object": "chat.completion.chunk", "created": time, "model": model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        response = [chunk({"role": "assistant", "content": ""}, None)]
        response += [chunk({"content": piece}, None) for piece in pieces] + [chunk({}, "stop")]
    else:
        response = {
            "id": identity, "object": "chat.completion", "created": time, "model": model,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": reply}, "finish_reason": "stop"}],
            "usage": usage}
    return {"timestamp": time, "workload_id": "support-chat", "client_id": f"shop-{random_.choice(['web', 'app'])}",
            "request": request, "response": response}


def break_record(line, random_):
    """A record as faults leave it; returns the text of the line."""
    entry = json.loads(json.dumps(line))
    kind = random_.choice(["messages", "content", "length", "stream", "error", "cut"])
    response = entry["response"]
    if isinstance(response, list):
        kind = "stream"
    if kind == "messages":
        entry["request"]["messages"] = []
    elif kind == "content":
        response["choices"][0]["message"]["content"] = ""
    elif kind == "length":
        content = response["choices"][0]["message"]["content"]
        response["choices"][0]["message"]["content"] = content[:len(content) // 2]
        response["choices"][0]["finish_reason"] = "length"
    elif kind == "stream":
        identity = response[0]["id"] if isinstance(response, list) else response["id"]
        entry["request"]["stream"] = True
        entry["response"] = [
            {"id": identity, "object": "chat.completion.chunk", "created": entry["timestamp"],
             "model": "frontier-large-2025-11",
             "choices": [{"index": 0, "delta": {"role": "assistant", "content": "I am"}, "finish_reason": None}]}]
    elif kind == "error":
        entry["response"] = {"error": {"message": "The server had an error", "type": "server_error", "code": None}}
    text = json.dumps(entry, ensure_ascii=False)
    return text[:len(text) * 2 // 3] if kind == "cut" else text


def moment(day, random_):
    hour = random_.choices(range(24), [2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 12, 11, 10, 10, 10, 11, 12, 13, 12, 9, 6, 3])[0]
    return START + day * 86400 + hour * 3600 + random_.randrange(3600)


def main():
    random_ = random.Random(SEED)
    intents = read_phrases()
    names = list(intents)
    weights = [intents[name]["weight"] for name in names]
    truths, lines = {}, []
    for number in range(CONVERSATIONS):
        chance = random_.random()
        day = random_.randrange(DAYS)
        if lines and chance < 0.03:  # the same question again, word for word
            text = random_.choice(lines)[1]
            intent = truths[text]
        elif lines and chance < 0.07:  # the same question with a slip or another number
            earlier = random_.choice(lines)[1]
            intent = truths[earlier]
            text = misspell(re.sub(r"\d{5,}", lambda _: str(random_.randint(10000, 9999999)), earlier), random_)
        else:
            intent = "out_of_scope" if chance > 0.957 else random_.choices(names, weights)[0]
            late = intents[intent]["late"]
            pattern = random_.choice(late if late and day >= LATE_DAY and random_.random() < 0.3
                                     else intents[intent]["phrases"])
            text = message(expand(pattern, random_), random_)
        if truths.setdefault(text, intent) != intent:
            continue
        lines.append((moment(day, random_), text, intent, number))
    lines.sort()

    logs = ROOT / "logs"
    logs.mkdir(exist_ok=True)
    for old in logs.glob("*.jsonl*"):
        old.unlink()
    weeks = {}
    for time, text, intent, number in lines:
        entry = record(number, text, intent, time, random_)
        broken = random_.random() < 0.015
        line = break_record(entry, random_) if broken else json.dumps(entry, ensure_ascii=False)
        weeks.setdefault((time - START) // (7 * 86400), []).append(line)
    for week, week_lines in weeks.items():
        data = ("\n".join(week_lines) + "\n").encode()
        name = f"week-{week + 1:02d}.jsonl"
        if week == 2:  # one of them as a log shipper leaves it
            with open(logs / (name + ".gz"), "wb") as target, gzip.GzipFile("", "wb", 9, target, mtime=0) as packed:
                packed.write(data)
        else:
            (logs / name).write_bytes(data)

    answers, gold = {}, {}
    for time, text, intent, _ in lines:
        answers.setdefault(text, teacher_answer(intent, random_))
        if time >= START + GOLD_DAY * 86400 or random_.random() < 0.08:
            gold[text] = intent
    write(ROOT / "teacher.jsonl", [{"input": text, "answer": answer} for text, answer in answers.items()])
    write(ROOT / "gold.jsonl", [{"input": text, "label": label} for text, label in gold.items()])
    print(f"{len(lines)} records, {len(answers)} different inputs, {len(gold)} checked by people, "
          f"{len(names)} intents")


def write(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


if __name__ == "__main__":
    main()
