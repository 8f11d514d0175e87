"""Connections beyond single hellos and requests: what the engine does not read of them, and what cuts them short."""

import dataclasses
import functools
from collections.abc import Iterable, Iterator

from ringfence.verify.decision.difference import REMEMBERED, Difference, less, more
from ringfence.verify.decision.opening import ENDLESS, sizes
from ringfence.verify.decision.request import NO_LINE_FEED, States, opened
from ringfence.verify.language.expression import Expression, is_nullable, steps
from ringfence.verify.suricata.candidates import Candidates
from ringfence.verify.suricata.conversation import WINDOW, acknowledges, client_speaks, follow, server_speaks, speaks
from ringfence.verify.suricata.moment import UNRECOGNISED, Moment
from ringfence.verify.suricata.shapes import UNREAD_REQUESTS

DEPTH = 1_048_576
"""Octets of a client behind which the engine looks at nothing (``stream.reassembly.depth`` in suricata.yaml)."""
SERVED = 999_999
"""Octets of a client up to which a connection holds."""
OPEN_MAX = 512
"""Requests ahead of an answer at which the engine's parser gives up (libhtp's default limit)."""
AHEAD_PACKETS, AHEAD_LINES = 20, 24
"""Packets of requests, and requests in one packet, that a client may be ahead with."""

