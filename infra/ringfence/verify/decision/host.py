"""The hosts of requests: one name for every way in which rules and grants can tell names apart."""

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ringfence.policy.request import METHODS
from ringfence.verify.decision.request import OF_THE_REQUEST, States
from ringfence.verify.granted import NAME_MAX
from ringfence.verify.interval import Numbers
from ringfence.verify.language.atoms import witnesses
from ringfence.verify.language.decide import are_equal, is_empty
from ringfence.verify.language.expression import (
    NOTHING,
    Expression,
    before,
    derivative,
    difference,
    intersection,
    steps,
)
from ringfence.verify.language.pcre import matched_by
from ringfence.verify.language.piece import LanguageError
from ringfence.verify.language.region import LENGTH_MAX
from ringfence.verify.suricata.buffers import HOST, STREAM
from ringfence.verify.suricata.candidates import Candidates
from ringfence.verify.suricata.condition import BufferTest, Condition
from ringfence.verify.suricata.conversation import next_request
from ringfence.verify.suricata.judge import Effect
from ringfence.verify.suricata.moment import Moment, Value, fits
from ringfence.verify.suricata.shapes import any_line, odd_heads, plain_head

HOSTS = matched_by(r"^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]+\z")
"""The names of hosts in requests; none is longer than `NAME_MAX`."""
_STATES_MAX = 1000
"""How many states of a request line are looked at, for a test of what holds line and host."""

_SOME_HOST = b"\xff"
"""Stands for a host's name in requests that are made to see where it comes: an octet that nothing else has."""


class _NotToldError(Exception):
    """Hosts are told apart in a way that is no language of names."""


@dataclass(frozen=True, slots=True)
class HostClass:
    """The names that belong to the same ``languages``, of those that rules and grants ask for, by an example.

    ``like`` is a name that rules tell from ``name`` by nothing but those languages.
    """

    name: bytes
    like: bytes
    languages: frozenset[Expression]


def host_classes(
    candidates: Candidates, granted: Iterable[Expression], told: Sequence[Expression] | None
) -> Iterator[HostClass]:
    """The classes of names by the rules, the grants and what `told_apart` found."""
    asked = frozenset(read.effect.host for read in candidates.to_server if read.effect.host is not None)
    yield from _classes(asked.union(granted, told or ()), None if told is None else tuple(told))


@functools.lru_cache(maxsize=64)
def _classes(languages: frozenset[Expression], told: tuple[Expression, ...] | None) -> tuple[HostClass, ...]:
    ordered = sorted(languages, key=lambda language: language.number)
    likes = None if told is None else _first_of_each(told)
    found: list[HostClass] = []
    for inside, name in witnesses(ordered, HOSTS).items():
        members = frozenset([ordered[index] for index in inside])
        like = name if told is None or likes is None else likes[members.intersection(told)]
        found.append(HostClass(name, like, members))
    return tuple(found)


@functools.lru_cache(maxsize=1024)
def _first_of_each(told: tuple[Expression, ...]) -> dict[frozenset[Expression], bytes]:
    found = witnesses(told, HOSTS)
    return {frozenset(told[index] for index in inside): name for inside, name in found.items()}


def told_apart(candidates: Candidates, begun: States, odd: tuple[str, ...]) -> tuple[Expression, ...] | None:
    """The languages by which rules tell hosts apart in a request, `http.host` aside; None where they are not known.

    Looked at are plain heads and the shape of odd ones, and all of those whose names are in ``odd``. ``begun`` are the
    states of connections at their first request: rules that can match in none that comes of them tell nothing.
    """
    found: dict[Expression, None] = {}
    possible: _Possible | None = None
    holding = _holding(odd)
    try:
        for read in candidates.to_server:
            if read.effect.buffers.isdisjoint(holding):
                continue
            languages = _told(read.effect, odd)
            if languages != ():
                possible = possible or _Possible.after(begun, candidates)
                if possible.holds(read.effect.condition):
                    if languages is None:
                        return None
                    found.update(dict.fromkeys(languages))
    except LanguageError:
        return None
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Possible:
    """The flow bits that may ever be set on a connection from some moment on, and those that always are."""

    ever: frozenset[str]
    always: frozenset[str]

    @staticmethod
    def after(begun: States, candidates: Candidates) -> "_Possible":
        """From the moment on when connections are in these states."""
        read_ones = (read.effect.condition for read in (*candidates.to_server, *candidates.to_client))
        changes = [condition for condition in read_ones if _meets_heads(condition)]
        ever = frozenset[str]().union(*begun.bits, *(condition.sets for condition in changes))
        always = frozenset[str]().union(*begun.bits[:1]).intersection(*begun.bits)
        return _Possible(ever, always.difference(*(condition.unsets for condition in changes)))

    def holds(self, condition: Condition) -> bool:
        """Whether what a condition asks of bits may hold."""
        return condition.bits <= self.ever and not condition.not_bits & self.always


