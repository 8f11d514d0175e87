"""Decrypted TLS: every request to one host by its method and target, on the first and on every later turn."""

import dataclasses
import functools
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ringfence.policy.request import METHODS
from ringfence.verify.decision.difference import HOST_NAME, REMEMBERED, Difference, all_or_nothing, compare, less, more
from ringfence.verify.decision.opening import PAYLOAD
from ringfence.verify.language.pcre import matched_by
from ringfence.verify.language.region import EVERYTHING, NO_REGION, Region
from ringfence.verify.suricata.buffers import BUFFERS, HOST
from ringfence.verify.suricata.candidates import Candidates
from ringfence.verify.suricata.conversation import Course, Head, answer, follow, handshake, next_request, request
from ringfence.verify.suricata.judge import ReadRule
from ringfence.verify.suricata.moment import Moment
from ringfence.verify.suricata.shapes import any_line, odd_heads, plain_head

REQUEST = PAYLOAD | {
    "http.header.raw", "http.header_names", HOST, "http.method", "http.protocol", "http.request_line", "http.start",
    "http.uri.raw",
}  # fmt: skip
"""The buffers of a request."""
ANSWER = PAYLOAD | {"http.header.raw", "http.header_names", "http.protocol", "http.start", "http.stat_code"}
"""The buffers of an answer."""

_ALL_BUFFERS = BUFFERS | PAYLOAD
OF_THE_REQUEST = frozenset({HOST, "http.request_line", "http.method", "http.uri.raw", "http.start", *PAYLOAD})
"""The buffers that hold what differs from request to request; the others are the head's shape."""

NO_LINE_FEED = Region.of(matched_by(r"^[^\n]*\z"))
"""What a request line can hold: a line feed would end it."""

Bits = frozenset[str]
"""The flow bits that are set."""


@dataclass(frozen=True, slots=True)
class States:
    """States of connections: the bits that may be set, sorted, and whether a rule may have passed all that follows."""

    bits: tuple[Bits, ...] = ()
    freed: bool = False

    @staticmethod
    def of(bits: Collection[Bits], *, freed: bool) -> "States":
        """These, in order."""
        return States(tuple(sorted(set(bits), key=sorted)), freed)

    def course(self, region: Region) -> Course:
        """A connection in any of them, with these fillings of what comes next."""
        return Course(tuple((region, each) for each in self.bits), ((EVERYTHING, None),) if self.freed else ())

    def apart(self, region: Region) -> Iterator[Course]:
        """A connection in each of them, one after the other."""
        return (States((each,), self.freed).course(region) for each in self.bits)


def _states(course: Course) -> States:
    alive = [bits for region, bits in course.alive if not region.is_empty()]
    return States.of(alive, freed=any(not region.is_empty() for region, _ in course.freed))


def _begun(candidates: Candidates, method: str) -> Course:
    """A connection on which a request of some method has begun."""
    opened = follow(candidates, handshake())
    lines = Course(tuple((NO_LINE_FEED, bits) for _, bits in opened.alive), opened.freed, opened.stopped)
    return follow(candidates, request(f"{method} ".encode()), lines)


@functools.lru_cache(maxsize=REMEMBERED)
def opened(candidates: Candidates) -> States:
    """The states of connections on which nothing has been sent."""
    return _states(follow(candidates, handshake()))


@functools.lru_cache(maxsize=REMEMBERED)
def begun(candidates: Candidates) -> States:
    """The states of connections on which a request of any method has begun."""
    states = [_states(_begun(candidates, method)) for method in METHODS]
    return States.of({bits for each in states for bits in each.bits}, freed=any(each.freed for each in states))


@functools.lru_cache(maxsize=REMEMBERED)
def asked(candidates: Candidates, host: bytes, ready: Bits | None) -> States:
    """The states after some request to a host passes, on a connection that was ready for it; None: on a new one."""
    found: set[Bits] = set()
    freed = False
    for method in METHODS:
        course = _begun(candidates, method) if ready is None else Course(((NO_LINE_FEED, ready),))
        states = _states(follow(candidates, (next_request(plain_head(method, host)),), course))
        found.update(states.bits)
        freed |= states.freed
    return States.of(found, freed=freed)


@functools.lru_cache(maxsize=REMEMBERED)
def answered(candidates: Candidates, states: States) -> States:
    """The states of connections after an answer: those that are ready for the next request."""
    return _states(follow(candidates, (answer(b"200"),), states.course(EVERYTHING)))


@functools.lru_cache(maxsize=REMEMBERED)
def answers(candidates: Candidates, states: States) -> tuple[Difference, ...]:
    """Answers to a request, and the one that leaves HTTP (RFC 9110, 15.2.2)."""
    found: list[Difference] = []
    for status in _STATUSES:
        course = follow(candidates, (answer(status),), states.course(EVERYTHING))
        if course.stopped:
            found.append(less(candidates, f"an answer {status.decode()} to a request", course))
    course = follow(candidates, (answer(b"101"),), states.course(EVERYTHING))
    return (*found, *all_or_nothing(candidates, "the answer 101 Switching Protocols", course, granted=False))


_STATUSES = tuple(b"100 103 200 201 204 206 301 304 400 401 404 410 500 501".split())
"""Answers that leave HTTP as it is, those that are nearly 101 among them."""


def odd_shapes(candidates: Candidates, host: bytes, states: States) -> tuple[str, ...]:
    """The heads of `odd_heads` that are not refused at a host, whatever the request is otherwise."""
    if states.freed or _passes(candidates):
        return tuple(name for name, _ in odd_heads(host))
    shaped = candidates.asking(_ALL_BUFFERS - OF_THE_REQUEST)
    return _odd_shapes(shaped, host, _unsure(candidates, OF_THE_REQUEST), states)


