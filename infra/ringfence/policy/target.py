"""Targets: one grammar for naming traffic, in `expect`, in `explain` and in the ceiling.

``METHOD https://host[:port]/path[?query]`` · ``tls host[:port]`` · ``tcp CIDR-or-name:port`` · ``udp ...`` ·
``dns name`` · ``agent NAME`` · ``service:Action ARN``
"""

import ipaddress
import re
from dataclasses import dataclass

from ringfence.policy.host import HostError, HostPattern


class TargetError(ValueError):
    """A text that is no target; the message says what is wrong, ``mend`` shows the grammar."""

    mend = (
        "write `METHOD https://host/path`, `tls host`, `tcp name:port`, `udp name:port`, `dns name`, "
        "`agent name` or `service:Action arn`"
    )


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """One HTTPS request; ``target`` is path and query as sent."""

    method: str
    host: str
    port: int
    target: str


@dataclass(frozen=True, slots=True)
class TlsTarget:
    """A TLS connection by its SNI, whatever is inside."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class TransportTarget:
    """A TCP or UDP connection to a named destination or a network."""

    protocol: str
    destination: str | ipaddress.IPv4Network
    port: int


@dataclass(frozen=True, slots=True)
class NameTarget:
    """A DNS question."""

    name: str


@dataclass(frozen=True, slots=True)
class AgentTarget:
    """A call of another agent."""

    agent: str


@dataclass(frozen=True, slots=True)
class ActionTarget:
    """An AWS API action on a resource."""

    action: str
    resource: str


Target = RequestTarget | TlsTarget | TransportTarget | NameTarget | AgentTarget | ActionTarget

_REQUEST = re.compile(r"([A-Za-z]+) https://([^/:?#\s]+)(?::([^/?#\s]*))?([/?][^\s#]*)?\Z")
_NAME = re.compile(r"[a-z][a-z0-9-]*\Z")
_ACTION = re.compile(r"([a-z0-9-]+:[A-Za-z*]+) (arn:\S+|\*)\Z")


def parse_target(text: str) -> Target:
    """Read one target; raises `TargetError`."""
    if request := _REQUEST.match(text):
        method, host, port = request.group(1, 2, 3)
        path = request.group(4) or "/"
        path = path if path[0] == "/" else f"/{path}"
        return RequestTarget(method, _host(host), _port("443" if port is None else port), path)
    if action := _ACTION.match(text):
        return ActionTarget(action.group(1), action.group(2))
    kind, _, rest = text.partition(" ")
    match kind:
        case "tls":
            host, colon, port = rest.partition(":")
            return TlsTarget(_host(host), _port(port if colon else "443"))
        case "tcp" | "udp":
            destination, colon, port = rest.rpartition(":")
            if not colon or not destination:
                raise TargetError(f"{text!r} names no port")
            return TransportTarget(kind, _destination(destination), _port(port))
        case "dns":
            return NameTarget(_host(rest))
        case "agent" if _NAME.match(rest):
            return AgentTarget(rest)
        case _:
            raise TargetError(f"{text!r} is no target")


def _host(text: str) -> str:
    try:
        pattern = HostPattern.parse(text)
    except HostError as error:
        raise TargetError(str(error)) from error
    if pattern.subdomains:
        raise TargetError(f"{text!r}: a target names one host")
    return pattern.name


def _port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise TargetError(f"{text!r} is no port; a port is 1 to 65535")
    return int(text)


def _destination(text: str) -> str | ipaddress.IPv4Network:
    if _NAME.match(text):
        return text
    if not text[0].isdigit():
        raise TargetError(f"{text!r} is no destination; it is a name of the environment's, or an IPv4 network")
    try:
        return ipaddress.IPv4Network(text)
    except ValueError as error:
        raise TargetError(f"{text!r} is no network: {error}") from error
