"""Which profile lines speak of a target's destination: for people, deciding nothing."""

import ipaddress
from collections.abc import Iterable, Iterator

from ringfence.policy.flow import AgentCall, Flow, Https, Internet, Service, Tls, Transport
from ringfence.policy.span import Span
from ringfence.policy.target import (
    ActionTarget,
    AgentTarget,
    NameTarget,
    RequestTarget,
    Target,
    TlsTarget,
    TransportTarget,
)
from ringfence.verify.granted import host_names
from ringfence.verify.interval import addresses_of
from ringfence.verify.language.expression import contains

Lines = tuple[Span, ...]


def flows_about(flows: Iterable[Flow], target: Target) -> Iterator[Flow]:
    """The flows to a target's destination, whatever they allow there."""
    return (flow for flow in flows if _speaks_of(flow, target))


def about(flows: Iterable[Flow], target: Target) -> Lines:
    """Their lines."""
    return _lines(flows_about(flows, target))


def on_port(flows: Iterable[Flow], port: int) -> Lines:
    """The lines of what reaches public addresses on a port."""
    named = ((flow, flow.access) for flow in flows)
    return _lines(flow for flow, access in named if isinstance(access, Https | Tls | Internet) and access.port == port)


def of_service(flows: Iterable[Flow], service: str) -> Lines:
    """The lines of the flows to a service."""
    return _lines(flow for flow in flows if isinstance(flow.access, Service) and flow.access.service == service)


def _speaks_of(flow: Flow, target: Target) -> bool:
    match flow.access, target:
        case Https() | Tls() as named, RequestTarget(host=host) | TlsTarget(host=host) | NameTarget(host):
            return contains(host_names(named.host), host.encode().lower())
        case Internet(open_port), RequestTarget(port=port) | TlsTarget(port=port) | TransportTarget(port=port):
            return open_port == port
        case Transport() as transport, TransportTarget(_, ipaddress.IPv4Network() as network, _):
            return addresses_of(transport.network).meets(addresses_of(network))
        case AgentCall() as call, AgentTarget(agent):
            return call.callee == agent
        case Service() as service, ActionTarget(action, _):
            prefix = action.partition(":")[0].lower()
            return any(each.partition(":")[0].lower() == prefix for each in service.actions)
        case _:
            return False


def _lines(flows: Iterable[Flow]) -> Lines:
    return tuple(sorted({flow.grant.declared for flow in flows}))
