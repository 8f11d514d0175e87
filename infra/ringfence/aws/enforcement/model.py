"""Everything that one environment has in AWS, as plain frozen values in a deterministic order.

Names are logical: they come from the agent and what it reaches, never from a position, and are unique within
their type. Wherever one thing speaks of another it gives the other's name; what AWS decides only when it deploys
is a typed reference. Networks are IPv4 throughout: the VPC has no IPv6 addresses, so nothing speaks IPv6.
"""

import ipaddress
from dataclasses import dataclass

from ringfence.aws.enforcement.firewall.model import Firewall
from ringfence.aws.enforcement.log_model import Logs, Tags
from ringfence.aws.iam import PolicyDocument

Network = ipaddress.IPv4Network


@dataclass(frozen=True, slots=True)
class Vpc:
    """The VPC; ``cidrs[0]`` is its own, the others are associated with it. DNS support and host names are on.

    Its main route table, default NACL and default security group are adopted and hold nothing.
    """

    name: str
    cidrs: tuple[Network, ...]
    tags: Tags


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet. ``kind`` is "agent", "endpoints", "firewall", "public" or "transit"; ``agent`` only with the first.

    No subnet gives public addresses to what starts in it.
    """

    name: str
    kind: str
    agent: str | None
    zone: str
    network: Network
    tags: Tags


@dataclass(frozen=True, slots=True)
class NatGateway:
    """The NAT gateway of a zone, with one elastic address, in the zone's public subnet."""

    name: str
    zone: str
    subnet: str
    tags: Tags


@dataclass(frozen=True, slots=True)
class TransitAttachment:
    """The VPC's attachment to a transit gateway that exists; ``subnets`` are the transit subnets, one a zone."""

    name: str
    gateway_id: str
    subnets: tuple[str, ...]
    tags: Tags


# Security groups


@dataclass(frozen=True, slots=True)
class CidrPeer:
    """A network as the other side of a rule."""

    network: Network


@dataclass(frozen=True, slots=True)
class GroupPeer:
    """A security group, by name, as the other side of a rule."""

    group: str


@dataclass(frozen=True, slots=True)
class PrefixListPeer:
    """The prefix list of a gateway endpoint, by the endpoint's name, as the other side of a rule."""

    endpoint: str


Peer = CidrPeer | GroupPeer | PrefixListPeer


@dataclass(frozen=True, slots=True)
class SecurityGroupRule:
    """One standalone rule; ``direction`` is "ingress" or "egress", ``protocol`` "tcp" or "udp"."""

    name: str
    direction: str
    protocol: str
    first_port: int
    last_port: int
    peer: Peer
    description: str
    tags: Tags


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """A security group; ``kind`` is "agent" or "endpoint". The description never changes: changing it replaces."""

    name: str
    kind: str
    agent: str | None
    description: str
    rules: tuple[SecurityGroupRule, ...]
    tags: Tags


# Network ACLs


@dataclass(frozen=True, slots=True)
class AclRule:
    """One standalone entry of a NACL; lowest ``number`` first, first match decides.

    ``direction`` is "ingress" or "egress", ``action`` "allow" or "deny"; ``protocol`` is "tcp", "udp", or "-1"
    for every protocol, which has no ports (0 and 0).
    """

    name: str
    direction: str
    number: int
    action: str
    protocol: str
    network: Network
    first_port: int
    last_port: int


@dataclass(frozen=True, slots=True)
class NetworkAcl:
    """A NACL and the subnets, by name, that it guards; what no rule allows is denied. ``kind`` as for subnets.

    ``adopted`` says that its entries were written through AWS's API already, in an emergency: they are taken over as
    they stand, since a second entry of one number is refused.
    """

    name: str
    kind: str
    agent: str | None
    subnets: tuple[str, ...]
    rules: tuple[AclRule, ...]
    tags: Tags
    adopted: bool = False


# Routes


@dataclass(frozen=True, slots=True)
class FirewallTarget:
    """The firewall's endpoint in a zone."""

    zone: str


@dataclass(frozen=True, slots=True)
class NatTarget:
    """The NAT gateway of a zone."""

    zone: str


@dataclass(frozen=True, slots=True)
class InternetTarget:
    """The VPC's internet gateway."""


@dataclass(frozen=True, slots=True)
class TransitTarget:
    """A transit gateway that exists, by id; the VPC has an attachment to it."""

    gateway_id: str


@dataclass(frozen=True, slots=True)
class PeeringTarget:
    """A peering connection that exists, by id."""

    connection_id: str


RouteTarget = FirewallTarget | NatTarget | InternetTarget | TransitTarget | PeeringTarget


@dataclass(frozen=True, slots=True)
class Route:
    """One standalone route; the VPC's own ``local`` route is in every table and not listed."""

    name: str
    destination: Network
    target: RouteTarget


@dataclass(frozen=True, slots=True)
class RouteTable:
    """A route table and the subnets, by name, that it serves, each by an association. ``kind`` as for subnets.

    Routes to gateway endpoints are the endpoints' own: see `GatewayEndpoint.route_tables`.
    """

    name: str
    kind: str
    agent: str | None
    zone: str
    subnets: tuple[str, ...]
    routes: tuple[Route, ...]
    tags: Tags


