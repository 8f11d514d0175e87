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


@dataclass(frozen=True, slots=True)
class _Entry:
    band: str
    direction: str
    action: str
    protocol: str
    network: Network
    ports: Ports


def network_acls_of(site: Site, findings: Findings) -> tuple[NetworkAcl, ...]:
    """Every NACL; one with more entries than the quota has is an error at the agent, or at the environment."""
    acls = [_agent_acl(site, needs, findings) for needs in site.agents.values()]
    acls += [_infrastructure_acl(site, kind, findings) for kind in kinds_in_use(site)]
    return tuple(sorted(acls, key=lambda acl: acl.name))


def _agent_acl(site: Site, needs: AgentNeeds, findings: Findings) -> NetworkAcl:
    agent = needs.agent
    entries = () if agent.quarantined else _agent_entries(site, needs)
    rules = (
        _quarantine(agent.name)
        if agent.quarantined
        else _numbered(site, agent.name, f"`{agent.name}`", entries, agent.declared, findings)
    )
    return NetworkAcl(agent.name, "agent", agent.name, agent_subnets(needs), rules, site.agent_tags(needs))


def _quarantine(name: str) -> tuple[AclRule, ...]:
    return tuple(
        AclRule(f"{name}/{direction}/quarantine", direction, QUARANTINE_NUMBER, "deny", "-1", ANYWHERE, 0, 0)
        for direction in ("egress", "ingress")
    )


def _agent_entries(site: Site, needs: AgentNeeds) -> Iterable[_Entry]:
    """What an agent's NACL says, before numbers."""
    there: dict[tuple[str, Ports], list[Network]] = {}
    back: dict[tuple[str, Ports], list[Network]] = {}

    def peer(protocol: str, ports: Ports, networks: Iterable[Network]) -> None:
        """Traffic that the agent starts, and its answers."""
        networks = tuple(networks)
        there.setdefault((protocol, ports), []).extend(networks)
        back.setdefault((protocol, EPHEMERAL), []).extend(networks)

    for transport in needs.transports:
        peer(transport.protocol, (transport.ports.first, transport.ports.last), (transport.network,))
    for call in needs.calls:
        peer("tcp", (call.port, call.port), site.agents[call.callee].networks)
    if interface_services(needs.services):
        peer("tcp", (HTTPS, HTTPS), (segment.network for segment in site.infrastructure("endpoints")))
    if needs.agent.serves is not None:
        for caller in needs.callers:
            networks = site.agents[caller].networks
            back.setdefault(("tcp", (needs.agent.serves, needs.agent.serves)), []).extend(networks)
            there.setdefault(("tcp", EPHEMERAL), []).extend(networks)
    yield from _peers("egress", there)
    yield from _peers("ingress", back)
    # A gateway endpoint answers at public addresses, which nothing here can name more narrowly.
    ports = sorted({*needs.internet_ports, *((HTTPS,) if gateway_services(needs.services) else ())})
    if ports:
        private = (*PRIVATE, *site.cidrs, *(transport.network for transport in needs.transports))
        for network in ipaddress.collapse_addresses(private):
            for direction in ("egress", "ingress"):
                yield _Entry("private", direction, "deny", "-1", network, (0, 0))
        for first, last in _joined(ports):
            yield _Entry("internet", "egress", "allow", "tcp", ANYWHERE, (first, last))
        yield _Entry("internet", "ingress", "allow", "tcp", ANYWHERE, EPHEMERAL)


def _peers(direction: str, allowed: dict[tuple[str, Ports], list[Network]]) -> Iterator[_Entry]:
    """Entries for peers, neighbours joined, without those that another one covers."""
    joined = {key: tuple(ipaddress.collapse_addresses(networks)) for key, networks in allowed.items()}
    for (protocol, ports), networks in joined.items():
        for network in networks:
            covered = any(
                other == protocol and wide != ports and wide[0] <= ports[0] and ports[1] <= wide[1]
                for (other, wide), others in joined.items()
                if any(network.subnet_of(each) for each in others)
            )
            if not covered:
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
    for entry, text in sorted(((entry, _text(entry)) for entry in dict.fromkeys(entries)), key=lambda each: each[1]):
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
    for direction in ("egress", "ingress"):
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


def _text(entry: _Entry) -> str:
    ports = entry.ports
    service = (
        "any"
        if entry.protocol == "-1"
        else f"{entry.protocol}-{ports[0]}" + ("" if ports[0] == ports[1] else f"-{ports[1]}")
    )
    return f"{entry.direction}/{entry.action}/{service}/{_written(entry.network)}"


@functools.lru_cache(maxsize=65536)
def _written(network: Network) -> str:
    return str(network).replace("/", "-")


@functools.lru_cache(maxsize=65536)
def _preferred(text: str, low: int, high: int) -> int:
    """A number in a band that depends on the entry alone."""
    return low + zlib.crc32(text.encode()) % (high - low + 1)
