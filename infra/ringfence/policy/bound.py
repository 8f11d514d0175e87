"""Bounds: sets of traffic, in the grammar of targets with the patterns of profiles, and whether an access meets one.

``METHOD[|METHOD] https://HOST[:PORT]/PATH[?QUERY]`` · ``tls HOST[:PORT]`` · ``tcp CIDR-or-name:PORT`` · ``udp ...`` ·
``dns HOST`` · ``agent NAME`` · ``service:Action ARN``. ``any`` is every method; a host is a name, ``*.name`` or ``*``;
a path is a pattern, so ``/**`` is every path; a port is one, a range or ``*``; a destination, an agent, an action and
a resource may be or hold ``*``. Unlike a profile, a bound may speak of everybody's names (``*.github.io``).
"""

import functools
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass

from ringfence.policy.flow import Access, AgentCall, Https, Internet, Service, Tls, Transport
from ringfence.policy.host import HostError, HostPattern
from ringfence.policy.port import PortRange
from ringfence.policy.request import METHODS, RequestError, RequestPattern


class BoundError(ValueError):
    """A text that is no bound; ``mend`` shows the grammar."""

    def __init__(self, message: str, mend: str = "") -> None:
        super().__init__(message)
        self.mend = mend or (
            "write `POST https://host/path/**`, `any https://*.host/**`, `tls host`, `tcp name:port`, `dns *.host`, "
            "`agent name` or `service:Action arn`"
        )


EVERY_PORT = PortRange(1, 65535)


@dataclass(frozen=True, slots=True)
class RequestBound:
    """Requests to hosts, every one where ``host`` is None; ``requests`` holds one pattern for each method."""

    host: HostPattern | None
    ports: PortRange
    requests: tuple[RequestPattern, ...]


@dataclass(frozen=True, slots=True)
class TlsBound:
    """TLS connections by their name, whatever is inside."""

    host: HostPattern | None
    ports: PortRange


@dataclass(frozen=True, slots=True)
class TransportBound:
    """TCP or UDP to a destination by name or network; to every one where ``destination`` is None."""

    protocol: str
    destination: str | ipaddress.IPv4Network | None
    ports: PortRange


@dataclass(frozen=True, slots=True)
class NameBound:
    """Names that resolve."""

    host: HostPattern | None


@dataclass(frozen=True, slots=True)
class AgentBound:
    """Calls of an agent, of every one where ``agent`` is None."""

    agent: str | None


@dataclass(frozen=True, slots=True)
class ActionBound:
    """API actions on resources, each with IAM's wildcards; actions are compared without case."""

    action: str
    resource: str


Bound = RequestBound | TlsBound | TransportBound | NameBound | AgentBound | ActionBound

_REQUEST = re.compile(r"([A-Za-z|]+) https://([^/:?#\s]+)(?::([^/?#\s]*))?(\S*)\Z")
_ACTION = re.compile(r"([a-z0-9-]+:[A-Za-z*?]+|\*) (arn:\S+|\*)\Z")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
_NAME = re.compile(r"[a-z][a-z0-9-]*\Z")


def parse_bound(text: str) -> Bound:
    """Read one bound; raises `BoundError`."""
    if request := _REQUEST.match(text):
        methods, host, port, target = request.group(1, 2, 3, 4)
        return RequestBound(_host(host), _ports(port, text), _requests(methods, target, text))
    if action := _ACTION.match(text):
        return ActionBound(action.group(1).lower(), action.group(2))
    kind, _, rest = text.partition(" ")
    match kind:
        case "tls":
            host, _, port = rest.partition(":")
            return TlsBound(_host(host), _ports(port or None, text))
        case "tcp" | "udp":
            destination, colon, port = rest.rpartition(":")
            if not colon:
                raise BoundError(f"{text!r} names no port", "write a port, a range FIRST-LAST, or `*`")
            return TransportBound(kind, _destination(destination), _ports(port, text))
        case "dns":
            return NameBound(_host(rest))
        case "agent" if rest == "*" or _NAME.match(rest):
            return AgentBound(None if rest == "*" else rest)
        case _:
            raise BoundError(f"{text!r} is no bound")


