"""Options of rules and values of buffers, drawn far more widely than any that Ringfence writes."""

import random

LETTERS = {"tls.sni": "abA.x-", "http.uri.raw": "abA/.;%?", "http.method": "GETPOSX", "http.host": "abx.-"}
"""What contents and values are made of, by buffer: few letters, so that many rules match many values."""


def word(draw: random.Random, buffer: str, most: int) -> str:
    return "".join(draw.choice(LETTERS[buffer]) for _ in range(draw.randint(1, most)))


def escaped(text: str) -> str:
    return text.replace(";", r"\;")


def content(draw: random.Random, buffer: str, relative: bool) -> str:
    text = word(draw, buffer, 3)
    negated = draw.random() < 0.25
    parts = [f'content:{"!" if negated else ""}"{escaped(text)}"']
    if draw.random() < 0.3 and buffer != "http.host":
        parts.append("nocase")
    if relative:
        parts.append(f"distance:{draw.randint(0, 2)}")
        if draw.random() < 0.5:
            parts.append(f"within:{len(text) + draw.randint(0, 2)}")
        return "; ".join(parts)
    place = draw.randint(0, 5)
    if place == 0:
        parts.append("startswith")
    elif place == 1:
        parts.append(f"offset:{draw.randint(0, 3)}")
    elif place == 2:
        parts.append(f"depth:{len(text) + draw.randint(0, 3)}")
    elif place == 3:
        parts += [f"offset:{draw.randint(0, 2)}", f"depth:{len(text) + draw.randint(0, 3)}"]
    if draw.random() < 0.3 and place in (0, 4, 5):
        parts.append("endswith")
    return "; ".join(parts)


def pcre(draw: random.Random, buffer: str) -> str:
    def piece() -> str:
        kind = draw.randint(0, 6)
        letter = draw.choice(LETTERS[buffer])
        plain = {"/": r"\/", ".": r"\.", ";": r"\;", "?": r"\?"}.get(letter, letter)
        return [plain, plain + plain, ".", f"[^{plain}]", f"(?:{plain}|ab)", f"(?!{plain})", f"[{plain}a]"][kind]

    body = "".join(piece() + draw.choice(["", "", "*", "+", "?", "{1,2}"]) for _ in range(draw.randint(1, 4)))
    body = body.replace(")*", ")").replace(")+", ")").replace(")?", ")").replace("){1,2}", ")")
    negated = "!" if draw.random() < 0.3 else ""
    start, end, flags = draw.choice(["^", ""]), draw.choice(["", "$", r"\z"]), draw.choice(["", "i", "s"])
    return f'pcre:{negated}"/{start}{body}{end}/{flags}"'


def options(draw: random.Random, buffer: str) -> str:
    parts = [buffer]
    if draw.random() < 0.2 and buffer in ("tls.sni", "http.host"):
        parts += [
            "dotprefix",
            f'content:".{escaped(word(draw, buffer, 2))}"',
            *(["endswith"] if draw.random() < 0.6 else []),
        ]
        return "; ".join(parts)
    relative = False
    for _ in range(draw.randint(1, 3)):
        if draw.random() < 0.35:
            parts.append(pcre(draw, buffer))
            relative = False
        else:
            parts.append(content(draw, buffer, relative and draw.random() < 0.5))
            relative = 'content:"' in parts[-1]
    if draw.random() < 0.4 and not any(part.startswith("content") for part in parts):
        parts.append(draw.choice([f"bsize:{draw.randint(1, 6)}", f"bsize:<{draw.randint(2, 6)}", "bsize:1<>5"]))
    return "; ".join(parts)
