"""Routes: each destination of an agent by its one way and no other, and the way on and back beyond its subnets.

What agents have in common, the environment's own subnets on the way, is looked at once.
"""

import functools
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field

from ringfence.policy.flow import Transport
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.interval import ALL_ADDRESSES, Numbers, addresses_of, atoms, ports_text
from ringfence.verify.network import Network, Route, Subnet, longest
from ringfence.verify.packet import EPHEMERAL, LOCAL, PRIVATE, PUBLIC
from ringfence.verify.segment import Segment


@dataclass(frozen=True, slots=True)
class _Astray:
    """Packets to some addresses that do not go where they must: by which route, to what, and whether they must at all.

    ``route`` is a place in the table, None where no route leads anywhere.
    """

    addresses: Numbers
    route: int | None
    have: str
    is_needed: bool


@functools.lru_cache(maxsize=16384)
def _astray(
    routes: tuple[Route, ...], zone: str, transports: tuple[Transport, ...], cidrs: Numbers, default: str | None
) -> tuple[_Astray, ...]:
    """What a table leads astray; ``default`` is where packets to the internet must go, None where none do."""
    found: list[_Astray] = []
    sets = [*(route.destination for route in routes), PRIVATE]
    sets += [addresses_of(transport.network) for transport in transports]
    for part in atoms(sets, ALL_ADDRESSES - cidrs - LOCAL):
        route = longest(route for route in routes if part.first in route.destination)
        wanted = {transport.via for transport in transports if part.first in addresses_of(transport.network)}
        by_default = default is not None and (part.first in PUBLIC or route is not None)
        have = "" if route is None else route.target if route.kind in ("transit", "peering") else route.kind
        need = wanted or {default if default is not None and by_default else ""}
        if have not in need or (route is not None and route.zone not in ("", zone)):
            is_needed = bool(wanted) or (part.first in PUBLIC and by_default)
            found.append(_Astray(part, None if route is None else routes.index(route), have, is_needed))
    return tuple(found)


