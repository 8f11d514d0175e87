"""The generated files as plain values: what each JSON file holds, and so its schema.

A field is added without a new ``format_version``; one is renamed or removed only with it. References that AWS
resolves when it deploys stand as ``${vpc.id}`` and the like.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RuleGroupFile:
    """One stateful rule group: its rules stand in ``file``, and ``capacity`` is reserved for them."""

    name: str
    file: str
    rules: int
    capacity: int


@dataclass(frozen=True, slots=True)
class TlsInspection:
    """What is decrypted: connections from these networks to these ports, signed with this CA certificate."""

    networks: tuple[str, ...]
    ports: tuple[int, ...]
    ca_certificate_arn: str


@dataclass(frozen=True, slots=True)
class FirewallPolicyFile:
    """``network-firewall/policy.json``: rule groups in evaluation order, defaults and variables.

    No stateful default action is set: the first group denies by rules of its own. ``variables`` are rule variables,
    none of them empty.
    """

    format_version: int
    environment: str
    rule_order: str
    stateless_default_actions: tuple[str, ...]
    stateless_fragment_default_actions: tuple[str, ...]
    stateful_default_actions: tuple[str, ...]
    stream_exception_policy: str
    variables: dict[str, tuple[str, ...]]
    groups: tuple[RuleGroupFile, ...]
    tls_inspection: TlsInspection | None


@dataclass(frozen=True, slots=True)
class DnsRuleEntry:
    """One DNS Firewall rule; lowest priority first, first match decides."""

    name: str
    priority: int
    action: str
    block_response: str | None
    redirection: str
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DnsFirewallFile:
    """``dns-firewall.json``: the VPC's rule group."""

    format_version: int
    environment: str
    association_priority: int
    mutation_protection: str
    fail_open: str
    rules: tuple[DnsRuleEntry, ...]


@dataclass(frozen=True, slots=True)
class GroupRuleEntry:
    """One rule; ``peer_kind`` is "cidr", "group" or "prefix-list", ``peer`` its network, group or endpoint."""

    direction: str
    protocol: str
    first_port: int
    last_port: int
    peer_kind: str
    peer: str
    description: str


@dataclass(frozen=True, slots=True)
class GroupEntry:
    """One security group; ``kind`` is "agent" or "endpoint"."""

    name: str
    kind: str
    agent: str | None
    description: str
    rules: tuple[GroupRuleEntry, ...]


@dataclass(frozen=True, slots=True)
class SecurityGroupsFile:
    """``security-groups.json``."""

    format_version: int
    environment: str
    security_groups: tuple[GroupEntry, ...]


@dataclass(frozen=True, slots=True)
class AclRuleEntry:
    """One entry; lowest number first, first match decides. Protocol "-1" is every protocol and has no ports."""

    direction: str
    number: int
    action: str
    protocol: str
    network: str
    first_port: int
    last_port: int


@dataclass(frozen=True, slots=True)
class AclEntry:
    """One network ACL and the subnets that it guards."""

    name: str
    kind: str
    agent: str | None
    subnets: tuple[str, ...]
    rules: tuple[AclRuleEntry, ...]


@dataclass(frozen=True, slots=True)
class NetworkAclsFile:
    """``network-acls.json``."""

    format_version: int
    environment: str
    network_acls: tuple[AclEntry, ...]


@dataclass(frozen=True, slots=True)
class RouteEntry:
    """One route; ``target_kind`` is "firewall" or "nat" (``target`` is the zone), "internet", "transit" or "peering"
    (``target`` is the id)."""

    destination: str
    target_kind: str
    target: str | None


@dataclass(frozen=True, slots=True)
class RouteTableEntry:
    """One route table; the VPC's local route is in each. ``gateway_endpoints`` add their prefix lists to it."""

    name: str
    kind: str
    agent: str | None
    zone: str
    subnets: tuple[str, ...]
    routes: tuple[RouteEntry, ...]
    gateway_endpoints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoutesFile:
    """``routes.json``."""

    format_version: int
    environment: str
    route_tables: tuple[RouteTableEntry, ...]


@dataclass(frozen=True, slots=True)
class EndpointPolicyFile:
    """``endpoint-policies/<service>.json``: ``type`` is "gateway" or "interface", ``policy`` the IAM document."""

    format_version: int
    environment: str
    service: str
    service_name: str
    type: str
    policy: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RolePolicyFile:
    """``role-policies/<agent>.json``: the supplementary denial for a role; ``attached`` by this environment or not."""

    format_version: int
    environment: str
    agent: str
    role: str
    attached: bool
    policy: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """One subnet in one zone."""

    zone: str
    network: str


@dataclass(frozen=True, slots=True)
class AddressesFile:
    """``addresses.json``: agent to segments, and the environment's own subnets by kind."""

    format_version: int
    environment: str
    agents: dict[str, tuple[SegmentEntry, ...]]
    infrastructure: dict[str, tuple[SegmentEntry, ...]]


@dataclass(frozen=True, slots=True)
class ClientsEntry:
    """What one agent's clients are set to: ``ca_variables`` name a file with the inspection CA, ``environment`` holds
    further variables as they are, ``configuration`` lines by client."""

    ca_certificate_arn: str
    ca_variables: tuple[str, ...]
    environment: dict[str, str]
    configuration: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ClientSettingEntry:
    """Why one of the settings is there, and the page that describes it."""

    setting: str
    client: str
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class ClientsFile:
    """``clients.json``: the agents whose TLS is decrypted, and what their clients are set to; no other agent."""

    format_version: int
    environment: str
    agents: dict[str, ClientsEntry]
    settings: tuple[ClientSettingEntry, ...]


SCHEMAS: dict[str, type] = {
    "firewall-policy": FirewallPolicyFile,
    "dns-firewall": DnsFirewallFile,
    "security-groups": SecurityGroupsFile,
    "network-acls": NetworkAclsFile,
    "routes": RoutesFile,
    "endpoint-policy": EndpointPolicyFile,
    "role-policy": RolePolicyFile,
    "addresses": AddressesFile,
    "clients": ClientsFile,
}
"""Every kind of JSON file by the name of its schema."""
