"""What agents share: endpoints' groups, the environment's own subnets, and what must hold of all subnets together."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ringfence.policy.flow import Flow, Https, Internet, Service, Tls, Transport
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.interval import ALL_ADDRESSES, NO_NUMBERS, Numbers, addresses_of, atoms, networks_text, ports_text
from ringfence.verify.network import Network, Subnet
from ringfence.verify.packet import EPHEMERAL, HTTPS, PROTOCOLS


def shared_differences(network: Network, flows: Mapping[str, Sequence[Flow]]) -> Iterator[Finding]:
    """Every finding of these; ``flows`` are those of each agent."""
    yield from _overlaps(network)
    yield from _endpoint_groups(network, flows)
    yield from _endpoint_subnets(network)
    every = [flow for each in flows.values() for flow in each]
    yield from _transit_subnets(network, every)
    yield from _onward_subnets(network, every)


def _overlaps(network: Network) -> Iterator[Finding]:
    """Two subnets of one address: then an address does not tell agents apart (and AWS refuses them)."""
    known = [subnet for subnet in network.subnets.values() if subnet.addresses]
    for one, other in itertools.pairwise(sorted(known, key=lambda subnet: subnet.addresses.first)):
        if one.addresses.meets(other.addresses):
            shared = networks_text(one.addresses & other.addresses)
            rule = f"{one.name} and {other.name}"
            yield Finding(Kind.NOT_PROVED, "", "segment", f"{shared} is in two subnets", rule, other.urn)
    for subnet in known:
        if not network.cidrs.covers(subnet.addresses):
            yield Finding(Kind.NOT_PROVED, "", "segment", "a subnet outside the VPC", subnet.name, subnet.urn)


def _endpoint_groups(network: Network, flows: Mapping[str, Sequence[Flow]]) -> Iterator[Finding]:
    """The groups of interface endpoints let in their agents on one port, and nobody else, and nothing out."""
    users: dict[str, set[str]] = {}
    for agent, each in flows.items():
        for flow in each:
            if isinstance(flow.access, Service) and agent in network.group_of:
                users.setdefault(flow.access.service, set()).add(network.group_of[agent])
    clients: dict[str, set[str]] = {}
    for endpoint in network.endpoints:
        for group in endpoint.groups:
            clients.setdefault(group, set()).update(users.get(endpoint.suffix, ()))
    agents = set(network.group_of.values())
    for urn, group in network.groups.items():
        if urn in agents:
            continue
        for direction, rule in (
            *(("into", rule) for rule in group.ingress), *(("out of", rule) for rule in group.egress)
        ):  # fmt: skip
            member = direction == "into" and rule.group in clients.get(urn, ())
            if not member or rule.protocols != ("tcp",) or rule.ports != HTTPS or rule.addresses:
                what = f"{'/'.join(rule.protocols)} {ports_text(rule.ports)} {direction} {group.name}"
                yield Finding(Kind.INCONSISTENT, "", "sg", what, rule.name, urn)


def _endpoint_subnets(network: Network) -> Iterator[Finding]:
    """The endpoints' subnets: HTTPS from the VPC, answers back, and no way out."""
    needs = [("ingress", "tcp", network.cidrs, HTTPS), ("egress", "tcp", network.cidrs, EPHEMERAL)]
    for urn in sorted({urn for endpoint in network.endpoints for urn in endpoint.subnets}):
        subnet = network.subnets.get(urn)
        if subnet is None:
            yield Finding(Kind.NOT_PROVED, "", "segment", "an endpoint in a subnet that is not here", urn)
            continue
        yield from _own_acl(network, subnet, needs)
        yield from _no_way_out(network, subnet)