@functools.lru_cache(maxsize=REMEMBERED)
def _odd_shapes(candidates: Candidates, host: bytes, unsure: Bits, states: States) -> tuple[str, ...]:
    return tuple(
        name
        for name, head in odd_heads(host)
        if not _is_refused(candidates, next_request(head), OF_THE_REQUEST, unsure, states)
    )


def _passes(candidates: Candidates) -> bool:
    return any(read.effect.action == "pass" for read in _all(candidates))


def _unsure(candidates: Candidates, unknown: frozenset[str]) -> Bits:
    """The bits of which nothing is known where these buffers may hold anything."""
    found: set[str] = set()
    for rules in (candidates.to_server, candidates.to_client):
        for read in rules:
            condition = read.effect.condition
            if (condition.sets or condition.unsets) and not read.effect.buffers.isdisjoint(unknown):
                found.update(condition.sets, condition.unsets)
    return frozenset(found)


def _all(candidates: Candidates) -> tuple[ReadRule, ...]:
    return (*candidates.to_server, *candidates.to_client)


def _is_refused(candidates: Candidates, moment: Moment, unknown: frozenset[str], unsure: Bits, states: States) -> bool:
    """Whether a request is refused whatever some of its buffers hold, where no rule passes anything.

    Only what rules surely match counts: a bit that depends on what is unknown is itself unknown.
    """
    blind = dataclasses.replace(moment, unknown=unknown, unsure=unsure)
    return follow(candidates, (blind,), states.course(NO_LINE_FEED)).passing.is_empty()


@functools.lru_cache(maxsize=REMEMBERED)
def requests(
    candidates: Candidates, host: bytes, granted: tuple[tuple[str, Region], ...], ready: States, odd: tuple[str, ...]
) -> tuple[Difference, ...]:
    """All requests to a host against the targets that are granted there, by method.

    ``ready`` are the states of connections that are in use already, ``odd`` the shapes of heads to be looked at.
    """
    return tuple(_Requests(candidates, host, dict(granted), ready).differences(odd))


@dataclass(slots=True)
class _Requests:
    candidates: Candidates
    host: bytes
    granted: dict[str, Region]
    ready: States

    def differences(self, odd: Collection[str]) -> Iterator[Difference]:
        if not self.granted and self.is_refused():
            return
        for method in METHODS:
            yield from self.of_method(method, self.granted.get(method, NO_REGION))
        yield from self.odd_requests(odd)

    def is_refused(self) -> bool:
        """Whether every request to the host is refused for its host alone."""
        first = begun(self.candidates.asking(PAYLOAD))
        states = States.of((*first.bits, *self.ready.bits), freed=first.freed or self.ready.freed)
        if states.freed or _passes(self.candidates):
            return False
        unknown = _ALL_BUFFERS - {HOST}
        unsure = _unsure(self.candidates, unknown)
        return _is_refused(self.candidates, next_request(any_line(self.host)), unknown, unsure, states)

    def course(self, head: Head) -> Course:
        """The course of a connection whose first request has this head."""
        first = _begun(self.candidates, head.method.start.decode() if head.method else "GET")
        return follow(self.candidates, (next_request(head),), first)

    def of_method(self, method: str, expected: Region) -> Iterator[Difference]:
        """The targets that pass, first on a connection and later."""
        head = plain_head(method, self.host)
        about = f"{method} https://{HOST_NAME}"
        first = self.course(head)
        yield from compare(self.candidates, about, first, expected, expected)
        for in_use in self.ready.apart(NO_LINE_FEED):
            again = follow(self.candidates, (next_request(head),), in_use)
            if not again.passing.equals(first.passing):
                about_it = f"on a connection in use, {about}"
                yield from compare(self.candidates, about_it, again, expected, expected)

    def odd_requests(self, names: Collection[str]) -> Iterator[Difference]:
        """Requests that no policy grants: other lines, and heads that can be read in two ways."""
        course = self.course(any_line(self.host))
        if (example := (course.passing & _OTHER_LINES).example()) is not None:
            text = f"the request line {example.decode('latin-1')!r} to {HOST_NAME}"
            yield more(self.candidates, text, course)
        for name, odd in odd_heads(self.host) if names else ():
            course = self.course(odd) if name in names else Course(())
            if not course.passing.is_empty():
                yield more(self.candidates, f"a request to {HOST_NAME} with {name}", course)


_OTHER_LINES = Region.of(matched_by(rf"^(?!(?:{'|'.join(METHODS)}) /[^ ]* HTTP/1\.1\z)"))
"""Request lines that are none of a granted method, an origin-form target and HTTP/1.1."""


@functools.lru_cache(maxsize=REMEMBERED)
def any_requests(candidates: Candidates) -> tuple[Difference, ...]:
    """Requests where the policy grants each of them, to a host that `at_some_host` says."""
    return tuple(_any_requests(candidates))


def _any_requests(candidates: Candidates) -> Iterator[Difference]:
    all_of_it = _Requests(candidates, b"example.invalid", {}, States())
    course = all_of_it.course(any_line(all_of_it.host))
    yield from compare(candidates, "the request line", course, NO_LINE_FEED, EVERYTHING)
    for name, odd in odd_heads(all_of_it.host):
        yield from all_or_nothing(candidates, f"a request with {name}", all_of_it.course(odd), granted=True)


def named(difference: Difference, host: bytes) -> Difference:
    """A difference with the name of its host."""
    return dataclasses.replace(difference, traffic=difference.traffic.replace(HOST_NAME, host.decode()))
