"""One string for every way in which strings can belong to some languages: the atoms of their algebra."""

from collections import deque
from collections.abc import Sequence

from ringfence.verify.language.decide import STATES_MAX, TooLargeError
from ringfence.verify.language.expression import (
    ANYTHING,
    NOTHING,
    Expression,
    contains,
    difference,
    is_nullable,
    literal,
    only_text,
    steps,
    union,
)
from ringfence.verify.language.octets import ANY_OCTET, readable_member, readable_order, readable_rank

_State = tuple[Expression, ...]


def witnesses(languages: Sequence[Expression], universe: Expression = ANYTHING) -> dict[frozenset[int], bytes]:
    """For each set of languages that some string of ``universe`` belongs to, and to no other, the first such string.

    The first is the most readable of the shortest (`readable_order`). Keys are the indices of the languages. Two strings of one atom are told apart by none of the languages (atomic
    predicates: Yang and Lam, "Real-Time Verification of Network Properties Using Atomic Predicates", ICNP 2013).
    """
    texts = {index: text for index, language in enumerate(languages) if (text := only_text(language)) is not None}
    if len(texts) > 1:
        return _with_texts(languages, universe, texts)
    start: _State = (universe, *languages)
    parents: dict[_State, tuple[_State, int] | None] = {start: None}
    waiting: deque[_State] = deque([start])
    found: dict[frozenset[int], bytes] = {}
    while waiting:
        state = waiting.popleft()
        inside = frozenset(index for index, expression in enumerate(state[1:]) if is_nullable(expression))
        if inside not in found and is_nullable(state[0]):
            found[inside] = _way(parents, state)
        for mask, following in sorted(_together(state), key=lambda step: readable_rank(step[0])):
            if following[0] is not NOTHING and following not in parents:
                parents[following] = (state, mask)
                waiting.append(following)
        if len(parents) > STATES_MAX:
            raise TooLargeError("the languages have too many states to be told apart")
    return found


def _with_texts(
    languages: Sequence[Expression], universe: Expression, texts: dict[int, bytes]
) -> dict[frozenset[int], bytes]:
    """The same where many languages are of one string each: those strings are atoms of their own."""
    others = [index for index in range(len(languages)) if index not in texts]
    of_text: dict[bytes, list[int]] = {}
    for index, text in texts.items():
        of_text.setdefault(text, []).append(index)
    rest = difference(universe, union(map(literal, of_text)))
    found = {
        frozenset(others[place] for place in inside): text
        for inside, text in witnesses([languages[index] for index in others], rest).items()
    }
    for text, indices in of_text.items():
        if contains(universe, text):
            inside = frozenset((*indices, *(index for index in others if contains(languages[index], text))))
            found[inside] = min(found.get(inside, text), text, key=readable_order)
    return found


def _together(state: _State) -> list[tuple[int, _State]]:
    blocks: list[tuple[int, _State]] = [(ANY_OCTET, ())]
    for expression in state:
        parts = steps(expression)
        if len(parts) == 1:
            blocks = [(mask, (*targets, parts[0][1])) for mask, targets in blocks]
            continue
        blocks = [
            (mask & step, (*targets, target)) for mask, targets in blocks for step, target in parts if mask & step
        ]
    return blocks


def _way(parents: dict[_State, tuple[_State, int] | None], state: _State) -> bytes:
    found: list[int] = []
    step = parents[state]
    while step is not None:
        state, mask = step
        found.append(readable_member(mask))
        step = parents[state]
    return bytes(reversed(found))
