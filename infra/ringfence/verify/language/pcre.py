r"""Perl-compatible expressions, the part that is regular, as languages.

Read: literals, escapes, classes (POSIX ones too), groups, alternation, quantifiers, looking ahead, ``^ \A $ \Z \z``
and the flags ``i`` and ``s`` (pcre2pattern(3)). Whatever asks what was captured, looks behind, forbids to go back or
depends on lines is refused by name: it is not read, rather than read wrongly. Octets, not characters.
"""

import functools
import re
import string
from dataclasses import dataclass

from ringfence.verify.language.expression import ANYTHING, Expression, attach, union
from ringfence.verify.language.octets import ANY_OCTET, octet_range, octets, without_case
from ringfence.verify.language.piece import (
    EMPTY,
    Ahead,
    Choice,
    End,
    LanguageError,
    Literal,
    Octet,
    Piece,
    Repeat,
    Sequence,
)

REPEAT_MAX = 65535
"""The largest number that PCRE takes in a quantifier (pcre2limits(3))."""


@dataclass(frozen=True, slots=True)
class Expressions:
    """An expression as read: the choices that must match at the start, and those that may match anywhere."""

    anchored: Piece
    floating: Piece


_GROUP_FLAGS = re.compile(r"\?([is]*)(?:-([is]+))?:")
_NEWLINE = 1 << 0x0A
_DIGIT = octet_range(0x30, 0x39)
_WORD = octets(map(ord, string.ascii_letters + string.digits + "_"))
_SPACE = octets(b" \t\n\r\f\v")
_BLANK = octets(b" \t")  # \h, in octets; U+00A0 too, which is an octet of its own here
_CLASSES = {
    "d": _DIGIT,
    "D": ANY_OCTET ^ _DIGIT,
    "w": _WORD,
    "W": ANY_OCTET ^ _WORD,
    "s": _SPACE,
    "S": ANY_OCTET ^ _SPACE,
    "h": _BLANK | 1 << 0xA0,
    "H": ANY_OCTET ^ (_BLANK | 1 << 0xA0),
}
_ESCAPED = {"n": 0x0A, "r": 0x0D, "t": 0x09, "f": 0x0C, "e": 0x1B, "a": 0x07}
_POSIX = {
    "alnum": octets(map(ord, string.ascii_letters + string.digits)),
    "alpha": octets(map(ord, string.ascii_letters)),
    "ascii": octet_range(0, 127),
    "blank": _BLANK,
    "cntrl": octet_range(0, 31) | 1 << 127,
    "digit": _DIGIT,
    "graph": octet_range(33, 126),
    "lower": octets(map(ord, string.ascii_lowercase)),
    "print": octet_range(32, 126),
    "punct": octets(map(ord, string.punctuation)),
    "space": _SPACE,
    "upper": octets(map(ord, string.ascii_uppercase)),
    "word": _WORD,
    "xdigit": octets(map(ord, string.hexdigits)),
}


@functools.lru_cache(maxsize=65536)
def matched_by(pattern: str, flags: str = "") -> Expression:
    """The octet strings in which an expression matches somewhere; raises `LanguageError`.

    ``flags`` are PCRE's letters ``i`` (either case) and ``s`` (a dot is any octet); the text is Latin-1.
    """
    read = read_expression(pattern, flags)
    floating = attach(Sequence((Repeat(Octet(ANY_OCTET), 0, None), read.floating)), ANYTHING)
    return union((attach(read.anchored, ANYTHING), floating))


@functools.lru_cache(maxsize=65536)
def read_expression(pattern: str, flags: str = "") -> Expressions:
    """An expression's pieces, anchored ones apart; raises `LanguageError`."""
    unknown = set(flags) - set("is")
    if unknown:
        raise LanguageError(f"the flag {min(unknown)!r} of an expression")
    reader = _Reader(pattern, "i" in flags, "s" in flags)
    tree = reader.choice()
    if reader.position != len(pattern):
        raise LanguageError(f"{pattern!r}: an unmatched parenthesis at {reader.position}")
    anchored, floating = _by_anchor(tree)
    return Expressions(Choice(tuple(anchored)), Choice(tuple(floating)))


@dataclass(frozen=True, slots=True)
class _Start:
    """``^`` or ``\\A``: nothing was before."""


_Tree = Piece | _Start | tuple[str, tuple["_Tree", ...]]
"""A piece, or a sequence or choice ("all", "any") in which a start may still stand."""