@dataclass(slots=True)
class Ways:
    """The routes of one environment; ``inspection`` is as in its file."""

    network: Network
    inspection: str
    _on: dict[str, list[tuple[str, str]]] = field(default_factory=dict[str, list[tuple[str, str]]], init=False)

    def differences(self, segment: Segment) -> Iterator[Finding]:
        """Every finding of an agent's routes, where it has a segment."""
        if segment.group is None:
            return
        for subnet in segment.subnets:
            yield from self._out(segment, subnet)
        if segment.addresses() and segment.needs.internet:
            yield from self._onward(segment)

    def _out(self, segment: Segment, subnet: Subnet) -> Iterator[Finding]:
        """One subnet's route table: each destination by its one way, and no other way."""
        routes = self.network.routes.get(subnet.table)
        if routes is None:
            yield Finding(
                Kind.NOT_PROVED, segment.agent, "route", "all of its traffic",
                f"{subnet.name} has no table of its own", subnet.urn,
            )  # fmt: skip
            return
        default = ("firewall" if self.inspection != "none" else "nat") if segment.needs.internet else None
        for each in _astray(routes, subnet.zone, segment.needs.transports, self.network.cidrs, default):
            rule = "no route" if each.route is None else routes[each.route].name
            traffic = f"packets from {subnet.name} to {_example(each.addresses)} go to {each.have or 'nowhere'}"
            # What no flow needs is reach only where group and NACL open it as well.
            excess = Kind.MORE if segment.lets_out(each.addresses.first) else Kind.INCONSISTENT
            kind = Kind.LESS if each.is_needed else excess
            private = any(each.addresses.first in addresses_of(way.network) for way in segment.needs.transports)
            if default == "firewall" and not private and each.have in ("nat", "internet"):
                kind = Kind.MORE  # past the firewall, which would refuse what no flow needs
            yield Finding(kind, segment.agent, "route", traffic, rule, subnet.table, segment.spans())
        for route in routes:
            if route.destination.meets(self.network.cidrs) and route.length > 0:
                traffic = f"packets inside the VPC take {route.name}"
                yield Finding(Kind.MORE, segment.agent, "route", traffic, route.name, subnet.table)
        yield from self._gateways(segment, subnet)

    def _gateways(self, segment: Segment, subnet: Subnet) -> Iterator[Finding]:
        """The gateway endpoints that a subnet's table leads to."""
        for endpoint in self.network.gateways:
            leads, needed = subnet.table in endpoint.tables, endpoint in segment.needs.gateways
            if needed and not leads:
                yield segment.less("route", f"tcp to {endpoint.name}", "no route table association", endpoint.urn)
            elif leads and not needed:
                yield Finding(
                    Kind.INCONSISTENT, segment.agent, "route", f"{subnet.name} has a way to {endpoint.name}",
                    "an association that no flow needs", endpoint.urn,
                )  # fmt: skip

    # The environment's own subnets on the way

    def _onward(self, segment: Segment) -> Iterator[Finding]:
        """The way on from the firewall and the NAT gateway, and back: nothing there may stop what flows need."""
        zones = {subnet.zone for subnet in segment.subnets}
        onward = [subnet for subnet in self._onward_subnets() if subnet.zone in zones]
        for zone in sorted(zones):
            kinds = {self._is_public(subnet) for subnet in onward if subnet.zone == zone}
            if True not in kinds or (self.inspection != "none" and False not in kinds):
                missing = "no NAT gateway" if True not in kinds else "no endpoint of the firewall"
                yield segment.less("route", f"tcp to the internet from {zone}", missing, "")
        for subnet in onward:
            if subnet.acl in self.network.acls:
                yield from self._through(segment, subnet)
                for example, have in self._astray_from(subnet):
                    yield segment.less("route", f"tcp from {subnet.name} to {example}", have, subnet.table)
                yield from self._back(segment, subnet)

    def _onward_subnets(self) -> Iterator[Subnet]:
        """The firewall's subnets and the NAT gateways'."""
        urns = (*(self.network.firewall_subnets if self.inspection != "none" else ()), *self._public_subnets())
        return (self.network.subnets[urn] for urn in urns if urn in self.network.subnets)

    def _public_subnets(self) -> tuple[str, ...]:
        return tuple(self.network.nat_subnets.values())

    def _is_public(self, subnet: Subnet) -> bool:
        return subnet.urn in self._public_subnets()

    def _through(self, segment: Segment, onward: Subnet) -> Iterator[Finding]:
        """What the NACL of a subnet on the way lets pass of an agent's traffic; `shared` looks at all of it."""
        acl = self.network.acls[onward.acl]
        mine, there, ports = segment.addresses().first, PUBLIC.first, segment.needs.internet
        checks = (
            ("ingress", mine, ports), ("egress", there, ports),
            ("ingress", there, EPHEMERAL), ("egress", mine, EPHEMERAL),
        )  # fmt: skip
        for direction, address, needed in checks:
            if left := needed - acl.ports(direction, "tcp", address):
                traffic = f"tcp {ports_text(left)} of the agent through {onward.name} ({direction})"
                yield segment.less("nacl", traffic, acl.decider(direction, "tcp", address, left.first), "")

    def _astray_from(self, onward: Subnet) -> list[tuple[str, str]]:
        """Addresses on the internet to which a subnet on the way does not lead, and the route that is in the way."""
        known = self._on.get(onward.urn)
        if known is None:
            need = "internet" if self._is_public(onward) else "nat"
            gateways = {urn for urn, subnet in self.network.nat_subnets.items() if self._zone(subnet) == onward.zone}
            known = self._on[onward.urn] = []
            destinations = [route.destination for route in self.network.routes.get(onward.table, ())]
            for part in atoms(destinations, PUBLIC - self.network.cidrs):
                out = self.network.route(onward.table, part.first)
                if out is None or out.kind != need or (need == "nat" and out.target not in gateways):
                    known.append((_example(part), out.name if out else "no route"))
        return known

    def _zone(self, subnet: str) -> str:
        """A subnet's zone; empty when it is not here."""
        return self.network.subnets[subnet].zone if subnet in self.network.subnets else ""

    def _back(self, segment: Segment, onward: Subnet) -> Iterator[Finding]:
        """Answers from the NAT gateway's subnet: to the agent, through the firewall of the same zone."""
        if self.inspection == "none" or not self._is_public(onward):
            return
        for subnet in segment.subnets:
            if subnet.zone == onward.zone and subnet.addresses:
                back = self.network.route(onward.table, subnet.addresses.first)
                whole = back is not None and back.destination == subnet.addresses
                if back is None or back.kind != "firewall" or back.zone not in ("", subnet.zone) or not whole:
                    has_own = back and back.kind != "internet"
                    have = back.name if back and has_own else "no route of its own, so answers pass it by"
                    yield segment.less("route", f"answers to {subnet.name} through the firewall", have, onward.table)


def _example(addresses: Numbers) -> str:
    return str(ipaddress.IPv4Address(addresses.first))
