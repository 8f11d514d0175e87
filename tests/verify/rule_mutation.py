"""Single-step changes of rule text, enumerated from the parsed rules: nothing here is chosen by hand.

A step drops or moves a rule, changes one part of its header, or one of its options: what an option becomes follows
from what it is. A network grows and shrinks, a number moves, a negation is flipped, a text loses an octet or gets
another, an anchor goes. Options that say nothing about traffic are in `NEUTRAL`, each with the reason.
"""

import dataclasses
import ipaddress
import re
from collections.abc import Iterable, Iterator

from ringfence.verify.suricata.parse import ACTIONS, parse_rules
from ringfence.verify.suricata.rule import Rule

NEUTRAL: dict[str, str] = {
    "msg": "text for people",
    "sid": "which rule it is",
    "rev": "which edition of it",
    "metadata": "text for people",
    "reference": "text for people",
    "target": "which side an alert is about",
    "classtype": "a word for people; under strict order no priority follows from it",
}

PROTOCOLS = {
    "tcp": ("udp", "ip", "tls", "http", "tcp-pkt"),
    "udp": ("tcp", "ip"),
    "icmp": ("udp", "ip"),
    "ip": ("tcp", "udp"),
    "ip6": ("ip4", "ip"),
    "tls": ("tcp", "http"),
    "http": ("http1", "http2", "tcp", "tls"),
    "http1": ("http",),
    "http2": ("http", "tcp"),
}
"""What a protocol can be mistaken for."""

BUFFERS = {
    "http.host": ("http.uri.raw", "http.header.raw"),
    "http.uri.raw": ("http.request_line", "http.host"),
    "http.request_line": ("http.uri.raw", "http.start"),
    "http.header.raw": ("http.header_names", "http.start"),
    "http.header_names": ("http.header.raw",),
    "http.start": ("http.request_line",),
    "http.stat_code": ("http.host",),
    "http.method": ("http.request_line",),
    "http.protocol": ("http.request_line",),
    "ja4.hash": ("tls.sni",),
    "tls.sni": ("ja4.hash",),
}
"""Which other buffer a buffer can be mistaken for."""


@dataclasses.dataclass(frozen=True)
class RuleMutant:
    """One change of one ``rule``: ``site`` is its kind, ``rules`` the group's text with it."""

    what: str
    site: str
    rule: Rule
    rules: str


@dataclasses.dataclass(frozen=True)
class Parts:
    """A rule as it is written: its header's seven parts, and its options' keywords and values."""

    header: tuple[str, ...]
    options: tuple[tuple[str, str | None], ...]

    @staticmethod
    def of(rule: Rule) -> "Parts":
        header = tuple(rule.text[: rule.text.index("(")].split())
        assert len(header) == 7, rule.text
        return Parts(header, tuple((option.keyword, option.value) for option in rule.options))

    def __str__(self) -> str:
        options = "; ".join(word if value is None else f"{word}:{value}" for word, value in self.options)
        return f"{' '.join(self.header)} ({options};)"

    def with_header(self, index: int, text: str) -> "Parts":
        return Parts((*self.header[:index], text, *self.header[index + 1 :]), self.options)

    def with_option(self, index: int, *others: tuple[str, str | None]) -> "Parts":
        """With other options in the place of one, or none."""
        return Parts(self.header, (*self.options[:index], *others, *self.options[index + 1 :]))


def rule_mutants(text: str) -> Iterator[RuleMutant]:
    """Every change of one group's text, rule after rule."""
    rules = parse_rules(text, "group", {}, {})
    lines = [rule.text for rule in rules]
    for index, rule in enumerate(rules):
        name = " ".join(rule.message.split()[:3])
        others = [*lines[:index], *lines[index + 1 :]]
        yield _mutant(f"{name}: dropped", "rule dropped", rule, others)
        for place, where in ((0, "first"), (len(others), "last")):
            if place != index:
                yield _mutant(
                    f"{name}: moved {where}", "rule moved", rule, [*others[:place], rule.text, *others[place:]]
                )
        for site, what, parts in _changes(Parts.of(rule)):
            written = str(parts)
            if written != rule.text:
                yield _mutant(f"{name}: {what}", site, rule, [*lines[:index], written, *lines[index + 1 :]])


