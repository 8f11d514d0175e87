"""The network as its resources say it is: subnets, NACLs, groups, routes and endpoints."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ringfence.verify.endpoint import Endpoint, read_endpoints
from ringfence.verify.exclusive import RULE, listed_otherwise
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.graph import UNKNOWN, Resource, ResourceGraph, Value
from ringfence.verify.interval import ALL_PORTS, NO_NUMBERS, Numbers, Spans, network_of
from ringfence.verify.packet import Acl, Entry, Group, GroupRule, protocols_of
from ringfence.verify.references import References, number, table, tables, text, urn_of

PREFIX_LIST = "aws:ec2/managedPrefixList:ManagedPrefixList"
AGENT_TAG = "ringfence:agent"
"""The tag that says whose a subnet or a group is."""


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet: its addresses, and the URNs of the NACL and route table that it is under (empty: the VPC's own)."""

    urn: str
    name: str
    agent: str
    zone: str
    addresses: Numbers
    acl: str
    table: str


@dataclass(frozen=True, slots=True)
class Route:
    """One route; ``kind`` is "firewall", "nat", "internet", "transit", "peering" or "other".

    ``target`` is what it names: a URN, or an id of something outside the graph; ``zone`` its zone where that is known.
    """

    destination: Numbers
    length: int
    kind: str
    target: str
    name: str = field(compare=False)
    zone: str = ""


def longest(routes: Iterable[Route]) -> Route | None:
    """The route of the longest prefix, which a packet takes that several lead on; None of none."""
    return max(routes, key=lambda route: route.length, default=None)


@dataclass(frozen=True, slots=True)
class Network:
    """Everything below the application in one VPC, by URN."""

    cidrs: Numbers
    subnets: Mapping[str, Subnet]
    by_agent: Mapping[str, tuple[Subnet, ...]]
    acls: Mapping[str, Acl]
    groups: Mapping[str, Group]
    group_of: Mapping[str, str]
    routes: Mapping[str, tuple[Route, ...]]
    endpoints: tuple[Endpoint, ...]
    nat_subnets: Mapping[str, str]
    firewall_subnets: tuple[str, ...]
    transit_subnets: tuple[str, ...]
    findings: tuple[Finding, ...]
    _ways: dict[str, Spans] = field(default_factory=dict[str, Spans], init=False, repr=False, compare=False)

    def of_agent(self, agent: str) -> tuple[Subnet, ...]:
        """The subnets of an agent, by URN."""
        return self.by_agent.get(agent, ())

    def route(self, table_urn: str, address: int) -> Route | None:
        """The route that a packet to an address takes: the longest prefix; None leads nowhere."""
        routes = self.routes.get(table_urn, ())
        ways = self._ways.get(table_urn)
        if ways is None:
            ways = self._ways[table_urn] = Spans.of(enumerate(route.destination for route in routes))
        return longest(routes[index] for index in ways.at(address))

    @property
    def gateways(self) -> Iterator[Endpoint]:
        """The endpoints that are gateways."""
        return (endpoint for endpoint in self.endpoints if endpoint.is_gateway)


def read_network(graph: ResourceGraph) -> Network:
    """Read a graph; what cannot be read exactly is among the findings."""
    return _Reader(graph).network()