_LINE = b"GET / HTTP/1.1\r\n\r\n"
_REQUEST = b"POST / HTTP/1.1\r\nHost: example.invalid\r\nContent-Length: 0\r\nAccept: */*\r\n\r\n"
_BEGINNING = b"POST / HTTP/1.1\r\nHost: example.invalid\r\nX: ".ljust(WINDOW, b"a")
_FEW = 6
"""Octets by which a protocol is recognised."""
_HELD = (b"a line\na line\r\n" * 200)[:WINDOW]
_ENDLESS = b"a" * WINDOW
"""What the engine may hold of a side's octets, as many as it surely does: with the ends of lines, and without."""
_LINE_BEGUN = b"POST /".ljust(1_000, b"a")
_LINE_GOES_ON = (
    speaks(b"a", "http1", sent=1 + WINDOW, held=_ENDLESS),
    speaks(b"a", "http1", sent=ENDLESS, held=_ENDLESS),
)
_ENDLESS_LINE, _ENDLESS_LINE_IN_PIECES = (
    (speaks(packet, "http1", sent=1_001, held=_REQUEST + _LINE_BEGUN), *_LINE_GOES_ON)
    for packet in (_LINE_BEGUN, _LINE_BEGUN[-1:])
)
_UNREAD: tuple[tuple[str, tuple[Moment, ...]], ...] = (
    *((f"a request with {name}", (speaks(octets, "http1", sent=400),)) for name, octets in UNREAD_REQUESTS),
    ("a request line that does not end", _ENDLESS_LINE),
    ("a request line that does not end, in pieces", _ENDLESS_LINE_IN_PIECES),
    ("octets behind those that the engine looks at", (client_speaks("http1", 1 + DEPTH),)),
    *(
        (
            f"{OPEN_MAX} requests ahead of an answer, {lines} in a packet",
            (packet, acknowledges("http1")) * -(-OPEN_MAX // lines),
        )
        for lines, packet in ((each, speaks(_LINE * each, "http1", sent=400)) for each in (1, AHEAD_LINES + 1))
    ),
)
"""What is sent on a connection and not read by the engine's parser, or ends its work."""
_TEXT = frozenset((*range(9, 14), *range(32, 127)))
"""What a request may begin with, or its line, where it comes in pieces; whatever else comes is no text."""


@functools.lru_cache(maxsize=REMEMBERED)
def unread(candidates: Candidates, fresh: States, met: States, after_request: States) -> tuple[Difference, ...]:
    """What passes and is not read, in the states that connections get into: none of it is ever granted."""
    found: list[Difference] = []
    for what, moments in _UNREAD:
        for states in (fresh, met, after_request):
            course = follow(candidates, moments, states.course(NO_LINE_FEED))
            if not course.passing.is_empty():
                found.append(more(candidates, what, course))
                break
    first = _ENDLESS_LINE[0]
    # Rules about the stream are asked before those about the protocol that is recognised in it.
    marked = follow(candidates, (dataclasses.replace(first, application=UNRECOGNISED),), fresh.course(NO_LINE_FEED))
    known = frozenset[str]().union(*fresh.bits)
    both = {have | (bits - known) for have in after_request.bits for _, bits in marked.alive}
    together = States.of(both, freed=bool(marked.freed) or after_request.freed)
    course = follow(candidates, _LINE_GOES_ON, together.course(NO_LINE_FEED))
    if not course.passing.is_empty():
        found.append(more(candidates, "a request line that does not end, begun in the packet of another", course))
    return tuple(found)


@functools.lru_cache(maxsize=REMEMBERED)
def cut_short(candidates: Candidates, after_request: States, ready: States) -> tuple[Difference, ...]:
    """What refuses a connection in use for how much was sent on it, or for how far ahead of the answers it is."""
    found: list[Difference] = []
    for size in (*sizes(candidates), SERVED):
        body = (speaks(_HELD, "http1", sent=1 + size), server_speaks("http1", 1 + size))
        found += _stopped(candidates, f"a request's body, up to the connection's {size}th octet", after_request, body)
        found += _stopped(candidates, f"a further request at the connection's {size}th octet", ready, body[:1])
    pieces = [
        speaks(_REQUEST[end - 1 : end], "http1", sent=400, held=_REQUEST[:end]) for end in range(1, len(_REQUEST))
    ]
    found += _stopped(candidates, "a request in pieces", ready, pieces)
    fresh = opened(candidates)
    for octets in beginnings(candidates, _BEGINNING):
        at_once = (speaks(octets, "http1", sent=1 + len(octets)),)
        found += _stopped(candidates, f"the first {len(octets)} octets of a request at once", fresh, at_once)
    endless = (speaks(_ENDLESS, "http1", sent=ENDLESS), speaks(_ENDLESS, "http1", to_server=False, sent=ENDLESS))
    found += _stopped(candidates, "bodies without the end of a line", after_request, endless)
    found += _stopped(candidates, "an answer's body without the end of a line", ready, endless[1:])
    ahead = (speaks(_LINE, "http1", sent=400),) * (AHEAD_PACKETS - 1)
    found += _stopped(candidates, f"{AHEAD_PACKETS} requests ahead of an answer", after_request, ahead)
    for request in (_LINE, _REQUEST):
        behind = (speaks(request, "http1", sent=400, held=request * (WINDOW // len(request))),)
        found += _stopped(candidates, "a request right behind others", ready, behind)
    together = (speaks(_LINE * AHEAD_LINES, "http1", sent=400),)
    found += _stopped(candidates, f"{AHEAD_LINES} requests in one packet", ready, together)
    return tuple(found)


@functools.lru_cache(maxsize=REMEMBERED)
def odd_octets(candidates: Candidates, after_request: States, ready: States) -> tuple[Difference, ...]:
    """Where a request has to begin, what is no text passes; or text does not there, or any octet within a body."""
    found: list[Difference] = []
    for octet in told_octets(candidates):
        packet = (speaks(bytes((octet,)), "http1", sent=400, held=_HELD + bytes((octet,))),)
        if octet in _TEXT:
            found += _stopped(candidates, f"the octet {octet:02x} in place of a request", ready, packet)
        elif not (course := follow(candidates, packet, ready.course(NO_LINE_FEED))).passing.is_empty():
            found.append(more(candidates, f"the octet {octet:02x} in place of a request", course))
        answered = (speaks(bytes((octet,)), "http1", to_server=False, sent=400),)
        found += _stopped(candidates, f"the octet {octet:02x} in a body", after_request, (*packet, *answered))
        found += _stopped(candidates, f"the octet {octet:02x} in an answer's body", ready, answered)
    return tuple(found)


def beginnings(candidates: Candidates, octets: bytes) -> Iterator[bytes]:
    """First octets, in every number that rules tell apart and that the engine surely holds, a few at least."""
    for size in sizes(candidates):
        if _FEW <= size <= len(octets):
            yield octets[:size]


def told_octets(candidates: Candidates) -> list[int]:
    """One octet of each kind that rules tell apart where it is all there is, text and others aside."""
    rules = (*candidates.to_server, *candidates.to_client)
    asked = dict.fromkeys(_alone(test.language) for read in rules for test in read.condition.tests)
    kinds = {(octet in _TEXT, *(mask >> octet & 1 for mask in asked)): octet for octet in range(256)}
    return sorted(kinds.values())


@functools.lru_cache(maxsize=65536)
def _alone(language: Expression) -> int:
    """The octets that are strings of a language, as bits."""
    return sum(mask for mask, rest in steps(language) if is_nullable(rest))


def _stopped(candidates: Candidates, what: str, states: States, moments: Iterable[Moment]) -> Iterator[Difference]:
    """The difference, where a rule stops a connection in some of these states."""
    course = follow(candidates, moments, states.course(NO_LINE_FEED))
    if course.stopped:
        yield less(candidates, what, course)
