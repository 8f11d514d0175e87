"""A resource graph, read once for any number of questions."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.verify.explain.firewall import Firewall
from ringfence.verify.filtering import Filtering, read_filtering
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.graph import ResourceGraph
from ringfence.verify.interval import ALL_ADDRESSES, Numbers, atoms, networks_text
from ringfence.verify.inventory import unknown_types
from ringfence.verify.network import Network, Subnet, read_network
from ringfence.verify.resolver import Resolving, read_resolving
from ringfence.verify.settings import Settings


def _constants(network: Network, filtering: Filtering | None) -> Iterator[Numbers]:
    """Every set of addresses that a layer speaks of."""
    for group in network.groups.values():
        yield from (rule.addresses for rule in (*group.ingress, *group.egress))
    for acl in network.acls.values():
        yield from (entry.peers for entry in (*acl.ingress, *acl.egress))
    for routes in network.routes.values():
        yield from (route.destination for route in routes)
    if filtering is not None:
        headers = (read.rule.header for read in filtering.rules.rules)
        yield from (side for each in headers if each for side in (each.sources, each.destinations))
        yield from (side for scope in filtering.inspected for side in scope[:2])


@dataclass(frozen=True, slots=True)
class Reading:
    """All layers of a graph. ``unread`` are resources that may open or close access, and are not read."""

    graph: ResourceGraph
    settings: Settings
    network: Network
    firewall: Firewall | None
    resolving: Resolving
    unread: tuple[Finding, ...]
    _constants: tuple[Numbers, ...]

    @staticmethod
    def of(graph: ResourceGraph, settings: Settings, agent: str | None = None) -> "Reading":
        """Read a graph, for questions of one agent where one is named.

        Where the environment inspects nothing, no firewall is looked for.
        """
        network = read_network(graph)
        clients = ALL_ADDRESSES
        if agent is not None:
            clients = Numbers.of(*(each for subnet in network.of_agent(agent) for each in subnet.addresses.intervals))
        filtering = read_filtering(graph, clients) if settings.inspection != "none" else None
        return Reading(
            graph,
            settings,
            network,
            Firewall(filtering) if filtering else None,
            read_resolving(graph),
            tuple(each for each in (*unknown_types(graph), *network.findings) if each.kind is Kind.NOT_PROVED),
            tuple(dict.fromkeys(_constants(network, filtering))),
        )

    def parts(self, addresses: Numbers, *also: Numbers) -> tuple[Numbers, ...]:
        """Addresses in parts that every layer treats as one, and that lie within or outside each of ``also``."""
        constants = (*self._constants, *also)
        return atoms([each for each in constants if each.meets(addresses) and not each.covers(addresses)], addresses)

    def alike(self, subnet: Subnet) -> Iterator[Subnet]:
        """A subnet in such parts: itself, unless something speaks of a part of it."""
        for part in self.parts(subnet.addresses):
            if part == subnet.addresses:
                yield subnet
            else:
                yield dataclasses.replace(subnet, name=f"{subnet.name} ({networks_text(part)})", addresses=part)
