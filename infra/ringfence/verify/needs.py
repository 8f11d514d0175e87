"""What an agent's flows, and those of its callers, need of each layer below the application."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ringfence.policy.flow import AgentCall, Flow, Https, Internet, Service, Tls, Transport
from ringfence.verify.endpoint import Endpoint
from ringfence.verify.interval import ALL_ADDRESSES, NO_NUMBERS, Numbers, addresses_of
from ringfence.verify.network import Network, Subnet
from ringfence.verify.packet import EPHEMERAL, HTTPS, PUBLIC


@dataclass(frozen=True, slots=True)
class Area:
    """Packets of one protocol, to or from some addresses, on some ports, that have to pass."""

    protocol: str
    addresses: Numbers
    ports: Numbers


def needed_ports(areas: Iterable[Area], protocol: str) -> Numbers:
    """The ports of one protocol that areas of one peer need."""
    found = NO_NUMBERS
    for area in areas:
        if area.protocol == protocol:
            found |= area.ports
    return found


@dataclass(frozen=True, slots=True)
class Needs:
    """The needs of one agent.

    ``internet`` are the TCP ports on which it reaches public addresses, ``calls`` the agents that it calls and
    ``callers`` those that call it, with the port; ``endpoints`` are those of the services that it uses.
    """

    internet: Numbers
    transports: tuple[Transport, ...]
    calls: tuple[tuple[str, int], ...]
    callers: tuple[tuple[str, int], ...]
    endpoints: tuple[Endpoint, ...]

    @staticmethod
    def of(flows: Sequence[Flow], callers: Sequence[Flow], network: Network) -> "Needs":
        """What flows, and those of callers to this agent, need."""
        accesses = [flow.access for flow in flows]
        ports = {access.port for access in accesses if isinstance(access, Https | Tls | Internet)}
        services = {access.service for access in accesses if isinstance(access, Service)}
        return Needs(
            Numbers.of(*((port, port) for port in ports)),
            tuple(dict.fromkeys(access for access in accesses if isinstance(access, Transport))),
            tuple((access.callee, access.port) for access in accesses if isinstance(access, AgentCall)),
            tuple((flow.agent, flow.access.port) for flow in callers if isinstance(flow.access, AgentCall)),
            tuple(endpoint for endpoint in network.endpoints if endpoint.suffix in services) if services else (),
        )

    @property
    def gateways(self) -> tuple[Endpoint, ...]:
        """The endpoints that are gateways."""
        return tuple(endpoint for endpoint in self.endpoints if endpoint.is_gateway)

    def of_group(self) -> tuple[Area, ...]:
        """What the agent's group must let out to addresses; answers come with it."""
        internet = [Area("tcp", ALL_ADDRESSES, self.internet)] if self.internet else []
        return (*internet, *map(_transport, self.transports))

    def of_group_members(self, group_of: Mapping[str, str]) -> dict[tuple[str, str], Numbers]:
        """The TCP ports between this agent and the members of other agents' groups, by direction and group."""
        found: dict[tuple[str, str], Numbers] = {}
        for direction, others in (("egress", self.calls), ("ingress", self.callers)):
            for agent, port in others:
                key = (direction, group_of.get(agent, agent))
                found[key] = found.get(key, NO_NUMBERS) | Numbers(((port, port),))
        return found

    def of_acl(self, network: Network) -> tuple[tuple[Area, ...], tuple[Area, ...]]:
        """What must pass outwards and inwards, answers included: a NACL keeps no state."""
        there = list(map(_transport, self.transports))
        there += [Area("tcp", _of_agent(network, agent), Numbers(((port, port),))) for agent, port in self.calls]
        here = [Area("tcp", _of_agent(network, agent), Numbers(((port, port),))) for agent, port in self.callers]
        for endpoint in self.endpoints:
            if not endpoint.is_gateway:
                subnets = (network.subnets[urn] for urn in endpoint.subnets if urn in network.subnets)
                there.append(Area("tcp", addresses_in(subnets), HTTPS))
        if ports := self.internet | (HTTPS if self.gateways else NO_NUMBERS):
            there.append(Area("tcp", _public(network.cidrs, self.transports), ports))
        return (*there, *map(_answers, here)), (*map(_answers, there), *here)


def _transport(transport: Transport) -> Area:
    ports = Numbers(((transport.ports.first, transport.ports.last),))
    return Area(transport.protocol, addresses_of(transport.network), ports)


def _answers(area: Area) -> Area:
    """What comes back: to whichever port the client has chosen."""
    return Area(area.protocol, area.addresses, EPHEMERAL)


@functools.lru_cache(maxsize=4096)
def _public(cidrs: Numbers, transports: tuple[Transport, ...]) -> Numbers:
    """The public addresses that are neither the VPC's nor a private destination."""
    public = PUBLIC - cidrs
    for transport in transports:
        public -= addresses_of(transport.network)
    return public


def _of_agent(network: Network, agent: str) -> Numbers:
    return addresses_in(network.of_agent(agent))


def addresses_in(subnets: Iterable[Subnet]) -> Numbers:
    """All addresses of some subnets."""
    return Numbers.of(*(interval for subnet in subnets for interval in subnet.addresses.intervals))
