"""Conversations as sequences of moments, and what a set of rules leaves of them.

A connection is followed from its first packet: handshake, the client's first octets in every length, the protocol's
recognition, the complete hello or request, the answer, and further requests. What survives all moments passes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.verify.language.region import EVERYTHING, Region
from ringfence.verify.suricata.judge import outcomes
from ringfence.verify.suricata.moment import UNRECOGNISED, Moment, Value
from ringfence.verify.suricata.rule import Rule
from ringfence.verify.suricata.ruleset import Candidates

MODELLED = frozenset(
    {
        "http.header.raw", "http.header_names", "http.host", "http.method", "http.protocol", "http.request_line",
        "http.start", "http.stat_code", "http.uri.raw", "ja4.hash", "packet", "stream", "tls.sni",
    }
)  # fmt: skip
"""The buffers that moments hold. A rule that asks of another one cannot be judged."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Fillings that were stopped: by which rule, at which moment."""

    region: Region
    rule: Rule | None
    moment: str


@dataclass(frozen=True, slots=True)
class Course:
    """What became of a conversation's fillings.

    ``alive`` are those that passed every moment, by the flow bits that are set then; ``freed`` those that a rule
    passed for the whole flow, with the rule: nothing later on that connection is judged.
    """

    alive: tuple[tuple[Region, frozenset[str]], ...]
    freed: tuple[tuple[Region, Rule | None], ...] = ()
    stopped: tuple[Stopped, ...] = ()

    @property
    def passing(self) -> Region:
        """All fillings that pass."""
        region = Region(())
        for part, _ in (*self.alive, *self.freed):
            region |= part
        return region


START = Course(((EVERYTHING, frozenset()),))
WINDOW = 2_304
"""Octets of a stream that the engine surely holds at a time: 2,560 less a tenth at random
(``stream.reassembly.toserver-chunk-size`` and ``randomize-chunk-size`` in suricata.yaml)."""


_ENDING = 8
"""So many zeros stand for any number of them, and more are only counted."""


def follow(
    candidates: Candidates, moments: Iterable[Moment], course: Course = START, *, narrow: bool = False
) -> Course:
    """The course of a conversation through some more moments."""
    alive, freed, stopped = course.alive, list(course.freed), list(course.stopped)
    for moment in moments:
        rules = candidates.fitting(moment, narrow=narrow)
        following: dict[frozenset[str], Region] = {}
        for region, bits in alive:
            for outcome in outcomes(rules, moment, region, bits):
                match outcome.verdict:
                    case "stopped":
                        stopped.append(Stopped(outcome.region, outcome.rule, moment.name))
                    case "passes":
                        freed.append((outcome.region, outcome.rule))
                    case _:
                        known = following.get(outcome.bits)
                        following[outcome.bits] = outcome.region if known is None else known | outcome.region
        alive = tuple((region, bits) for bits, region in following.items())
    return Course(alive, tuple(freed), tuple(stopped))


def handshake() -> tuple[Moment, ...]:
    """The three packets that open a TCP connection."""
    return (
        Moment("the first packet", "tcp", to_server=True, established=False, first=True),
        Moment("the server's answer to the first packet", "tcp", to_server=False, established=False, first=True),
        Moment("the end of the handshake", "tcp", to_server=True, established=True),
    )


def sends(octets: bytes, *, total: int | None = None) -> Moment:
    """Octets of the client before any protocol is recognised; ``total`` when it has sent more than is looked at."""
    return Moment(
        f"the client's first {len(octets)} octets", "tcp", to_server=True, established=True, payload=True,
        sent=1 + (len(octets) if total is None else total),
        buffers={"stream": (Value(octets),), "packet": (Value(octets[-1:]),)},
    )  # fmt: skip


def sends_any(count: int, *, of_any: int) -> Moment:
    """First octets of the client in one packet: ``of_any`` of them are left open, zeros follow."""
    ending = min(count - of_any, _ENDING)
    octets = Value(b"", open_=True, end=bytes(ending), further=count - of_any - ending)
    return Moment(
        f"the client's first {count} octets", "tcp", to_server=True, established=True, payload=True, sent=1 + count,
        buffers={"stream": (octets,), "packet": (octets,)},
    )  # fmt: skip