def of_each_kind(mutants: Iterable[RuleMutant], most: int) -> list[RuleMutant]:
    """Some changes of each kind, first and last among them, in rules that differ in texts and numbers only."""
    kinds: dict[tuple[str, str], list[RuleMutant]] = {}
    for mutant in mutants:
        kinds.setdefault((_shape(mutant.rule), mutant.site), []).append(mutant)
    chosen = [alike[index] for alike in kinds.values() for index in _spread(len(alike), most)]
    return sorted(chosen, key=lambda mutant: mutant.rule.line)


def _shape(rule: Rule) -> str:
    return re.sub(r'"[^"]*"|\d+', "", rule.text)


def _spread(length: int, most: int) -> list[int]:
    if length <= most:
        return list(range(length))
    return [round(index * (length - 1) / max(most - 1, 1)) for index in range(most)]


def _mutant(what: str, site: str, rule: Rule, lines: list[str]) -> RuleMutant:
    return RuleMutant(what, site, rule, "".join(f"{line}\n" for line in lines))


_Change = tuple[str, str, Parts]


def _changes(parts: Parts) -> Iterator[_Change]:
    yield from _of_header(parts)
    for index, (word, value) in enumerate(parts.options):
        if word in NEUTRAL:
            continue
        yield f"{word} dropped", f"option {index} {word} dropped", parts.with_option(index)
        for site, changed in _of_option(parts, index, word, value):
            yield site, f"option {index} {word}: {site}", changed


# Headers


def _of_header(parts: Parts) -> Iterator[_Change]:
    action, protocol, sources, source_ports, direction, destinations, destination_ports = parts.header
    for other in sorted(ACTIONS - {action}):
        yield "action", f"action {action} -> {other}", parts.with_header(0, other)
    for other in PROTOCOLS[protocol]:
        yield "protocol", f"protocol {protocol} -> {other}", parts.with_header(1, other)
    for index, side, text in ((2, "sources", sources), (5, "destinations", destinations)):
        for other in _other_addresses(text):
            yield side, f"{side} {text[:40]} -> {other[:40]}", parts.with_header(index, other)
    for index, side, text in ((3, "source ports", source_ports), (6, "destination ports", destination_ports)):
        for other in _other_ports(text):
            yield side, f"{side} {text} -> {other}", parts.with_header(index, other)
    yield "direction", "both ways", parts.with_header(4, {"->": "<>", "<>": "->"}[direction])
    turned = (action, protocol, destinations, destination_ports, direction, sources, source_ports)
    if turned != parts.header:
        yield "direction", "turned round", Parts(turned, parts.options)


def _other_addresses(text: str) -> Iterator[str]:
    if text == "any":
        yield from ("0.0.0.0/1", "128.0.0.0/1")
        return
    sign, bare = ("!", text[1:]) if text.startswith("!") else ("", text)
    yield "any"
    yield bare if sign else f"!{bare}"
    members = bare.strip("[]").split(",")
    for index, member in enumerate(members):
        others = [*members[:index], *members[index + 1 :]]
        if others:
            yield f"{sign}[{','.join(others)}]"
        network = ipaddress.IPv4Network(member)
        changed = [network.supernet()] if network.prefixlen else []
        changed += [next(network.subnets())] if network.prefixlen < 32 else []
        for other in changed:
            yield f"{sign}[{','.join([*members[:index], str(other), *members[index + 1 :]])}]"


def _other_ports(text: str) -> Iterator[str]:
    if text == "any":
        yield from ("0:1023", "1024:65535")
        return
    sign, bare = ("!", text[1:]) if text.startswith("!") else ("", text)
    yield "any"
    yield bare if sign else f"!{bare}"
    members = bare.strip("[]").split(",")
    for index, member in enumerate(members):
        others = [*members[:index], *members[index + 1 :]]
        if others:
            yield f"{sign}[{','.join(others)}]"
        for other in (str(int(member) - 1), str(int(member) + 1), f"{member}:{int(member) + 1}"):
            yield f"{sign}[{','.join([*members[:index], other, *members[index + 1 :]])}]"


