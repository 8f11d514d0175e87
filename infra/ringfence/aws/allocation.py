"""Which addresses each agent has in an environment, and which are the environment's own.

Identity is address, so addresses are sticky: who has a subnet keeps it, whatever happens to others.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field

from ringfence.policy.span import Span

INFRASTRUCTURE = ("endpoints", "firewall", "public", "transit")
"""The environment's own subnets, one of each kind in each zone, reserved whether in use or not."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One subnet in one zone."""

    zone: str
    network: ipaddress.IPv4Network

    @property
    def order(self) -> tuple[str, int]:
        """Zones by name, networks by address."""
        return (self.zone, int(self.network.network_address))


@dataclass(frozen=True, slots=True)
class Allocation:
    """Every subnet of an environment.

    ``agents`` maps an agent, ``infrastructure`` a kind (`INFRASTRUCTURE`), ``released`` an agent that has given
    subnets back, to segments in `Segment.order`; all three are sorted by name. Released subnets are not given
    to anybody until a deployment has completed. ``provisional`` names whatever stands in no file yet.
    """

    environment: str
    agents: Mapping[str, tuple[Segment, ...]]
    infrastructure: Mapping[str, tuple[Segment, ...]]
    released: Mapping[str, tuple[Segment, ...]]
    provisional: frozenset[str] = frozenset()
    spans: Mapping[str, Span] = field(default_factory=dict[str, Span], compare=False)

    def networks(self, agent: str) -> tuple[ipaddress.IPv4Network, ...]:
        """The networks of an agent, by zone and address; none where it has no allocation."""
        return tuple(segment.network for segment in self.agents.get(agent, ()))
