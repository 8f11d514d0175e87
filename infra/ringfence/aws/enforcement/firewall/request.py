r"""Requests as matches on the request line of HTTP/1, and on method and path of HTTP/2.

What `ringfence.policy.request` calls a plain target is checked once for all hosts (`LINE_REFUSALS`), so the matches
of one host need only say which plain requests it takes. They are of a narrow shape, because the engine gives an
expression up when it runs out of stack or of steps, and one that is given up does not match, negated or not: a rule
with it lets the request through (measured on 7.0.10 and 8.0.7, from 2,000 rounds of a group or 3,500 steps back). So
classes are all that is repeated; what is not plain is looked for piece by piece; patterns share what they begin with;
and a name with a text behind it in the same segment, the one thing that has to be searched for, is searched in a look
ahead, which is not entered again, with a bound on how far when several patterns search.

Expressions are read by the rule parser first: what it could take for its own is written as ``\x..``.
"""

import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from ringfence.aws.enforcement.firewall.error import FirewallError
from ringfence.policy.request import ANY_QUERY, SEGMENT_CHARACTER, TARGET_MAX, RequestPattern, Segment

_PLAIN_ENCODING = (
    "2[0-246-9A-Ca-c]|3[AaC-Ec-e]|40|5[BbDdEe]|60|7[B-Db-d]|[89AaBb][0-9A-Fa-f]|[Cc][2-9A-Fa-f]|[Dd][0-9A-Fa-f]"
    "|[Ee][1-9A-Fa-f]|[Ff][1-4]|[Ee]0%[AaBb][0-9A-Fa-f]|[Ff]0%[9AaBb][0-9A-Fa-f]"
)
_PATH = "^[A-Z]+ [^? ]*"  # what stands before a place in the path of a request line

VERSIONS = {"refuse": r"HTTP\/1\.1", "judge": r"HTTP\/(?:1\.1|2\r\n)"}
"""How a request line ends, by what happens to HTTP/2; the engine writes one for its requests, with a line end."""


_ENCODING = re.compile(r"%[0-9A-Fa-f]{2}")
_LITERAL = re.compile(r"[A-Za-z0-9_~-]")
_HEXADECIMAL = "0123456789ABCDEFabcdef"
_ANY = r"[^\/? ]"
_SEARCH_STEPS = 1500
"""Octets that the searches of one target may go over together; each is some steps, and the limit is 3,500."""
_ROOM_MIN = 100
_PLAIN = re.compile(rf"{SEGMENT_CHARACTER}*\Z")

_ENDINGS = {"refuse": (" HTTP/1.1",), "judge": (" HTTP/1.1", " HTTP/2|0d 0a|")}


def line_refusals(http2: str) -> tuple[tuple[str, str], ...]:
    """Request lines that are refused for every host, by the name of the refusal.

    Not ``METHOD /target HTTP/1.1`` in visible ASCII (RFC 9112, 3), a target of more than `TARGET_MAX` octets, path
    parameters and other octets that no plain segment has, empty segments, segments of dots, ``#``. Encodings are
    apart, since a pattern may spell one out.
    """
    line = 'http.host; content:"."; http.request_line; '
    endings = " ".join(f'content:!"{version}"; endswith;' for version in _ENDINGS[http2])
    return (
        # Asked as soon as there is a line, before there is a host.
        ("version", f"http.request_line; {endings}"),
        ("line", rf'{line}pcre:!"/^[A-Z]+ \/[!-~]* {VERSIONS[http2]}\z/";'),
        ("long-target", f"http.uri.raw; bsize:>{TARGET_MAX};"),
        ("path-octet", rf'{line}pcre:"/{_PATH}[^!\x24-:=\x40-Z_a-z~? ]/";'),
        ("empty-segment", rf'{line}pcre:"/{_PATH}\/\//";'),
        ("dot-segment", rf'{line}pcre:"/{_PATH}\/\.+[\/? ]/";'),
        ("fragment", 'http.request_line; content:"|23|";'),
    )


@functools.lru_cache(maxsize=65536)
def spelled_encodings(requests: tuple[RequestPattern, ...]) -> frozenset[str]:
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


@functools.lru_cache(maxsize=65536)
def none_of(requests: tuple[RequestPattern, ...], http2: str) -> str:
    """A match of plain request lines that none of the patterns takes.

    Raises `FirewallError` for patterns that would cost the engine more steps than it takes.
    """
    return _none_of(requests, spelled_encodings(requests), http2)


def by_method(requests: tuple[RequestPattern, ...], http2: str) -> tuple[tuple[str, str], ...]:
    """The same as `none_of` in several matches, one of which holds: one for each method, and one for the others."""
    spelled = spelled_encodings(requests)  # what one method's pattern spells out comes as far as all of them
    grouped = _methods(requests)
    others = " ".join(f'content:!"{method}"; startswith; endswith;' for method, _ in grouped)
    parts = [
        (method, f'http.method; content:"{method}"; startswith; endswith; {_none_of(group, spelled, http2)}')
        for method, group in grouped
    ]
    return (*parts, ("other", f"http.method; {others}"))


