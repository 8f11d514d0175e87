"""What agents may reach: marks for their ports, and refusals of every name, host and request that is not theirs.

All rules about an agent are in one group, which AWS replaces as a whole. The mark that opens a port for it stands
beside the refusals that narrow the port down, so there is no moment at which one is there without the others.
"""

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ringfence.aws.enforcement.firewall.mark import HTTP_BIT, TLS_BIT
from ringfence.aws.enforcement.firewall.message import digest_of, message
from ringfence.aws.enforcement.firewall.names import HOST, SNI, is_none_of, is_one_of, outside
from ringfence.aws.enforcement.firewall.networks import Networks, merged
from ringfence.aws.enforcement.firewall.request import by_method, foreign_encoding, none_of, spelled_encodings
from ringfence.aws.enforcement.firewall.rule import RULE_MAX, Draft, Kind, Toward
from ringfence.policy.flow import Flow, Https, Tls
from ringfence.policy.host import HostPattern
from ringfence.policy.policy import Agent
from ringfence.policy.request import RequestPattern, any_request

_MATCHES_MAX = RULE_MAX - 1000
"""Characters of a rule's matches: the rest is for its message and for some networks."""


@dataclass(frozen=True)
class Grantee:
    """An agent with flows through the firewall: its networks, and whether its TLS is decrypted.

    No slots: what follows from its flows is worked out once, and looked at by every form of rule.
    """

    agent: Agent
    networks: Networks
    flows: tuple[Flow, ...]
    inspected: bool

    @functools.cached_property
    def by_port(self) -> dict[int, list[Flow]]:
        """The flows that this agent's rules are made from, by port.

        An inspected agent's opaque TLS is not among them: decrypted it is not TLS any more, and it is not HTTP.
        """
        ports: dict[int, list[Flow]] = defaultdict(list)
        for flow in self.flows:
            if isinstance(flow.access, Https) or (isinstance(flow.access, Tls) and not self.inspected):
                ports[flow.access.port].append(flow)
        return dict(sorted(ports.items()))

    @functools.cached_property
    def by_host(self) -> dict[tuple[int, HostPattern], list[Flow]]:
        """The HTTPS flows by port and host as written."""
        hosts: dict[tuple[int, HostPattern], list[Flow]] = defaultdict(list)
        for flow in self.flows:
            if isinstance(flow.access, Https):
                hosts[flow.access.port, flow.access.host].append(flow)
        return hosts

    @functools.cached_property
    def hosts(self) -> dict[int, tuple[HostPattern, ...]]:
        """The hosts as written that this agent's rules let through on each port, sorted."""
        return {
            port: tuple(sorted({flow.access.host for flow in flows if isinstance(flow.access, Https | Tls)}))
            for port, flows in self.by_port.items()
        }

    @functools.cached_property
    def parts(self) -> tuple[tuple[int, "_Narrowed"], ...]:
        """What this agent may ask of each host on each port; every host is in one part."""
        ports: dict[int, list[Https]] = defaultdict(list)
        for flow in self.flows:
            if isinstance(flow.access, Https):
                ports[flow.access.port].append(flow.access)
        return tuple((port, part) for port, accesses in sorted(ports.items()) for part in narrowed(accesses))


@dataclass(slots=True)
class _Shared:
    """What several agents have in common, and they."""

    grantees: list[Grantee] = field(default_factory=list[Grantee])
    flows: list[Flow] = field(default_factory=list[Flow])

    @property
    def networks(self) -> Networks:
        return merged(network for grantee in self.grantees for network in grantee.networks)

    def message(self, form: str, digest: str, **words: str) -> str:
        return message(form, (grantee.agent for grantee in self.grantees), self.flows, digest, **words)


@dataclass(frozen=True, slots=True, order=True)
class _Narrowed:
    """The hosts of a pattern but for those that further patterns of the same agent speak of, and their requests."""

    host: HostPattern
    without: tuple[HostPattern, ...]
    requests: tuple[RequestPattern, ...]
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.host, self.without, self.requests)))

    def __hash__(self) -> int:
        """Worked out once: parts are what rules are merged by."""
        return self._hash


def grant_drafts(grantees: Iterable[Grantee], http2: str) -> Iterator[Draft]:
    """The rules of these agents, merged: one for all that share what it is about."""
    ordered = sorted(grantees, key=lambda grantee: grantee.agent.name)
    yield from _ports(ordered)
    yield from _names(ordered)
    inspected = [grantee for grantee in ordered if grantee.inspected]
    yield from _hosts(inspected)
    yield from _encodings(inspected)
    yield from _requests(inspected, http2)


def narrowed(accesses: Iterable[Https]) -> tuple[_Narrowed, ...]:
    """One agent's HTTPS on one port, parted so that every host is in one part, with all that is asked there.

    A host that several patterns have takes the requests of all of them.
    """
    asked: dict[HostPattern, set[RequestPattern]] = defaultdict(set)
    for access in accesses:
        asked[access.host] |= set(access.requests) or any_request()
    wide = [host for host in asked if host.subdomains]
    parts: list[_Narrowed] = []
    for host in sorted(asked):
        within = sorted(other for other in asked if other != host and host.covers(other)) if host.subdomains else []
        requests = asked[host].union(*(asked[other] for other in wide if other.covers(host)))
        parts.append(_Narrowed(host, tuple(within), tuple(sorted(requests))))
    return tuple(parts)


