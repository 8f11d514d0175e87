"""NACLs: the stateless guard of each agent's subnets, which ends established flows when an agent is cut off.

A NACL takes neither groups nor prefix lists, and few entries. In order: the declared peers and the endpoints'
subnets, with the answers of each; then a denial of everything private; then the internet on the declared ports,
and its answers. Peers' networks are joined where neighbours make one network, never further: what does not fit is
an error, not a wider rule. The lowest number is kept for quarantine.

Numbers come from what an entry says, since within one band all entries allow, or all deny, and their order does
not matter; so adding one entry renumbers no other.
"""

import functools
import ipaddress
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from ringfence.aws.enforcement.groups import ANYWHERE, HTTPS
from ringfence.aws.enforcement.model import AclRule, NetworkAcl
from ringfence.aws.enforcement.quota_limits import limit_of
from ringfence.aws.enforcement.segments import agent_subnets, infrastructure_subnets, kinds_in_use
from ringfence.aws.enforcement.services import gateway_services, interface_services
from ringfence.aws.enforcement.site import EPHEMERAL, AgentNeeds, Site
from ringfence.policy.span import Span
from ringfence.source.diagnostic import Findings

QUARANTINE_NUMBER = 1
"""The entry that cuts an agent off; every other entry has a higher number."""

NUMBERS = {"peer": (100, 19_999), "private": (20_000, 24_999), "internet": (25_000, 31_999)}
"""The numbers of each band; AWS takes 1 to 32766 (EC2 API, CreateNetworkAclEntry)."""

PRIVATE = tuple(
    ipaddress.IPv4Network(network)
    for network in ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
)
"""What is private wherever it is: RFC 1918, shared address space (RFC 6598), link-local (RFC 3927)."""

Network = ipaddress.IPv4Network
Ports = tuple[int, int]
_WAYS = ("egress", "ingress")
_Peers = dict[tuple[str, Ports], list[tuple[Network, ...]]]
"""Peers' networks by protocol and ports, each peer's with neighbours joined."""


class _Entry:
    """One entry before it has a number; ``text`` says all of it, and is made once."""

    __slots__ = ("action", "band", "direction", "network", "ports", "protocol", "text")

    def __init__(self, band: str, direction: str, action: str, protocol: str, network: Network, ports: Ports) -> None:
        self.band = band
        self.direction = direction
        self.action = action
        self.protocol = protocol
        self.network = network
        self.ports = ports
        port = str(ports[0]) if ports[0] == ports[1] else f"{ports[0]}-{ports[1]}"
        service = "any" if protocol == "-1" else f"{protocol}-{port}"
        self.text = f"{direction}/{action}/{service}/{_written(network)}"


@dataclass(frozen=True, slots=True)
class _Shared:
    """What every agent's NACL speaks of, neighbours joined: what is private here, and the endpoints' subnets."""

    private: tuple[Network, ...]
    endpoints: tuple[Network, ...]


def network_acls_of(site: Site, findings: Findings) -> tuple[NetworkAcl, ...]:
    """Every NACL; one with more entries than the quota has is an error at the agent, or at the environment."""
    shared = _Shared(
        tuple(ipaddress.collapse_addresses((*PRIVATE, *site.cidrs))),
        tuple(ipaddress.collapse_addresses(segment.network for segment in site.infrastructure("endpoints"))),
    )
    acls = [_agent_acl(site, needs, shared, findings) for needs in site.agents.values()]
    acls += [_infrastructure_acl(site, kind, findings) for kind in kinds_in_use(site)]
    return tuple(sorted(acls, key=lambda acl: acl.name))


def _agent_acl(site: Site, needs: AgentNeeds, shared: _Shared, findings: Findings) -> NetworkAcl:
    agent = needs.agent
    if agent.quarantined:
        rules = _quarantine(agent.name)
    else:
        entries = _agent_entries(site, needs, shared)
        rules = _numbered(site, agent.name, f"`{agent.name}`", entries, agent.declared, findings)
    adopted = agent.quarantine is not None and agent.quarantine.direct
    return NetworkAcl(agent.name, "agent", agent.name, agent_subnets(needs), rules, site.guard_tags(needs), adopted)