# Network Firewall


@dataclass(frozen=True, slots=True)
class NetworkFirewall:
    """The firewall: its endpoints' subnets (zone, subnet name), its rules, and how it is kept.

    Stateless defaults forward everything to the stateful engine; strict order; stream exceptions are rejected.
    ``ca_certificate_arn`` is given, and a TLS inspection configuration exists, exactly when ``rules.inspected``
    has networks. ``http2`` is "refuse" or "judge", on decrypted connections. ``protected`` turns on delete,
    subnet-change and policy-change protection.
    """

    name: str
    subnets: tuple[tuple[str, str], ...]
    rules: Firewall
    inspected_ports: tuple[int, ...]
    ca_certificate_arn: str | None
    http2: str
    protected: bool
    alert_log_group: str
    flow_log_group: str
    tags: Tags


# DNS Firewall


@dataclass(frozen=True, slots=True)
class DomainList:
    """A list of names: ``api.example.com`` is that name, ``*.example.com`` its subdomains, ``*.`` every name."""

    name: str
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DnsRule:
    """One rule of the rule group, lowest ``priority`` first, first match decides.

    ``action`` is "ALLOW", "ALERT" or "BLOCK"; ``block_response`` is None, "NODATA" or "NXDOMAIN".
    """

    name: str
    priority: int
    domain_list: str
    action: str
    block_response: str | None
    redirection: str  # INSPECT_REDIRECTION_DOMAIN or TRUST_REDIRECTION_DOMAIN


@dataclass(frozen=True, slots=True)
class DnsFirewall:
    """The VPC's walled garden of names: one rule group, one association, fail-closed, every query logged."""

    name: str
    lists: tuple[DomainList, ...]
    rules: tuple[DnsRule, ...]
    association_priority: int
    mutation_protection: str  # "ENABLED" or "DISABLED"
    fail_open: str  # "DISABLED": a query that cannot be judged fails
    query_log_group: str
    tags: Tags

    @property
    def observed(self) -> bool:
        """Whether refused names are only logged; never while one agent of the VPC enforces."""
        return all(rule.action != "BLOCK" for rule in self.rules)


# VPC endpoints


@dataclass(frozen=True, slots=True)
class GatewayEndpoint:
    """A gateway endpoint; ``route_tables``, by name, each have an association of their own with it."""

    name: str
    service: str  # "s3"
    service_name: str  # "com.amazonaws.eu-west-1.s3"
    policy: PolicyDocument
    route_tables: tuple[str, ...]
    tags: Tags


@dataclass(frozen=True, slots=True)
class InterfaceEndpoint:
    """An interface endpoint with private DNS, an interface in each of ``subnets``."""

    name: str
    service: str
    service_name: str
    policy: PolicyDocument
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    tags: Tags


# Identity


@dataclass(frozen=True, slots=True)
class RolePolicy:
    """The supplementary denial for an agent's role: grants nothing, and takes everything outside its segment.

    ``attached`` says whether this environment attaches it (as an inline policy of the role named ``role_name``).
    """

    name: str
    agent: str
    role_arn: str
    role_name: str
    document: PolicyDocument
    attached: bool


# The whole


@dataclass(frozen=True, slots=True)
class AgentPlace:
    """Where one agent is: what the workload's own stack needs to place it, and where its logs are.

    ``log_groups`` are the paths in CloudWatch; the flow log in the bucket names the subnet in every line.
    """

    agent: str
    owner: str
    mode: str
    quarantined: bool
    provisional: bool
    networks: tuple[Network, ...]
    subnets: tuple[str, ...]
    security_group: str
    network_acl: str
    route_tables: tuple[str, ...]
    log_groups: tuple[str, ...]
    access_digest: str
    inspected: bool


@dataclass(frozen=True, slots=True)
class Enforcement:
    """The whole network of one environment. Every tuple is sorted by name.

    ``internet`` says whether any agent has a way out, and so whether there are an internet gateway, NAT
    gateways, public subnets, and, with ``inspection`` ("names" or "requests", not "none"), a firewall.
    """

    environment: str
    account: str
    region: str
    zones: tuple[str, ...]
    inspection: str
    internet: bool
    vpc: Vpc
    places: tuple[AgentPlace, ...]
    subnets: tuple[Subnet, ...]
    nat_gateways: tuple[NatGateway, ...]
    transit_attachments: tuple[TransitAttachment, ...]
    security_groups: tuple[SecurityGroup, ...]
    network_acls: tuple[NetworkAcl, ...]
    route_tables: tuple[RouteTable, ...]
    firewall: NetworkFirewall | None
    dns: DnsFirewall
    gateway_endpoints: tuple[GatewayEndpoint, ...]
    interface_endpoints: tuple[InterfaceEndpoint, ...]
    role_policies: tuple[RolePolicy, ...]
    logs: Logs
