"""The forms that expressions take, each made once: equal expressions are one object.

What they mean, and how they are put together, is in `ringfence.verify.language.expression`.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeVar

from ringfence.verify.language.piece import Piece


@dataclass(eq=False, slots=True)
class Expression:
    """One language, made by `intern` only and never twice: identity is equality.

    ``number`` is the order of making; the other two fields remember what `is_nullable` and `steps` found.
    """

    number: int
    nullable: bool | None = field(default=None, init=False)
    known_steps: "Steps | None" = field(default=None, init=False)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.number}>"


Steps = tuple[tuple[int, Expression], ...]
"""A partition of the octets, each part with the derivative by its members."""


@dataclass(eq=False, slots=True, repr=False)
class Nothing(Expression):
    """No string."""


@dataclass(eq=False, slots=True, repr=False)
class EmptyString(Expression):
    """The empty string alone."""


@dataclass(eq=False, slots=True, repr=False)
class Anything(Expression):
    """Every string."""


@dataclass(eq=False, slots=True, repr=False)
class Literal(Expression):
    """``text``, and then a string of ``rest``."""

    text: bytes
    rest: Expression


@dataclass(eq=False, slots=True, repr=False)
class OneOf(Expression):
    """One octet of ``mask``, and then a string of ``rest``."""

    mask: int
    rest: Expression


@dataclass(eq=False, slots=True, repr=False)
class Repeat(Expression):
    """From ``least`` to ``most`` rounds of a piece, without end where that is None, and then a string of ``rest``."""

    piece: Piece
    least: int
    most: int | None
    rest: Expression


@dataclass(eq=False, slots=True, repr=False)
class Union(Expression):
    """The strings of any of the parts."""

    parts: tuple[Expression, ...]


@dataclass(eq=False, slots=True, repr=False)
class Intersection(Expression):
    """The strings that all parts have."""

    parts: tuple[Expression, ...]


@dataclass(eq=False, slots=True, repr=False)
class Complement(Expression):
    """The strings that the part lacks."""

    part: Expression


@dataclass(eq=False, slots=True, repr=False)
class Before(Expression):
    """What stands before ``ending`` in the strings of ``whole`` that end so."""

    whole: Expression
    ending: bytes


_E = TypeVar("_E", bound=Expression)
_interned: dict[Hashable, Expression] = {}


def intern(make: Callable[..., _E], *parts: Hashable) -> Expression:
    """The expression of a form with these parts: the one that there is, or a new one."""
    key = (make, *parts)
    found = _interned.get(key)
    if found is None:
        found = make(len(_interned), *parts)
        _interned[key] = found
    return found