def _quarantine(name: str) -> tuple[AclRule, ...]:
    return tuple(
        AclRule(f"{name}/{direction}/quarantine", direction, QUARANTINE_NUMBER, "deny", "-1", ANYWHERE, 0, 0)
        for direction in _WAYS
    )


def _agent_entries(site: Site, needs: AgentNeeds, shared: _Shared) -> Iterable[_Entry]:
    """What an agent's NACL says, before numbers."""
    there: _Peers = {}
    back: _Peers = {}

    def peer(protocol: str, ports: Ports, networks: tuple[Network, ...]) -> None:
        """Traffic that the agent starts, and its answers."""
        there.setdefault((protocol, ports), []).append(networks)
        back.setdefault((protocol, EPHEMERAL), []).append(networks)

    for transport in needs.transports:
        peer(transport.protocol, (transport.ports.first, transport.ports.last), (transport.network,))
    for call in needs.calls:
        peer("tcp", (call.port, call.port), site.agents[call.callee].joined)
    if interface_services(needs.services):
        peer("tcp", (HTTPS, HTTPS), shared.endpoints)
    if needs.agent.serves is not None:
        served = (needs.agent.serves, needs.agent.serves)
        for caller in needs.callers:
            networks = site.agents[caller].joined
            back.setdefault(("tcp", served), []).append(networks)
            there.setdefault(("tcp", EPHEMERAL), []).append(networks)
    yield from _peer_entries("egress", there)
    yield from _peer_entries("ingress", back)
    # A gateway endpoint answers at public addresses, which nothing here can name more narrowly.
    ports = {*needs.internet_ports, *((HTTPS,) if gateway_services(needs.services) else ())}
    if ports:
        yield from _internet(tuple(sorted(ports)), _private(needs, shared))


@functools.lru_cache(maxsize=1024)
def _internet(ports: tuple[int, ...], private: tuple[Network, ...]) -> tuple[_Entry, ...]:
    """The way to public addresses, with everything private denied before it: the same for most agents."""
    entries = [_Entry("private", way, "deny", "-1", network, (0, 0)) for network in private for way in _WAYS]
    entries += [_Entry("internet", "egress", "allow", "tcp", ANYWHERE, joined) for joined in _joined(ports)]
    return (*entries, _Entry("internet", "ingress", "allow", "tcp", ANYWHERE, EPHEMERAL))


def _private(needs: AgentNeeds, shared: _Shared) -> tuple[Network, ...]:
    """What is not the internet for an agent: what is private here, and the private destinations it has a way to."""
    beyond = {transport.network for transport in needs.transports}
    if all(any(network.subnet_of(private) for private in shared.private) for network in beyond):
        return shared.private
    return tuple(ipaddress.collapse_addresses((*shared.private, *beyond)))


def _peer_entries(direction: str, allowed: _Peers) -> Iterator[_Entry]:
    """Entries for peers, neighbours joined, without those that another one covers."""
    joined = {
        key: parts[0] if len(parts) == 1 else tuple(ipaddress.collapse_addresses(chain.from_iterable(parts)))
        for key, parts in allowed.items()
    }
    for (protocol, ports), networks in joined.items():
        wider = [
            each
            for (other, wide), others in joined.items()
            if other == protocol and wide != ports and wide[0] <= ports[0] and ports[1] <= wide[1]
            for each in others
        ]
        for network in networks:
            if not any(network.subnet_of(each) for each in wider):
                yield _Entry("peer", direction, "allow", protocol, network, ports)


def _joined(ports: Iterable[int]) -> list[Ports]:
    """Sorted ports as ranges, those side by side as one."""
    ranges: list[Ports] = []
    for port in ports:
        if ranges and ranges[-1][1] == port - 1:
            ranges[-1] = (ranges[-1][0], port)
        else:
            ranges.append((port, port))
    return ranges


