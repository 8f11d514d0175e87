"""What one agent may send, compared as sets: what one side lets through and the other does not, exactly.

Traffic is divided by what is told apart on either side: ports, host patterns by which of them lie within which,
methods and request targets as languages, addresses as intervals, actions and resources as languages. A question that
is too large to decide counts as traffic that only one side lets through: a reviewer then looks at it.
"""

import functools
import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ringfence.policy.flow import AgentCall, Flow, Https, Internet, Service, Tls, Transport
from ringfence.policy.host import HostPattern
from ringfence.policy.policy import Agent
from ringfence.policy.request import RequestPattern, any_request
from ringfence.review.merged import merged_requests
from ringfence.review.permissions import permissions_left
from ringfence.verify.granted import targets
from ringfence.verify.interval import Numbers, addresses_of, atoms, networks_text, ports_text
from ringfence.verify.language.piece import LanguageError

ANY_REQUEST = "any request"
ANYTHING_IN_TLS = "anything inside TLS"
ANY_CONNECTION = "any connection"

_NAME_MAX = 253
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_UNNAMED = ("example.net", "example.org", "example.com")
"""Names for an example where every name passes (RFC 2606, 3)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Traffic to one destination that one side lets through and the other does not; see `AccessChange`.

    ``flows`` are those of the wider side that let it through. ``unjudged`` says that any request passes there, also
    where the declared ones do not write.
    """

    kind: str
    destination: str
    what: tuple[str, ...]
    example: str
    flows: tuple[Flow, ...]
    except_hosts: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()
    unjudged: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """One agent on one side: its effective flows, its roles, and how the other side calls the agents it may call."""

    agent: Agent
    flows: tuple[Flow, ...]
    names: Mapping[str, str]

    @property
    def inspected(self) -> bool:
        """Whether its TLS is decrypted: only then does an effective flow speak of requests."""
        return any(isinstance(flow.access, Https) and flow.access.requests for flow in self.flows)

    def role(self, principal: str) -> str:
        """What a principal is to the agent, so that a role of another name is compared as the same role."""
        if principal == self.agent.role:
            return "role"
        return "execution role" if principal == self.agent.execution_role else principal


def only_of(more: Side, less: Side | None) -> tuple[Piece, ...]:
    """What ``more`` lets through and ``less`` does not; all of it where ``less`` is None."""
    others = less or Side(more.agent, (), {})
    if less is not None and _plainly_equal(more, less):
        return ()
    return (
        *_public(more, others),
        *_transports(more.flows, others.flows),
        *_calls(more, others),
        *_services(more, others),
        *_principals(more, less),
    )


def _plainly_equal(one: Side, other: Side) -> bool:
    """Whether both sides say the same to the letter, as nearly all agents of a fleet do."""
    return (one.agent.role, one.agent.execution_role) == (other.agent.role, other.agent.execution_role) and (
        {flow.access for flow in one.flows} == {flow.access for flow in other.flows} and one.names == other.names
    )


# Public hosts


def _public(more: Side, less: Side) -> Iterator[Piece]:
    ports = {flow.access.port for flow in more.flows if isinstance(flow.access, Https | Tls | Internet)}
    for port in sorted(ports):
        mine, theirs = _on_port(more.flows, port), _on_port(less.flows, port)
        if any(isinstance(flow.access, Internet) for flow in theirs):
            continue  # it lets every public address through on this port
        open_ones = tuple(flow for flow in mine if isinstance(flow.access, Internet))
        if open_ones:
            yield _anywhere(port, open_ones, theirs)
        else:
            yield from _hosts(port, mine, theirs, more.inspected, less.inspected)


def _on_port(flows: Iterable[Flow], port: int) -> tuple[Flow, ...]:
    return tuple(flow for flow in flows if isinstance(flow.access, Https | Tls | Internet) and flow.access.port == port)


def _anywhere(port: int, flows: tuple[Flow, ...], besides: tuple[Flow, ...]) -> Piece:
    known = [flow.access.host for flow in besides if isinstance(flow.access, Https | Tls)]
    name = next((name for name in _UNNAMED if not any(host.matches(name) for host in known)), _UNNAMED[0])
    return Piece(
        kind="internet",
        destination=f"any public address:{port}",
        what=(ANY_CONNECTION,),
        example=_tls(name, port),
        flows=flows,
        besides=tuple(sorted({_granted(flow) for flow in besides})),
        unjudged=True,
    )


def _granted(flow: Flow) -> str:
    requests = flow.access.requests if isinstance(flow.access, Https) else ()
    return f"{flow.access} {', '.join(merged_requests(map(str, requests)))}".rstrip()


