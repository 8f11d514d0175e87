"""Targets around a flow: what it grants, and what differs from that in one edit. Whether they pass is not said here."""

import dataclasses
from collections.abc import Iterator

from ringfence.policy.flow import AgentCall, Flow, Https, Internet, Service, Tls, Transport
from ringfence.policy.request import METHODS, RequestPattern
from ringfence.policy.target import (
    ActionTarget,
    AgentTarget,
    NameTarget,
    RequestTarget,
    Target,
    TlsTarget,
    TransportTarget,
)


def targets_around(declared: Flow, agents: tuple[str, ...]) -> Iterator[Target]:
    """Every target around a declared flow."""
    match declared.access:
        case Https(host, port, requests):
            name = f"a.{host.name}" if host.subdomains else host.name
            for request in requests or (RequestPattern.parse("GET /"),):
                yield from _requests(RequestTarget(request.method, name, port, _sent(request)))
            yield from _names(name, port)
        case Tls(host, port):
            yield from _names(f"a.{host.name}" if host.subdomains else host.name, port)
            yield RequestTarget("GET", host.name, port, "/")
        case Transport(_, protocol, network, ports):
            yield from _transports(TransportTarget(protocol, network, ports.first))
        case AgentCall():
            yield from (AgentTarget(name) for name in agents)
        case Service(_, actions, resources, _):
            for action in actions:
                for resource in resources:
                    yield from _actions(ActionTarget(action, resource.replace("*", "x").replace("?", "x")))
        case Internet():
            raise AssertionError("nobody declares it")


def _sent(request: RequestPattern) -> str:
    path = "".join("/" + "".join("w" if piece is None else piece for piece in each) for each in request.path.segments)
    path += "/w" if request.path.rest else ""
    return (path or "/") + (f"?{request.query}" if request.query not in ("*", "") else "")


def _requests(target: RequestTarget) -> Iterator[RequestTarget]:
    yield target
    path = target.target
    for method in (*METHODS, "BREW", target.method.lower()):
        yield dataclasses.replace(target, method=method)
    for edited in (
        f"{path}/", f"{path}x", f"{path}/x", f"{path}?", f"{path}?a=b", f"{path}&a=b", f"{path}/../x", f"{path}//x",
        f"/x{path}", path[:-1] or "/", path.swapcase(), path.replace("/", "//", 1), path.replace("w", "%77", 1),
        path.replace("w", "w/w", 1), path.replace("w", "..", 1), f"{path}%2fx", f"{path};x", f"{path}\\x",
    ):  # fmt: skip
        yield dataclasses.replace(target, target=edited)
    yield dataclasses.replace(target, port=8443)
    yield dataclasses.replace(target, host=f"x{target.host}")
    yield dataclasses.replace(target, host=f"a.{target.host}")
    yield dataclasses.replace(target, host=f"{target.host}.evil.example")


def _names(name: str, port: int) -> Iterator[TlsTarget | NameTarget]:
    for host in (name, f"x{name}", f"a.{name}", name.partition(".")[2], f"{name}.evil.example"):
        if "." in host:
            yield TlsTarget(host, port)
            yield NameTarget(host)
    yield TlsTarget(name, port + 1)


def _transports(target: TransportTarget) -> Iterator[TransportTarget]:
    yield target
    for port in (target.port - 1, target.port + 1, 443):
        yield dataclasses.replace(target, port=port)
    yield dataclasses.replace(target, protocol="udp" if target.protocol == "tcp" else "tcp")
    assert not isinstance(target.destination, str)
    yield dataclasses.replace(target, destination=target.destination.supernet())
    base = target.destination.network_address
    yield dataclasses.replace(target, destination=type(target.destination)(int(base) + 1))
    yield dataclasses.replace(target, destination=type(target.destination)("203.0.113.7/32"))


def _actions(target: ActionTarget) -> Iterator[ActionTarget]:
    yield target
    service, _, action = target.action.partition(":")
    for edited in (f"{service}:{action}x", f"{service}:{action[:-1]}", f"{service}:Delete{action}", f"ec2:{action}"):
        yield dataclasses.replace(target, action=edited)
    yield dataclasses.replace(target, action=target.action.upper())
    for resource in (f"{target.resource}x", target.resource[:-1], f"{target.resource}/x", "*"):
        yield dataclasses.replace(target, resource=resource)
