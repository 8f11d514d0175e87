"""`content` and `pcre` with their modifiers, as the languages of buffers in which they match.

https://docs.suricata.io/en/latest/rules/payload-keywords.html. A content that names its place relative to the match
before it continues that match's chain; a chain matches where all of it does, wherever its first part was found.
"""

import dataclasses
import functools
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from ringfence.verify.language.decide import are_disjoint
from ringfence.verify.language.expression import (
    ANYTHING,
    EMPTY_STRING,
    Expression,
    attach,
    complement,
    derivative,
    difference,
    intersection,
    one_of,
)
from ringfence.verify.language.octets import ANY_OCTET, octets, without_case
from ringfence.verify.language.pcre import matched_by
from ringfence.verify.language.piece import Ahead, LanguageError, Literal, Octet, Piece, Repeat, Sequence
from ringfence.verify.suricata.rule import Option, RuleError


@dataclass(frozen=True, slots=True)
class Content:
    """An octet string at a place: ``offset`` and ``depth`` from the start, ``distance`` and ``within`` from before."""

    text: bytes
    negated: bool
    nocase: bool = False
    offset: int | None = None
    depth: int | None = None
    distance: int | None = None
    within: int | None = None
    ends: bool = False

    @property
    def is_relative(self) -> bool:
        """Whether its place counts from the match before it."""
        return self.distance is not None or self.within is not None


@dataclass(frozen=True, slots=True)
class Pcre:
    """An expression; ``relative`` when it starts after the match before it."""

    pattern: str
    flags: str
    negated: bool
    relative: bool

    @property
    def is_relative(self) -> bool:
        """Whether its place counts from the match before it."""
        return self.relative


@dataclass(frozen=True, slots=True)
class OctetTest:
    """One octet of a set at an offset from the start (`byte_test` of one octet)."""

    mask: int
    offset: int
    negated: bool = False

    @property
    def is_relative(self) -> bool:
        """Whether its place counts from the match before it: never."""
        return False


Match = Content | Pcre | OctetTest

_ESCAPE = re.compile(r'\|([0-9A-Fa-f\s]*)\||\\([;":\\])|([^|\\])', re.DOTALL)


@functools.lru_cache(maxsize=65536)
def read_content(value: str) -> Content:
    """A `content`'s value: quoted, with ``|0d 0a|`` for octets, perhaps negated; raises `RuleError`."""
    negated, inner = _quoted(value)
    text = bytearray()
    position = 0
    while position < len(inner):
        found = _ESCAPE.match(inner, position)
        if found is None:
            raise RuleError(f"the content {value}")
        position = found.end()
        digits, escaped, plain = found.groups()
        if digits is not None:
            text += _octets(digits, value)
        else:
            text += _latin(escaped or plain, value)
    if not text:
        raise RuleError("an empty content")
    return Content(bytes(text), negated)


