"""One agent's segment, layer by layer: groups, NACLs and routes against what its flows need of each.

Each layer is compared with its own need, not only their intersection: a layer that opens more than any flow needs is
a finding even where another layer still stops the traffic. What every layer has opened is *more than declared*.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ringfence.policy.flow import AgentCall, Flow, Https, Internet, Service, Tls, Transport
from ringfence.policy.span import Span
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.interval import (
    ALL_ADDRESSES,
    NO_NUMBERS,
    Numbers,
    addresses_of,
    atoms,
    network_of,
    networks_text,
    ports_text,
)
from ringfence.verify.network import Endpoint, Network, Subnet
from ringfence.verify.packet import EPHEMERAL, PROTOCOLS, Acl, Group

PRIVATE = (
    network_of("10.0.0.0/8")
    | network_of("100.64.0.0/10")
    | network_of("169.254.0.0/16")
    | network_of("172.16.0.0/12")
    | network_of("192.168.0.0/16")
)
"""What is nobody's on the internet (RFC 1918, RFC 6598, RFC 3927)."""
_LOCAL = Numbers.of(
    *((network_of(text).intervals[0]) for text in ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4"))
)
"""What no packet on the internet is addressed to: no route leads there, so nothing is asked of it."""
PUBLIC = ALL_ADDRESSES - PRIVATE - _LOCAL
HTTPS = Numbers(((443, 443),))
"""The port of VPC endpoints."""


@dataclass(slots=True)
class Needs:
    """What one direction of one layer must let through, by protocol: peers as addresses, with their ports."""

    areas: dict[str, list[tuple[Numbers, Numbers]]] = field(
        default_factory=lambda: {protocol: [] for protocol in PROTOCOLS}
    )

    def add(self, protocol: str, addresses: Numbers, ports: Numbers) -> None:
        """One more area."""
        self.areas[protocol].append((addresses, ports))

    def ports(self, protocol: str, address: int) -> Numbers:
        """The ports that are needed to or from an address."""
        found = NO_NUMBERS
        for addresses, ports in self.areas[protocol]:
            if address in addresses:
                found |= ports
        return found

    def constants(self) -> Iterator[Numbers]:
        """Every set of addresses that is spoken of."""
        for areas in self.areas.values():
            for addresses, _ in areas:
                yield addresses


@dataclass(slots=True)
class Segment:
    """An agent's needs, as its flows and those of its callers say."""

    agent: str
    flows: Sequence[Flow]
    callers: Sequence[Flow]
    network: Network
    inspection: str
    subnets: tuple[Subnet, ...] = ()
    group: Group | None = None

    def __post_init__(self) -> None:
        self.subnets = self.network.of_agent(self.agent)
        self.group = self.network.groups.get(self.network.group_of.get(self.agent, ""))

    def addresses(self) -> Numbers:
        """All addresses of the agent."""
        return _joined(self.subnets)

    def differences(self) -> Iterator[Finding]:
        """Every finding of these layers."""
        if not self.subnets or self.group is None:
            if self.flows or self.callers:
                spans = tuple(sorted({flow.grant.declared for flow in self.flows}))
                what = "no subnet or no group carries the agent's tag"
                yield Finding(Kind.NOT_PROVED, self.agent, "segment", "all of its traffic", what, "", spans)
            return
        yield from self.group_differences(self.group)
        for urn in dict.fromkeys(subnet.acl for subnet in self.subnets):
            acl = self.network.acls.get(urn)
            if acl is None:
                yield Finding(Kind.NOT_PROVED, self.agent, "nacl", "all of its traffic", "a subnet without a NACL", urn)
                continue
            yield from self.acl_differences(acl, urn)
        for subnet in self.subnets:
            yield from self.route_differences(subnet)
        yield from self.onward_differences()

    # What flows need

    def internet_ports(self) -> Numbers:
        """TCP ports on which the agent reaches public addresses."""
        ports = [flow.access.port for flow in self.flows if isinstance(flow.access, Https | Tls | Internet)]
        return Numbers.of(*((port, port) for port in ports))

    def transports(self) -> list[Transport]:
        """The agent's private destinations."""
        return [flow.access for flow in self.flows if isinstance(flow.access, Transport)]

    def endpoints(self) -> list[Endpoint]:
        """The endpoints of the services that the agent uses."""
        services = {flow.access.service for flow in self.flows if isinstance(flow.access, Service)}
        return [endpoint for endpoint in self.network.endpoints if endpoint.suffix in services]

    def gateways(self) -> list[Endpoint]:
        """Those that are gateways."""
        return [endpoint for endpoint in self.endpoints() if endpoint.is_gateway]

    def public_ports(self, protocol: str) -> Numbers:
        """What group and NACLs let the agent send to public addresses, whatever flows need."""
        if self.group is None:
            return NO_NUMBERS
        found = NO_NUMBERS
        entries = [self.network.acls[subnet.acl] for subnet in self.subnets if subnet.acl in self.network.acls]
        constants = [rule.addresses for rule in self.group.egress]
        constants += [entry.peers for acl in dict.fromkeys(entries) for entry in acl.egress]
        for part in atoms(constants, PUBLIC - self.network.cidrs):
            by_group = self.group.ports("egress", protocol, part.first, ())
            for acl in dict.fromkeys(entries) if by_group else ():
                found |= by_group & acl.ports("egress", protocol, part.first)
        return found

    # Groups

    def group_differences(self, group: Group) -> Iterator[Finding]:
        """The agent's own group against its needs, and the groups at the other ends."""
        addresses = Needs()
        members: dict[tuple[str, str, str], Numbers] = {}
        lists: dict[tuple[str, str], Numbers] = {}

        def to_group(direction: str, urn: str, ports: Numbers) -> None:
            key = (direction, "tcp", urn)
            members[key] = members.get(key, NO_NUMBERS) | ports

        if ports := self.internet_ports():
            addresses.add("tcp", ALL_ADDRESSES, ports)
        for transport in self.transports():
            ports = Numbers.of((transport.ports.first, transport.ports.last))
            addresses.add(transport.protocol, addresses_of(transport.network), ports)
        for flow in self.flows:
            if isinstance(flow.access, AgentCall):
                port = Numbers.of((flow.access.port, flow.access.port))
                to_group("egress", self.network.group_of.get(flow.access.callee, flow.access.callee), port)
        for flow in self.callers:
            if isinstance(flow.access, AgentCall):
                port = Numbers.of((flow.access.port, flow.access.port))
                to_group("ingress", self.network.group_of.get(flow.agent, flow.agent), port)
        for endpoint in self.endpoints():
            if endpoint.is_gateway:
                lists["tcp", endpoint.urn] = HTTPS
            else:
                yield from self.endpoint_group(endpoint, group, to_group)
        yield from self.compare_addresses("sg", group, addresses)
        yield from self.compare_peers(group, members, lists)

    def endpoint_group(self, endpoint: Endpoint, group: Group, to_group: "_AddPeer") -> Iterator[Finding]:
        """An interface endpoint needs one group that lets the agent in, and the agent a rule towards that group."""
        admitting = [
            urn
            for urn in endpoint.groups
            if urn in self.network.groups
            and self.network.groups[urn].ports("ingress", "tcp", None, (group.urn,)).covers(HTTPS)
        ]
        towards = [urn for urn in admitting if group.ports("egress", "tcp", None, (urn,))]
        if not admitting:
            yield self.less(
                "sg", f"tcp to the endpoint {endpoint.name}", "no group of it admits the agent", endpoint.urn
            )
        elif not towards:
            yield self.less("sg", f"tcp to the endpoint {endpoint.name}", "no rule leads to a group of it", group.urn)
        for urn in towards:
            to_group("egress", urn, HTTPS)

    def compare_addresses(self, layer: str, group: Group, needs: Needs) -> Iterator[Finding]:
        """Rules with networks as peers, in both directions; nothing needs one inwards."""
        for direction, wanted in (("egress", needs), ("ingress", Needs())):
            rules = group.egress if direction == "egress" else group.ingress
            constants = [*(rule.addresses for rule in rules), *wanted.constants()]
            for part in atoms(constants, ALL_ADDRESSES):
                for protocol in PROTOCOLS:
                    have = group.ports(direction, protocol, part.first, ())
                    need = wanted.ports(protocol, part.first)
                    yield from self.compare(layer, direction, protocol, part, have, need, group.name, group.urn)

    def compare_peers(
        self, group: Group, members: Mapping[tuple[str, str, str], Numbers], lists: Mapping[tuple[str, str], Numbers]
    ) -> Iterator[Finding]:
        """Rules with groups and prefix lists as peers."""
        named = {("egress", rule.group) for rule in group.egress} | {("ingress", rule.group) for rule in group.ingress}
        named |= {(direction, urn) for direction, _, urn in members}
        for direction, urn in sorted(named):
            for protocol in PROTOCOLS if urn else ():
                have = group.ports(direction, protocol, None, (urn,))
                need = members.get((direction, protocol, urn), NO_NUMBERS)
                if have != need:
                    other = self.network.groups[urn].name if urn in self.network.groups else urn
                    peer = f"the group {other}"
                    yield from self.ports_differ("sg", direction, protocol, peer, have, need, group.name, group.urn)
        for urn in sorted({rule.prefix_list for rule in group.egress if rule.prefix_list} | {urn for _, urn in lists}):
            for protocol in PROTOCOLS:
                have = group.prefix_ports(protocol, urn)
                need = lists.get((protocol, urn), NO_NUMBERS)
                peer = f"the prefix list of {urn.rpartition('::')[2]}"
                yield from self.ports_differ("sg", "egress", protocol, peer, have, need, group.name, group.urn)

    # NACLs

    def acl_needs(self) -> tuple[Needs, Needs]:
        """What must pass outwards and inwards, answers included: a NACL keeps no state."""
        egress, ingress = Needs(), Needs()

        def peer(protocol: str, addresses: Numbers, ports: Numbers) -> None:
            egress.add(protocol, addresses, ports)
            ingress.add(protocol, addresses, EPHEMERAL)

        for transport in self.transports():
            ports = Numbers.of((transport.ports.first, transport.ports.last))
            peer(transport.protocol, addresses_of(transport.network), ports)
        for flow in self.flows:
            if isinstance(flow.access, AgentCall):
                there = _joined(self.network.of_agent(flow.access.callee))
                peer("tcp", there, Numbers.of((flow.access.port, flow.access.port)))
        for flow in self.callers:
            if isinstance(flow.access, AgentCall):
                there = _joined(self.network.of_agent(flow.agent))
                ingress.add("tcp", there, Numbers.of((flow.access.port, flow.access.port)))
                egress.add("tcp", there, EPHEMERAL)
        for endpoint in self.endpoints():
            subnets = (self.network.subnets[urn] for urn in endpoint.subnets if urn in self.network.subnets)
            if not endpoint.is_gateway:
                peer("tcp", _joined(subnets), HTTPS)
        ports = self.internet_ports() | (HTTPS if self.gateways() else NO_NUMBERS)
        if ports:
            public = PUBLIC - self.network.cidrs
            for transport in self.transports():
                public -= addresses_of(transport.network)
            peer("tcp", public, ports)
        return egress, ingress

    def acl_differences(self, acl: Acl, urn: str) -> Iterator[Finding]:
        """The agent's NACL against its needs."""
        for direction, needs in zip(("egress", "ingress"), self.acl_needs(), strict=True):
            entries = acl.egress if direction == "egress" else acl.ingress
            constants = [*(entry.peers for entry in entries), *needs.constants(), PRIVATE, _LOCAL, self.network.cidrs]
            for part in atoms(constants, ALL_ADDRESSES):
                if part.first in _LOCAL:
                    continue
                for protocol in PROTOCOLS:
                    have = acl.ports(direction, protocol, part.first)
                    need = needs.ports(protocol, part.first)
                    yield from self.compare("nacl", direction, protocol, part, have, need, acl.name, urn)

    # Routes

    def route_differences(self, subnet: Subnet) -> Iterator[Finding]:
        """One subnet's route table: each destination by its one way, and no other way."""
        routes = self.network.routes.get(subnet.table)
        if routes is None:
            yield Finding(
                Kind.NOT_PROVED, self.agent, "route", "all of its traffic", f"{subnet.name} has no table of its own",
                subnet.urn,
            )  # fmt: skip
            return
        transports = self.transports()
        constants = [*(route.destination for route in routes), self.network.cidrs, _LOCAL, PRIVATE]
        constants += [addresses_of(transport.network) for transport in transports]
        outside = ALL_ADDRESSES - self.network.cidrs - _LOCAL
        for part in atoms(constants, outside):
            route = self.network.route(subnet.table, part.first)
            wanted = {transport.via for transport in transports if part.first in addresses_of(transport.network)}
            by_default = self.internet_ports() and (part.first in PUBLIC or route is not None)
            have = "" if route is None else route.target if route.kind in ("transit", "peering") else route.kind
            need = wanted or ({"firewall" if self.inspection != "none" else "nat"} if by_default else {""})
            if have not in need or (route is not None and route.zone not in ("", subnet.zone)):
                rule = route.name if route else "no route"
                example = networks_text(Numbers.of((part.first, part.first))).removesuffix("/32")
                traffic = f"packets from {subnet.name} to {example} go to {have or 'nowhere'}"
                kind = Kind.LESS if wanted or (part.first in PUBLIC and by_default) else self.excess(part)
                yield Finding(kind, self.agent, "route", traffic, rule, subnet.table, self.spans())
        for route in routes:
            if route.destination.meets(self.network.cidrs) and route.length > 0:
                yield Finding(
                    Kind.MORE,
                    self.agent,
                    "route",
                    f"packets inside the VPC take {route.name}",
                    route.name,
                    subnet.table,
                )
        for endpoint in self.network.endpoints:
            if endpoint.is_gateway:
                leads, needed = subnet.table in endpoint.tables, endpoint in self.gateways()
                if needed and not leads:
                    yield self.less("route", f"tcp to {endpoint.name}", "no route table association", endpoint.urn)
                elif leads and not needed:
                    yield Finding(
                        Kind.INCONSISTENT, self.agent, "route", f"{subnet.name} has a way to {endpoint.name}",
                        "an association that no flow needs", endpoint.urn,
                    )  # fmt: skip

    def excess(self, part: Numbers) -> Kind:
        """What a way to some addresses is that no flow needs: reach only where group and NACL open it as well."""
        group = self.group
        for protocol in PROTOCOLS:
            for subnet in self.subnets:
                acl = self.network.acls.get(subnet.acl)
                if (
                    acl
                    and group
                    and group.ports("egress", protocol, part.first, ()).meets(acl.ports("egress", protocol, part.first))
                ):
                    return Kind.MORE
        return Kind.INCONSISTENT

    # The environment's own subnets on the way

    def onward_differences(self) -> Iterator[Finding]:
        """The way on from the firewall and the NAT gateway, and back: nothing there may stop what flows need."""
        ports = self.internet_ports()
        if not ports:
            return
        mine = self.addresses()
        example = PUBLIC.first
        onward = self.onward_subnets()
        for zone in sorted({subnet.zone for subnet in self.subnets}):
            kinds = {subnet.urn in self.network.nat_subnets.values() for subnet in onward if subnet.zone == zone}
            if True not in kinds or (self.inspection != "none" and False not in kinds):
                missing = "no NAT gateway" if True not in kinds else "no endpoint of the firewall"
                yield self.less("route", f"tcp to the internet from {zone}", missing, "")
        for subnet in onward:
            acl = self.network.acls.get(subnet.acl)
            if acl is None:
                continue
            checks = (
                ("ingress", mine.first, ports), ("egress", example, ports),
                ("ingress", example, EPHEMERAL), ("egress", mine.first, EPHEMERAL),
            )  # fmt: skip
            for direction, address, needed in checks:
                have = acl.ports(direction, "tcp", address)
                if not have.covers(needed):
                    left = ports_text(needed - have)
                    traffic = f"tcp {left} of the agent through {subnet.name} ({direction})"
                    yield self.less("nacl", traffic, acl.decider(direction, "tcp", address, (needed - have).first), "")
            yield from self.way_back(subnet)

    def onward_subnets(self) -> list[Subnet]:
        """The firewall's subnets and the NAT gateways', in the agent's zones."""
        zones = {subnet.zone for subnet in self.subnets}
        urns = [*(self.network.firewall_subnets if self.inspection != "none" else ())]
        urns += self.network.nat_subnets.values()
        found = (self.network.subnets[urn] for urn in urns if urn in self.network.subnets)
        return [subnet for subnet in found if subnet.zone in zones]

    def way_back(self, onward: Subnet) -> Iterator[Finding]:
        """Routes on and back: to the NAT gateway and the internet, and to the agent through the same firewall."""
        is_public = onward.urn in self.network.nat_subnets.values()
        need = "internet" if is_public else "nat"
        mine = {urn for urn, subnet in self.network.nat_subnets.items() if self.zone_of(subnet) == onward.zone}
        constants = [route.destination for route in self.network.routes.get(onward.table, ())]
        for part in atoms(constants, PUBLIC - self.network.cidrs):
            out = self.network.route(onward.table, part.first)
            if out is None or out.kind != need or (need == "nat" and out.target not in mine):
                have = out.name if out else "no route"
                example = networks_text(Numbers.of((part.first, part.first))).removesuffix("/32")
                yield self.less("route", f"tcp from {onward.name} to {example}", have, onward.table)
        if not is_public or self.inspection == "none":
            return
        for subnet in self.subnets:
            if subnet.zone != onward.zone:
                continue
            back = self.network.route(onward.table, subnet.addresses.first)
            whole = back is not None and back.destination == subnet.addresses
            if back is None or back.kind != "firewall" or back.zone not in ("", subnet.zone) or not whole:
                have = back.name if back and back.kind != "internet" else "no route of its own, so answers pass it by"
                yield self.less("route", f"answers to {subnet.name} through the firewall", have, onward.table)

    def zone_of(self, subnet: str) -> str:
        """A subnet's zone; empty when it is not here."""
        return self.network.subnets[subnet].zone if subnet in self.network.subnets else ""

    # Findings

    def spans(self) -> tuple[Span, ...]:
        """The lines that speak of the agent's flows below the application."""
        return tuple(sorted({flow.grant.declared for flow in self.flows}))[:3]

    def less(self, layer: str, traffic: str, rule: str, resource: str) -> Finding:
        """Something that a flow needs and that is stopped."""
        return Finding(Kind.LESS, self.agent, layer, traffic, rule, resource, self.spans())

    def compare(
        self, layer: str, direction: str, protocol: str, part: Numbers, have: Numbers, need: Numbers,
        rule: str, resource: str,
    ) -> Iterator[Finding]:  # fmt: skip
        """The ports that a layer opens to some addresses, against those that flows need."""
        if have == need:
            return
        example = ipaddress.IPv4Address(part.first)
        yield from self.ports_differ(layer, direction, protocol, str(example), have, need, rule, resource, part)

    def ports_differ(
        self, layer: str, direction: str, protocol: str, peer: str, have: Numbers, need: Numbers, rule: str,
        resource: str, part: Numbers | None = None,
    ) -> Iterator[Finding]:  # fmt: skip
        """Findings for the ports that are open and not needed, and for those that are needed and not open."""
        way = "to" if direction == "egress" else "from"
        if more := have - need:
            kind = self.kind_of_excess(layer, direction, protocol, more, part)
            yield Finding(
                kind, self.agent, layer, f"{protocol} {ports_text(more)} {way} {peer}", rule, resource, self.spans()
            )
        if lack := need - have:
            yield self.less(layer, f"{protocol} {ports_text(lack)} {way} {peer}", rule, resource)

    def kind_of_excess(self, layer: str, direction: str, protocol: str, ports: Numbers, part: Numbers | None) -> Kind:
        """Whether an opening in one layer is open in the others too; that of a peer by name is taken to be."""
        if part is None or direction == "ingress":
            return Kind.MORE if layer == "sg" else Kind.INCONSISTENT
        routed = part.first in self.network.cidrs or any(
            self.network.route(subnet.table, part.first) for subnet in self.subnets
        )
        if layer == "sg":
            acls = (self.network.acls.get(subnet.acl) for subnet in self.subnets)
            others = any(acl.ports(direction, protocol, part.first).meets(ports) for acl in acls if acl)
        else:
            others = self.group is not None and self.group.ports(direction, protocol, part.first, ()).meets(ports)
        return Kind.MORE if routed and others else Kind.INCONSISTENT


class _AddPeer(Protocol):
    """The type of a function that adds a group as a peer: direction, group, ports."""

    def __call__(self, direction: str, urn: str, ports: Numbers) -> None: ...  # pragma: no cover - a type


def _joined(subnets: Iterable[Subnet]) -> Numbers:
    return Numbers.of(*(interval for subnet in subnets for interval in subnet.addresses.intervals))