def sends_later_ones(count: int) -> Moment:
    """Octets of the client that overtake those before them: the second half of ``count``."""
    return Moment(
        f"the last of the client's first {count} octets", "tcp", to_server=True, established=True, payload=True,
        sent=1 + count, buffers={"stream": (Value(b"a" * (count // 2)),)}, unknown=frozenset({"packet"}),
    )  # fmt: skip


def speaks(
    octets: bytes, application: str, *, to_server: bool = True, sent: int = 1, held: bytes | None = None
) -> Moment:
    """A packet's octets in a protocol that was recognised; ``held`` is what the engine has of the stream then."""
    stream = Value(octets if held is None else held)
    return Moment(
        f"octets of {application}", "tcp", to_server=to_server, established=True, application=application,
        payload=True, sent=sent, buffers={"stream": (stream,), "packet": (Value(octets),)},
    )  # fmt: skip


def server_speaks(application: str = UNRECOGNISED, sent: int = 1) -> Moment:
    """Octets of the server."""
    return Moment(
        "the server's octets", "tcp", to_server=False, established=True, application=application, payload=True,
        sent=sent,
    )  # fmt: skip


def acknowledges(application: str) -> Moment:
    """The server's acknowledgement, without any octets of its own."""
    return Moment("an acknowledgement", "tcp", to_server=False, established=True, application=application)


def client_speaks(application: str, sent: int) -> Moment:
    """Further octets of the client in a protocol that was recognised, whatever they are."""
    return Moment(
        f"the client's octets of {application}", "tcp", to_server=True, established=True, application=application,
        payload=True, sent=sent, unknown=frozenset({"stream", "packet"}),
    )  # fmt: skip


def early(*, to_server: bool) -> Moment:
    """Octets before the handshake is over: in the first packet (RFC 7413), or in the server's answer to it."""
    return Moment(
        "octets before the handshake is over", "tcp", to_server=to_server, established=False, payload=True, sent=10,
        unknown=frozenset({"stream", "packet"}), first=True,
    )  # fmt: skip


HELLO_START = bytes.fromhex("1603010200010001fc0303")
"""How a ClientHello begins: a handshake record, and in it a message of that kind (RFC 8446, 5.1 and 4)."""
NAMED_JA4, UNNAMED_JA4 = b"t13d1516h2_8daaf6152771_02713d6af862", b"t13i1515h2_8daaf6152771_02713d6af862"
"""Fingerprints of hellos with and without a server name, the fourth character (https://github.com/FoxIO-LLC/ja4)."""


def hello(name: Value | None, *, sent: int = 1800) -> tuple[Moment, ...]:
    """A ClientHello that arrives in pieces of any size, whole at last; ``name`` is its server name."""
    first = tuple(sends(HELLO_START[:length]) for length in range(1, len(HELLO_START) + 1))
    stream = {"stream": (Value(HELLO_START),), "packet": (Value(HELLO_START),)}
    part = Moment(
        "a part of the ClientHello", "tcp", to_server=True, established=True, application="tls", payload=True,
        sent=sent - 300, buffers=stream,
    )  # fmt: skip
    buffers: dict[str, tuple[Value, ...]] = {**stream, "ja4.hash": (Value(NAMED_JA4 if name else UNNAMED_JA4),)}
    if name:
        buffers["tls.sni"] = (name,)
    whole = Moment(
        "the ClientHello", "tcp", to_server=True, established=True, application="tls", payload=True, sent=sent,
        buffers=buffers,
    )  # fmt: skip
    return (*first, part, whole)


def after_hello() -> tuple[Moment, ...]:
    """What follows a ClientHello in a TLS connection."""
    return (server_speaks("tls", 1800), client_speaks("tls", 3000), server_speaks("tls", 3000))


@dataclass(frozen=True, slots=True)
class Head:
    """An HTTP/1 request's head: its line, whose hole is what is asked about, and its fields as sent."""

    line: Value
    fields: bytes
    method: Value | None = None
    target: Value | None = None
    host: bytes | None = None
    protocol: bytes = b"HTTP/1.1"
    events: frozenset[str] = frozenset()


def request(beginning: bytes) -> tuple[Moment, ...]:
    """An HTTP/1 request up to its target, in pieces of any size: ``beginning`` are its first octets."""
    first = tuple(sends(beginning[:length]) for length in range(1, len(beginning)))
    stream = {"stream": (Value(beginning),), "packet": (Value(beginning[-1:]),)}
    part = Moment(
        "a part of the request", "tcp", to_server=True, established=True, application="http1", payload=True,
        sent=1 + len(beginning), buffers=stream,
    )  # fmt: skip
    return (*first, part)


def next_request(head: Head) -> Moment:
    """The moment when a request's head is complete."""
    whole = Value(head.line.start, head.line.open_, head.line.end + b"\r\n" + head.fields)
    buffers: dict[str, tuple[Value, ...]] = {
        "stream": (whole,),
        "packet": (whole,),
        "http.request_line": (head.line,),
        "http.start": (Value(head.line.start, head.line.open_, head.line.end + b"\r\n" + _as_started(head.fields)),),
        "http.protocol": (Value(head.protocol),),
    }
    buffers["http.header.raw"] = (Value(head.fields),)
    if head.fields != b"\r\n":
        buffers["http.header_names"] = (Value(_names(head.fields)),)
    if head.method is not None:
        buffers["http.method"] = (head.method,)
    if head.target is not None:
        buffers["http.uri.raw"] = (head.target,)
    if head.host is not None:
        buffers["http.host"] = (Value(head.host),)
    return Moment(
        "the request", "tcp", to_server=True, established=True, application="http1", payload=True, sent=400,
        buffers=buffers, events=head.events,
    )  # fmt: skip


def _as_started(fields: bytes) -> bytes:
    """A head's fields as `http.start` has them: lines ended alike, nothing where there is no field (measured)."""
    return b"" if fields == b"\r\n" else fields.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _names(fields: bytes) -> bytes:
    """The names of a head's fields as the engines list them: each once, on a line, an empty line before and after."""
    lines = [
        line for line in fields.replace(b"\r\n", b"\n").split(b"\n") if line and not line.startswith((b" ", b"\t"))
    ]
    names = dict.fromkeys(line.partition(b":")[0].rstrip(b" \t") for line in lines)
    return b"\r\n" + b"".join(name + b"\r\n" for name in names) + b"\r\n"


def answer(status: bytes) -> Moment:
    """The server's answer to a request."""
    fields = b"Content-Length: 2\r\n\r\n"
    head = b"HTTP/1.1 " + status + b" Answered\r\n" + fields
    held = {
        "stream": head, "packet": head, "http.start": head, "http.protocol": b"HTTP/1.1", "http.header.raw": fields,
        "http.header_names": _names(fields), "http.stat_code": status,
    }  # fmt: skip
    return Moment(
        f"the answer {status.decode()}", "tcp", to_server=False, established=True, application="http1", payload=True,
        sent=400, buffers={name: (Value(text),) for name, text in held.items()},
    )  # fmt: skip
