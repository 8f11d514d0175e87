"""What a policy says of one target: allow or deny, and why."""

import functools
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.policy.flow import AgentCall, Flow, Https, Internet, Service, Tls, Transport
from ringfence.policy.target import (
    ActionTarget,
    AgentTarget,
    NameTarget,
    RequestTarget,
    Target,
    TlsTarget,
    TransportTarget,
)


@dataclass(frozen=True, slots=True)
class PolicyVerdict:
    """Whether flows allow a target: the first that does, or the reason why none does."""

    flow: Flow | None
    reason: str

    @property
    def allowed(self) -> bool:
        """True for allow, False for deny."""
        return self.flow is not None


def judge(flows: Iterable[Flow], target: Target) -> PolicyVerdict:
    """The verdict of one agent's flows on a target; the default is deny.

    A ``*`` in the target's own action or resource is taken to the letter. A name may be resolved when a flow
    leads to it.
    """
    nearest = "nothing is declared for it"
    for flow in flows:
        reason = _judge_one(flow, target)
        if reason is None:
            return PolicyVerdict(flow, f"{flow.grant.capability} ({flow.grant.declared})")
        if reason:
            nearest = reason
    return PolicyVerdict(None, nearest)


def _judge_one(flow: Flow, target: Target) -> str | None:
    """None when the flow allows the target, a reason when it speaks of the same destination, else empty."""
    match flow.access, target:
        case Https() as https, RequestTarget(method, host, port, path) if https.host.matches(host):
            if https.port != port:
                return f"{https.host} is declared on port {https.port} only"
            if not https.requests or any(request.matches(method, path) for request in https.requests):
                return None
            return f"no request declared for {https.host} covers {method} {path}"
        case (Https() | Tls()) as named, TlsTarget(host, port) if named.host.matches(host):
            return None if named.port == port else f"{named.host} is declared on port {named.port} only"
        case Tls() as tls, RequestTarget(_, host, port, _) if tls.host.matches(host):
            return None if tls.port == port else f"{tls.host} is declared on port {tls.port} only"
        case (Https() | Tls()) as named, NameTarget(name) if named.host.matches(name):
            return None
        case Internet(open_port), RequestTarget(port=port) | TlsTarget(port=port) if open_port == port:
            return None
        case Internet(open_port), TransportTarget("tcp", ipaddress.IPv4Network() as network, port):
            return None if open_port == port and network.is_global else ""
        case Transport() as transport, TransportTarget(protocol, destination, port):
            if not _is_within(transport, destination):
                return ""
            if transport.protocol == protocol and port in transport.ports:
                return None
            return f"{transport.name} is declared for {transport.protocol} {transport.ports} only"
        case AgentCall() as call, AgentTarget(agent) if call.callee == agent:
            return None
        case Service() as service, ActionTarget(action, resource):
            if not any(_like(pattern, action, re.IGNORECASE) for pattern in service.actions):
                return ""
            if any(_like(pattern, resource) for pattern in service.resources):
                return None
            return f"{action} is declared for other resources only"
        case _:
            return ""


def _is_within(transport: Transport, destination: str | ipaddress.IPv4Network) -> bool:
    if isinstance(destination, str):
        return transport.name == destination
    return destination.subnet_of(transport.network)


def _like(pattern: str, text: str, flags: int = 0) -> bool:
    """IAM's wildcards: ``*`` is any text, ``?`` one character; actions are compared without case."""
    return _expression(pattern, flags).fullmatch(text) is not None


@functools.lru_cache(maxsize=4096)
def _expression(pattern: str, flags: int) -> re.Pattern[str]:
    parts = re.split(r"([*?])", pattern)
    return re.compile("".join({"*": ".*", "?": "."}.get(part) or re.escape(part) for part in parts), flags | re.DOTALL)