def _has_start(tree: _Tree) -> bool:
    return isinstance(tree, _Start) or (isinstance(tree, tuple) and any(_has_start(part) for part in tree[1]))


def _by_anchor(tree: _Tree) -> tuple[list[Piece], list[Piece]]:
    """The choices of a tree that begin with a start, without it, and those that have none."""
    if not _has_start(tree):
        return [], [_piece(tree)]
    if isinstance(tree, _Start):
        return [EMPTY], []
    if not isinstance(tree, tuple):
        return [], [tree]
    kind, parts = tree
    if kind == "any":
        anchored: list[Piece] = []
        floating: list[Piece] = []
        for part in parts:
            more_anchored, more_floating = _by_anchor(part)
            anchored += more_anchored
            floating += more_floating
        return anchored, floating
    first, *others = parts
    if any(_has_start(part) for part in others):
        raise LanguageError("an anchor of the start that is not at the start")
    rest = tuple(_piece(part) for part in others)
    anchored, floating = _by_anchor(first)
    return [Sequence((head, *rest)) for head in anchored], [Sequence((head, *rest)) for head in floating]


def _piece(tree: _Tree) -> Piece:
    if isinstance(tree, _Start):
        raise LanguageError("an anchor of the start that is not at the start")
    if not isinstance(tree, tuple):
        return tree
    kind, parts = tree
    if kind == "any":
        return Choice(tuple(_piece(part) for part in parts))
    pieces: list[Piece] = []
    for part in parts:
        piece = _piece(part)
        if isinstance(piece, Literal) and pieces and isinstance(pieces[-1], Literal):
            pieces[-1] = Literal(pieces[-1].text + piece.text)
        else:
            pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else Sequence(tuple(pieces))