# Options


def _of_option(parts: Parts, index: int, word: str, value: str | None) -> Iterator[tuple[str, Parts]]:
    def now(text: str | None, keyword: str = word) -> Parts:
        return parts.with_option(index, (keyword, text))

    if word in BUFFERS:
        for other in BUFFERS[word]:
            yield "buffer", now(None, other)
        return
    if word in ("nocase", "noalert", "startswith", "endswith", "dotprefix"):
        return  # dropping is all that can be done to them
    assert value is not None, (word, parts)
    match word:
        case "flow":
            yield from ((site, now(other)) for site, other in _other_flows(value))
        case "flowbits":
            yield from ((site, now(other)) for site, other in _other_bits(value))
        case "content":
            yield from ((site, now(other)) for site, other in _other_contents(value))
            yield from _other_places(parts, index)
        case "pcre":
            yield from ((site, now(other)) for site, other in _other_expressions(value))
        case "app-layer-protocol":
            yield "negation", now(value[1:] if value.startswith("!") else f"!{value}")
            yield "protocol", now("!ssh" if value.startswith("!") else "ssh")
        case "app-layer-event":
            yield "event", now("http.response_field_too_long")
        case "depth" | "offset" | "distance" | "within":
            yield from (("place", now(str(other))) for other in (int(value) - 1, int(value) + 1) if other >= 0)
        case _:
            yield from ((site, now(other)) for site, other in _other_numbers(word, value))


def _other_flows(value: str) -> Iterator[tuple[str, str]]:
    words = value.split(",")
    opposite = {"to_server": "to_client", "established": "not_established"}
    opposite |= {other: word for word, other in opposite.items()} | {"only_stream": "no_stream"}
    for index, word in enumerate(words):
        yield "flow word", ",".join([*words[:index], opposite[word], *words[index + 1 :]])
        if len(words) > 1:
            yield "flow word", ",".join([*words[:index], *words[index + 1 :]])
    if "established" not in words and "not_established" not in words:
        yield "flow word", f"{value},established"


def _other_bits(value: str) -> Iterator[tuple[str, str]]:
    command, name = value.split(",")
    opposite = {"set": "unset", "unset": "set", "isset": "isnotset", "isnotset": "isset"}
    yield "bit command", f"{opposite[command]},{name}"
    yield "bit name", f"{command},{name}x"
    yield "bit name", f"{command},{_OTHER_BIT.get(name, _BITS[0])}"


_BITS = ("ringfence.tls", "ringfence.http", "ringfence.seen", "ringfence.named", "ringfence.asked")
_OTHER_BIT = dict(zip(_BITS, (*_BITS[1:], _BITS[0]), strict=True))


def _octets(inner: str) -> list[str]:
    """A content's octets, each as it is written alone."""
    found: list[str] = []
    for digits, escaped, plain in re.findall(r"\|([0-9A-Fa-f\s]*)\||(\\.)|([^|\\])", inner):
        found += [f"|{digit}|" for digit in digits.split()] if digits else [escaped or plain]
    return found


