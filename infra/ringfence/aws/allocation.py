"""Which addresses each agent has in an environment, and which are the environment's own.

Identity is address, so addresses are sticky: who has a subnet keeps it, whatever happens to others. Agents take
blocks from the head of the environment's networks, the environment's own subnets from the tail. Nothing is ever
resized: an agent that needs more gets a further segment. What is given up stays a tombstone, and nobody's, until
a deployment has completed, since AWS refuses a subnet that overlaps one that still stands.
"""

import dataclasses
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ringfence.aws.address_space import AddressSpace
from ringfence.plan import Plan
from ringfence.policy.span import Span
from ringfence.source.diagnostic import Diagnostic, InputError

INFRASTRUCTURE: Mapping[str, int] = {"endpoints": 26, "firewall": 28, "public": 28, "transit": 28}
"""The environment's own subnets by prefix length, one of each kind in each zone, reserved whether in use or not.

A /26 has 59 usable addresses, and AWS's default is 50 interface endpoints in a VPC
(docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html), each with one address in a zone.
"""

RESERVED_ADDRESSES = 5
"""Addresses of a subnet that AWS keeps: the first four and the last (VPC user guide, subnet sizing)."""

LONGEST_PREFIX = 28
SHORTEST_PREFIX = 16
"""The sizes that a subnet may have (VPC user guide, subnet sizing)."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One subnet in one zone."""

    zone: str
    network: ipaddress.IPv4Network

    @property
    def order(self) -> tuple[str, int]:
        """Zones by name, networks by address."""
        return (self.zone, int(self.network.network_address))


Segments = Mapping[str, tuple[Segment, ...]]