def _meets_heads(condition: Condition) -> bool:
    """Whether a condition can hold where the stream ends as heads do: with the end of a line."""
    return all(test.buffer != STREAM or before(test.language, b"\n") is not NOTHING for test in condition.tests)


@functools.lru_cache(maxsize=65536)
def _told(effect: Effect, odd: tuple[str, ...]) -> tuple[Expression, ...] | None:
    """The languages by which one rule tells hosts apart."""
    found: list[Expression] = []
    try:
        for moment, buffers in _moments(odd):
            tests = [test for test in effect.condition.tests if test.buffer in buffers & moment.buffers.keys()]
            if tests and fits(effect.condition, moment, narrow=False):
                for names in (
                    each for test in tests for value in moment.buffers[test.buffer] for each in _by_value(test, value)
                ):
                    if not any(are_equal(names, known) for known in found):
                        found.append(names)
    except _NotToldError:
        return None
    return tuple(found)


@functools.lru_cache(maxsize=1024)
def _moments(odd: tuple[str, ...]) -> tuple[tuple[Moment, frozenset[str]], ...]:
    """The moments of requests, each with the buffers to be looked at."""
    whole = SHAPE | OF_THE_REQUEST - {HOST}
    heads = [(plain_head(method, _SOME_HOST), whole) for method in METHODS]
    heads.append((any_line(_SOME_HOST), whole))
    heads += [(head, whole if name in odd else SHAPE) for name, head in odd_heads(_SOME_HOST)]
    return tuple((next_request(head), buffers) for head, buffers in heads)


@functools.lru_cache(maxsize=1024)
def _holding(odd: tuple[str, ...]) -> frozenset[str]:
    """The buffers in which the name of a host stands somewhere."""
    return frozenset(
        buffer
        for moment, buffers in _moments(odd)
        for buffer in buffers & moment.buffers.keys()
        if any(_SOME_HOST in value.start + value.end for value in moment.buffers[buffer])
    )


SHAPE = frozenset({"http.header.raw", "http.header_names", "http.protocol"})
"""The buffers of a request that hold the shape of its head."""


def _by_value(test: BufferTest, value: Value) -> Iterator[Expression]:
    """The languages of names by which a test tells hosts apart in a value that holds one; nothing where by none."""
    if _SOME_HOST not in value.start + value.end:
        return
    if before(test.language, value.end) is NOTHING:
        return
    least = len(value.start) + len(value.end) - len(_SOME_HOST)
    lengths = Numbers(((least, LENGTH_MAX if value.open_ else least + NAME_MAX),))
    if not test.lengths.meets(lengths):
        return  # it never passes
    if not test.lengths.covers(lengths):
        raise _NotToldError
    start, _, end = (value.end if value.open_ else value.start + value.end).partition(_SOME_HOST)
    if _SOME_HOST in value.start[: len(value.start) * value.open_] + end:
        raise _NotToldError
    for before_host in _lines(derivative(test.language, value.start)) if value.open_ else (test.language,):
        names = before(derivative(before_host, start), end)
        if not is_empty(difference(HOSTS, names)) and not is_empty(intersection((HOSTS, names))):
            yield intersection((HOSTS, names))


@functools.lru_cache(maxsize=4096)
def _lines(expression: Expression) -> tuple[Expression, ...]:
    """What may follow the strings without a line feed that a language's strings begin with."""
    found = {expression: None}
    for each in (waiting := [expression]):
        for mask, target in steps(each):
            if mask & _NO_LINE_FEED and target is not NOTHING and target not in found:
                found[target] = None
                waiting.append(target)
        if len(found) > _STATES_MAX:
            raise _NotToldError
    return tuple(found)


_NO_LINE_FEED = ~(1 << 0x0A)