def _hosts(
    port: int, more: tuple[Flow, ...], less: tuple[Flow, ...], inspected: bool, others_inspected: bool
) -> Iterator[Piece]:
    patterns = sorted({flow.access.host for flow in (*more, *less) if isinstance(flow.access, Https | Tls)})
    for pattern in patterns:
        mine, theirs = _covering(more, pattern), _covering(less, pattern)
        within = [other for other in patterns if other != pattern and pattern.covers(other)]
        host = host_of(pattern, within)
        if not mine or host is None:
            continue
        opaque = tuple(flow for flow in mine if _is_opaque(flow, inspected))
        if any(_is_opaque(flow, others_inspected) for flow in theirs):
            continue  # it lets anything through to these hosts
        outermost = tuple(
            str(other) for other in within if not any(each != other and each.covers(other) for each in within)
        )
        requests, others = _requests(mine), _requests(theirs)
        if opaque:
            yield Piece(
                kind="https" if any(isinstance(flow.access, Https) for flow in opaque) else "tls",
                destination=f"{pattern}:{port}",
                what=(ANY_REQUEST if any(isinstance(flow.access, Https) for flow in opaque) else ANYTHING_IN_TLS,),
                example=_beyond(others, host, port),
                flows=opaque,
                except_hosts=outermost,
                besides=tuple(merged_requests(str(each) for asked in others.values() for each in asked)),
                unjudged=True,
            )
        else:
            left = _requests_left(requests, others)
            if left:
                yield _asked(left, others, mine, f"{pattern}:{port}", (host, port), outermost)


def _covering(flows: Iterable[Flow], pattern: HostPattern) -> tuple[Flow, ...]:
    return tuple(flow for flow in flows if isinstance(flow.access, Https | Tls) and flow.access.host.covers(pattern))


def _is_opaque(flow: Flow, inspected: bool) -> bool:
    """Whether nothing looks into a flow's TLS, so that more than HTTP requests passes there."""
    return isinstance(flow.access, Tls) or not inspected


def _requests(flows: Iterable[Flow]) -> dict[str, tuple[RequestPattern, ...]]:
    asked: dict[str, set[RequestPattern]] = {}
    for flow in flows:
        if isinstance(flow.access, Https):
            for request in flow.access.requests or any_request():
                asked.setdefault(request.method, set()).add(request)
    return {method: tuple(sorted(requests)) for method, requests in sorted(asked.items())}


def _requests_left(
    more: Mapping[str, tuple[RequestPattern, ...]], less: Mapping[str, tuple[RequestPattern, ...]]
) -> dict[RequestPattern, str]:
    """The patterns that one side has more of, each with a shortest target that only it has."""
    return {
        pattern: example
        for method, patterns in more.items()
        for pattern in patterns
        if (example := _target_left(pattern, less.get(method, ()))) is not None
    }


@functools.lru_cache(maxsize=65536)
def _target_left(pattern: RequestPattern, others: tuple[RequestPattern, ...]) -> str | None:
    if pattern in others:
        return None
    try:
        example = (targets((pattern,)) - targets(others)).example()
    except LanguageError:
        return pattern.path.text  # not decided, so it is shown
    return None if example is None else example.decode("ascii")


@functools.lru_cache(maxsize=65536)
def _meet(one: RequestPattern, other: RequestPattern) -> bool:
    try:
        return not (targets((one,)) & targets((other,))).is_empty()
    except LanguageError:
        return True


def _asked(
    left: Mapping[RequestPattern, str],
    others: Mapping[str, tuple[RequestPattern, ...]],
    flows: tuple[Flow, ...],
    destination: str,
    place: tuple[str, int],
    except_hosts: tuple[str, ...],
) -> Piece:
    besides = [
        other
        for method, patterns in others.items()
        for other in patterns
        if any(pattern.method == method and _meet(pattern, other) for pattern in left)
    ]
    shortest_one = min(left, key=lambda pattern: (len(left[pattern]), pattern))
    bringing = tuple(
        flow
        for flow in flows
        if isinstance(flow.access, Https) and not left.keys().isdisjoint(flow.access.requests or any_request())
    )
    return Piece(
        kind="https",
        destination=destination,
        what=tuple(merged_requests(map(str, left))),
        example=_request(shortest_one.method, *place, left[shortest_one]),
        flows=bringing,
        except_hosts=except_hosts,
        besides=tuple(merged_requests(map(str, besides))),
    )


def _beyond(others: Mapping[str, tuple[RequestPattern, ...]], host: str, port: int) -> str:
    """An example of what opaque TLS carries beyond some requests: another request, or what is none."""
    if not others:
        return _tls(host, port)
    for pattern in sorted(any_request()):
        target = _target_left(pattern, others.get(pattern.method, ()))
        if target is not None:
            return _request(pattern.method, host, port, target)
    return _tls(host, port)


def host_of(pattern: HostPattern, besides: Iterable[HostPattern] = ()) -> str | None:
    """A shortest name of a pattern that is of none of the patterns within it; None where there is none.

    A name that is longer than DNS allows (RFC 1035, 2.3.4) is none.
    """
    if not pattern.subdomains:
        return pattern.name
    taken = {other.name for other in besides if not other.subdomains}
    for label in (*_LETTERS, *(first + second for first in _LETTERS for second in _LETTERS)):
        name = f"{label}.{pattern.name}"
        if len(name) <= _NAME_MAX and name not in taken:
            return name
    return None


