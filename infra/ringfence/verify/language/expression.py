"""Languages as expressions, interned, with derivatives in the place of automata.

An expression stands for a set of octet strings. Its *derivative* by an octet (Brzozowski, "Derivatives of Regular
Expressions", JACM 1964) is the set of what may follow that octet; expressions are the states of an automaton that
exists only as far as it is walked. Union, intersection and complement are expressions like any other, and so is
looking ahead: every expression holds all that follows it, so "not followed by X" is an intersection with the
complement of ``X`` and anything. Equal expressions are one object, so that what was found of one is known for all.
"""

import functools
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from ringfence.verify.language.octets import ANY_OCTET
from ringfence.verify.language.piece import (
    Ahead,
    Choice,
    End,
    Literal,
    Octet,
    Piece,
    Repeat,
    Sequence,
    can_be_empty,
    without_empty,
)


@dataclass(eq=False, slots=True)
class Expression:
    """One language, made by the functions of this module only and never twice: identity is equality.

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
class _Nothing(Expression):
    pass


@dataclass(eq=False, slots=True, repr=False)
class _EmptyString(Expression):
    pass


@dataclass(eq=False, slots=True, repr=False)
class _Anything(Expression):
    pass


@dataclass(eq=False, slots=True, repr=False)
class _Literal(Expression):
    text: bytes
    rest: Expression


@dataclass(eq=False, slots=True, repr=False)
class _OneOf(Expression):
    mask: int
    rest: Expression


@dataclass(eq=False, slots=True, repr=False)
class _Repeat(Expression):
    piece: Piece
    least: int
    most: int | None
    rest: Expression


@dataclass(eq=False, slots=True, repr=False)
class _Union(Expression):
    parts: tuple[Expression, ...]


@dataclass(eq=False, slots=True, repr=False)
class _Intersection(Expression):
    parts: tuple[Expression, ...]


@dataclass(eq=False, slots=True, repr=False)
class _Complement(Expression):
    part: Expression


@dataclass(eq=False, slots=True, repr=False)
class _Before(Expression):
    whole: Expression
    ending: bytes


_E = TypeVar("_E", bound=Expression)
_interned: dict[Hashable, Expression] = {}


def _intern(make: Callable[..., _E], *parts: Hashable) -> Expression:
    key = (make, *parts)
    found = _interned.get(key)
    if found is None:
        found = make(len(_interned), *parts)
        _interned[key] = found
    return found


NOTHING = _intern(_Nothing)
"""The empty language: no string at all."""
EMPTY_STRING = _intern(_EmptyString)
"""The language of the empty string alone."""
ANYTHING = _intern(_Anything)
"""The language of every string."""


def literal(text: bytes, rest: Expression = EMPTY_STRING) -> Expression:
    """The strings that are ``text`` followed by one of ``rest``."""
    if rest is NOTHING:
        return NOTHING
    if not text:
        return rest
    if isinstance(rest, _Literal):
        return _intern(_Literal, text + rest.text, rest.rest)
    return _intern(_Literal, text, rest)


def one_of(mask: int, rest: Expression = EMPTY_STRING) -> Expression:
    """The strings that are one octet of a set followed by one of ``rest``."""
    if rest is NOTHING or not mask:
        return NOTHING
    if mask & (mask - 1) == 0:
        return literal(bytes([mask.bit_length() - 1]), rest)
    return _intern(_OneOf, mask, rest)


def union(expressions: Iterable[Expression]) -> Expression:
    """The strings of any of some languages."""
    parts: set[Expression] = set()
    lacking: list[Expression] = []
    for expression in expressions:
        if expression is ANYTHING:
            return ANYTHING
        if isinstance(expression, _Union):
            parts.update(expression.parts)
        elif isinstance(expression, _Complement):
            lacking.append(expression.part)
        elif expression is not NOTHING:
            parts.add(expression)
    if lacking:  # by De Morgan, so that a union has one form
        return complement(intersection((*lacking, *map(complement, parts))))
    return _union(parts)


def _union(parts: set[Expression]) -> Expression:
    """The union of parts none of which is a union, a complement, nothing or anything."""
    if len(parts) < 2:
        return next(iter(parts), NOTHING)
    return _intern(_Union, tuple(sorted(parts, key=_number)))


def intersection(expressions: Iterable[Expression]) -> Expression:
    """The strings that all of some languages have."""
    parts: set[Expression] = set()
    lacking: set[Expression] = set()
    for expression in expressions:
        if expression is NOTHING:
            return NOTHING
        if expression is not ANYTHING:
            for part in expression.parts if isinstance(expression, _Intersection) else (expression,):
                if isinstance(part, _Complement):
                    lacking.update(united(part.part))
                else:
                    parts.add(part)
    if EMPTY_STRING in parts:
        nullable = all(map(is_nullable, parts)) and not any(map(is_nullable, lacking))
        return EMPTY_STRING if nullable else NOTHING
    if lacking:
        if not parts.isdisjoint(lacking):
            return NOTHING
        # What a union has in common with what is taken away is not there.
        shared = [part for part in parts if isinstance(part, _Union) and not lacking.isdisjoint(part.parts)]
        if shared:
            left = (_union(set(part.parts) - lacking) for part in shared)
            return intersection((*parts.difference(shared), complement(_union(lacking)), *left))
        parts.add(complement(_union(lacking)))
    if not parts:
        return ANYTHING
    if len(parts) == 1:
        return parts.pop()
    return _intern(_Intersection, tuple(sorted(parts, key=_number)))


def complement(expression: Expression) -> Expression:
    """The strings that a language lacks."""
    if expression is NOTHING:
        return ANYTHING
    if expression is ANYTHING:
        return NOTHING
    if isinstance(expression, _Complement):
        return expression.part
    return _intern(_Complement, expression)


def difference(minuend: Expression, subtrahend: Expression) -> Expression:
    """The strings of one language that another lacks."""
    return intersection((minuend, complement(subtrahend)))


@functools.lru_cache(maxsize=65536)
def before(expression: Expression, ending: bytes) -> Expression:
    """What stands before ``ending`` in the strings of a language that end so (its right quotient)."""
    match expression:
        case _ if not ending:
            return expression
        case _Nothing() | _Anything():
            return expression
        case _Complement(part=part):
            return complement(before(part, ending))
        case _Repeat(piece=Octet(mask), least=0, most=None, rest=rest) if mask == ANY_OCTET:
            if any(contains(rest, ending[start:]) for start in range(len(ending))):
                return ANYTHING
        case _:
            pass
    return _intern(_Before, expression, ending) if _last_octets(expression) >> ending[-1] & 1 else NOTHING


@functools.lru_cache(maxsize=65536)
def _last_octets(expression: Expression) -> int:
    """The octets with which strings of a language end, or more: as much as is seen at once."""
    match expression:
        case _Literal(rest=rest, text=text):
            return _last_octets(rest) | (1 << text[-1] if is_nullable(rest) else 0)
        case _OneOf(rest=rest, mask=mask):
            return _last_octets(rest) | (mask if is_nullable(rest) else 0)
        case _Repeat(piece=Octet(mask), rest=rest):
            return _last_octets(rest) | (mask if is_nullable(rest) else 0)
        case _Repeat(rest=rest) if not is_nullable(rest):
            return _last_octets(rest)
        case _Union(parts=parts):
            return sum(1 << octet for octet in range(256) if any(_last_octets(part) >> octet & 1 for part in parts))
        case _Intersection(parts=parts):
            return min(map(_last_octets, parts), key=int.bit_count)
        case _Nothing() | _EmptyString():
            return 0
        case _:
            return ANY_OCTET


def attach(piece: Piece, rest: Expression = EMPTY_STRING) -> Expression:
    """The strings that begin with a piece and go on as ``rest`` does; raises `LanguageError`."""
    match piece:
        case Literal(text):
            return literal(text, rest)
        case Octet(mask):
            return one_of(mask, rest)
        case Sequence(pieces):
            for part in reversed(pieces):
                rest = attach(part, rest)
            return rest
        case Choice(pieces):
            return union(attach(part, rest) for part in pieces)
        case Ahead(inner, negative):
            ahead = attach(inner, ANYTHING)
            return intersection((complement(ahead) if negative else ahead, rest))
        case End():
            return EMPTY_STRING if is_nullable(rest) else NOTHING
        case Repeat(inner, least, most):
            if can_be_empty(inner):
                inner, least = without_empty(inner), 0
            return _repeat(inner, least, most, rest)


_ANY_TEXT = Octet(ANY_OCTET)


def _repeat(piece: Piece, least: int, most: int | None, rest: Expression) -> Expression:
    if rest is NOTHING or most == 0:
        return rest
    if rest is ANYTHING and piece == _ANY_TEXT and least == 0 and most is None:
        return ANYTHING
    return _intern(_Repeat, piece, least, most, rest)


def _unfold(expression: _Repeat) -> Expression:
    """A repetition with its first round written out."""
    fewer = None if expression.most is None else expression.most - 1
    again = _repeat(expression.piece, max(expression.least - 1, 0), fewer, expression.rest)
    once = attach(expression.piece, again)
    return once if expression.least else union((expression.rest, once))


def is_nullable(expression: Expression) -> bool:
    """Whether the empty string belongs to a language."""
    if expression.nullable is None:
        expression.nullable = _is_nullable(expression)
    return expression.nullable


def _is_nullable(expression: Expression) -> bool:
    match expression:
        case _EmptyString() | _Anything():
            return True
        case _Union(parts=parts):
            return any(is_nullable(part) for part in parts)
        case _Intersection(parts=parts):
            return all(is_nullable(part) for part in parts)
        case _Complement(part=part):
            return not is_nullable(part)
        case _Before(whole=whole, ending=ending):
            return contains(whole, ending)
        case _Repeat():
            return is_nullable(_unfold(expression))
        case _:
            return False


def steps(expression: Expression) -> Steps:
    """The derivatives of a language: disjoint sets of octets that together are all, each with what may follow."""
    if expression.known_steps is None:
        masks: dict[Expression, int] = {}
        for mask, target in _steps(expression):
            masks[target] = masks.get(target, 0) | mask
        expression.known_steps = tuple((mask, target) for target, mask in masks.items() if mask)
    return expression.known_steps


def _steps(expression: Expression) -> Iterable[tuple[int, Expression]]:
    match expression:
        case _Anything():
            return ((ANY_OCTET, ANYTHING),)
        case _Literal(text=text, rest=rest):
            first = 1 << text[0]
            return ((first, literal(text[1:], rest)), (ANY_OCTET ^ first, NOTHING))
        case _OneOf(mask=mask, rest=rest):
            return ((mask, rest), (ANY_OCTET ^ mask, NOTHING))
        case _Complement(part=part):
            return [(mask, complement(target)) for mask, target in steps(part)]
        case _Before(whole=whole, ending=ending):
            return [(mask, before(target, ending)) for mask, target in steps(whole)]
        case _Union(parts=parts):
            return [(mask, union(targets)) for mask, targets in _refined(parts, NOTHING)]
        case _Intersection(parts=parts):
            return [(mask, intersection(targets)) for mask, targets in _refined(parts, ANYTHING)]
        case _Repeat():
            return steps(_unfold(expression))
        case _:
            return ((ANY_OCTET, NOTHING),)


def _refined(parts: tuple[Expression, ...], neutral: Expression) -> list[tuple[int, list[Expression]]]:
    """The common refinement of the parts' partitions, each block with the parts' derivatives that matter."""
    blocks: list[tuple[int, list[Expression]]] = [(ANY_OCTET, [])]
    for part in parts:
        divided: list[tuple[int, list[Expression]]] = []
        for mask, targets in blocks:
            for step, target in steps(part):
                common = mask & step
                if common:
                    divided.append((common, targets if target is neutral else [*targets, target]))
        blocks = divided
    return blocks


def united(expression: Expression) -> tuple[Expression, ...]:
    """The languages that a language is seen at once to be the union of; itself where it is none."""
    return expression.parts if isinstance(expression, _Union) else (expression,)


def intersected(expression: Expression) -> tuple[Expression, ...]:
    """The languages that a language is seen at once to be the intersection of; itself where it is none."""
    return expression.parts if isinstance(expression, _Intersection) else (expression,)


def complemented(expression: Expression) -> Expression | None:
    """The language whose complement a language is seen at once to be; None where it is none."""
    return expression.part if isinstance(expression, _Complement) else None


def literal_start(expression: Expression) -> bytes:
    """A text that every string of a language begins with, as far as it is seen at once."""
    return expression.text if isinstance(expression, _Literal) else b""


def only_text(expression: Expression) -> bytes | None:
    """The string of a language of one string, where that is seen at once; else None."""
    if isinstance(expression, _Literal) and expression.rest is EMPTY_STRING:
        return expression.text
    return None


def derivative(expression: Expression, text: bytes) -> Expression:
    """What may follow ``text`` in the strings of a language that begin with it (its left quotient)."""
    position = 0
    while position < len(text) and expression is not NOTHING and expression is not ANYTHING:
        if isinstance(expression, _Literal):
            run = expression.text
            taken = min(len(run), len(text) - position)
            if run[:taken] != text[position : position + taken]:
                return NOTHING
            expression = literal(run[taken:], expression.rest)
            position += taken
        else:
            octet = 1 << text[position]
            expression = next(target for mask, target in steps(expression) if mask & octet)
            position += 1
    return expression


def contains(expression: Expression, text: bytes) -> bool:
    """Whether a string belongs to a language."""
    match expression:
        case _Union(parts=parts):
            return any(contains(part, text) for part in parts)
        case _Intersection(parts=parts):
            return all(contains(part, text) for part in parts)
        case _Complement(part=part):
            return not contains(part, text)
        case _:
            return is_nullable(derivative(expression, text))


def _number(expression: Expression) -> int:
    return expression.number
