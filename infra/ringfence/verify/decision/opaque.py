"""TLS that nobody decrypts: by its server name, whatever is inside; and all that is no TLS."""

import functools

from ringfence.verify.decision.connection import beginnings, told_octets
from ringfence.verify.decision.difference import REMEMBERED, Difference, all_or_nothing, compare, less
from ringfence.verify.decision.opening import ENDLESS, PAYLOAD
from ringfence.verify.language.expression import Expression, contains
from ringfence.verify.language.region import Region
from ringfence.verify.suricata.candidates import Candidates
from ringfence.verify.suricata.conversation import (
    HELLO_START,
    WINDOW,
    Course,
    after_hello,
    follow,
    handshake,
    hello,
    next_request,
    request,
    speaks,
)
from ringfence.verify.suricata.moment import Value
from ringfence.verify.suricata.shapes import any_line

UNNAMED_HELLO = PAYLOAD | {"ja4.hash"}
"""The buffers of a hello without a server name."""
NAMED_HELLO = UNNAMED_HELLO | {"tls.sni"}
"""The buffers of one with a name."""

_ANY_NAME = hello(Value(b"", open_=True))
_WHOLE = len(_ANY_NAME) - 1
"""The moment of a hello at which it is complete; those before it do not depend on its name."""


@functools.lru_cache(maxsize=REMEMBERED)
def named_hellos(candidates: Candidates, must: Region, may: Region) -> tuple[Difference, ...]:
    """TLS by server name: the names that pass against those that must and may."""
    return tuple(compare(candidates, "TLS to", named_course(candidates), must, may))


def named_course(candidates: Candidates) -> Course:
    """The course of TLS with a server name, which is left open."""
    begun = _begun(candidates.asking(PAYLOAD))
    if begun.freed or begun.stopped:  # by rules of another's, which are not to be named here
        begun = follow(candidates, (*handshake(), *_ANY_NAME[:_WHOLE]))
    return follow(candidates, (*_ANY_NAME[_WHOLE:], *after_hello()), begun)


@functools.lru_cache(maxsize=REMEMBERED)
def _begun(candidates: Candidates) -> Course:
    """A connection up to where a hello gets complete."""
    return follow(candidates, (*handshake(), *_ANY_NAME[:_WHOLE]))


@functools.lru_cache(maxsize=REMEMBERED)
def hello_octets(candidates: Candidates) -> tuple[Difference, ...]:
    """First octets of a ClientHello that are refused, and octets with which a further piece of one may begin."""
    found: list[Difference] = []
    begun = _begun(candidates)
    for octet in told_octets(candidates) if begun.alive else ():
        course = follow(candidates, (speaks(bytes((octet,)), "tls", sent=400, held=HELLO_START),), begun)
        if course.passing.is_empty():
            found.append(less(candidates, f"the octet {octet:02x} in a ClientHello", course))
    fresh = follow(candidates, handshake())
    for octets in beginnings(candidates, HELLO_START.ljust(WINDOW, b"\0")) if begun.alive else ():
        course = follow(candidates, (speaks(octets, "tls", sent=1 + len(octets)),), fresh)
        if course.passing.is_empty():
            found.append(less(candidates, f"the first {len(octets)} octets of a ClientHello at once", course))
    return tuple(found)


@functools.lru_cache(maxsize=REMEMBERED)
def unnamed_hellos(candidates: Candidates, *, granted: bool) -> tuple[Difference, ...]:
    """TLS without a name, and hellos that do not end."""
    opened = follow(candidates, handshake())
    unnamed = follow(candidates, hello(None), opened)
    endless = follow(candidates, hello(None, sent=ENDLESS)[:-1], opened)
    return (
        *all_or_nothing(candidates, "TLS without a server name", unnamed, granted=granted),
        *all_or_nothing(candidates, "a ClientHello that does not end", endless, granted=granted),
    )


@functools.lru_cache(maxsize=REMEMBERED)
def plain_requests(candidates: Candidates) -> tuple[Difference, ...]:
    """HTTP without TLS, to a host that `at_some_host` says."""
    moments = (*handshake(), *request(b"GET /"), next_request(any_line(_SOME_HOST)))
    course = follow(candidates, moments)
    return tuple(all_or_nothing(candidates, "HTTP without TLS", course, granted=False))


def at_some_host(candidates: Candidates) -> Candidates:
    """The rules that can match in a request to a host that no policy grants."""
    rules = (*candidates.to_server, *candidates.to_client)
    hosts = {read.effect.host for read in rules if read.effect.host is not None}
    return candidates.at({host for host in hosts if _has_some_host(host)})


@functools.lru_cache(maxsize=65536)
def _has_some_host(names: Expression) -> bool:
    return contains(names, _SOME_HOST)


_SOME_HOST = b"example.invalid"