def _tls(host: str, port: int) -> str:
    return f"tls {host}" if port == 443 else f"tls {host}:{port}"


def _request(method: str, host: str, port: int, target: str) -> str:
    return f"{method} https://{host}{'' if port == 443 else f':{port}'}{target}"


# Private destinations and other agents


def _transports(more: Iterable[Flow], less: Iterable[Flow]) -> Iterator[Piece]:
    theirs = [flow.access for flow in less if isinstance(flow.access, Transport)]
    for flow in more:
        access = flow.access
        if not isinstance(access, Transport):
            continue
        known = [
            (addresses_of(other.network), Numbers.of((other.ports.first, other.ports.last)))
            for other in theirs
            if (other.protocol, other.via) == (access.protocol, access.via)
        ]
        wanted = Numbers.of((access.ports.first, access.ports.last))
        left: dict[Numbers, Numbers] = {}
        for part in atoms((addresses for addresses, _ in known), addresses_of(access.network)):
            have = Numbers.of(
                *(span for addresses, ports in known if part.first in addresses for span in ports.intervals)
            )
            if ports := wanted - have:
                left[ports] = left.get(ports, Numbers(())) | part
        if left:
            ports, addresses = next(iter(left.items()))
            yield Piece(
                kind="transport",
                destination=f"{access.protocol} {access.name} via {access.via}",
                what=tuple(f"{networks_text(addresses)}, {_ports(ports)}" for ports, addresses in left.items()),
                example=f"{access.protocol} {ipaddress.IPv4Address(addresses.first)}/32:{ports.first}",
                flows=(flow,),
            )


def _ports(ports: Numbers) -> str:
    return f"port{'' if len(ports) == 1 else 's'} {ports_text(ports)}"


def _calls(more: Side, less: Side) -> Iterator[Piece]:
    theirs = {
        (less.names.get(flow.access.callee, flow.access.callee), flow.access.port)
        for flow in less.flows
        if isinstance(flow.access, AgentCall)
    }
    for flow in more.flows:
        access = flow.access
        if isinstance(access, AgentCall) and (access.callee, access.port) not in theirs:
            yield Piece("agent", f"agent {access.callee}", (f"port {access.port}",), f"agent {access.callee}", (flow,))


# AWS services


def _services(more: Side, less: Side) -> Iterator[Piece]:
    granted: dict[tuple[str, str], list[Service]] = {}
    for flow in less.flows:
        if isinstance(flow.access, Service):
            granted.setdefault((flow.access.service, less.role(flow.access.principal)), []).append(flow.access)
    seen: set[tuple[str, tuple[str, ...], tuple[str, ...], str]] = set()
    for flow in more.flows:
        access = flow.access
        if not isinstance(access, Service):
            continue
        role = more.role(access.principal)
        key = (access.service, access.actions, access.resources, role)
        if key in seen:
            continue
        seen.add(key)
        theirs = tuple((each.actions, each.resources) for each in granted.get((access.service, role), ()))
        left = permissions_left(access.actions, access.resources, theirs)
        if left is None:
            continue
        what, besides, example = left
        suffix = {"role": "", "execution role": ", as the execution role"}.get(role, ", as anyone")
        flows = tuple(other for other in more.flows if other.access == access)
        yield Piece(
            "service", access.service, tuple(f"{each}{suffix}" for each in what), example, flows, besides=besides
        )


def _principals(more: Side, less: Side | None) -> Iterator[Piece]:
    """Roles of another name: everything that services are asked for as before, by somebody else."""
    if less is None:
        return
    for role, mine, theirs in (
        ("role", more.agent.role, less.agent.role),
        ("execution role", more.agent.execution_role, less.agent.execution_role),
    ):
        flows = _as(more.flows, mine)
        if mine != theirs and flows and _as(less.flows, theirs):
            access = flows[0].access
            action = f"{access.actions[0]} {access.resources[0]}" if isinstance(access, Service) else ""
            yield Piece("principal", "AWS services", (f"as the {role} {mine}",), f"{action} as {mine}", flows)


def _as(flows: Sequence[Flow], principal: str | None) -> tuple[Flow, ...]:
    return tuple(flow for flow in flows if isinstance(flow.access, Service) and flow.access.principal == principal)


# Names

EVERY_NAME = "every name"


def names_only_of(more: Mapping[HostPattern, tuple[Flow, ...]], less: Iterable[HostPattern]) -> Iterator[Piece]:
    """The names that one VPC resolves and another does not; which agent asks, DNS Firewall does not know (R201)."""
    known = sorted(less)
    for pattern, flows in sorted(more.items()):
        within = [other for other in known if pattern.covers(other)]
        host = None if any(other.covers(pattern) for other in known) else host_of(pattern, within)
        if host is not None:
            yield Piece(
                "names", "names in the VPC", (str(pattern),), f"dns {host}", flows, tuple(map(str, within))
            )  # fmt: skip
