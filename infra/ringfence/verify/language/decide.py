"""Questions about languages, decided exactly: is there a string at all, which is the shortest, are two the same."""

import functools
from collections import deque

from ringfence.verify.language.expression import (
    ANYTHING,
    NOTHING,
    Expression,
    complemented,
    contains,
    derivative,
    difference,
    intersected,
    intersection,
    is_nullable,
    literal_start,
    steps,
    united,
)
from ringfence.verify.language.octets import readable_member, readable_rank
from ringfence.verify.language.piece import LanguageError

STATES_MAX = 50_000
"""How many states one question may walk before it is given up as too large to decide."""


class TooLargeError(LanguageError):
    """A question that needs more than `STATES_MAX` states."""


_same: set[tuple[int, int]] = set()
_inhabited: dict[Expression, bool] = {}


def is_empty(expression: Expression) -> bool:
    """Whether a language has no string at all."""
    if expression is NOTHING:
        return True
    if is_nullable(expression):
        return False
    known = _inhabited.get(expression)
    if known is None:
        known = not _is_empty(expression)
        _inhabited[expression] = known
    return not known


def _is_empty(expression: Expression) -> bool:
    """Decided part by part where a language has parts: what is found of a part is known wherever it stands again."""
    parts = intersected(expression)
    several = [part for part in parts if len(united(part)) > 1]
    if len(several) == 1:
        others = [part for part in parts if part is not several[0]]
        return all(is_empty(intersection((each, *others))) for each in united(several[0]))
    lacking = [inner for part in parts if (inner := complemented(part)) is not None]
    others = intersection(part for part in parts if complemented(part) is None)
    if lacking and len(intersected(lacking[0])) > 1:
        return all(is_empty(difference(others, each)) for each in intersected(lacking[0]))
    if lacking and not several and len(united(lacking[0])) > 1:
        example = shortest(others)
        if example is None:
            return True
        around = [each for each in united(lacking[0]) if contains(each, example)]
        if not around:
            return False
        if any(is_empty(difference(others, each)) for each in around):
            return True
    return shortest(expression) is None


def shortest(expression: Expression) -> bytes | None:
    """The most readable of a language's shortest strings (`readable_order`); None when it has none."""
    return _search(expression, 0)


def shortest_of_length(expression: Expression, least: int) -> bytes | None:
    """The same of its strings of at least ``least`` octets; None when it has none so long."""
    return _search(expression, least)


@functools.lru_cache(maxsize=65536)
def _search(start: Expression, least: int) -> bytes | None:
    # A state is an expression and how many octets are still owed; parents give the way back.
    parents: dict[tuple[Expression, int], tuple[tuple[Expression, int], int] | None] = {(start, least): None}
    waiting = deque(parents)
    while waiting:
        state = waiting.popleft()
        expression, owed = state
        if owed == 0 and is_nullable(expression):
            return _way(parents, state)
        # States come in the order of the strings that lead to them, so the first way to one is the most readable.
        for mask, target in sorted(steps(expression), key=lambda step: readable_rank(step[0])):
            following = (target, max(owed - 1, 0))
            if target is not NOTHING and following not in parents:
                parents[following] = (state, mask)
                waiting.append(following)
        if len(parents) > STATES_MAX:
            raise TooLargeError("the expression has too many states to be decided")
    return None


def _way(
    parents: dict[tuple[Expression, int], tuple[tuple[Expression, int], int] | None], state: tuple[Expression, int]
) -> bytes:
    found: list[int] = []
    step = parents[state]
    while step is not None:
        state, mask = step
        found.append(readable_member(mask))
        step = parents[state]
    return bytes(reversed(found))


def is_subset(inner: Expression, outer: Expression) -> bool:
    """Whether one language has every string of the other."""
    return inner is outer or outer is ANYTHING or is_empty(difference(inner, outer))


def are_disjoint(one: Expression, other: Expression) -> bool:
    """Whether no string belongs to both."""
    return is_empty(intersection((one, other)))


def are_equal(one: Expression, other: Expression) -> bool:
    """Whether two languages have the same strings (Hopcroft and Karp, 1971, over derivatives)."""
    leaders: dict[Expression, Expression] = {}

    def leader(expression: Expression) -> Expression:
        while (next_one := leaders.get(expression)) is not None:
            expression = next_one
        return expression

    waiting = [(one, other)]
    assumed: list[tuple[int, int]] = []
    while waiting:
        left, right = _without_common_start(*waiting.pop())
        left, right = leader(left), leader(right)
        if left is right:
            continue
        key = (left.number, right.number) if left.number < right.number else (right.number, left.number)
        if key in _same:
            continue
        if is_nullable(left) != is_nullable(right):
            return False
        leaders[left] = right
        assumed.append(key)
        if len(assumed) > STATES_MAX:
            raise TooLargeError("the expressions have too many states to be compared")
        waiting += [
            (left_target, right_target)
            for left_mask, left_target in steps(left)
            for right_mask, right_target in steps(right)
            if left_mask & right_mask and left_target is not right_target
        ]
    _same.update(assumed)
    return True


def _without_common_start(left: Expression, right: Expression) -> tuple[Expression, Expression]:
    """Both without a literal that both begin with: equal languages stay equal, and others stay different."""
    left_text, right_text = literal_start(left), literal_start(right)
    while left_text and right_text and left_text[0] == right_text[0]:
        ends = (i for i, pair in enumerate(zip(left_text, right_text, strict=False)) if pair[0] != pair[1])
        common = left_text[: next(ends, min(len(left_text), len(right_text)))]
        left, right = derivative(left, common), derivative(right, common)
        left_text, right_text = literal_start(left), literal_start(right)
    return left, right


def difference_example(one: Expression, other: Expression) -> tuple[bytes, bool] | None:
    """A shortest string that exactly one of two languages has, and whether it is the first; None when equal."""
    if are_equal(one, other):
        return None
    found = [
        (example, is_first)
        for example, is_first in ((shortest(difference(one, other)), True), (shortest(difference(other, one)), False))
        if example is not None
    ]
    return min(found, key=lambda pair: (len(pair[0]), not pair[1]))