def _onward_subnets(network: Network, flows: Iterable[Flow]) -> Iterator[Finding]:
    """The subnets of the firewall and of the NAT gateways: from the VPC to the internet on its ports, and answers."""
    used = {flow.access.port for flow in flows if isinstance(flow.access, Https | Tls | Internet)}
    ports = Numbers.of(*((port, port) for port in used))
    inside = {("ingress", "tcp"): ports, ("egress", "tcp"): EPHEMERAL}
    outside = {("ingress", "tcp"): EPHEMERAL, ("egress", "tcp"): ports}
    for urn in dict.fromkeys((*network.firewall_subnets, *network.nat_subnets.values())):
        subnet = network.subnets.get(urn)
        if subnet is None:
            yield Finding(Kind.NOT_PROVED, "", "segment", "a firewall or NAT gateway in a subnet that is not here", urn)
            continue
        acl = network.acls.get(subnet.acl)
        if acl is None:
            yield Finding(Kind.LESS, "", "nacl", f"all traffic of {subnet.name}", "it has no NACL of its own", urn)
            continue
        for direction, entries in (("ingress", acl.ingress), ("egress", acl.egress)):
            for part in atoms([*(entry.peers for entry in entries), network.cidrs], ALL_ADDRESSES):
                is_inside = part.first in network.cidrs
                for protocol in PROTOCOLS:
                    have = acl.ports(direction, protocol, part.first)
                    least = (inside if is_inside else outside).get((direction, protocol), NO_NUMBERS)
                    # An entry for every address is one for the VPC's too.
                    most = least | outside.get((direction, protocol), NO_NUMBERS)
                    if not have.covers(least) or not most.covers(have):
                        kind = Kind.INCONSISTENT if have.covers(least) else Kind.LESS
                        peer = networks_text(Numbers.of((part.first, part.first))).removesuffix("/32")
                        what = (
                            f"{protocol} {ports_text((least - have) or (have - most))} between {subnet.name} and {peer}"
                        )
                        yield Finding(kind, "", "nacl", f"{what} ({direction})", acl.name, subnet.acl)


_Need = tuple[str, str, Numbers, Numbers]
"""Direction, protocol, peers and ports of what a NACL has to let through."""


def _own_acl(network: Network, subnet: Subnet, needs: Sequence[_Need]) -> Iterator[Finding]:
    acl = network.acls.get(subnet.acl)
    if acl is None:
        yield Finding(Kind.LESS, "", "nacl", f"all traffic of {subnet.name}", "it has no NACL of its own", subnet.urn)
        return
    for direction, entries in (("ingress", acl.ingress), ("egress", acl.egress)):
        peers = [*(entry.peers for entry in entries), *(addresses for _, _, addresses, _ in needs)]
        for part in atoms(peers, ALL_ADDRESSES):
            for protocol in PROTOCOLS:
                have = acl.ports(direction, protocol, part.first)
                need = NO_NUMBERS
                for way, wanted, addresses, ports in needs:
                    if (way, wanted) == (direction, protocol) and part.first in addresses:
                        need |= ports
                if have != need:
                    kind = Kind.LESS if need - have else Kind.INCONSISTENT
                    peer = networks_text(Numbers.of((part.first, part.first))).removesuffix("/32")
                    what = f"{protocol} {ports_text((need - have) or (have - need))} between {subnet.name} and {peer}"
                    yield Finding(kind, "", "nacl", f"{what} ({direction})", acl.name, subnet.acl)


def _transit_subnets(network: Network, flows: Iterable[Flow]) -> Iterator[Finding]:
    """The subnets of a transit gateway's attachment: between the VPC and the private destinations."""
    transports = dict.fromkeys(flow.access for flow in flows if isinstance(flow.access, Transport))
    for urn in network.transit_subnets:
        subnet = network.subnets.get(urn)
        if subnet is None:
            yield Finding(Kind.NOT_PROVED, "", "segment", "an attachment in a subnet that is not here", urn)
            continue
        needs: list[_Need] = []
        for transport in transports:
            if transport.via.startswith("tgw-"):
                ports = Numbers.of((transport.ports.first, transport.ports.last))
                there, protocol = addresses_of(transport.network), transport.protocol
                needs += [("ingress", protocol, network.cidrs, ports), ("egress", protocol, there, ports)]
                needs += [("egress", protocol, network.cidrs, EPHEMERAL), ("ingress", protocol, there, EPHEMERAL)]
        yield from _own_acl(network, subnet, needs)
        yield from _no_way_out(network, subnet)


def _no_way_out(network: Network, subnet: Subnet) -> Iterator[Finding]:
    routes = network.routes.get(subnet.table)
    if routes is None:
        yield Finding(Kind.NOT_PROVED, "", "route", f"{subnet.name} has no route table of its own", "", subnet.urn)
    for route in routes or ():
        yield Finding(Kind.INCONSISTENT, "", "route", f"a way out of {subnet.name}", route.name, subnet.table)
