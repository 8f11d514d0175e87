"""Languages as expressions, interned, with derivatives in the place of automata.

An expression stands for a set of octet strings. Its *derivative* by an octet (Brzozowski, "Derivatives of Regular
Expressions", JACM 1964) is the set of what may follow that octet; expressions are the states of an automaton that
exists only as far as it is walked. Union, intersection and complement are expressions like any other, and so is
looking ahead: every expression holds all that follows it, so "not followed by X" is an intersection with the
complement of ``X`` and anything. Equal expressions are one object, so that what was found of one is known for all.
"""

import functools
from collections.abc import Iterable

from ringfence.verify.language import node
from ringfence.verify.language.node import Expression, Steps, intern
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

NOTHING = intern(node.Nothing)
"""The empty language: no string at all."""
EMPTY_STRING = intern(node.EmptyString)
"""The language of the empty string alone."""
ANYTHING = intern(node.Anything)
"""The language of every string."""


def literal(text: bytes, rest: Expression = EMPTY_STRING) -> Expression:
    """The strings that are ``text`` followed by one of ``rest``."""
    if rest is NOTHING:
        return NOTHING
    if not text:
        return rest
    if isinstance(rest, node.Literal):
        return intern(node.Literal, text + rest.text, rest.rest)
    return intern(node.Literal, text, rest)


def one_of(mask: int, rest: Expression = EMPTY_STRING) -> Expression:
    """The strings that are one octet of a set followed by one of ``rest``."""
    if rest is NOTHING or not mask:
        return NOTHING
    if mask & (mask - 1) == 0:
        return literal(bytes([mask.bit_length() - 1]), rest)
    return intern(node.OneOf, mask, rest)


def union(expressions: Iterable[Expression]) -> Expression:
    """The strings of any of some languages."""
    parts: set[Expression] = set()
    lacking: list[Expression] = []
    for expression in expressions:
        if expression is ANYTHING:
            return ANYTHING
        if isinstance(expression, node.Union):
            parts.update(expression.parts)
        elif isinstance(expression, node.Complement):
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
    return intern(node.Union, tuple(sorted(parts, key=_number)))


def intersection(expressions: Iterable[Expression]) -> Expression:
    """The strings that all of some languages have."""
    parts: set[Expression] = set()
    lacking: set[Expression] = set()
    for expression in expressions:
        if expression is NOTHING:
            return NOTHING
        if expression is not ANYTHING:
            for part in expression.parts if isinstance(expression, node.Intersection) else (expression,):
                if isinstance(part, node.Complement):
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
        shared = [part for part in parts if isinstance(part, node.Union) and not lacking.isdisjoint(part.parts)]
        if shared:
            left = (_union(set(part.parts) - lacking) for part in shared)
            return intersection((*parts.difference(shared), complement(_union(lacking)), *left))
        parts.add(complement(_union(lacking)))
    if not parts:
        return ANYTHING
    if len(parts) == 1:
        return parts.pop()
    return intern(node.Intersection, tuple(sorted(parts, key=_number)))


def complement(expression: Expression) -> Expression:
    """The strings that a language lacks."""
    if expression is NOTHING:
        return ANYTHING
    if expression is ANYTHING:
        return NOTHING
    if isinstance(expression, node.Complement):
        return expression.part
    return intern(node.Complement, expression)


def difference(minuend: Expression, subtrahend: Expression) -> Expression:
    """The strings of one language that another lacks."""
    return intersection((minuend, complement(subtrahend)))


@functools.lru_cache(maxsize=65536)
def before(expression: Expression, ending: bytes) -> Expression:
    """What stands before ``ending`` in the strings of a language that end so (its right quotient)."""
    match expression:
        case _ if not ending:
            return expression
        case node.Nothing() | node.Anything():
            return expression
        case node.Complement(part=part):
            return complement(before(part, ending))
        case node.Repeat(piece=Octet(mask), least=0, most=None, rest=rest) if mask == ANY_OCTET:
            if any(contains(rest, ending[start:]) for start in range(len(ending))):
                return ANYTHING
        case _:
            pass
    return intern(node.Before, expression, ending) if _last_octets(expression) >> ending[-1] & 1 else NOTHING


