"""How connections begin: whether they come about, and what passes that is no protocol that is granted."""

import functools
import itertools
from collections.abc import Iterable, Iterator

from ringfence.policy.request import METHODS
from ringfence.verify.decision.difference import REMEMBERED, Difference, all_or_nothing, less, more
from ringfence.verify.interval import Numbers
from ringfence.verify.language.decide import is_empty
from ringfence.verify.language.expression import Expression, complement, derivative, intersection
from ringfence.verify.language.pcre import matched_by
from ringfence.verify.language.region import Region, of_length
from ringfence.verify.suricata.buffers import PACKET, STREAM
from ringfence.verify.suricata.candidates import Candidates
from ringfence.verify.suricata.conversation import (
    Course,
    client_speaks,
    early,
    follow,
    handshake,
    sends,
    sends_any,
    sends_later_ones,
    server_speaks,
)
from ringfence.verify.suricata.moment import UNRECOGNISED, Moment
from ringfence.verify.suricata.shapes import UNRECOGNISED_OPENINGS

PAYLOAD = frozenset({STREAM, PACKET})
"""The buffers that are there before a protocol is recognised."""
ENDLESS = 40_000
"""Octets of a hello or a request that goes on and on: more than any one that is granted has."""
OVERTAKING = 2_000
"""Up to how many octets of a client may arrive before its first one, and a granted connection holds."""
_BEGINNING_MAX = 8
"""Octets of the longest beginning that is granted: OPTIONS and a blank."""
_LOOKED_AT = 9
"""So many first octets are whatever they may be; nothing that a rule looks for follows."""
HELLOS = matched_by(r"^\x16\x03(?s:...)\x01")
"""The beginnings of TLS: a handshake record with a ClientHello (RFC 8446, 5.1 and 4)."""
REQUESTS = matched_by(f"^(?:{'|'.join(METHODS)}) ")
"""The beginnings of HTTP/1 requests that are ever granted."""

_OTHER_APPLICATIONS = ("ssh", "smtp", "ftp", "dns", "rdp", "smb", "mqtt", "ldap", "websocket")
_OTHER_PACKETS = (
    ("UDP", "udp", 4, 17),
    ("ICMP", "icmp", 4, 1),
    ("GRE", "gre", 4, 47),
    ("ESP", "esp", 4, 50),
    ("SCTP", "sctp", 4, 132),
    ("IP in IP", "ipip", 4, 4),
    ("TCP over IPv6", "tcp", 6, 6),
    ("UDP over IPv6", "udp", 6, 17),
    ("ICMP over IPv6", "icmp", 6, 58),
)
_WITH_PORTS = ("tcp", "udp")


@functools.lru_cache(maxsize=REMEMBERED)
def unopened(candidates: Candidates) -> Difference | None:
    """What stops every connection before its handshake is over; None where one comes about."""
    course = follow(candidates, handshake())
    return None if course.alive or course.freed else less(candidates, "a connection", course)


@functools.lru_cache(maxsize=REMEMBERED)
def first_packets(candidates: Candidates) -> tuple[Difference, ...]:
    """A connection's first packet, where no connection is granted."""
    course = follow(candidates, handshake()[:1])
    return tuple(all_or_nothing(candidates, "the first packet of a connection", course, granted=False))


@functools.lru_cache(maxsize=REMEMBERED)
def other_packets(candidates: Candidates, *, with_ports: bool) -> tuple[Difference, ...]:
    """Packets of other protocols than TCP over IPv4, none of which is ever granted here."""
    protocols = (each for each in _OTHER_PACKETS if (each[1] in _WITH_PORTS) == with_ports)
    return tuple(_other_packets(candidates, protocols))


def _other_packets(candidates: Candidates, protocols: Iterable[tuple[str, str, int, int]]) -> Iterator[Difference]:
    for name, transport, version, protocol in protocols:
        for payload in (False, True):
            moment = Moment(
                name, transport, to_server=True, established=False, first=True, payload=payload,
                ip_version=version, ip_protocol=protocol,
            )  # fmt: skip
            course = follow(candidates, (moment,))
            if not course.passing.is_empty():
                yield more(candidates, f"a packet of {name}", course)
                break


@functools.lru_cache(maxsize=REMEMBERED)
def openings(candidates: Candidates, expected: Expression, *, granted: bool) -> tuple[Difference, ...]:
    """What begins a connection and is no protocol that is granted there; and what comes too early.

    ``expected`` are the beginnings that are granted; all of them are where ``granted``.
    """
    return tuple(_openings(candidates, expected, granted=granted))