def _other_contents(value: str) -> Iterator[tuple[str, str]]:
    negated, inner = value.startswith("!"), value.removeprefix("!").strip()[1:-1]
    sign = "!" if negated else ""
    yield "negation", f'{"" if negated else "!"}"{inner}"'
    octets = _octets(inner)
    if len(octets) > 1:
        yield "content shorter", f'{sign}"{"".join(octets[1:])}"'
        yield "content shorter", f'{sign}"{"".join(octets[:-1])}"'
    yield "content longer", f'{sign}"{inner}x"'
    yield "content longer", f'{sign}"x{inner}"'
    for index in dict.fromkeys((0, len(octets) // 2, len(octets) - 1)):
        other = "y" if octets[index] != "y" else "z"
        yield "content changed", f'{sign}"{"".join([*octets[:index], other, *octets[index + 1 :]])}"'


def _other_places(parts: Parts, index: int) -> Iterator[tuple[str, Parts]]:
    """A content's modifiers, as far as it does not have them."""
    following: list[str] = []
    for word, _ in parts.options[index + 1 :]:
        if word in ("content", "pcre") or word in BUFFERS or word in ("flowbits", "sid"):
            break
        following.append(word)
    content = parts.options[index]
    text = content[1] or ""
    if "nocase" not in following and re.search("[A-Za-z]", re.sub(r"\|[^|]*\|", "", text)):
        yield "nocase added", parts.with_option(index, content, ("nocase", None))
    placed = {"offset", "depth", "distance", "within", "startswith"} & set(following)
    if not placed:
        yield "startswith added", parts.with_option(index, content, ("startswith", None))
        yield "offset added", parts.with_option(index, content, ("offset", "1"))
    if "endswith" not in following and not {"offset", "depth", "distance", "within"} & set(following):
        yield "endswith added", parts.with_option(index, content, ("endswith", None))


def _other_expressions(value: str) -> Iterator[tuple[str, str]]:
    negated, inner = value.startswith("!"), value.removeprefix("!").strip()[1:-1]
    sign, (body, flags) = "!" if negated else "", inner[1:].rsplit("/", 1)

    def written(pattern: str, letters: str = flags) -> str:
        return f'{sign}"/{pattern}/{letters}"'

    yield "negation", f'{"" if negated else "!"}"{inner}"'
    yield "letter case", written(body, flags.replace("i", "") if "i" in flags else f"{flags}i")
    if body.startswith("^"):
        yield "anchor dropped", written(body[1:])
    if body.endswith(r"\z"):
        yield "anchor dropped", written(body.removesuffix(r"\z"))
        yield "anchor weakened", written(f"{body[:-2]}$")
    for found in re.finditer(r"\{(\d*)(,?)(\d*)\}", body):
        low, comma, high = found.groups()
        for bounds in _other_bounds(low, comma, high):
            yield "bound", written(f"{body[: found.start()]}{bounds}{body[found.end() :]}")
    for found in re.finditer(r"(?<=[\])a-zA-Z0-9])[+*]", body):
        other = {"+": "*", "*": "+"}[found.group()]
        yield "repetition", written(f"{body[: found.start()]}{other}{body[found.end() :]}")
    for found in re.finditer(r"(?<![\\x0-9a-f\[(?-])[A-Za-z0-9]{3,}(?![*+?\]])", body):
        yield "literal shorter", written(f"{body[: found.end() - 1]}{body[found.end() :]}")
        yield (
            "literal changed",
            written(f"{body[: found.end() - 1]}{'y' if found.group()[-1] != 'y' else 'z'}{body[found.end() :]}"),
        )


def _other_bounds(low: str, comma: str, high: str) -> Iterator[str]:
    if not comma:
        yield f"{{{int(low) + 1}}}"
        if int(low) > 1:
            yield f"{{{int(low) - 1}}}"
        return
    if high:
        yield f"{{{low},{int(high) + 1}}}"
        yield f"{{{low},}}"
    if low and int(low):
        yield f"{{{int(low) - 1},{high}}}"


_SIGNS = {"<": ">", ">": "<", "=": ">", "!": ""}


def _other_numbers(word: str, value: str) -> Iterator[tuple[str, str]]:
    """The numbers in an option, one up and one down, and its signs."""
    if word == "flowint":
        name, sign, number = value.split(",")
        yield "counter", f"{name}x,{sign},{number}"
        for other in {"+": "-=", "=": "+", ">": "<="}.get(sign, "+"):
            yield "counter", f"{name},{other},{number}"
    numbers = list(re.finditer(r"(?<![\w.])\d+", value))
    for found in numbers:
        for other in (int(found.group()) - 1, int(found.group()) + 1):
            if other >= 0:
                yield "number", f"{value[: found.start()]}{other}{value[found.end() :]}"
    if word == "dsize":
        return
    if value.startswith("!"):
        yield "negation", value[1:]
    elif word in ("ip_proto", "isdataat"):
        yield "negation", f"!{value}"
    signs = re.search(r"[<>=]", value)
    if signs and word != "flowint":
        yield "sign", f"{value[: signs.start()]}{_SIGNS[signs.group()]}{value[signs.end() :]}"
