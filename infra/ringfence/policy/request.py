r"""HTTP requests as profiles and the catalogue grant them: a method, a path pattern, a query.

``GET /repos/acme/site/pulls/{number}``: a name in braces stands for one or more characters of one segment.
``/**`` at the end stands for the rest: any number of segments, none included (``/a/**`` has ``/a/`` and
``/a/b``, not ``/a``). ``?service=git-upload-pack`` at the end is the whole query, to the letter; ``?-`` is no
query at all; without either, any query goes.

Only *plain* targets are ever granted, whatever the pattern: origin-form (RFC 9112, 3.2.1), at most `TARGET_MAX`
octets, no empty segment but the last, no segment of dots, no path parameter, and percent-encodings of valid
UTF-8 only (RFC 3629) that no two servers read differently: none of a letter, a digit, ``- . _ ~ / \ % ; ? #``
or a control character, except one that the pattern itself spells out, as in ``/projects/acme%2Fsite``.
Servers differ on all the others, so each is decided towards less access.
"""

import functools
import re
from dataclasses import dataclass, field

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
"""What "any method" means. CONNECT and TRACE leave HTTP or echo credentials (RFC 9110, 9.3.6 and 9.3.8)."""

TARGET_MAX = 2048
"""The longest request target, in octets, that is ever granted.

An engine gives an expression up after 3,500 steps back (``pcre.match-limit`` in suricata.yaml), and one that is given
up matches nothing and refuses nothing; from targets of some 3,500 octets on that happens to plain ones."""

ANY_QUERY = "*"
"""The query of a pattern that takes every query, or none."""

_UNENCODED = r"A-Za-z0-9\-._~!$&'()*+,=:@"
_ENCODED = (
    r"%(?:2[0-246-9A-Ca-c]|3[AaC-Ec-e]|40|5[BbDdEe]|60|7[B-Db-d]"  # ASCII with one reading only
    r"|[89AaBb][0-9A-Fa-f]|[Cc][2-9A-Fa-f]|[Dd][0-9A-Fa-f]|[Ee][1-9A-Fa-f]|[Ff][1-4]"  # octets of UTF-8
    r"|[Ee]0%[AaBb][0-9A-Fa-f]|[Ff]0%[9AaBb][0-9A-Fa-f])"  # without its over-long forms
)
SEGMENT_CHARACTER = rf"(?:[{_UNENCODED}]|{_ENCODED})"
"""One character of a plain path segment, as a regular expression."""
QUERY_CHARACTER = r"[!\"$-~]"
"""One character of a query: visible ASCII but ``#``, as a regular expression."""

_METHOD = re.compile(r"[A-Z]+\Z")
_WILDCARD = re.compile(r"\{[a-z][a-z0-9_-]*\}")
_LITERAL = re.compile(rf"(?:(?!\*)[{_UNENCODED}]|%[0-9A-Fa-f]{{2}})*\Z")  # a `*` would be taken for a wildcard
_QUERY_LITERAL = re.compile(r"[!\"$-~]+\Z")

Segment = tuple[str | None, ...]
"""The pieces of one path segment: a literal text, or None for one or more characters."""


