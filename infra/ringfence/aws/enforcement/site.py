"""What every layer starts from: the environment, and for each agent its place and what it needs, gathered once."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from ringfence.aws.allocation import Allocation, Segment
from ringfence.aws.enforcement.log_model import Tags
from ringfence.aws.enforcement.tags import tags
from ringfence.aws.place import partition_of
from ringfence.plan import Plan
from ringfence.policy.digest import access_digest
from ringfence.policy.flow import AgentCall, Flow, Https, Internet, Service, Tls, Transport
from ringfence.policy.policy import Agent
from ringfence.policy.span import Span
from ringfence.profile.model import Environment, moment_text

EPHEMERAL = (1024, 65535)
"""Ports that answers go to: what NAT gateways and Lambda use covers what every client uses (VPC user guide,
vpc-network-acls, ephemeral ports)."""


@dataclass(frozen=True, slots=True)
class AgentNeeds:
    """One agent: its segments, and what the effective policy lets it reach, each once and in order.

    ``subnets`` are the segments' names, ``joined`` their networks with neighbours joined. ``internet_ports`` are the
    TCP ports on which it reaches public addresses, by name or not; ``callers`` the agents that call it; ``services``
    the endpoint suffixes that it uses.
    """

    agent: Agent
    segments: tuple[Segment, ...]
    subnets: tuple[str, ...]
    networks: tuple[ipaddress.IPv4Network, ...]
    joined: tuple[ipaddress.IPv4Network, ...]
    flows: tuple[Flow, ...]
    internet_ports: tuple[int, ...]
    transports: tuple[Transport, ...]
    calls: tuple[AgentCall, ...]
    callers: tuple[str, ...]
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """One environment as every layer sees it. ``agents`` are sorted by name, ``zones`` too.

    ``digests`` are of each agent's declared access.
    """

    plan: Plan
    name: str
    environment: Environment
    region: str
    partition: str
    zones: tuple[str, ...]
    allocation: Allocation
    agents: Mapping[str, AgentNeeds]
    digests: Mapping[str, str]

    @property
    def cidrs(self) -> tuple[ipaddress.IPv4Network, ...]:
        """The VPC's networks, in the order in which they are written."""
        return self.environment.cidrs

    @property
    def span(self) -> Span:
        """Where the environment is declared."""
        return self.plan.environment.span("config", "ringfence:environment")

    def span_of(self, *location: str | int) -> Span:
        """Where a part of the environment is declared."""
        return self.plan.environment.span("config", "ringfence:environment", *location)

    @property
    def has_internet(self) -> bool:
        """Whether any agent has a way out."""
        return any(needs.internet_ports for needs in self.agents.values())

    @property
    def has_firewall(self) -> bool:
        """Whether that way leads through a firewall."""
        return self.has_internet and self.environment.inspection != "none"

    @property
    def services(self) -> tuple[str, ...]:
        """The endpoint suffixes that any agent uses, sorted."""
        return tuple(sorted({service for needs in self.agents.values() for service in needs.services}))

    def infrastructure(self, kind: str) -> tuple[Segment, ...]:
        """The environment's own subnets of a kind, in the zones that it uses."""
        return tuple(segment for segment in self.allocation.infrastructure[kind] if segment.zone in self.zones)

    def tags(self, name: str) -> Tags:
        """The tags of something that belongs to the environment."""
        return tags(self.name, f"{self.name} {name}")

    def agent_tags(self, needs: AgentNeeds, name: str | None = None) -> Tags:
        """The tags of something that belongs to one agent."""
        agent = needs.agent
        return tags(self.name, f"{self.name} {name or agent.name}", agent=agent.name, owner=agent.owner)

    def guard_tags(self, needs: AgentNeeds) -> Tags:
        """The tags of an agent's group and NACL, which also say why and since when it is cut off, if it is."""
        agent, cut = needs.agent, needs.agent.quarantine
        if cut is None:
            return self.agent_tags(needs)
        said = {
            "quarantined": moment_text(cut.since) if cut.since else "yes",
            "quarantined-because": cut.because,
            "quarantined-ticket": cut.ticket,
        }
        more = {key: text for key, text in said.items() if text}
        return tags(self.name, f"{self.name} {agent.name}", agent=agent.name, owner=agent.owner, more=more)


def subnet_name(owner: str, segment: Segment) -> str:
    """A subnet's name: whose it is, its zone and its first address, which is its identity."""
    return f"{owner}/{segment.zone}/{segment.network.network_address}"


def site_of(plan: Plan, allocation: Allocation) -> Site:
    """Gather a site; the allocation must hold every agent of the plan."""
    environment = plan.environment.environment
    region = plan.environment.region
    flows: dict[str, list[Flow]] = {agent.name: [] for agent in plan.effective.agents}
    callers: dict[str, set[str]] = {}
    for flow in plan.effective.flows:
        flows[flow.agent].append(flow)
        if isinstance(flow.access, AgentCall):
            callers.setdefault(flow.access.callee, set()).add(flow.agent)
    agents = {
        agent.name: _needs(agent, allocation.agents[agent.name], flows[agent.name], callers.get(agent.name, set()))
        for agent in sorted(plan.effective.agents, key=lambda agent: agent.name)
    }
    zones = tuple(sorted(environment.zones))
    declared: dict[str, list[Flow]] = {name: [] for name in agents}
    for flow in plan.declared.flows:
        declared[flow.agent].append(flow)
    digests = {name: access_digest(of_agent) for name, of_agent in declared.items()}
    return Site(
        plan, plan.environment.name, environment, region, partition_of(region), zones, allocation, agents, digests
    )


def _needs(agent: Agent, segments: tuple[Segment, ...], flows: list[Flow], callers: set[str]) -> AgentNeeds:
    ports: set[int] = set()
    services: set[str] = set()
    transports: dict[Transport, None] = {}
    calls: dict[AgentCall, None] = {}
    for flow in flows:
        match flow.access:
            case Https() | Tls() | Internet():
                ports.add(flow.access.port)
            case Transport():
                transports[flow.access] = None
            case AgentCall():
                calls[flow.access] = None
            case Service():
                services.add(flow.access.service)
    networks = tuple(segment.network for segment in segments)
    return AgentNeeds(
        agent=agent,
        segments=segments,
        subnets=tuple(subnet_name(agent.name, segment) for segment in segments),
        networks=networks,
        joined=tuple(ipaddress.collapse_addresses(networks)),
        flows=tuple(flows),
        internet_ports=tuple(sorted(ports)),
        transports=tuple(transports),
        calls=tuple(calls),
        callers=tuple(sorted(callers)),
        services=tuple(sorted(services)),
    )