class _Reader:
    def __init__(self, graph: ResourceGraph) -> None:
        self.graph = graph
        self.references = References.of(graph)
        self.findings: list[Finding] = []

    def network(self) -> Network:
        acl_of, table_of = self.associations()
        subnets = {
            subnet.urn: self.subnet(subnet, acl_of, table_of) for subnet in self.graph.of_type("aws:ec2/subnet:Subnet")
        }
        by_agent: dict[str, list[Subnet]] = defaultdict(list)
        for subnet in subnets.values():
            by_agent[subnet.agent].append(subnet)
        groups = {group.urn: group for group in self.groups()}
        self.findings += listed_otherwise(self.graph, self.references)
        return Network(
            cidrs=self.cidrs(),
            subnets=subnets,
            by_agent={agent: tuple(each) for agent, each in by_agent.items()},
            acls=self.acls(),
            groups=groups,
            group_of=self.group_of(),
            routes=self.routes(),
            endpoints=tuple(read_endpoints(self.graph, self.references, self.unread)),
            nat_subnets={
                nat.urn: urn_of(self.references.one(nat, "subnetId"))
                for nat in self.graph.of_type("aws:ec2/natGateway:NatGateway")
                if nat.inputs.get("connectivityType") != "private"  # one that leads to no internet
            },
            firewall_subnets=tuple(
                urn
                for firewall in self.graph.of_type("aws:networkfirewall/firewall:Firewall")
                for urn in self.mapped(firewall)
            ),
            transit_subnets=tuple(
                urn_of(subnet)
                for attachment in self.graph.of_type("aws:ec2transitgateway/vpcAttachment:VpcAttachment")
                for subnet in self.references.many(attachment, "subnetIds")
            ),
            findings=tuple(self.findings),
        )

    def unread(self, resource: Resource, what: str) -> None:
        self.findings.append(Finding(Kind.NOT_PROVED, "", "network", what, resource.name, resource.urn))

    def idle(self, rule: Resource, layer: str, traffic: str) -> None:
        """A rule that opens something which nothing here can send."""
        what = "a rule that no flow needs"
        self.findings.append(Finding(Kind.INCONSISTENT, _agent(rule), layer, traffic, f"{what}: {rule.name}", rule.urn))

    def mapped(self, firewall: Resource) -> tuple[str, ...]:
        values = [text(each.get("subnetId")) for each in tables(firewall.inputs.get("subnetMappings"))]
        known = [self.references.by_identity[value].urn for value in values if value in self.references.by_identity]
        return tuple(known) or tuple(other.urn for other in self.references.depends_on(firewall, "subnetMappings"))

    def cidrs(self) -> Numbers:
        found = NO_NUMBERS
        for kind in ("aws:ec2/vpc:Vpc", "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation"):
            for resource in self.graph.of_type(kind):
                found |= self.addresses(resource, resource.inputs.get("cidrBlock"))
                for name in ("assignGeneratedIpv6CidrBlock", "ipv6CidrBlock", "ipv6IpamPoolId"):
                    if resource.inputs.get(name):
                        self.unread(resource, "IPv6, which this proof does not read")
        return found

    def addresses(self, resource: Resource, value: Value) -> Numbers:
        try:
            return network_of(text(value))
        except (ipaddress.AddressValueError, ipaddress.NetmaskValueError, ValueError):
            self.unread(resource, f"{value!r} is no IPv4 network")
            return NO_NUMBERS

    def associations(self) -> tuple[dict[str, str], dict[str, str]]:
        acl_of: dict[str, str] = {}
        table_of: dict[str, str] = {}
        for acl in self.graph.of_type("aws:ec2/networkAcl:NetworkAcl"):
            for subnet in self.references.many(acl, "subnetIds"):
                if not isinstance(subnet, Resource):
                    self.unread(acl, f"a NACL of a subnet that is not here: {subnet}")
                if urn_of(subnet) in acl_of:
                    self.unread(acl, f"a second NACL for {urn_of(subnet)}")
                acl_of[urn_of(subnet)] = acl.urn
        for kind, found, name in (
            ("aws:ec2/networkAclAssociation:NetworkAclAssociation", acl_of, "networkAclId"),
            ("aws:ec2/routeTableAssociation:RouteTableAssociation", table_of, "routeTableId"),
        ):
            for association in self.graph.of_type(kind):
                subnet = self.references.one(association, "subnetId")
                if not isinstance(subnet, Resource):
                    self.unread(association, "an association of something other than a subnet that is here")
                    continue
                if urn_of(subnet) in found:
                    self.unread(association, f"a second association of {urn_of(subnet)}")
                found[urn_of(subnet)] = urn_of(self.references.one(association, name))
        return acl_of, table_of

    def subnet(self, subnet: Resource, acl_of: dict[str, str], table_of: dict[str, str]) -> Subnet:
        if subnet.inputs.get("mapPublicIpOnLaunch"):
            self.findings.append(
                Finding(Kind.MORE, "", "subnet", "public addresses for what starts in a subnet",
                        "mapPublicIpOnLaunch", subnet.urn)
            )  # fmt: skip
        for layer, urn in (("nacl", acl_of.get(subnet.urn, "")), ("route", table_of.get(subnet.urn, ""))):
            guard = self.graph.get(urn)
            if guard is not None and _agent(guard) != _agent(subnet):
                rule = f"{guard.name}, which is not its own"
                self.findings.append(Finding(Kind.INCONSISTENT, _agent(subnet), layer, subnet.name, rule, urn))
        return Subnet(
            subnet.urn,
            subnet.name,
            _agent(subnet),
            text(subnet.inputs.get("availabilityZone")),
            self.addresses(subnet, subnet.inputs.get("cidrBlock")),
            acl_of.get(subnet.urn, ""),
            table_of.get(subnet.urn, ""),
        )

    def acls(self) -> dict[str, Acl]:
        entries: dict[tuple[str, bool], list[Entry]] = defaultdict(list)
        for rule in self.graph.of_type("aws:ec2/networkAclRule:NetworkAclRule"):
            if rule.inputs.get("ipv6CidrBlock"):  # no address here is of that version
                if rule.inputs.get("ruleAction") == "allow":
                    self.idle(rule, "nacl", f"IPv6 of {rule.inputs['ipv6CidrBlock']}")
                continue
            owner = urn_of(self.references.one(rule, "networkAclId"))
            entries[owner, bool(rule.inputs.get("egress"))].append(self.entry(rule))
        found: dict[str, Acl] = {}
        for acl in self.graph.of_type("aws:ec2/networkAcl:NetworkAcl"):
            for direction in ("ingress", "egress"):
                if acl.inputs.get(direction):
                    self.unread(acl, f"{direction} entries inside the NACL's own resource")
            ordered = [
                tuple(sorted(entries.pop((acl.urn, egress), []), key=lambda entry: entry.number))
                for egress in (False, True)
            ]
            found[acl.urn] = Acl(acl.name, *ordered)
        for (owner, _), left in entries.items():
            for entry in left:
                what = f"an entry of a NACL that is not here: {owner}"
                self.findings.append(Finding(Kind.NOT_PROVED, "", "nacl", what, entry.name))
        return found

    def entry(self, rule: Resource) -> Entry:
        protocols = protocols_of(text(rule.inputs.get("protocol")) or str(rule.inputs.get("protocol")))
        return Entry(
            number(rule.inputs.get("ruleNumber")),
            rule.inputs.get("ruleAction") == "allow",
            protocols,
            self.addresses(rule, rule.inputs.get("cidrBlock")),
            _ports(rule) if protocols in (("tcp",), ("udp",)) else ALL_PORTS,
            rule.name,
        )

    def groups(self) -> Iterator[Group]:
        rules: dict[tuple[str, str], list[GroupRule]] = defaultdict(list)
        for direction, kind in RULE.items():
            for rule in self.graph.of_type(kind):
                rules[urn_of(self.references.one(rule, "securityGroupId")), direction].append(self.group_rule(rule))
        for group in self.graph.of_type("aws:ec2/securityGroup:SecurityGroup"):
            for direction in ("ingress", "egress"):
                if group.inputs.get(direction):
                    self.unread(group, f"{direction} rules inside the group's own resource")
            ingress, egress = rules.pop((group.urn, "ingress"), []), rules.pop((group.urn, "egress"), [])
            yield Group(group.urn, group.name, tuple(ingress), tuple(egress))
        for (group, _), left in rules.items():
            for rule in left:
                self.findings.append(
                    Finding(Kind.NOT_PROVED, "", "sg", f"a rule of a group that is not here: {group}", rule.name)
                )

    def group_of(self) -> dict[str, str]:
        """Each agent's group, by its tag."""
        found: dict[str, str] = {}
        for group in self.graph.of_type("aws:ec2/securityGroup:SecurityGroup"):
            if agent := _agent(group):
                if agent in found:
                    self.unread(group, f"a second group of `{agent}`")
                found.setdefault(agent, group.urn)
        return found

    def group_rule(self, rule: Resource) -> GroupRule:
        peers = rule.inputs
        addresses = self.addresses(rule, peers["cidrIpv4"]) if peers.get("cidrIpv4") else NO_NUMBERS
        if peers.get("cidrIpv6"):
            self.idle(rule, "sg", f"IPv6 of {peers['cidrIpv6']}")
        prefix_list = self.references.one(rule, "prefixListId")
        if isinstance(prefix_list, Resource) and prefix_list.type == PREFIX_LIST:
            addresses |= self.listed(prefix_list)
        protocols = protocols_of(text(peers.get("ipProtocol")) or str(peers.get("ipProtocol")))
        return GroupRule(
            protocols,
            _ports(rule) if protocols in (("tcp",), ("udp",)) else ALL_PORTS,
            addresses,
            urn_of(self.references.one(rule, "referencedSecurityGroupId")),
            urn_of(prefix_list),
            rule.name,
        )

    def listed(self, prefix_list: Resource) -> Numbers:
        """The addresses of a prefix list: of its own entries, and of those that stand apart from it."""
        found = NO_NUMBERS
        apart = self.graph.of_type("aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry")
        entries = [entry for entry in apart if self.references.one(entry, "prefixListId") == prefix_list]
        for entry in (*tables(prefix_list.inputs.get("entries")), *(entry.inputs for entry in entries)):
            if ":" in text(entry.get("cidr")):
                self.idle(prefix_list, "sg", f"IPv6 of {text(entry.get('cidr'))}")
            else:
                found |= self.addresses(prefix_list, entry.get("cidr"))
        return found

    def routes(self) -> dict[str, tuple[Route, ...]]:
        found: dict[str, list[Route]] = {made.urn: [] for made in self.graph.of_type("aws:ec2/routeTable:RouteTable")}
        for made in self.graph.of_type("aws:ec2/routeTable:RouteTable", "aws:ec2/defaultRouteTable:DefaultRouteTable"):
            if made.inputs.get("routes") or made.inputs.get("propagatingVgws"):
                self.unread(made, "routes inside the route table's own resource")
        for route in self.graph.of_type("aws:ec2/route:Route"):
            owner = urn_of(self.references.one(route, "routeTableId"))
            if not route.inputs.get("destinationCidrBlock"):
                self.unread(route, "a route to something other than an IPv4 network")
                continue
            destination = self.addresses(route, route.inputs.get("destinationCidrBlock"))
            kind, target, zone = self.target(route)
            length = number(text(route.inputs.get("destinationCidrBlock")).rpartition("/")[2])
            found.setdefault(owner, []).append(Route(destination, length, kind, target, route.name, zone))
        return {urn: tuple(routes) for urn, routes in found.items()}

    def target(self, route: Resource) -> tuple[str, str, str]:
        """A route's kind, target and, where it is known, its zone."""
        for name, kind in (
            ("natGatewayId", "nat"),
            ("gatewayId", "internet"),
            ("transitGatewayId", "transit"),
            ("vpcPeeringConnectionId", "peering"),
        ):
            target = self.references.one(route, name)
            if target is not None:
                if kind == "internet" and not _is_internet_gateway(target):
                    return "other", urn_of(target), ""
                # A way to another network is known by its id: that is what profiles' destinations name.
                if kind in ("transit", "peering") and isinstance(target, Resource) and target.id:
                    return kind, target.id, ""
                return kind, urn_of(target), ""
        return self.firewall_endpoint(urn_of(self.references.one(route, "vpcEndpointId")))

    def firewall_endpoint(self, target: str) -> tuple[str, str, str]:
        """The firewall whose endpoint a route names: by its statuses, or in a preview by what the route depends on."""
        for firewall in self.graph.of_type("aws:networkfirewall/firewall:Firewall"):
            if target == firewall.urn:
                return "firewall", firewall.urn, ""
            for status in tables(firewall.outputs.get("firewallStatuses")):
                for state in tables(status.get("syncStates")):
                    if target in [text(each.get("endpointId")) for each in tables(state.get("attachments"))]:
                        return "firewall", firewall.urn, text(state.get("availabilityZone"))
        return "other", target, ""


def _agent(resource: Resource) -> str:
    """Whose a resource is, by its tag; empty for the environment's own."""
    return text(table(resource.inputs.get("tags")).get(AGENT_TAG))


def _is_internet_gateway(target: Resource | str) -> bool:
    """Whether what a route names as a gateway is one to the internet, and not to a VPN or another network."""
    if isinstance(target, Resource):
        return target.type == "aws:ec2/internetGateway:InternetGateway"
    return target.startswith("igw-") or target == UNKNOWN


def _ports(resource: Resource) -> Numbers:
    first, last = resource.inputs.get("fromPort"), resource.inputs.get("toPort")
    if first is None or last is None or (number(first) == -1 and number(last) == -1):
        return ALL_PORTS
    return Numbers.of((number(first), number(last)))