class RequestError(ValueError):
    """A text that is no request pattern; ``mend`` says how to write it."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.mend = mend


@dataclass(frozen=True, slots=True, order=True)
class PathPattern:
    """A set of plain paths: ``segments``, each literal or with wildcards, then ``rest`` if any number follow."""

    text: str
    segments: tuple[Segment, ...] = field(compare=False)
    rest: bool = field(compare=False)

    @staticmethod
    def parse(text: str) -> "PathPattern":
        """Read ``/a/{b}/**``; raises `RequestError`."""
        return _parse_path(text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, order=True)
class RequestPattern:
    """Requests of one method whose path is one of ``path`` and whose query is ``query``.

    ``query`` is `ANY_QUERY`, the empty text for none at all, or the whole query, to the letter.
    """

    method: str
    path: PathPattern
    query: str = "*"

    @staticmethod
    def parse(text: str) -> "RequestPattern":
        """Read ``METHOD /path[?query]``; raises `RequestError`."""
        return _parse_request(text)

    def matches(self, method: str, target: str) -> bool:
        """Whether a request of this method and target, as sent, is one of these."""
        return (
            method == self.method
            and len(target) <= TARGET_MAX
            and target.startswith(_beginning(self.path))  # most patterns are told apart before they are compiled
            and bool(_target_expression(self).match(target))
        )

    def __str__(self) -> str:
        query = "" if self.query == ANY_QUERY else f"?{self.query or '-'}"
        return f"{self.method} {self.path}{query}"


@functools.lru_cache(maxsize=65536)
def _parse_path(text: str) -> PathPattern:
    if not text.startswith("/"):
        raise RequestError(f"{text!r} does not start with a slash", "write the path from the root: `/v1/messages`")
    rest = text.endswith("/**")
    body = text.removesuffix("/**")
    parts = body.split("/")[1:]
    for index, part in enumerate(parts):
        if not part and (rest or index != len(parts) - 1):
            raise RequestError(f"{text!r} has an empty segment", "write one slash between segments")
        if part and not part.strip("."):
            raise RequestError(f"{text!r} has a segment of dots", "write the path that is meant")
    return PathPattern(text, tuple(_parse_segment(part, text) for part in parts), rest)


def _parse_segment(part: str, text: str) -> Segment:
    pieces: list[str | None] = []
    position = 0
    for wildcard in _WILDCARD.finditer(part):
        if wildcard.start() > position:
            pieces.append(part[position : wildcard.start()])
        elif pieces:
            raise RequestError(f"{text!r}: two wildcards side by side", "write one")
        pieces.append(None)
        position = wildcard.end()
    if position < len(part) or not pieces:
        pieces.append(part[position:])
    for piece in pieces:
        if piece is not None and not _LITERAL.match(piece):
            raise RequestError(
                f"{text!r}: {piece!r} cannot stand in a path",
                "`{name}` is one segment, `/**` at the end is the rest, other characters are percent-encoded",
            )
    return tuple(pieces)


@functools.lru_cache(maxsize=65536)
def _parse_request(text: str) -> RequestPattern:
    method, blank, target = text.partition(" ")
    if not blank or not _METHOD.match(method):
        raise RequestError(f"{text!r} is not a request", "write `METHOD /path`, such as `GET /repos/acme/site/**`")
    if method not in METHODS:
        raise RequestError(f"{method} is not a method that can be granted", "one of " + ", ".join(METHODS))
    path, mark, query = target.partition("?")
    if mark and query == ANY_QUERY:
        raise RequestError(f"{text!r}: `?*` says nothing", "leave it out: without a query any query goes")
    if mark and query != "-" and not _QUERY_LITERAL.match(query):
        raise RequestError(f"{text!r}: not a query", "write `?name=value`, or `?-` for none at all")
    return RequestPattern(method, PathPattern.parse(path), ANY_QUERY if not mark else "" if query == "-" else query)


@functools.lru_cache(maxsize=65536)
def _beginning(path: PathPattern) -> str:
    """What every target of a path begins with, to the letter: up to a wildcard, or an encoding of either case."""
    beginning = ""
    for segment in path.segments:
        literal = segment[0] or ""
        beginning += "/" + literal.partition("%")[0]
        if segment != (literal,) or "%" in literal:
            return beginning
    return beginning


@functools.lru_cache(maxsize=65536)
def _target_expression(pattern: RequestPattern) -> re.Pattern[str]:
    """The plain targets of a pattern. Meaning, not rendering: the rules have an expression of their own."""
    not_dots = r"(?!\.+(?:[/?]|\Z))"
    path = "".join("/" + not_dots + _segment(segment) for segment in pattern.path.segments)
    if pattern.path.rest:
        plain = f"{not_dots}{SEGMENT_CHARACTER}+"
        path += rf"/(?:{plain}(?:/{plain})*/?)?"
    if pattern.query == ANY_QUERY:
        query = rf"(?:\?{QUERY_CHARACTER}*)?"
    else:
        query = re.escape("?" + pattern.query) if pattern.query else ""
    return re.compile(path + query + r"\Z")


def _segment(segment: Segment) -> str:
    """The pieces of a segment as an expression that takes linear time.

    Where a literal follows a wildcard and another wildcard comes later, the literal's first occurrence will do: what
    lies between two of them is plain, so the later wildcard takes it. So the choice is never taken back (``(?>``).
    """
    expression = ""
    last = max((index for index, piece in enumerate(segment) if piece is None), default=0)
    for index, piece in enumerate(segment):
        if piece is None:
            expression += f"{SEGMENT_CHARACTER}+" if index == last else f"(?>{SEGMENT_CHARACTER}+?"
        else:
            expression += _literal(piece) + (")" if 0 < index < last else "")
    return expression


def _literal(piece: str) -> str:
    """A literal as an expression; hexadecimal digits of an encoding match in both cases (RFC 3986, 6.2.2.1)."""
    return re.sub(
        r"%([0-9A-Fa-f]{2})",
        lambda octet: "%" + "".join(f"[{digit.upper()}{digit.lower()}]" for digit in octet.group(1)),
        re.escape(piece),
    )


def any_request(methods: tuple[str, ...] = METHODS) -> frozenset[RequestPattern]:
    """Every plain request of these methods."""
    return frozenset(RequestPattern(method, PathPattern.parse("/**")) for method in methods)