def _openings(candidates: Candidates, expected: Expression, *, granted: bool) -> Iterator[Difference]:
    opened = follow(candidates, handshake())
    for name, octets in UNRECOGNISED_OPENINGS:
        course, passed = opened, 0
        while passed < len(octets) and not course.passing.is_empty():
            course = follow(candidates, (sends(octets[: passed + 1]),), course)
            passed += not course.passing.is_empty()
        common = _common(octets, expected)
        if passed > common:
            yield more(candidates, f"{passed} octets of {name}, sent first,", course)
            continue
        for whole in _at_once(candidates, octets, common + 1) if common < len(octets) else ():
            course = follow(candidates, (sends(whole),), opened)
            if not course.passing.is_empty():
                yield more(candidates, f"{len(whole)} octets that begin as {name}, sent at once,", course)
                break
        if granted and passed < len(octets):
            yield from all_or_nothing(candidates, f"{name}, sent first,", course, granted=True)
    if not granted:
        yield from _odd_beginnings(candidates, expected, opened)
    overtaking = [size for size in sizes(candidates) if 1 < size <= OVERTAKING]
    for size in overtaking if not is_empty(expected) else ():
        overtaken = follow(candidates, (sends_later_ones(size),), opened)
        if overtaken.passing.is_empty():
            yield less(candidates, f"a beginning whose first octet arrives behind its {size}th", overtaken)
            break
    far = follow(candidates, (client_speaks(UNRECOGNISED, 1 + ENDLESS),), opened)
    yield from all_or_nothing(candidates, "octets far behind some that are missing", far, granted=granted)
    for application in _OTHER_APPLICATIONS:
        spoken = follow(candidates, (client_speaks(application, 100),), opened)
        yield from all_or_nothing(candidates, f"{application.upper()}", spoken, granted=granted)
    banner = follow(candidates, (server_speaks(),), opened)
    yield from all_or_nothing(candidates, "a server's words before the client's", banner, granted=granted)
    before = follow(candidates, (early(to_server=True),))
    yield from all_or_nothing(candidates, "octets in the first packet", before, granted=granted)
    answered = follow(candidates, (*handshake()[:1], early(to_server=False)))
    what = "a server's octets before the handshake is over"
    yield from all_or_nothing(candidates, what, answered, granted=granted)


def _odd_beginnings(candidates: Candidates, expected: Expression, opened: Course) -> Iterator[Difference]:
    """First octets that arrive at once and pass, whatever they begin with, in every length that rules tell apart, from
    where on none of them is only a part of a beginning.
    """
    for size in sizes(candidates):
        if size >= _BEGINNING_MAX:
            length = min(size, _LOOKED_AT)
            odd = Region.of(intersection((complement(expected), of_length(Numbers(((length, length),))))))
            moment = sends_any(size, of_any=length)
            if _is_refused_by_one(candidates, moment, opened, odd):
                continue
            course = follow(candidates, (moment,), opened)
            if (example := (course.passing & odd).example()) is not None:
                shown = repr(example)[1:]
                yield more(candidates, f"{size} octets that begin with {shown}, sent at once,", course)
                break


def _is_refused_by_one(candidates: Candidates, moment: Moment, opened: Course, odd: Region) -> bool:
    """Whether some rule refuses all of it by itself, which is far less to decide than what all of them leave."""
    rules = candidates.fitting(moment, narrow=False)
    for one in rules:
        if one.effect.refuses:
            by_itself = tuple([read for read in rules if read is one or not read.effect.refuses])
            if (follow(Candidates(by_itself, ()), (moment,), opened).passing & odd).is_empty():
                return True
    return False


def _at_once(candidates: Candidates, octets: bytes, least: int) -> Iterator[bytes]:
    """First octets in every length that rules tell apart, nothing that a rule looks for behind them."""
    for size in sizes(candidates):
        yield octets.ljust(size, b"\0")[: max(size, least)]


@functools.lru_cache(maxsize=REMEMBERED)
def sizes(candidates: Candidates) -> tuple[int, ...]:
    """One number of first octets for every way in which rules can tell such numbers apart, up to a window's."""
    borders: set[int] = {1}
    for read in candidates.to_server:
        counted = [(low - 1, high) for low, high in read.condition.sent.intervals]
        held = [test.lengths for test in read.condition.tests if test.buffer == STREAM]
        counted += [(low, high + 1) for lengths in held for low, high in lengths.intervals]
        borders.update(itertools.chain.from_iterable(counted))
    return tuple(sorted(size for size in borders if 0 < size < ENDLESS))


def _common(octets: bytes, language: Expression) -> int:
    """How many first octets some string of a language has in common with these."""
    for length in range(len(octets)):
        if is_empty(derivative(language, octets[: length + 1])):
            return length
    return len(octets)


@functools.lru_cache(maxsize=REMEMBERED)
def http2(candidates: Candidates, *, granted: bool) -> tuple[Difference, ...]:
    """HTTP/2; where it is not granted, whether the rules' ``http`` sees it or not."""
    opened = follow(candidates, handshake())
    moment = client_speaks("http2", 100)
    courses = [follow(candidates, (moment,), opened, narrow=narrow) for narrow in (False, True)[: 2 - granted]]
    return tuple(each for course in courses for each in all_or_nothing(candidates, "HTTP/2", course, granted=granted))
