"""Pieces: the syntax of an expression that still waits for what follows it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Octet:
    """One octet of a set (`octets`)."""

    mask: int


@dataclass(frozen=True, slots=True)
class Literal:
    """An octet string, to the letter."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Sequence:
    """Pieces, one after the other."""

    pieces: tuple["Piece", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some pieces; of none, nothing matches."""

    pieces: tuple["Piece", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A piece ``least`` to ``most`` times; None is without end."""

    piece: "Piece"
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Ahead:
    """Nothing itself, but what follows begins with the piece; or does not, when ``negative``."""

    piece: "Piece"
    negative: bool


@dataclass(frozen=True, slots=True)
class End:
    r"""Nothing itself, but nothing follows (``\z``)."""


Piece = Octet | Literal | Sequence | Choice | Repeat | Ahead | End

EMPTY = Sequence(())
"""The empty string."""
IMPOSSIBLE = Choice(())
"""What nothing matches."""


class LanguageError(ValueError):
    """An expression that cannot be read exactly; the message says why."""


def can_be_empty(piece: Piece) -> bool:
    """Whether a piece may stand for the empty string somewhere."""
    match piece:
        case Literal(text):
            return not text
        case Octet():
            return False
        case Sequence(pieces):
            return all(can_be_empty(part) for part in pieces)
        case Choice(pieces):
            return any(can_be_empty(part) for part in pieces)
        case Repeat(inner, least, _):
            return least == 0 or can_be_empty(inner)
        case Ahead() | End():
            return True


def without_empty(piece: Piece) -> Piece:
    """The piece's strings but the empty one; raises `LanguageError` where that depends on what follows."""
    match piece:
        case Octet():
            return piece
        case Literal(text):
            return piece if text else IMPOSSIBLE
        case Choice(pieces):
            return Choice(tuple(without_empty(part) for part in pieces))
        case Repeat(inner, least, most):
            if most == 0:
                return IMPOSSIBLE
            return Repeat(without_empty(inner), 1, most) if can_be_empty(inner) else Repeat(inner, max(least, 1), most)
        case Sequence(pieces):
            if not can_be_empty(piece):
                return piece
            if not pieces:
                return IMPOSSIBLE
            head, tail = pieces[0], Sequence(pieces[1:])
            return Choice((Sequence((without_empty(head), tail)), without_empty(tail)))
        case Ahead() | End():
            raise LanguageError("a repetition of something that looks ahead and may be empty")