@dataclass(frozen=True, slots=True)
class Allocation:
    """Every subnet of an environment.

    ``agents`` maps an agent, ``infrastructure`` a kind (`INFRASTRUCTURE`), ``released`` an agent that has given
    subnets back, to segments in `Segment.order`; all three are sorted by name. ``provisional`` names the agents,
    and as ``infrastructure/KIND`` the environment's own, whose segments stand in no file yet; ``current`` says
    whether the file holds everything that it should.
    """

    environment: str
    agents: Segments
    infrastructure: Segments
    released: Segments
    provisional: frozenset[str] = frozenset()
    current: bool = True

    def networks(self, agent: str) -> tuple[ipaddress.IPv4Network, ...]:
        """The networks of an agent, by zone and address; none where it has no allocation."""
        return tuple(segment.network for segment in self.agents.get(agent, ()))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What addresses are for: ``instances`` counts each agent's interfaces at its peak; ``span`` is the networks'."""

    environment: str
    cidrs: tuple[ipaddress.IPv4Network, ...]
    zones: tuple[str, ...]
    instances: Mapping[str, int]
    span: Span = field(default=Span("Pulumi.yaml"), compare=False)


def wanted_of(plan: Plan) -> Wanted:
    """What a plan's agents need. A function shares one interface in a subnet, whatever runs at once.

    (Lambda developer guide, foundation-networking: one interface for a subnet and group, a further one for each
    65,000 connections.)
    """
    environment = plan.environment.environment
    return Wanted(
        plan.environment.name,
        environment.cidrs,
        tuple(sorted(environment.zones)),
        {agent.name: 1 if agent.platform == "lambda" else agent.peak for agent in plan.declared.agents},
        plan.environment.span("config", "ringfence:environment", "cidrs"),
    )


def addresses_in_zone(instances: int, zones: int) -> int:
    """How many addresses an agent needs in each of its zones.

    A rolling update runs every instance twice for a moment, and the zones that are left when one is lost must
    still hold that.
    """
    return -(-2 * instances // max(1, zones - 1))


def prefix_for(addresses: int) -> int:
    """The longest prefix of a subnet with so many usable addresses; may be shorter than AWS allows."""
    return min(LONGEST_PREFIX, 32 - (addresses + RESERVED_ADDRESSES - 1).bit_length())


def usable(network: ipaddress.IPv4Network) -> int:
    """How many addresses of a subnet AWS leaves free."""
    return network.num_addresses - RESERVED_ADDRESSES


def allocate(previous: Allocation | None, wanted: Wanted) -> Allocation:
    """The allocation after ``previous`` in which everybody who is wanted has what they need, and nobody has moved.

    An agent that is no longer wanted, and a segment in a zone that is no longer used, are released; an agent that
    comes back takes its own back. Raises `InputError`, at the environment's networks, when they are too small.
    """
    agents: dict[str, list[Segment]] = {}
    released: dict[str, list[Segment]] = {}
    kept = previous or Allocation(wanted.environment, {}, {}, {})
    for name, segments in (*kept.agents.items(), *kept.released.items()):
        for segment in segments:
            holders = agents if name in wanted.instances and segment.zone in wanted.zones else released
            holders.setdefault(name, []).append(segment)
    infrastructure = {kind: list(kept.infrastructure.get(kind, ())) for kind in INFRASTRUCTURE}
    used = (segment.network for held in (agents, released, infrastructure) for s in held.values() for segment in s)
    space = AddressSpace(wanted.cidrs, used)
    for kind, length in INFRASTRUCTURE.items():
        missing = sorted(set(wanted.zones) - {segment.zone for segment in infrastructure[kind]})
        infrastructure[kind] += _take(space, wanted, f"the {kind} subnets", dict.fromkeys(missing, length), True)
    for name in sorted(wanted.instances):
        held = agents.setdefault(name, [])
        lengths = _missing_lengths(held, addresses_in_zone(wanted.instances[name], len(wanted.zones)), wanted.zones)
        held += _take(space, wanted, f"the agent {name}", lengths, False)
    return Allocation(wanted.environment, _frozen(agents), _frozen(infrastructure), _frozen(released))


def _missing_lengths(held: Iterable[Segment], needed: int, zones: tuple[str, ...]) -> dict[str, int]:
    """The prefix lengths of the segments that are missing, by zone; each at least as large as all before it."""
    missing: dict[str, int] = {}
    for zone in zones:
        available = sum(usable(segment.network) for segment in held if segment.zone == zone)
        if available < needed:
            missing[zone] = prefix_for(max(needed - available, available))
    return missing


def _take(
    space: AddressSpace, wanted: Wanted, whose: str, lengths: Mapping[str, int], from_tail: bool
) -> list[Segment]:
    """New segments, side by side where all zones want the same; raises `InputError` where there is no room."""
    segments: list[Segment] = []
    for length in sorted(set(lengths.values())):
        zones = [zone for zone, wants in lengths.items() if wants == length]
        fits = length >= SHORTEST_PREFIX
        networks = space.take_neighbours(length, len(zones), from_tail=from_tail) if fits else ()
        if len(networks) < len(zones):
            cidrs = ", ".join(map(str, wanted.cidrs))
            raise InputError(
                [
                    Diagnostic(
                        wanted.span,
                        "RF080",
                        f"{whose} needs a /{length} in each of {len(zones)} zones; {cidrs} has no room for it "
                        f"({space.free_addresses} addresses are free, in smaller or scattered blocks)",
                        "add a network under `cidrs` (a VPC takes five); nothing that stands is moved or resized",
                    )
                ]
            )
        segments += [Segment(zone, network) for zone, network in zip(zones, networks, strict=True)]
    return segments


def without_tombstones(allocation: Allocation) -> Allocation:
    """The allocation after a completed deployment: what was released is free again."""
    return dataclasses.replace(allocation, released={})


def _frozen(held: Mapping[str, Iterable[Segment]]) -> dict[str, tuple[Segment, ...]]:
    ordered = {name: tuple(sorted(held[name], key=lambda segment: segment.order)) for name in sorted(held)}
    return {name: segments for name, segments in ordered.items() if segments}