def _none_of(requests: tuple[RequestPattern, ...], spelled: frozenset[str], http2: str) -> str:
    methods: dict[str, list[str]] = defaultdict(list)
    for method, group in _methods(requests):
        room = _partial_room(group)
        methods[_factored({_tokens(request, spelled, room) for request in group})].append(method)
    lines = _either([f"{_either(names)} {targets}" for targets, names in methods.items()])
    return rf'http.request_line; pcre:!"/^{lines} {VERSIONS[http2]}\z/";'


def _methods(requests: Iterable[RequestPattern]) -> list[tuple[str, tuple[RequestPattern, ...]]]:
    return [(method, tuple(group)) for method, group in groupby(sorted(requests), key=lambda request: request.method)]


def _either(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"(?:{'|'.join(texts)})"


def _factored(sequences: Iterable[tuple[str, ...]]) -> str:
    """An expression of all sequences, in which those that begin alike share their beginning."""
    ordered = sorted(set(sequences))
    parts: list[str] = []
    for first, group in groupby(ordered, key=lambda sequence: sequence[:1]):
        tails = [sequence[1:] for sequence in group]
        parts.append((first[0] + _factored(tails)) if first else "")
    return _either(parts)


def _tokens(request: RequestPattern, spelled: frozenset[str], room: int) -> tuple[str, ...]:
    """The expression of a pattern's targets, in pieces: one for each segment, and the query."""
    segments = request.path.segments
    first = next((index for index, segment in enumerate(segments) if None in segment), len(segments))
    tokens = [rf"\/{_segment(segment, room)}" for segment in segments]
    if request.path.rest:
        tokens.append(r"\/[^? ]*")
    if spelled and first < len(tokens):
        # Wildcards take no encoding that only a literal may spell: there are no more of them than in the literals.
        count = sum(octet.upper() in spelled for segment in segments[first:] for octet in _octets_of(segment))
        octets = f"[^? ]*{_either([_octet(text) for text in sorted(spelled)])}"
        tokens.insert(first, f"(?!(?:{octets}){{{count + 1}}})" if count else f"(?!{octets})")
    if request.query == ANY_QUERY:
        tokens.append(r"(?:\?[^ ]*)?")
    elif request.query:
        tokens.append(_text("?" + request.query))
    return tuple(tokens)


def _octets_of(segment: Segment) -> list[str]:
    return [octet for piece in segment if piece for octet in _ENCODING.findall(piece)]


def _segment(segment: Segment, room: int) -> str:
    parts: list[str] = []
    for index, piece in enumerate(segment):
        if piece is not None:
            parts.append(_text(piece))
        elif index + 1 == len(segment):
            parts.append(_ANY + "+")
        else:
            parts.append(_before(segment[index + 1] or "", index + 2 == len(segment), room))
    shape = "".join(parts)
    return rf"(?={shape}[\/? ]){_ANY}+" if _searches(segment) else shape


def _before(literal: str, is_last: bool, room: int) -> str:
    r"""One or more characters up to a literal, which starts at a character of its own and not inside an encoding."""
    if _is_found_at_once(literal, is_last):
        return rf"{_ANY}[^{_text(literal)}\/? ]*"
    if literal[0] in _HEXADECIMAL:  # three steps an octet
        return rf"(?:[^%\/? ]|[^\/? ]{{0,{room // 3}}}[^%\/? ][^%\/? ])"
    return _ANY + ("+" if room >= TARGET_MAX else f"{{1,{room}}}")


def _is_found_at_once(literal: str, is_last: bool) -> bool:
    """Whether the first place of a literal is as good as any: one character, and a wildcard behind it."""
    return len(literal) == 1 and literal not in _HEXADECIMAL and not is_last


def _searches(segment: Segment) -> int:
    """How many wildcards of a segment have to look for the text behind them, trying one place after the other."""
    return sum(
        not _is_found_at_once(literal or "", index + 2 == len(segment))
        for index, (piece, literal) in enumerate(pairwise(segment))
        if piece is None
    )


def _partial_room(requests: Sequence[RequestPattern]) -> int:
    """How many octets a wildcard that has to search may take, so that the searches of one target stay affordable."""
    searching: set[tuple[Segment, ...]] = set()
    for request in requests:
        for index, segment in enumerate(request.path.segments):
            if _searches(segment) > 1:
                raise FirewallError(
                    f"`{request}`: two names of one segment, each with a text behind it, cost the engine too much",
                    "write one name for both: `{name}`, or `/**`",
                )
            if _searches(segment):
                searching.add(request.path.segments[: index + 1])
    together = max((sum(_meet(one, other) for other in searching) for one in searching), default=1)
    room = TARGET_MAX if together == 1 else _SEARCH_STEPS // together
    if room < _ROOM_MIN:
        raise FirewallError(
            f"{together} patterns such as `{requests[0]}` search one segment",
            "write the whole segment as a name: `{name}`, or `/**`",
        )
    return room


def _meet(one: tuple[Segment, ...], other: tuple[Segment, ...]) -> bool:
    """Whether a target may get to the last segments of both: no segment before them is another text in each."""
    return all(
        None in mine or None in theirs or mine == theirs for mine, theirs in zip(one[:-1], other[:-1], strict=False)
    )


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