def _ports(grantees: list[Grantee]) -> Iterator[Draft]:
    shared: dict[tuple[int, bool], _Shared] = defaultdict(_Shared)
    for grantee in grantees:
        for port in grantee.by_port:
            shared[port, grantee.inspected].grantees.append(grantee)
    for (port, inspected), group in sorted(shared.items()):
        form, bit = ("grant-http", HTTP_BIT) if inspected else ("grant-tls", TLS_BIT)
        yield Draft(
            form, str(port), Kind.MARK, "tcp", group.networks, str(port), Toward.SERVER, "",
            f"flowbits:set,{bit};", f"ringfence {form} agents={len(group.grantees)}",
        )  # fmt: skip


def _names(grantees: list[Grantee]) -> Iterator[Draft]:
    """No server name but the agent's own; where TLS is decrypted, AWS still shows the rules the client's name."""
    for (port, patterns, observed), group in _by_hosts(grantees):
        for about, matches in outside(patterns, SNI, _MATCHES_MAX):
            yield _refusal("tls-name", port, patterns, about, observed, group, "tls", matches)


def _hosts(grantees: list[Grantee]) -> Iterator[Draft]:
    """No host but the agent's own, in any request."""
    for (port, patterns, observed), group in _by_hosts(grantees):
        for about, matches in outside(patterns, HOST, _MATCHES_MAX):
            yield _refusal("http-host", port, patterns, about, observed, group, "http", matches)


_ByHosts = tuple[int, tuple[HostPattern, ...], bool]


def _by_hosts(grantees: list[Grantee]) -> list[tuple[_ByHosts, _Shared]]:
    shared: dict[_ByHosts, _Shared] = defaultdict(_Shared)
    for grantee in grantees:
        for port, flows in grantee.by_port.items():
            group = shared[port, grantee.hosts[port], grantee.agent.mode == "observe"]
            group.grantees.append(grantee)
            group.flows += flows
    return sorted(shared.items())


def _refusal(
    form: str,
    port: int,
    hosts: tuple[HostPattern, ...],
    part: str,
    observed: bool,
    group: _Shared,
    protocol: str,
    matches: str,
) -> Draft:
    digest = digest_of((port, *hosts))
    about = f"{port} {' '.join(map(str, hosts))} {part}".rstrip()
    return Draft(
        form, about, Kind.REJECT, protocol, group.networks, str(port), Toward.SERVER, "",
        matches, group.message(form, digest), observed,
    )  # fmt: skip


_Spelled = tuple[int, HostPattern | None, tuple[HostPattern, ...], tuple[str, ...], bool]


def _encodings(grantees: list[Grantee]) -> Iterator[Draft]:
    """No percent-encoding that servers read in two ways, except where an agent's own pattern spells it out.

    One rule for each port and all hosts; where something is spelled out on a port, one for each of the agent's hosts.
    """
    shared: dict[_Spelled, _Shared] = defaultdict(_Shared)
    for grantee in grantees:
        observed = grantee.agent.mode == "observe"
        parts = [(port, part, spelled_encodings(part.requests)) for port, part in grantee.parts]
        spelling = {port for port, _, spelled in parts if spelled}
        flows = grantee.by_host
        for port, part, spelled in parts:
            if port in spelling:
                group = shared[port, part.host, part.without, tuple(sorted(spelled)), observed]
            else:
                group = shared[port, None, (), (), observed]
            if grantee not in group.grantees[-1:]:
                group.grantees.append(grantee)
            group.flows += flows[port, part.host]
    for (port, host, without, spelled, observed), group in shared.items():
        of_host = _host_of(host, without) if host else f'{HOST}; content:".";'
        about = f"{port} {host or 'every host'} but {' '.join(map(str, without))} {' '.join(spelled)}"
        yield Draft(
            "path-encoding", about, Kind.REJECT, "http", group.networks, str(port), Toward.SERVER, "",
            f"{of_host} {foreign_encoding(spelled)}",
            group.message("path-encoding", digest_of((port, host, *spelled))), observed,
        )  # fmt: skip


def _requests(grantees: list[Grantee], http2: str) -> Iterator[Draft]:
    """No request to a host but those granted there."""
    shared: dict[tuple[int, _Narrowed, bool], _Shared] = defaultdict(_Shared)
    for grantee in grantees:
        flows = grantee.by_host
        for port, part in grantee.parts:
            group = shared[port, part, grantee.agent.mode == "observe"]
            group.grantees.append(grantee)
            group.flows += flows[port, part.host]
    for (port, part, observed), group in sorted(shared.items()):
        digest = digest_of((port, part.host, *part.requests))
        whole = none_of(part.requests, http2)
        matches = (("", whole),) if len(whole) <= _MATCHES_MAX else by_method(part.requests, http2)
        for method, match in matches:
            yield Draft(
                "http-request", f"{port} {part} {method}".rstrip(), Kind.REJECT, "http", group.networks, str(port),
                Toward.SERVER, "", f"{_host_of(part.host, part.without)} {match}",
                group.message("http-request", digest, host=str(part.host)), observed,
            )  # fmt: skip


def _host_of(host: HostPattern, without: tuple[HostPattern, ...]) -> str:
    but = f" {is_none_of(without, HOST)}" if without else ""
    return f"{HOST}; {is_one_of(host, HOST)}{but}"
