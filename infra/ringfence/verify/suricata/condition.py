"""What a rule asks of traffic: its options as tests of buffers, states and flow bits.

Only what is read exactly is read; anything else raises `RuleError`, and the rule's name goes into the result.
"""

import dataclasses
import functools
from dataclasses import dataclass, field

from ringfence.verify.interval import Numbers
from ringfence.verify.language.expression import ANYTHING, Expression, intersection
from ringfence.verify.language.region import ANY_LENGTH, LENGTH_MAX
from ringfence.verify.suricata.buffers import BUFFERS, PACKET, REPEATED, STREAM, TO_CLIENT, TO_SERVER
from ringfence.verify.suricata.content import (
    Match,
    matches_language,
    read_content,
    read_octet_test,
    read_pcre,
    with_modifier,
)
from ringfence.verify.suricata.rule import Option, Rule, RuleError

_WITHOUT_MEANING = frozenset({"msg", "sid", "rev", "reference", "metadata", "target", "alert", "classtype"})
"""Options that decide nothing about traffic under strict order (`alert` logs what a pass lets through)."""

APPLICATIONS = frozenset(
    {
        "dcerpc", "dhcp", "dnp3", "dns", "doh2", "enip", "ftp", "ftp-data", "http", "http1", "http2", "ike", "imap",
        "krb5", "ldap", "modbus", "mqtt", "nfs", "ntp", "pgsql", "pop3", "quic", "rdp", "rfb", "sip", "smb", "smtp",
        "snmp", "ssh", "telnet", "tftp", "tls", "websocket",
    }
)  # fmt: skip
"""Application protocols that a rule may name (https://docs.suricata.io/en/latest/rules/intro.html, protocol)."""

OVER_UDP_ONLY = frozenset({"dhcp", "ike", "ntp", "quic", "snmp", "tftp"})
OVER_BOTH = frozenset({"dcerpc", "dns", "enip", "krb5", "ldap", "nfs", "sip"})

TRANSPORTS = {
    "tcp": ("tcp", False),
    "tcp-pkt": ("tcp", False),
    "tcp-stream": ("tcp", True),
    "udp": ("udp", False),
    "icmp": ("icmp", False),
    "ip": ("ip", False),
    "ip4": ("ip4", False),
    "ip6": ("ip6", False),
}
"""Protocols of a header below the application, and whether they look at the stream alone."""


@dataclass(frozen=True, slots=True)
class BufferTest:
    """A buffer is there, its value (or one of them) is in ``language`` and has one of ``lengths`` octets."""

    buffer: str
    language: Expression
    lengths: Numbers = ANY_LENGTH


@dataclass(frozen=True, slots=True)
class Condition:
    """All that a rule asks beyond addresses and ports.

    ``transport`` is "tcp", "udp", "icmp", "ip" (any), "ip4" or "ip6". ``application`` is the protocol that must have
    been recognised, ``not_applications`` those that must not be. None in ``established`` and ``to_server`` is either.
    ``sets`` and ``unsets`` are flow bits that a match changes. ``payload`` says whether the packet has any, None for
    either; ``sent`` how much the client has sent so far, its SYN counted as one (`stream_size`); ``events`` are
    anomalies that the protocol's own reading must have seen (`app-layer-event`). ``counters`` are `flowint`'s name,
    operator and number, in order: ``+ - =`` change one, the others ask.
    """

    transport: str
    application: str | None = None
    not_applications: frozenset[str] = frozenset()
    established: bool | None = None
    to_server: bool | None = None
    tests: tuple[BufferTest, ...] = ()
    bits: frozenset[str] = frozenset()
    not_bits: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()
    unsets: frozenset[str] = frozenset()
    payload: bool | None = None
    sent: Numbers = ANY_LENGTH
    ip_protocols: Numbers = ANY_LENGTH
    events: frozenset[str] = frozenset()
    counters: tuple[tuple[str, str, int], ...] = ()
    only_first_packet: bool = False
    whole_stream: bool = False


@dataclass(slots=True)
class _Reading:
    """A condition while its options are read."""

    transport: str
    application: str | None = None
    not_applications: set[str] = field(default_factory=set[str])
    established: bool | None = None
    to_server: bool | None = None
    bits: set[str] = field(default_factory=set[str])
    not_bits: set[str] = field(default_factory=set[str])
    sets: set[str] = field(default_factory=set[str])
    unsets: set[str] = field(default_factory=set[str])
    payload: bool | None = None
    sent: Numbers = ANY_LENGTH
    ip_protocols: Numbers = ANY_LENGTH
    events: set[str] = field(default_factory=set[str])
    counters: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])
    has_flow: bool = False
    packets: bool = False
    buffer: str = STREAM
    dot_prefix: bool = False
    matches: dict[tuple[str, bool], list[Match]] = field(default_factory=dict[tuple[str, bool], list[Match]])
    last: list[Match] = field(default_factory=list[Match])
    lengths: dict[str, Numbers] = field(default_factory=dict[str, Numbers])
    named: set[str] = field(default_factory=set[str])