@functools.lru_cache(maxsize=65536)
def _last_octets(expression: Expression) -> int:
    """The octets with which strings of a language end, or more: as much as is seen at once."""
    match expression:
        case node.Literal(rest=rest, text=text):
            return _last_octets(rest) | (1 << text[-1] if is_nullable(rest) else 0)
        case node.OneOf(rest=rest, mask=mask):
            return _last_octets(rest) | (mask if is_nullable(rest) else 0)
        case node.Repeat(piece=Octet(mask), rest=rest):
            return _last_octets(rest) | (mask if is_nullable(rest) else 0)
        case node.Repeat(rest=rest) if not is_nullable(rest):
            return _last_octets(rest)
        case node.Union(parts=parts):
            some = 0
            for part in parts:
                some |= _last_octets(part)
            return some
        case node.Intersection(parts=parts):
            common = ANY_OCTET
            for part in parts:
                common &= _last_octets(part)
            return common
        case node.Nothing() | node.EmptyString():
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
    return intern(node.Repeat, piece, least, most, rest)


def _unfold(expression: node.Repeat) -> Expression:
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
        case node.EmptyString() | node.Anything():
            return True
        case node.Union(parts=parts):
            return any(is_nullable(part) for part in parts)
        case node.Intersection(parts=parts):
            return all(is_nullable(part) for part in parts)
        case node.Complement(part=part):
            return not is_nullable(part)
        case node.Before(whole=whole, ending=ending):
            return contains(whole, ending)
        case node.Repeat():
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
        case node.Anything():
            return ((ANY_OCTET, ANYTHING),)
        case node.Literal(text=text, rest=rest):
            first = 1 << text[0]
            return ((first, literal(text[1:], rest)), (ANY_OCTET ^ first, NOTHING))
        case node.OneOf(mask=mask, rest=rest):
            return ((mask, rest), (ANY_OCTET ^ mask, NOTHING))
        case node.Complement(part=part):
            return [(mask, complement(target)) for mask, target in steps(part)]
        case node.Before(whole=whole, ending=ending):
            return [(mask, before(target, ending)) for mask, target in steps(whole)]
        case node.Union(parts=parts):
            return [(mask, union(targets)) for mask, targets in _refined(parts, NOTHING)]
        case node.Intersection(parts=parts):
            return [(mask, intersection(targets)) for mask, targets in _refined(parts, ANYTHING)]
        case node.Repeat():
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
    return expression.parts if isinstance(expression, node.Union) else (expression,)


def intersected(expression: Expression) -> tuple[Expression, ...]:
    """The languages that a language is seen at once to be the intersection of; itself where it is none."""
    return expression.parts if isinstance(expression, node.Intersection) else (expression,)


def complemented(expression: Expression) -> Expression | None:
    """The language whose complement a language is seen at once to be; None where it is none."""
    return expression.part if isinstance(expression, node.Complement) else None


def literal_start(expression: Expression) -> bytes:
    """A text that every string of a language begins with, as far as it is seen at once."""
    return expression.text if isinstance(expression, node.Literal) else b""


def only_text(expression: Expression) -> bytes | None:
    """The string of a language of one string, where that is seen at once; else None."""
    if isinstance(expression, node.Literal) and expression.rest is EMPTY_STRING:
        return expression.text
    return None


def derivative(expression: Expression, text: bytes) -> Expression:
    """What may follow ``text`` in the strings of a language that begin with it (its left quotient)."""
    position = 0
    while position < len(text) and expression is not NOTHING and expression is not ANYTHING:
        if isinstance(expression, node.Literal):
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
        case node.Union(parts=parts):
            return any(contains(part, text) for part in parts)
        case node.Intersection(parts=parts):
            return all(contains(part, text) for part in parts)
        case node.Complement(part=part):
            return not contains(part, text)
        case _:
            return is_nullable(derivative(expression, text))


def _number(expression: Expression) -> int:
    return expression.number
