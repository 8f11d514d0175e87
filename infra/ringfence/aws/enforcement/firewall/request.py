r"""Requests as matches on the request line of HTTP/1, and on method and path of HTTP/2.

What `ringfence.policy.request` calls a plain target is checked once for all hosts (`LINE_REFUSALS`), so the matches
of one host need only say which plain requests it takes. They are of a narrow shape, because the engine gives an
expression up when it runs out of stack or of steps, and an expression that is given up does not match, negated or
not: a rule with it lets the request through. A repeated group does that on a target of 2,000 segments (measured on
7.0.10 and 8.0.7); a repeated class does not, so classes are all that is repeated, and what is not plain is looked for
piece by piece.

Expressions are read by the rule parser first: what it could take for its own is written as ``\x..``.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby

from ringfence.policy.request import ANY_QUERY, SEGMENT_CHARACTER, TARGET_MAX, RequestPattern, Segment

_PLAIN_ENCODING = (
    "2[0-246-9A-Ca-c]|3[AaC-Ec-e]|40|5[BbDdEe]|60|7[B-Db-d]|[89AaBb][0-9A-Fa-f]|[Cc][2-9A-Fa-f]|[Dd][0-9A-Fa-f]"
    "|[Ee][1-9A-Fa-f]|[Ff][1-4]|[Ee]0%[AaBb][0-9A-Fa-f]|[Ff]0%[9AaBb][0-9A-Fa-f]"
)
_PATH = "^[A-Z]+ [^? ]*"  # what stands before a place in the path of a request line

LINE_REFUSALS: tuple[tuple[str, str], ...] = (
    ("line", r'http.host; content:"."; http.request_line; pcre:!"/^[A-Z]+ \/[!-~]* HTTP\/1\.1\z/";'),
    ("long-target", f"http.uri.raw; bsize:>{TARGET_MAX};"),
    ("path-octet", rf'http.host; content:"."; http.request_line; pcre:"/{_PATH}[^!\x24-:=\x40-Z_a-z~? ]/";'),
    ("empty-segment", rf'http.host; content:"."; http.request_line; pcre:"/{_PATH}\/\//";'),
    ("dot-segment", rf'http.host; content:"."; http.request_line; pcre:"/{_PATH}\/\.+[\/? ]/";'),
    ("fragment", 'http.request_line; content:"|23|";'),
)
"""Request lines that are refused for every host, by the name of the refusal: not ``METHOD /target HTTP/1.1`` in
visible ASCII (RFC 9112, 3), a target of more than `TARGET_MAX` octets, path parameters and other octets that no plain
segment has, empty segments, segments of dots, ``#``. Encodings are apart, since a pattern may spell one out."""

_ENCODING = re.compile(r"%[0-9A-Fa-f]{2}")
_LITERAL = re.compile(r"[A-Za-z0-9_~-]")
_PLAIN = re.compile(rf"{SEGMENT_CHARACTER}*\Z")


def spelled_encodings(requests: Iterable[RequestPattern]) -> frozenset[str]:
    """The encodings, in upper case, that are plain only because one of the patterns spells them out."""
    found: set[str] = set()
    for piece in {piece for request in requests for segment in request.path.segments for piece in segment if piece}:
        if not _PLAIN.match(piece):
            found |= {octet.upper() for octet in _ENCODING.findall(piece) if not _PLAIN.match(octet)}
    return frozenset(found)


def foreign_encoding(spelled: Iterable[str] = ()) -> str:
    """A match of request lines with an encoding in the path that is neither plain nor spelled out."""
    accepted = "|".join((_PLAIN_ENCODING, *(_octet(text)[1:] for text in sorted(spelled))))
    return f'http.request_line; pcre:"/{_PATH}%(?!{accepted})/";'


def none_of(requests: Sequence[RequestPattern]) -> str:
    """A match of plain request lines that none of the patterns takes."""
    spelled = spelled_encodings(requests)
    methods: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for method, group in _methods(requests):
        methods[tuple(sorted({_target(request, spelled) for request in group}))].append(method)
    lines = "|".join(f"{_either(names)} {_either(targets)}" for targets, names in methods.items())
    return rf'http.request_line; pcre:!"/^(?:{lines}) HTTP\/1\.1\z/";'


def by_method(requests: Sequence[RequestPattern]) -> tuple[tuple[str, str], ...]:
    """The same as `none_of` in several matches, one of which holds: one for each method, and one for the others."""
    grouped = _methods(requests)
    others = " ".join(f'content:!"{method}"; startswith; endswith;' for method, _ in grouped)
    of_one = (f'http.method; content:"{method}"; startswith; endswith; {none_of(group)}' for method, group in grouped)
    return (*zip((method for method, _ in grouped), of_one, strict=True), ("other", f"http.method; {others}"))


def _methods(requests: Iterable[RequestPattern]) -> list[tuple[str, list[RequestPattern]]]:
    return [(method, list(group)) for method, group in groupby(sorted(requests), key=lambda request: request.method)]


def _either(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"(?:{'|'.join(texts)})"


def _target(request: RequestPattern, spelled: frozenset[str]) -> str:
    path = "".join(rf"\/{_segment(segment, spelled)}" for segment in request.path.segments)
    if request.path.rest:
        path += rf"\/{_without(spelled, 0, '[^? ]*')}[^? ]*"
    if request.query == ANY_QUERY:
        return path + r"(?:\?[^ ]*)?"
    return path + (_text("?" + request.query) if request.query else "")


def _segment(segment: Segment, spelled: frozenset[str]) -> str:
    if None not in segment:
        return "".join(map(_text, filter(None, segment)))
    literals = [piece for piece in segment if piece is not None]
    count = sum(octet.upper() in spelled for piece in literals for octet in _ENCODING.findall(piece))
    parts = [_without(spelled, count, r"[^\/? ]*")]
    for index, piece in enumerate(segment):
        following = segment[index + 1] if index + 1 < len(segment) else None
        parts.append(_wildcard(following) if piece is None else _text(piece))
    return "".join(parts)


def _wildcard(following: str | None) -> str:
    r"""One or more characters; a text behind them starts at a character of its own, not inside an encoding."""
    if following and following[0] in "0123456789ABCDEFabcdef":
        return r"(?:[^\/? ]*[^%\/? ])?[^%\/? ]"
    return r"[^\/? ]+"


def _without(spelled: frozenset[str], count: int, before: str) -> str:
    """A look ahead: what follows has no more spelled encodings than its pattern's own, so its wildcards have none."""
    if not spelled:
        return ""
    octets = "|".join(_octet(text) for text in sorted(spelled))
    more = f"{before}(?:{octets})"
    return f"(?!(?:{more}){{{count + 1}}})" if count else f"(?!{more})"


def _text(piece: str) -> str:
    """A literal text; the digits of an encoding in either case (RFC 3986, 6.2.2.1)."""
    parts: list[str] = []
    position = 0
    for encoding in _ENCODING.finditer(piece):
        parts += [_escaped(character) for character in piece[position : encoding.start()]]
        parts.append(_octet(encoding.group()))
        position = encoding.end()
    parts += [_escaped(character) for character in piece[position:]]
    return "".join(parts)


def _octet(encoding: str) -> str:
    return "%" + "".join(f"[{digit.upper()}{digit.lower()}]" if digit.isalpha() else digit for digit in encoding[1:])


def _escaped(character: str) -> str:
    if _LITERAL.match(character):
        return character
    return "\\" + character if character in "./" else f"\\x{ord(character):02x}"
