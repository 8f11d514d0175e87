"""Moments: what the engine has before it when it judges, and what a rule's condition is there.

A conversation is judged at moments: its first packet, the bytes before a protocol is recognised, a complete
ClientHello, a complete request. At each, buffers hold values. To judge all requests at once, one of them, the
request's target, is left open: a value is then a *template* with a hole, and a condition a set of fillings.
"""

import functools
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field

from ringfence.verify.interval import Numbers
from ringfence.verify.language.expression import Expression, before, contains, derivative
from ringfence.verify.language.region import EVERYTHING, LENGTH_MAX, NO_REGION, Region
from ringfence.verify.suricata.buffers import REPEATED
from ringfence.verify.suricata.condition import BufferTest, Condition


@dataclass(frozen=True, slots=True)
class Value:
    """A buffer's value: ``start``, then the hole when ``open_``, then ``end``.

    ``further`` octets behind it are counted and not looked at: more of what it ends with.
    """

    start: bytes
    open_: bool = False
    end: bytes = b""
    further: int = 0


UNRECOGNISED = "unrecognised"
"""No application protocol has been recognised yet."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One occasion to judge.

    ``application`` is the protocol as recognised ("http1", "http2", "tls", ...) or `UNRECOGNISED`. A buffer that
    is absent from ``buffers`` is absent from the traffic; those that hold several values list them.
    ``first`` is the first packet of the flow in its direction; ``payload`` whether it carries any; ``sent`` how much
    the client has sent, its SYN counted as one; ``ip_version`` and ``ip_protocol`` what the packet's header says.
    Buffers that are ``unknown`` may hold anything: no condition on them is taken to hold. ``events`` are the anomalies
    that the protocol's reading has seen. ``unsure`` are flow bits of which nothing is known: no condition on them is
    taken to hold either.
    """

    name: str
    transport: str
    to_server: bool
    established: bool
    application: str = UNRECOGNISED
    buffers: Mapping[str, tuple[Value, ...]] = field(default_factory=dict[str, tuple[Value, ...]])
    first: bool = False
    payload: bool = False
    sent: int = 1
    ip_version: int = 4
    ip_protocol: int = 6
    unknown: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()

    @property
    def state(self) -> tuple[object, ...]:
        """All of it but what its buffers hold."""
        return (
            self.transport, self.to_server, self.established, self.application, self.first, self.payload, self.sent,
            self.ip_version, self.ip_protocol, self.events,
        )  # fmt: skip


def fillings(condition: Condition, moment: Moment, bits: frozenset[str]) -> Region:
    """The fillings of the moment's hole with which the condition of a rule that fits (`fits`) holds.

    ``bits`` are the flow bits set so far.
    """
    if not condition.bits <= bits or condition.not_bits & bits or not _counted(condition, bits):
        return NO_REGION
    if moment.unsure and (condition.bits | condition.not_bits) & moment.unsure:
        return NO_REGION
    region = EVERYTHING
    for test in condition.tests:
        if test.buffer in moment.unknown:
            return NO_REGION
        values = moment.buffers.get(test.buffer)
        if not values:
            return NO_REGION
        region &= _any_value(test, values)
        if region is NO_REGION:
            return NO_REGION
    return region


def fits(condition: Condition, moment: Moment, *, narrow: bool) -> bool:
    """Whether a moment's state and protocol are those that a condition asks for.

    With ``narrow``, rules of protocol ``http`` see HTTP/1 only, as "HTTP/2 overloading" may be off (AWS's developer
    guide, suricata-limitations-caveats).
    """
    if condition.only_first_packet and not moment.first:
        return False
    if condition.transport not in ("ip", f"ip{moment.ip_version}", moment.transport):
        return False
    if moment.ip_protocol not in condition.ip_protocols or moment.sent not in condition.sent:
        return False
    if not condition.events <= moment.events or condition.payload not in (None, moment.payload):
        return False
    if condition.established not in (None, moment.established):
        return False
    if condition.to_server not in (None, moment.to_server):
        return False
    if condition.application is not None and not _is(moment.application, condition.application, narrow=narrow):
        return False
    # A negation says nothing of a protocol that is not recognised (measured on both engines).
    return not condition.not_applications or (
        moment.application != UNRECOGNISED
        and not any(_is(moment.application, name, narrow=False) for name in condition.not_applications)
    )


def _is(application: str, named: str, *, narrow: bool) -> bool:
    """Whether a protocol is the one that a rule names; ``http`` is both versions."""
    return application == named or (named == "http" and application in (("http1",) if narrow else ("http1", "http2")))


def _any_value(test: BufferTest, values: tuple[Value, ...]) -> Region:
    if len(values) == 1 or test.buffer not in REPEATED:
        return _value(test, values[0])
    region = NO_REGION
    for value in values:
        region |= _value(test, value)
    return region


_ASKED = {
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_COUNTER = "{}\0{}"
"""How a flow's counter stands among its bits: its name and its number."""


def _counters(bits: frozenset[str]) -> dict[str, int]:
    return {name: int(number) for name, mark, number in (bit.partition("\0") for bit in bits) if mark}


def _counted(condition: Condition, bits: frozenset[str]) -> bool:
    """Whether the flow's counters are as a condition asks; one that was never set is as nothing asks."""
    if not condition.counters:
        return True
    counters = _counters(bits)
    asked = [(name, _ASKED[sign], number) for name, sign, number in condition.counters if sign in _ASKED]
    return all(name in counters and holds(counters[name], number) for name, holds, number in asked)


def after(condition: Condition, bits: frozenset[str]) -> frozenset[str]:
    """The bits and counters of a flow once a rule has matched."""
    following = (bits | condition.sets) - condition.unsets
    for name, sign, number in condition.counters:
        if sign not in _ASKED:
            old = _counters(following)
            known = old.get(name, 0)
            new = number if sign == "=" else known + number if sign == "+" else max(known - number, 0)
            following = (following - {_COUNTER.format(name, known)}) | {_COUNTER.format(name, new)}
    return following


@functools.lru_cache(maxsize=262144)
def _value(test: BufferTest, value: Value) -> Region:
    fixed = len(value.start) + len(value.end) + value.further
    if not value.open_:
        text = value.start + value.end
        return EVERYTHING if fixed in test.lengths and contains(test.language, text) else NO_REGION
    lengths = Numbers.of(*((max(low - fixed, 0), high - fixed) for low, high in test.lengths.intervals))
    whole = lengths.intervals == ((0, LENGTH_MAX - fixed),)
    return Region.of(around(test.language, value), Numbers(((0, LENGTH_MAX),)) if whole else lengths)


def around(language: Expression, value: Value) -> Expression:
    """What may fill a value's hole so that the whole is in a language."""
    return before(derivative(language, value.start), value.end)