def condition_of(rule: Rule) -> Condition:
    """What a rule asks; raises `RuleError`."""
    if rule.header is None:
        raise RuleError(rule.unread or "a rule without a header")
    meaningful = tuple(option for option in rule.options if option.keyword not in _WITHOUT_MEANING)
    return _read(rule.header.protocol, meaningful)


@functools.lru_cache(maxsize=65536)
def _read(protocol: str, options: tuple[Option, ...]) -> Condition:
    reading = _protocol(protocol)
    for option in options:
        _read_option(reading, option)
    tests = _tests(reading)
    if reading.packets:
        tests = tuple(dataclasses.replace(test, buffer=PACKET) if test.buffer == STREAM else test for test in tests)
    application_only = reading.application is not None or reading.not_applications
    first_packet_only = not reading.has_flow and not tests and not application_only
    states = reading.bits or reading.not_bits or reading.sets or reading.unsets
    packets = reading.events or reading.counters or reading.payload is not None or reading.sent != ANY_LENGTH
    first_packet_only = first_packet_only and not states and not packets
    return Condition(
        reading.transport,
        reading.application,
        frozenset(reading.not_applications),
        reading.established,
        reading.to_server if reading.to_server is not None else _direction(tests),
        tests,
        frozenset(reading.bits),
        frozenset(reading.not_bits),
        frozenset(reading.sets),
        frozenset(reading.unsets),
        reading.payload,
        reading.sent,
        reading.ip_protocols,
        frozenset(reading.events),
        tuple(reading.counters),
        first_packet_only,
        TRANSPORTS.get(protocol, ("", False))[1],
    )


def _protocol(protocol: str) -> _Reading:
    if protocol in TRANSPORTS:
        return _Reading(TRANSPORTS[protocol][0])
    if protocol not in APPLICATIONS:
        raise RuleError(f"the protocol `{protocol}`")
    transport = "udp" if protocol in OVER_UDP_ONLY else "ip" if protocol in OVER_BOTH else "tcp"
    return _Reading(transport, application=protocol)


def _direction(tests: tuple[BufferTest, ...]) -> bool | None:
    """The direction that a rule's buffers leave, where it names none itself."""
    if any(test.buffer in TO_SERVER for test in tests):
        return True
    if any(test.buffer in TO_CLIENT for test in tests):
        return False
    return None


def _tests(reading: _Reading) -> tuple[BufferTest, ...]:
    found: dict[str, BufferTest] = {}
    for (buffer, dotted), matches in reading.matches.items():
        language = matches_language(tuple(matches), dotted)
        if buffer in found:
            language = intersection((language, found[buffer].language))
        found[buffer] = BufferTest(buffer, language)
    for buffer, lengths in reading.lengths.items():
        language = found[buffer].language if buffer in found else ANYTHING
        found[buffer] = BufferTest(buffer, language, lengths)
    empty = reading.named - found.keys()
    if empty:
        raise RuleError(f"`{min(empty)}` with nothing after it")
    for buffer in REPEATED & found.keys():
        if sum(len(matches) for (name, _), matches in reading.matches.items() if name == buffer) > 1:
            raise RuleError(f"several matches in `{buffer}`, which has several values")
    return tuple(found[buffer] for buffer in sorted(found))


def _read_option(reading: _Reading, option: Option) -> None:
    keyword, value = option.keyword, option.value
    if keyword in BUFFERS:
        if value is not None:
            raise RuleError(f"`{keyword}` with a value")
        reading.buffer = keyword
        reading.dot_prefix = False
        reading.last = []
        reading.named.add(keyword)
    elif keyword == "dotprefix":
        if reading.buffer == STREAM:
            raise RuleError("`dotprefix` without a buffer before it")
        reading.dot_prefix = True
    elif keyword in ("content", "pcre"):
        _add_match(reading, read_content(_value(option)) if keyword == "content" else read_pcre(_value(option)))
    elif keyword == "byte_test":
        _add_match(reading, read_octet_test(_value(option)))
    elif keyword == "isdataat" and "relative" not in (option.value or ""):
        _data_at(reading, _value(option))
    elif keyword in ("bsize", "urilen"):
        _add_length(reading, option)
    elif keyword in _OTHERS:
        _OTHERS[keyword](reading, _value(option))
    else:
        _modify_last(reading, option)


def _value(option: Option) -> str:
    if option.value is None:
        raise RuleError(f"`{option.keyword}` without a value")
    return option.value


def _add_match(reading: _Reading, match: Match) -> None:
    # A transformation holds for what follows until a buffer is named again.
    reading.last = reading.matches.setdefault((reading.buffer, reading.dot_prefix), [])
    reading.last.append(match)


def _modify_last(reading: _Reading, option: Option) -> None:
    if option.keyword == "noalert":
        return
    if not reading.last:
        raise RuleError(f"the keyword `{option.keyword}`")
    reading.last[-1] = with_modifier(reading.last[-1], option)


