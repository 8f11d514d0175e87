"""The ways out of a segment: its route, and the environment's own subnets that traffic passes and returns through."""

from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.verify.explain.packets import Packet, Peer, answers_step, at, packet_step
from ringfence.verify.explain.step import Answer, Step
from ringfence.verify.interval import networks_text
from ringfence.verify.network import Network, Route, Subnet
from ringfence.verify.packet import PUBLIC

_LEADS_OUT = {
    "firewall": "the firewall",
    "nat": "a NAT gateway",
    "internet": "the internet gateway",
    "transit": "a transit gateway",
    "peering": "a peering",
}


@dataclass(frozen=True, slots=True)
class Way:
    """Where packets of a subnet to an address go: the route's step, and the route; None when none leads there."""

    step: Step
    route: Route | None

    @property
    def kind(self) -> str:
        """The route's kind, empty where there is none."""
        return self.route.kind if self.route else ""


def way_out(network: Network, subnet: Subnet, packet: Packet, destination: Peer) -> Way:
    """The route that a packet of an agent's takes to an address outside the VPC."""
    of = f"{destination.name} from {subnet.name}"

    def step(answer: Answer, rule: str) -> Step:
        return Step("route", answer, of, rule, subnet.table or subnet.urn, packet.declared)

    if subnet.table not in network.routes:
        return Way(step(Answer.UNKNOWN, "no route table of its own: the VPC's main one is not read"), None)
    route = network.route(subnet.table, destination.address)
    if route is None:
        return Way(step(Answer.DENY, "no route leads there"), None)
    text = route_text(route)
    if route.kind not in _LEADS_OUT:
        return Way(step(Answer.UNKNOWN, f"{text}, which is not read"), route)
    if route.kind in ("firewall", "nat", "internet") and destination.address not in PUBLIC:
        return Way(step(Answer.DENY, f"{text}, where a private address leads nowhere"), route)
    if route.kind == "internet":
        text += ": an interface with a public address passes by the firewall"
    return Way(step(Answer.ALLOW, text), route)


def route_text(route: Route) -> str:
    """A route, for people."""
    target = route.target.rpartition("::")[2] or "nothing"
    zone = f" in {route.zone}" if route.zone else ""
    return f"{networks_text(route.destination)} to {_LEADS_OUT.get(route.kind, route.kind)} {target}{zone}"


def beyond_the_firewall(
    network: Network, subnet: Subnet, way: Way, packet: Packet, destination: Peer
) -> Iterator[Step]:
    """The firewall's own subnet, then the NAT gateway's: packets on, answers back through the same firewall."""
    route = way.route
    if route is None or route.kind not in ("firewall", "nat"):
        return
    mine = at(subnet.addresses.first)
    if route.kind == "nat":
        yield from _through_nat(network, subnet, route.target, packet, destination, by_firewall=False)
        return
    zone = route.zone or subnet.zone
    entry = next(
        (found for urn in network.firewall_subnets if (found := network.subnets.get(urn)) and found.zone == zone), None
    )
    if entry is None:
        missing = f"the firewall has no endpoint in {zone}"
        yield Step("onward", Answer.DENY, f"on from {zone}", missing, route.target, packet.declared)
        return
    onward = network.route(entry.table, destination.address)
    if onward is None or onward.kind != "nat":
        text = route_text(onward) if onward else "no route on"
        yield Step("onward", Answer.DENY, f"on from {entry.name}", text, entry.table, packet.declared)
        return
    yield _hop(network, entry, packet, mine, destination, route_text(onward))
    yield from _through_nat(network, subnet, onward.target, packet, destination, by_firewall=True)


def _through_nat(
    network: Network, subnet: Subnet, nat: str, packet: Packet, destination: Peer, *, by_firewall: bool
) -> Iterator[Step]:
    name = nat.rpartition("::")[2]
    public = network.subnets.get(network.nat_subnets.get(nat, ""))
    if public is None:
        yield Step("onward", Answer.UNKNOWN, f"on from {name}", "its subnet is not here", nat, packet.declared)
        return
    onward = network.route(public.table, destination.address)
    if onward is None or onward.kind != "internet":
        text = route_text(onward) if onward else "no route on"
        yield Step("onward", Answer.DENY, f"on from {public.name}", text, public.table, packet.declared)
        return
    back = network.route(public.table, subnet.addresses.first)
    if by_firewall and (back is None or back.kind != "firewall"):
        text = f"{route_text(back) if back else 'no route'}: answers pass the firewall by, which then knows nothing"
        yield Step("onward", Answer.DENY, f"back to {subnet.name}", text, public.table, packet.declared)
        return
    yield _hop(network, public, packet, at(subnet.addresses.first), destination, route_text(onward))


def through_transit(network: Network, subnet: Subnet, packet: Packet, destination: Peer) -> Iterator[Step]:
    """The subnet of the transit gateway's attachment in the agent's zone."""
    for urn in network.transit_subnets:
        entry = network.subnets.get(urn)
        if entry is not None and entry.zone == subnet.zone:
            yield _hop(network, entry, packet, at(subnet.addresses.first), destination, f"attached in {entry.name}")


def _hop(network: Network, entry: Subnet, packet: Packet, mine: Peer, destination: Peer, passes: str) -> Step:
    """One subnet on the way: its NACL both ways, for packets and for answers; the first that stops them is shown."""
    checks = (
        packet_step(network, entry, "ingress", packet, mine),
        packet_step(network, entry, "egress", packet, destination),
        answers_step(network, entry, "ingress", packet, destination),
        answers_step(network, entry, "egress", packet, mine),
    )
    for check in checks:
        if check.answer is not Answer.ALLOW:
            return Step("onward", check.answer, check.of, check.rule, check.resource, packet.declared)
    return Step("onward", Answer.ALLOW, f"through {entry.name} and back", passes, entry.acl, packet.declared)