class _Reader:
    """Reads one expression from left to right."""

    def __init__(self, pattern: str, ignore_case: bool, dot_is_all: bool) -> None:
        self.pattern = pattern
        self.position = 0
        self.ignore_case = ignore_case
        self.dot = ANY_OCTET if dot_is_all else ANY_OCTET ^ _NEWLINE

    def choice(self) -> _Tree:
        branches = [self.sequence()]
        while self.take("|"):
            branches.append(self.sequence())
        return branches[0] if len(branches) == 1 else ("any", tuple(branches))

    def sequence(self) -> _Tree:
        parts: list[_Tree] = []
        while self.position < len(self.pattern) and self.pattern[self.position] not in "|)":
            parts.append(self.quantified(self.atom()))
        return parts[0] if len(parts) == 1 else ("all", tuple(parts))

    def quantified(self, atom: _Tree) -> _Tree:
        while (bounds := self.quantifier()) is not None:
            if self.take("+"):
                raise LanguageError("a possessive quantifier")
            self.take("?")  # lazy: another order of trying, the same strings
            if isinstance(atom, Ahead | End):
                raise LanguageError("a quantifier on an assertion")
            atom = Repeat(_piece(atom), *bounds)
        return atom

    def quantifier(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.take(sign):
                return bounds
        if not self.pattern.startswith("{", self.position):
            return None
        closing = self.pattern.find("}", self.position)
        least, comma, most = self.pattern[self.position + 1 : max(closing, 0)].partition(",")
        if closing < 0 or not least.isdecimal() or (most and not most.isdecimal()):
            return None  # a brace that starts no quantifier is itself
        bounds = int(least), (int(least) if not comma else int(most) if most else None)
        if bounds[0] > REPEAT_MAX or (bounds[1] is not None and not bounds[0] <= bounds[1] <= REPEAT_MAX):
            raise LanguageError(f"a quantifier out of range: {self.pattern[self.position : closing + 1]}")
        self.position = closing + 1
        return bounds

    def take(self, text: str) -> bool:
        if self.pattern.startswith(text, self.position):
            self.position += len(text)
            return True
        return False

    def next(self) -> str:
        if self.position >= len(self.pattern):
            raise LanguageError(f"{self.pattern!r} ends too early")
        self.position += 1
        return self.pattern[self.position - 1]

    def octet(self, value: int) -> Piece:
        if value > 255:
            raise LanguageError("a character beyond one octet")
        mask = without_case(1 << value) if self.ignore_case else 1 << value
        return Literal(bytes([value])) if mask & (mask - 1) == 0 else Octet(mask)

    def set_of(self, mask: int) -> Piece:
        return Octet(without_case(mask) if self.ignore_case else mask)

    def atom(self) -> _Tree:
        character = self.next()
        match character:
            case "(":
                return self.group()
            case "[":
                return self.set_of(self.class_())
            case ".":
                return Octet(self.dot)
            case "^":
                return _Start()
            case "$":
                return _END_OR_LAST_NEWLINE
            case "\\":
                return self.escape()
            case "*" | "+" | "?":
                raise LanguageError(f"{self.pattern!r}: a quantifier of nothing")
            case _:
                return self.octet(ord(character))

    def group(self) -> _Tree:
        negative = self.take("?!")
        ahead = negative or self.take("?=")
        if not ahead and (flags := _GROUP_FLAGS.match(self.pattern, self.position)):
            return self.flagged_group(flags)
        if not ahead and self.take("?"):
            raise LanguageError("a group that is neither `(...)`, `(?:...)`, `(?=...)` nor `(?!...)`")
        if self.take("*"):
            raise LanguageError("a verb such as `(*ACCEPT)`")
        inner = self.choice()
        if not self.take(")"):
            raise LanguageError(f"{self.pattern!r}: an unclosed parenthesis")
        return Ahead(_piece(inner), negative) if ahead else inner

    def flagged_group(self, flags: re.Match[str]) -> _Tree:
        """A group that captures nothing, perhaps with flags of its own: ``(?:...)``, ``(?s:...)``, ``(?-i:...)``."""
        outside = self.ignore_case, self.dot
        self.position = flags.end()
        if "i" in (*flags.group(1), *(flags.group(2) or "")):
            self.ignore_case = "i" in flags.group(1)
        if "s" in (*flags.group(1), *(flags.group(2) or "")):
            self.dot = ANY_OCTET if "s" in flags.group(1) else ANY_OCTET ^ _NEWLINE
        inner = self.choice()
        if not self.take(")"):
            raise LanguageError(f"{self.pattern!r}: an unclosed parenthesis")
        self.ignore_case, self.dot = outside
        return inner

    def escape(self) -> _Tree:
        character = self.next()
        if character == "A":
            return _Start()
        if character == "z":
            return End()
        if character == "Z":
            return _END_OR_LAST_NEWLINE
        if character in _CLASSES:
            return Octet(_CLASSES[character])
        return self.octet(self.escaped(character))

    def escaped(self, character: str) -> int:
        """The octet that a backslash and a character stand for."""
        if character in _ESCAPED:
            return _ESCAPED[character]
        if character == "x":
            digits = self.pattern[self.position : self.position + 2]
            if len(digits) != 2 or not set(digits) <= set(string.hexdigits):
                raise LanguageError("an escape `\\x` without two hexadecimal digits")
            self.position += 2
            return int(digits, 16)
        if character.isalnum():
            raise LanguageError(f"the escape `\\{character}`")
        return ord(character)

    def class_(self) -> int:
        negative = self.take("^")
        mask = 0
        first = True
        while first or not self.take("]"):
            first = False
            low = self.class_member()
            if isinstance(low, int) and self.pattern.startswith("-", self.position) and self.after_dash() != "]":
                self.next()
                high = self.class_member()
                if not isinstance(high, int) or high < low:
                    raise LanguageError(f"{self.pattern!r}: a range in a class that is none")
                mask |= octet_range(low, high)
            else:
                mask |= 1 << low if isinstance(low, int) else low[0]
        if self.ignore_case:
            mask = without_case(mask)
        return ANY_OCTET ^ mask if negative else mask

    def after_dash(self) -> str:
        return self.pattern[self.position + 1 : self.position + 2]

    def class_member(self) -> int | tuple[int]:
        """One octet of a class, or a set of them, wrapped so that it is no octet."""
        if self.take("[:"):
            name, closed, _ = self.pattern[self.position :].partition(":]")
            negative = name.startswith("^")
            mask = _POSIX.get(name.removeprefix("^"))
            if not closed or mask is None:
                raise LanguageError(f"the class `[:{name}:]`")
            self.position += len(name) + 2
            return (ANY_OCTET ^ mask if negative else mask,)
        character = self.next()
        value = ord(character)
        if character == "\\":
            character = self.next()
            if character in _CLASSES:
                return (_CLASSES[character],)
            value = 0x08 if character == "b" else self.escaped(character)
        if value > 255:
            raise LanguageError("a character beyond one octet")
        return value


_END_OR_LAST_NEWLINE = Choice((End(), Sequence((Ahead(Sequence((Literal(b"\n"), End())), negative=False),))))
"""``$`` and ``\\Z``: the end, or before a newline that is the last octet."""
