"""One string for every way in which strings can belong to some languages: the atoms of their algebra."""

from collections import deque
from collections.abc import Sequence

from ringfence.verify.language.decide import STATES_MAX, TooLargeError
from ringfence.verify.language.expression import ANYTHING, NOTHING, Expression, is_nullable, steps
from ringfence.verify.language.octets import ANY_OCTET, readable_member

_State = tuple[Expression, ...]


def witnesses(languages: Sequence[Expression], universe: Expression = ANYTHING) -> dict[frozenset[int], bytes]:
    """For each set of languages that some string of ``universe`` belongs to, and to no other, a shortest such string.

    Keys are the indices of the languages. Two strings of one atom are told apart by none of the languages (atomic
    predicates: Yang and Lam, "Real-Time Verification of Network Properties Using Atomic Predicates", ICNP 2013).
    """
    start: _State = (universe, *languages)
    parents: dict[_State, tuple[_State, int] | None] = {start: None}
    waiting: deque[_State] = deque([start])
    found: dict[frozenset[int], bytes] = {}
    while waiting:
        state = waiting.popleft()
        inside = frozenset(index for index, expression in enumerate(state[1:]) if is_nullable(expression))
        if inside not in found and is_nullable(state[0]):
            found[inside] = _way(parents, state)
        for mask, following in _together(state):
            if following[0] is not NOTHING and following not in parents:
                parents[following] = (state, mask)
                waiting.append(following)
        if len(parents) > STATES_MAX:
            raise TooLargeError("the languages have too many states to be told apart")
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
