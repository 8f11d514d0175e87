"""One agent's segment, layer by layer: groups and NACLs against what its flows need of each.

Each layer is compared with its own need, not only their intersection: a layer that opens more than any flow needs is
a finding even where another layer still stops the traffic. What every layer has opened is *more than declared*.
"""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ringfence.policy.flow import Flow
from ringfence.policy.span import Span
from ringfence.verify.endpoint import Endpoint
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.gap import Gap, acl_gaps, group_gaps, public_ports
from ringfence.verify.interval import NO_NUMBERS, Numbers, ports_text
from ringfence.verify.needs import Needs, addresses_in
from ringfence.verify.network import Network, Subnet
from ringfence.verify.packet import HTTPS, PROTOCOLS, Acl, Group


@dataclass(slots=True)
class Segment:
    """An agent's place in the network, and its needs, as its flows and those of its callers say."""

    agent: str
    flows: Sequence[Flow]
    callers: Sequence[Flow]
    network: Network
    subnets: tuple[Subnet, ...] = field(init=False)
    group: Group | None = field(init=False)
    needs: Needs = field(init=False)

    def __post_init__(self) -> None:
        self.subnets = self.network.of_agent(self.agent)
        self.group = self.network.groups.get(self.network.group_of.get(self.agent, ""))
        self.needs = Needs.of(self.flows, self.callers, self.network)

    def addresses(self) -> Numbers:
        """All addresses of the agent."""
        return addresses_in(self.subnets)

    def acls(self) -> dict[str, Acl | None]:
        """The NACLs of the agent's subnets, by URN; None where a subnet has none."""
        return {subnet.acl: self.network.acls.get(subnet.acl) for subnet in self.subnets}

    def public_ports(self) -> dict[str, Numbers]:
        """What group and NACLs let the agent send to public addresses, by protocol, whatever flows need."""
        if self.group is None:
            return dict.fromkeys(PROTOCOLS, NO_NUMBERS)
        acls = dict.fromkeys(acl.egress for acl in self.acls().values() if acl)
        return public_ports(self.group.egress, tuple(acls), self.network.cidrs)

    def differences(self) -> Iterator[Finding]:
        """Every finding of groups and NACLs; that there is no segment, where there is none."""
        if not self.subnets or self.group is None:
            if self.flows or self.callers:
                spans = tuple(sorted({flow.grant.declared for flow in self.flows}))
                what = "no subnet or no group carries the agent's tag"
                yield Finding(Kind.NOT_PROVED, self.agent, "segment", "all of its traffic", what, "", spans)
            return
        yield from self._group_differences(self.group)
        for urn, acl in self.acls().items():
            if acl is None:
                yield Finding(Kind.NOT_PROVED, self.agent, "nacl", "all of its traffic", "a subnet without a NACL", urn)
                continue
            for direction, areas in zip(("egress", "ingress"), self.needs.of_acl(self.network), strict=True):
                for gap in acl_gaps(acl.entries(direction), areas, self.network.cidrs):
                    yield from self._of_addresses("nacl", direction, gap, acl.name, urn)

    # Groups

    def _group_differences(self, group: Group) -> Iterator[Finding]:
        """The agent's own group against its needs, and the groups at the other ends."""
        members = self.needs.of_group_members(self.network.group_of)
        for endpoint in self.needs.endpoints:
            if not endpoint.is_gateway:
                yield from self._endpoint_group(endpoint, group, members)
        # Nothing needs an address inwards.
        for direction, areas in (("egress", self.needs.of_group()), ("ingress", ())):
            for gap in group_gaps(group.rules(direction), areas):
                yield from self._of_addresses("sg", direction, gap, group.name, group.urn)
        yield from self._member_differences(group, members)
        yield from self._prefix_list_differences(group)

    def _endpoint_group(
        self, endpoint: Endpoint, group: Group, members: dict[tuple[str, str], Numbers]
    ) -> Iterator[Finding]:
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
            members["egress", urn] = members.get(("egress", urn), NO_NUMBERS) | HTTPS

    def _member_differences(self, group: Group, members: Mapping[tuple[str, str], Numbers]) -> Iterator[Finding]:
        """Rules with groups as peers."""
        named = {(direction, rule.group) for direction in ("egress", "ingress") for rule in group.rules(direction)}
        for direction, urn in sorted({*named, *members}):
            for protocol in PROTOCOLS if urn else ():
                have = group.ports(direction, protocol, None, (urn,))
                need = members.get((direction, urn), NO_NUMBERS) if protocol == "tcp" else NO_NUMBERS
                if have != need:
                    other = self.network.groups[urn].name if urn in self.network.groups else urn
                    gap = Gap(protocol, NO_NUMBERS, have, need)
                    yield from self._of_peer("sg", direction, gap, f"the group {other}", group.name, group.urn)

    def _prefix_list_differences(self, group: Group) -> Iterator[Finding]:
        """Rules with prefix lists as peers."""
        needed = {endpoint.urn for endpoint in self.needs.gateways}
        for urn in sorted({rule.prefix_list for rule in group.egress if rule.prefix_list} | needed):
            for protocol in PROTOCOLS:
                have = group.prefix_ports(protocol, urn)
                need = HTTPS if protocol == "tcp" and urn in needed else NO_NUMBERS
                peer = f"the prefix list of {urn.rpartition('::')[2]}"
                yield from self._of_peer(
                    "sg", "egress", Gap(protocol, NO_NUMBERS, have, need), peer, group.name, group.urn
                )

    # Findings

    def spans(self) -> tuple[Span, ...]:
        """The lines that speak of the agent's flows below the application."""
        return tuple(sorted({flow.grant.declared for flow in self.flows}))[:3]

    def less(self, layer: str, traffic: str, rule: str, resource: str) -> Finding:
        """Something that a flow needs and that is stopped."""
        return Finding(Kind.LESS, self.agent, layer, traffic, rule, resource, self.spans())

    def lets_out(self, address: int) -> bool:
        """Whether group and NACLs let anything out to an address."""
        group = self.group
        return group is not None and any(
            group.ports("egress", protocol, address, ()).meets(acl.ports("egress", protocol, address))
            for acl in self.acls().values()
            for protocol in PROTOCOLS
            if acl
        )

    def _of_addresses(self, layer: str, direction: str, gap: Gap, rule: str, resource: str) -> Iterator[Finding]:
        """Findings for the ports that a layer opens to some addresses, against those that flows need."""
        peer = str(ipaddress.IPv4Address(gap.addresses.first))
        yield from self._of_peer(layer, direction, gap, peer, rule, resource)

    def _of_peer(self, layer: str, direction: str, gap: Gap, peer: str, rule: str, resource: str) -> Iterator[Finding]:
        """Findings for the ports that are open and not needed, and for those that are needed and not open."""
        way = "to" if direction == "egress" else "from"
        if more := gap.have - gap.need:
            kind = self._kind_of_excess(layer, direction, gap.protocol, more, gap.addresses)
            traffic = f"{gap.protocol} {ports_text(more)} {way} {peer}"
            yield Finding(kind, self.agent, layer, traffic, rule, resource, self.spans())
        if lack := gap.need - gap.have:
            yield self.less(layer, f"{gap.protocol} {ports_text(lack)} {way} {peer}", rule, resource)

    def _kind_of_excess(self, layer: str, direction: str, protocol: str, ports: Numbers, peers: Numbers) -> Kind:
        """Whether an opening in one layer is open in the others too; that of a peer by name is taken to be."""
        if not peers or direction == "ingress":
            return Kind.MORE if layer == "sg" else Kind.INCONSISTENT
        peer = peers.first
        routed = peer in self.network.cidrs or any(self.network.route(subnet.table, peer) for subnet in self.subnets)
        if layer == "sg":
            acls = (acl for acl in self.acls().values() if acl)
            others = any(acl.ports(direction, protocol, peer).meets(ports) for acl in acls)
        else:
            others = self.group is not None and self.group.ports(direction, protocol, peer, ()).meets(ports)
        return Kind.MORE if routed and others else Kind.INCONSISTENT