def _infrastructure_acl(site: Site, kind: str, findings: Findings) -> NetworkAcl:
    name = f"infrastructure/{kind}"
    entries = _infrastructure_entries(site, kind)
    rules = _numbered(site, name, f"the {kind} subnets", entries, site.span, findings)
    return NetworkAcl(name, kind, None, infrastructure_subnets(site, kind), rules, site.tags(kind))


def _infrastructure_entries(site: Site, kind: str) -> Iterator[_Entry]:
    """What passes through the environment's own subnets: the union of what agents may send there."""

    def both(
        protocol: str, near: Iterable[Network], far: Iterable[Network], ports: Iterable[Ports]
    ) -> Iterator[_Entry]:
        """Flows from ``near``, inside the VPC, to ``far``, and their answers; either side may be this subnet's."""
        for network in near:
            for each in ports:
                yield _Entry("peer", "ingress", "allow", protocol, network, each)
            yield _Entry("peer", "egress", "allow", protocol, network, EPHEMERAL)
        for network in far:
            for each in ports:
                yield _Entry("peer", "egress", "allow", protocol, network, each)
            yield _Entry("peer", "ingress", "allow", protocol, network, EPHEMERAL)

    cidrs = tuple(ipaddress.collapse_addresses(site.cidrs))
    match kind:
        case "endpoints":
            yield from both("tcp", cidrs, (), ((HTTPS, HTTPS),))
        case "transit":
            transports = [
                transport
                for needs in site.agents.values()
                for transport in needs.transports
                if transport.via.startswith("tgw-")
            ]
            for protocol in sorted({transport.protocol for transport in transports}):
                of_protocol = [transport for transport in transports if transport.protocol == protocol]
                far = ipaddress.collapse_addresses(transport.network for transport in of_protocol)
                ports = sorted({(transport.ports.first, transport.ports.last) for transport in of_protocol})
                yield from both(protocol, cidrs, far, ports)
        case _:
            ports = _joined(sorted({port for needs in site.agents.values() for port in needs.internet_ports}))
            yield from both("tcp", cidrs, (ANYWHERE,), ports)


def _numbered(
    site: Site, name: str, whose: str, entries: Iterable[_Entry], span: Span, findings: Findings
) -> tuple[AclRule, ...]:
    """Entries as rules with numbers; more than fit are an error."""
    rules: list[AclRule] = []
    taken: dict[str, set[int]] = {"egress": {QUARANTINE_NUMBER}, "ingress": {QUARANTINE_NUMBER}}
    written = {entry.text: entry for entry in entries}
    for text in sorted(written):
        entry = written[text]
        low, high = NUMBERS[entry.band]
        number = _preferred(text, low, high)
        while number in taken[entry.direction]:
            number = number + 1 if number < high else low
        taken[entry.direction].add(number)
        rules.append(
            AclRule(
                f"{name}/{text}", entry.direction, number, entry.action, entry.protocol, entry.network, *entry.ports
            )
        )
    # One of the quota is the default denial, one is kept for quarantine.
    limit = limit_of("rules_per_network_acl", site.environment.quotas) - 2
    for direction in _WAYS:
        count = len(taken[direction]) - 1
        if count > limit:
            findings.error(
                span,
                "RF090",
                f"the NACL of {whose} needs {count} {direction} entries, and {limit} are ours "
                "(AWS counts its default denial, and one is kept for quarantine)",
                "reach fewer peers, or ports side by side; AWS raises the quota to 40 on request: then write "
                "`quotas: {rules_per_network_acl: 40}`",
            )
    return tuple(rules)


@functools.lru_cache(maxsize=65536)
def _written(network: Network) -> str:
    return str(network).replace("/", "-")


@functools.lru_cache(maxsize=65536)
def _preferred(text: str, low: int, high: int) -> int:
    """A number in a band that depends on the entry alone."""
    return low + zlib.crc32(text.encode()) % (high - low + 1)