def _requests(methods: str, target: str, text: str) -> tuple[RequestPattern, ...]:
    if not target:
        raise BoundError(f"{text!r} has no path", "write the path that is meant; `/**` is every path")
    named = METHODS if methods == "any" else tuple(methods.split("|"))
    try:
        return tuple(RequestPattern.parse(f"{method} {target}") for method in named)
    except RequestError as error:
        raise BoundError(str(error), error.mend) from error


def _host(text: str) -> HostPattern | None:
    if text == "*":
        return None
    name = text.removeprefix("*.")
    try:
        if "." in name:
            return HostPattern(HostPattern.parse(name).name, name != text)
    except HostError as error:
        raise BoundError(str(error), error.mend) from error
    if name == text or not _LABEL.match(name):
        raise BoundError(f"{text!r} is no host", "write a host, `*.host` for what is below it, or `*`")
    return HostPattern(name, True)


def _ports(text: str | None, whole: str) -> PortRange:
    if text is None:
        return PortRange(443, 443)
    try:
        return EVERY_PORT if text == "*" else PortRange.parse(text)
    except ValueError as error:
        raise BoundError(f"{whole!r}: {error}", "write a port, a range FIRST-LAST, or `*`") from error


def _destination(text: str) -> str | ipaddress.IPv4Network | None:
    if text == "*":
        return None
    if _NAME.match(text):
        return text
    try:
        return ipaddress.IPv4Network(text)
    except ValueError as error:
        raise BoundError(f"{text!r} is no destination", "write a name, an IPv4 network, or `*`") from error


def meets(access: Access, bound: Bound, overlap: Callable[[RequestPattern, RequestPattern], bool]) -> bool:
    """Whether some traffic belongs to both; ``overlap`` tells whether two patterns of one method share a target.

    What is opaque may hold any request; every public address may have any name.
    """
    match access, bound:
        case Https(), RequestBound():
            return (
                access.port in bound.ports
                and _hosts_meet(access.host, bound.host)
                and (not access.requests or _requests_meet(access, bound, overlap))
            )
        case ((Https() | Tls()), (RequestBound() | TlsBound())):
            return access.port in bound.ports and _hosts_meet(access.host, bound.host)
        case ((Https() | Tls()), NameBound(host)):
            return _hosts_meet(access.host, host)
        case Internet(port), (RequestBound(ports=ports) | TlsBound(ports=ports)):
            return port in ports
        case Internet(port), TransportBound("tcp", (ipaddress.IPv4Network() | None) as network, ports):
            return port in ports and (network is None or not network.is_private)
        case Transport(), TransportBound():
            return (
                access.protocol == bound.protocol
                and access.ports.overlaps(bound.ports)
                and _is_destination(access, bound.destination)
            )
        case AgentCall(callee), AgentBound(agent):
            return agent in (None, callee)
        case Service(), ActionBound(action, resource):
            return any(globs_meet(each.lower(), action) for each in access.actions) and any(
                globs_meet(each, resource) for each in access.resources
            )
        case _:
            return False


def _hosts_meet(host: HostPattern, bound: HostPattern | None) -> bool:
    """Two patterns share a name exactly when one covers the other."""
    return bound is None or bound.covers(host) or host.covers(bound)


def _requests_meet(
    access: Https, bound: RequestBound, overlap: Callable[[RequestPattern, RequestPattern], bool]
) -> bool:
    return any(
        request.method == forbidden.method and overlap(request, forbidden)
        for request in access.requests
        for forbidden in bound.requests
    )


def _is_destination(access: Transport, destination: str | ipaddress.IPv4Network | None) -> bool:
    if isinstance(destination, str):
        return access.name == destination
    return destination is None or access.network.overlaps(destination)


@functools.lru_cache(maxsize=65536)
def globs_meet(one: str, other: str) -> bool:
    """Whether some text matches both of two patterns of IAM's: ``*`` is any text, ``?`` one character."""
    # reachable[j]: whether some text matches all of `one` read so far and the first j characters of `other`
    reachable = [True, *(set(other[: j + 1]) <= {"*"} for j in range(len(other)))]
    for character in one:
        following = [reachable[0] and character == "*"]
        for j, theirs in enumerate(other):
            together = reachable[j] and (character in ("?", "*", theirs) or theirs in ("?", "*"))
            skips = following[j] if theirs == "*" else False
            stays = reachable[j + 1] if character == "*" or theirs == "*" else False
            more = following[j] if character == "*" else False
            following.append(together or skips or stays or more)
        reachable = following
    return reachable[-1]