def _octets(digits: str, value: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError as error:
        raise RuleError(f"the content {value}") from error


def _latin(text: str, value: str) -> bytes:
    if not text.isascii():
        raise RuleError(f"the content {value}, which is not ASCII")
    return text.encode("ascii")


def read_pcre(value: str) -> Pcre:
    """A `pcre`'s value: ``"/expression/flags"``, perhaps negated; raises `RuleError`."""
    negated, inner = _quoted(value)
    start, end = inner.find("/"), inner.rfind("/")
    if start != 0 or end == 0:
        raise RuleError(f"the expression {value}")
    flags = inner[end + 1 :]
    unknown = set(flags) - set("isR")
    if unknown:
        raise RuleError(f"the flag `{min(unknown)}` of the expression {value}")
    # Only the rule's own quoting is undone here; a backslash before anything else is the expression's.
    pattern = re.sub(r'\\([;"])', r"\1", inner[1:end])
    return Pcre(pattern, "".join(sorted(set(flags) - {"R"})), negated, "R" in flags)


_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt, ">": operator.gt, "=": operator.eq, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip


def read_octet_test(value: str) -> OctetTest:
    """A `byte_test` of one octet, such as ``1,>,126,0``; raises `RuleError` for any other."""
    parts = [part.strip() for part in value.split(",")]
    if len(parts) != 4 or parts[0] != "1" or not parts[2].isdecimal() or not parts[3].isdecimal():
        raise RuleError(f"`byte_test:{value}`")
    sign = parts[1].removeprefix("!") or "="
    if sign not in _COMPARISONS:
        raise RuleError(f"`byte_test:{value}`")
    mask = octets(octet for octet in range(256) if _COMPARISONS[sign](octet, int(parts[2])))
    return OctetTest(ANY_OCTET ^ mask if parts[1].startswith("!") else mask, int(parts[3]))


def _quoted(value: str) -> tuple[bool, str]:
    negated = value.startswith("!")
    inner = value[1:].strip() if negated else value
    if len(inner) < 2 or inner[0] != '"' or inner[-1] != '"':
        raise RuleError(f"{value} is not quoted")
    return negated, inner[1:-1]


@functools.lru_cache(maxsize=65536)
def with_modifier(match: Match, option: Option) -> Match:
    """A match with one more modifier; raises `RuleError` for what is none."""
    keyword, value = option.keyword, option.value
    if not isinstance(match, Content):
        raise RuleError(f"`{keyword}` after an expression")
    match keyword, value:
        case "fast_pattern", None | "only":
            return match
        case "nocase", None:
            return dataclasses.replace(match, nocase=True)
        case "startswith", None:
            return dataclasses.replace(match, offset=0, depth=len(match.text))
        case "endswith", None:
            return dataclasses.replace(match, ends=True)
        case "isdataat", "!1,relative":
            return dataclasses.replace(match, ends=True)
        case "offset" | "depth" | "distance" | "within", str() as number if number.isdecimal():
            return dataclasses.replace(match, **{keyword: int(number)})
        case "offset" | "depth" | "distance" | "within", _:
            raise RuleError(f"`{keyword}:{value}`")
        case _:
            raise RuleError(f"the keyword `{keyword}`")


@functools.lru_cache(maxsize=65536)
def matches_language(matches: tuple[Match, ...], dotted: bool) -> Expression:
    """The values of one buffer in which all of some matches are found; with a dot put before it when ``dotted``."""
    chains: list[list[Match]] = []
    for match in matches:
        if isinstance(match, Content) and match.negated and match.ends and match.offset:
            raise RuleError("an absent content with an end and an offset")  # the engines refuse what has it at its end
        if match.is_relative:
            if not chains or chains[-1][-1].negated or not isinstance(chains[-1][-1], Content):
                raise RuleError("a place relative to a match that is absent, negated or an expression")
            chains[-1].append(match)
        else:
            chains.append([match])
    try:
        language = intersection(_chain(tuple(chain)) for chain in chains)
    except LanguageError as error:
        raise RuleError(str(error)) from error
    return derivative(language, b".") if dotted else language


@functools.lru_cache(maxsize=65536)
def _chain(chain: tuple[Match, ...]) -> Expression:
    first = chain[0]
    if len(chain) == 1 and first.negated:
        found = _chain((dataclasses.replace(first, negated=False),))
        if isinstance(first, Content) and first.ends:
            # The engine looks at the first place only where a negated content is found (measured on both): one that
            # is found earlier as well counts as not being at the end.
            earlier = _place(dataclasses.replace(first, negated=False, ends=False), one_of(ANY_OCTET, ANYTHING))
            found = found if are_disjoint(found, earlier) else difference(found, earlier)
        return complement(found)
    if isinstance(first, Pcre):
        return matched_by(first.pattern, first.flags)
    if isinstance(first, OctetTest):
        return attach(Sequence((Repeat(Octet(ANY_OCTET), first.offset, first.offset), Octet(first.mask))), ANYTHING)
    rest = ANYTHING
    for match in reversed(chain):
        rest = _place(match, rest)
    return rest


def _place(match: Match, rest: Expression) -> Expression:
    """The values from the place where a match may begin to look, given what follows it."""
    if isinstance(match, OctetTest):
        raise RuleError("a test of an octet in the middle of a chain")
    if isinstance(match, Pcre):
        language = matched_by(match.pattern, match.flags)
        return complement(language) if match.negated else language
    piece = _piece(match)
    if match.is_relative:
        low = match.distance or 0
        high = None if match.within is None else low + match.within - len(match.text)
    else:
        low = match.offset or 0
        high = None if match.depth is None else low + match.depth - len(match.text)
    if high is not None and high < low:
        raise RuleError("a content longer than the place it may be in")
    gap = Repeat(Octet(ANY_OCTET), low, high)
    if match.negated:
        if match.ends:
            raise RuleError("a negated, relative content at the end")
        return attach(Ahead(Sequence((gap, piece)), negative=True), rest)
    return attach(Sequence((gap, piece)), intersection((rest, EMPTY_STRING)) if match.ends else rest)


def _piece(match: Content) -> Piece:
    if not match.nocase:
        return Literal(match.text)
    return Sequence(tuple(Octet(without_case(1 << octet)) for octet in match.text))