def _add_length(reading: _Reading, option: Option) -> None:
    value, _, kind = _value(option).partition(",")
    buffer = reading.buffer
    if option.keyword == "urilen":
        if kind.strip() not in ("", "norm", "raw"):
            raise RuleError(f"`urilen` of `{kind}`")
        buffer = "http.uri.raw" if kind.strip() == "raw" else "http.uri"
    elif kind or buffer == STREAM:
        raise RuleError("`bsize` without a buffer before it")
    reading.lengths[buffer] = reading.lengths.get(buffer, ANY_LENGTH) & _lengths(value.strip())


def _lengths(text: str) -> Numbers:
    """``n``, ``<n``, ``>n`` or ``m<>n``, the last without its ends."""
    low, between, high = text.partition("<>")
    try:
        if between:
            return Numbers.of((int(low) + 1, int(high) - 1))
        if text.startswith("<"):
            return Numbers.of((0, int(text[1:]) - 1))
        if text.startswith(">"):
            return Numbers.of((int(text[1:]) + 1, LENGTH_MAX))
        return Numbers.of((int(text), int(text)))
    except ValueError as error:
        raise RuleError(f"the length `{text}`") from error


def _flow(reading: _Reading, value: str) -> None:
    reading.has_flow = True
    for word in (part.strip() for part in value.split(",")):
        match word:
            case "established" | "not_established":
                reading.established = word == "established"
            case "to_server" | "from_client":
                reading.to_server = True
            case "to_client" | "from_server":
                reading.to_server = False
            case "no_stream":
                reading.packets = True
            case "only_stream":
                pass  # what is asked of payload is asked of the stream here, always
            case _:
                raise RuleError(f"`flow:{word}`")


def _flow_bits(reading: _Reading, value: str) -> None:
    command, _, name = (part.strip() for part in value.partition(","))
    kept = {"set": reading.sets, "unset": reading.unsets, "isset": reading.bits, "isnotset": reading.not_bits}
    if command == "noalert" and not name:
        return
    if command not in kept or not name or "|" in name:
        raise RuleError(f"`flowbits:{value}`")
    kept[command].add(name)


def _application(reading: _Reading, value: str) -> None:
    name = value.removeprefix("!").strip()
    if name not in APPLICATIONS:
        raise RuleError(f"`app-layer-protocol:{value}`")
    if value.startswith("!"):
        reading.not_applications.add(name)
    elif reading.application not in (None, name):
        raise RuleError(f"`app-layer-protocol:{value}` in a rule of {reading.application}")
    else:
        reading.application = name


def _payload(reading: _Reading, value: str) -> None:
    if value not in (">0", "0", "<1"):
        raise RuleError(f"`dsize:{value}`")
    reading.payload = value == ">0"
    reading.packets = True  # a length of packets makes the whole rule one on packets (measured on both engines)


def _stream_size(reading: _Reading, value: str) -> None:
    side, operator, number = (*(part.strip() for part in value.split(",")), "", "")[:3]
    if side != "client" or operator not in ("<", ">", "=", "<=", ">=") or not number.isdecimal():
        raise RuleError(f"`stream_size:{value}`")
    size = int(number)
    first = {"<": 0, "<=": 0, ">": size + 1, ">=": size, "=": size}[operator]
    last = {"<": size - 1, "<=": size, ">": LENGTH_MAX, ">=": LENGTH_MAX, "=": size}[operator]
    reading.sent &= Numbers.of((first, last))


def _ip_protocol(reading: _Reading, value: str) -> None:
    number = value.removeprefix("!").strip()
    if not number.isdecimal() or not int(number) <= 255:
        raise RuleError(f"`ip_proto:{value}`")
    named = Numbers.of((int(number), int(number)))
    reading.ip_protocols &= ANY_LENGTH - named if value.startswith("!") else named


_COUNTING = frozenset({"+", "-", "=", "<", ">", "<=", ">=", "==", "!="})


def _counter(reading: _Reading, value: str) -> None:
    name, sign, number = (*(part.strip() for part in value.split(",")), "", "", "")[:3]
    if not name or sign not in _COUNTING or not number.isdecimal():
        raise RuleError(f"`flowint:{value}`")
    reading.counters.append((name, sign, int(number)))


def _data_at(reading: _Reading, value: str) -> None:
    """`isdataat` from the start of the buffer: it has an octet at that place."""
    number = value.removeprefix("!").strip()
    if not number.isdecimal():
        raise RuleError(f"`isdataat:{value}`")
    has = Numbers.of((int(number) + 1, LENGTH_MAX))
    wanted = ANY_LENGTH - has if value.startswith("!") else has
    reading.lengths[reading.buffer] = reading.lengths.get(reading.buffer, ANY_LENGTH) & wanted


def _event(reading: _Reading, value: str) -> None:
    if value.partition(".")[0] not in APPLICATIONS:
        raise RuleError(f"`app-layer-event:{value}`")
    reading.events.add(value)


_OTHERS = {
    "app-layer-event": _event,
    "flowint": _counter,
    "dsize": _payload,
    "stream_size": _stream_size,
    "ip_proto": _ip_protocol,
    "flow": _flow,
    "flowbits": _flow_bits,
    "app-layer-protocol": _application,
}
