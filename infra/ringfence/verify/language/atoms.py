"""One string for every way in which strings can belong to some languages: the atoms of their algebra."""

import functools
from collections import deque
from collections.abc import Sequence

from ringfence.verify.language.decide import STATES_MAX, TooLargeError
from ringfence.verify.language.expression import (
    ANYTHING,
    NOTHING,
    Expression,
    complement,
    complemented,
    contains,
    difference,
    intersected,
    intersection,
    is_nullable,
    literal,
    only_text,
    steps,
    union,
    united,
)
from ringfence.verify.language.octets import readable_member, readable_order, readable_rank

_State = tuple[Expression, tuple[tuple[int, Expression], ...]]
"""What is left of the universe, and of each language that has anything left, by its place."""


def witnesses(languages: Sequence[Expression], universe: Expression = ANYTHING) -> dict[frozenset[int], bytes]:
    """For each set of languages that some string of ``universe`` belongs to, and to no other, the first such string.

    The first is the most readable of the shortest (`readable_order`). Keys are the indices of the languages. Two
    strings of one atom are told apart by none of the languages (atomic predicates: Yang and Lam, "Real-Time
    Verification of Network Properties Using Atomic Predicates", ICNP 2013).
    """
    texts = frozenset[bytes]().union(*map(_texts, languages))
    # A language is the same among all other strings as it is without these.
    others = [_without_texts(language) for language in languages]
    distinct = tuple(dict.fromkeys(others))
    apart = _walk(distinct, universe)
    if not texts.isdisjoint(apart.values()):
        apart = _walk(distinct, difference(universe, union(map(literal, sorted(texts)))))
    found = {
        frozenset(index for index, other in enumerate(others) if other in members): text
        for members, text in apart.items()
    }
    inside: dict[bytes, list[int]] = {text: [] for text in _members(universe, texts)}
    for index, language in enumerate(languages):
        for text in _members(language, texts) & inside.keys():
            inside[text].append(index)
    for text, indices in inside.items():
        key = frozenset(indices)
        found[key] = min(found.get(key, text), text, key=readable_order)
    return found


def _texts(language: Expression) -> frozenset[bytes]:
    """The languages of one string that a language is seen to be put together from, as these strings."""
    text = only_text(language)
    if text is not None:
        return frozenset((text,))
    return frozenset[bytes]().union(*map(_texts, _parts(language)))


def _parts(language: Expression) -> tuple[Expression, ...]:
    """What a language is seen to be the union, the intersection or the complement of; nothing for what is none."""
    lacking = complemented(language)
    if lacking is not None:
        return (lacking,)
    parts = united(language)
    parts = intersected(language) if len(parts) == 1 else parts
    return parts if len(parts) > 1 else ()


def _members(language: Expression, texts: frozenset[bytes]) -> frozenset[bytes]:
    """Those of some strings that belong to a language."""
    text = only_text(language)
    if text is not None:
        return texts & {text}
    lacking = complemented(language)
    if lacking is not None:
        return texts - _members(lacking, texts)
    for parts, together in (
        (united(language), frozenset[bytes].union),
        (intersected(language), frozenset[bytes].intersection),
    ):
        if len(parts) > 1:
            return together(*(_members(part, texts) for part in parts))
    return frozenset(each for each in texts if _contains(language, each))


_contains = functools.lru_cache(maxsize=65536)(contains)


def _without_texts(language: Expression) -> Expression:
    """What a language is among strings other than those of `_texts`."""
    if only_text(language) is not None:
        return NOTHING
    lacking = complemented(language)
    if lacking is not None:
        return complement(_without_texts(lacking))
    for parts, together in ((united(language), union), (intersected(language), intersection)):
        if len(parts) > 1:
            return together(map(_without_texts, parts))
    return language


@functools.lru_cache(maxsize=4096)
def _walk(languages: tuple[Expression, ...], universe: Expression) -> dict[frozenset[Expression], bytes]:
    """The first string of each atom, by the languages that have it."""
    start: _State = (universe, tuple(enumerate(languages)))
    parents: dict[_State, tuple[_State, int] | None] = {start: None}
    waiting: deque[_State] = deque([start])
    found: dict[frozenset[Expression], bytes] = {}
    while waiting:
        state = waiting.popleft()
        if is_nullable(state[0]):
            inside = frozenset(languages[place] for place, left in state[1] if is_nullable(left))
            if inside not in found:
                found[inside] = _way(parents, state)
        # States come in the order of the strings that lead to them, so the first way to one is the most readable.
        for mask, following in sorted(_together(state), key=lambda step: readable_rank(step[0])):
            if following[0] is not NOTHING and following not in parents:
                parents[following] = (state, mask)
                waiting.append(following)
        if len(parents) > STATES_MAX:
            raise TooLargeError("the languages have too many states to be told apart")
    return found


def _together(state: _State) -> list[tuple[int, _State]]:
    """The steps of all languages at once: octets on which every one of them takes one step, and what is left then."""
    universe, languages = state
    blocks: list[tuple[int, list[tuple[int, Expression]]]] = [(mask, []) for mask, _ in steps(universe)]
    ends = [target for _, target in steps(universe)]
    for place, expression in languages:
        parts = steps(expression)
        for index in range(len(blocks)):
            mask, left = blocks[index]
            several = len(parts) > 1
            for step, target in parts:
                both = mask & step
                if both == mask:
                    if target is not NOTHING:
                        left.append((place, target))
                    several = False
                    break
            if several:
                blocks[index], *others = [
                    (mask & step, [*left] if target is NOTHING else [*left, (place, target)])
                    for step, target in parts
                    if mask & step
                ]
                blocks += others
                ends += [ends[index]] * len(others)
    return [(mask, (end, tuple(left))) for (mask, left), end in zip(blocks, ends, strict=True)]


def _way(parents: dict[_State, tuple[_State, int] | None], state: _State) -> bytes:
    found: list[int] = []
    step = parents[state]
    while step is not None:
        state, mask = step
        found.append(readable_member(mask))
        step = parents[state]
    return bytes(reversed(found))
