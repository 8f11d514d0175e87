"""Security groups: one for each agent, and for each service's interface endpoint as many as its clients need.

Groups allow and never deny, so each says only what is declared: the port and the peer, at both ends of a call.
Agents are named to endpoints as groups, which follow the interface; private destinations as networks. What leads
to the internet is every address on the declared ports, which the NACL, the route and the firewall narrow: a group
has no way to except a network.
"""

import zlib
from collections.abc import Iterable, Mapping

from ringfence.aws.enforcement.model import (
    CidrPeer,
    GroupPeer,
    Network,
    Peer,
    PrefixListPeer,
    SecurityGroup,
    SecurityGroupRule,
)
from ringfence.aws.enforcement.quota_limits import limit_of
from ringfence.aws.enforcement.services import gateway_services, interface_services
from ringfence.aws.enforcement.site import AgentNeeds, Site

ANYWHERE = Network("0.0.0.0/0")

HTTPS = 443
"""The port of every VPC endpoint that the catalogue knows (AWS PrivateLink guide; Amazon Keyspaces' is 9142)."""


def security_groups_of(site: Site, clients: Mapping[str, Mapping[str, tuple[str, ...]]]) -> tuple[SecurityGroup, ...]:
    """Every security group; ``clients`` are the endpoint groups by service, see `endpoint_clients`."""
    homes = {
        service: {agent: group for group, agents in groups.items() for agent in agents}
        for service, groups in clients.items()
    }
    groups = [_agent_group(site, needs, homes) for needs in site.agents.values()]
    groups += [
        _endpoint_group(site, service, group, agents)
        for service, members in clients.items()
        for group, agents in members.items()
    ]
    return tuple(sorted(groups, key=lambda group: group.name))


def endpoint_clients(site: Site) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """For each interface service its endpoint's groups by name, each with the agents that it lets in.

    One group, until its rules would exceed the quota of rules for a group; then groups by the agent's name, so
    that adding an agent moves others only when a group must be split.
    """
    agents: dict[str, list[str]] = {}
    for name, needs in site.agents.items():
        for service in interface_services(needs.services):
            agents.setdefault(service, []).append(name)
    room = limit_of("rules_per_security_group", site.environment.quotas)
    return {service: dict(_split(f"endpoint/{service}", agents[service], room, 0)) for service in sorted(agents)}


def _split(name: str, agents: list[str], room: int, bit: int) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Groups by the bits of a checksum of the agent's name, as few as have room."""
    if len(agents) <= room or bit > 31:
        yield name, tuple(agents)
        return
    for digit in (0, 1):
        half = [agent for agent in agents if (zlib.crc32(agent.encode()) >> bit) & 1 == digit]
        if half:
            yield from _split(f"{name}{'-' if bit == 0 else ''}{digit}", half, room, bit + 1)


def _agent_group(site: Site, needs: AgentNeeds, homes: Mapping[str, Mapping[str, str]]) -> SecurityGroup:
    agent = needs.agent
    tags = site.guard_tags(needs)
    rules: list[SecurityGroupRule] = []

    def allow(direction: str, what: str, protocol: str, ports: tuple[int, int], peer: Peer, text: str) -> None:
        port = str(ports[0]) if ports[0] == ports[1] else f"{ports[0]}-{ports[1]}"
        name = f"{agent.name}/{direction}/{what}/{protocol}-{port}"
        rules.append(SecurityGroupRule(name, direction, protocol, *ports, peer, text, tags))

    for port in needs.internet_ports:
        allow("egress", "internet", "tcp", (port, port), CidrPeer(ANYWHERE), "the internet, narrowed by the firewall")
    for transport in needs.transports:
        ports = (transport.ports.first, transport.ports.last)
        peer = CidrPeer(transport.network)
        allow("egress", f"private/{transport.name}", transport.protocol, ports, peer, f"private {transport.name}")
    for call in needs.calls:
        ports = (call.port, call.port)
        allow("egress", f"agent/{call.callee}", "tcp", ports, GroupPeer(call.callee), f"calls agent {call.callee}")
    for service in interface_services(needs.services):
        peer = GroupPeer(homes[service][agent.name])
        allow("egress", f"endpoint/{service}", "tcp", (HTTPS, HTTPS), peer, f"endpoint of {service}")
    for service in gateway_services(needs.services):
        allow("egress", f"gateway/{service}", "tcp", (HTTPS, HTTPS), PrefixListPeer(service), f"gateway of {service}")
    if agent.serves is not None:
        for caller in needs.callers:
            ports = (agent.serves, agent.serves)
            allow("ingress", f"agent/{caller}", "tcp", ports, GroupPeer(caller), f"called by agent {caller}")
    rules.sort(key=lambda rule: rule.name)
    # The digest stands here and nowhere else, so that a change of access shows on one resource.
    own = tuple(sorted((*tags, ("ringfence:access", site.digests[agent.name]))))
    return SecurityGroup(agent.name, "agent", agent.name, f"agent {agent.name}", tuple(rules), own)


def _endpoint_group(site: Site, service: str, group: str, agents: tuple[str, ...]) -> SecurityGroup:
    rules = tuple(
        SecurityGroupRule(
            f"{group}/ingress/{agent}/tcp-{HTTPS}",
            "ingress",
            "tcp",
            HTTPS,
            HTTPS,
            GroupPeer(agent),
            f"agent {agent}",
            site.agent_tags(site.agents[agent]),
        )
        for agent in agents
    )
    return SecurityGroup(group, "endpoint", None, f"endpoint of {service}", rules, site.tags(group))
