"""The generated rules, lists and policies as files, for people, other tools and the engine: `ringfence rules`."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter

from ringfence.aws.allocation import Allocation, Segments
from ringfence.aws.clients import CA_VARIABLES, clients_of, settings_of
from ringfence.aws.enforcement.model import (
    CidrPeer,
    Enforcement,
    FirewallTarget,
    GatewayEndpoint,
    GroupPeer,
    InterfaceEndpoint,
    InternetTarget,
    NatTarget,
    NetworkFirewall,
    Peer,
    PeeringTarget,
    PrefixListPeer,
    RouteTarget,
    TransitTarget,
)
from ringfence.engine.configuration import Setting, render
from ringfence.review.artefact_model import (
    AclEntry,
    AclRuleEntry,
    AddressesFile,
    ClientsEntry,
    ClientSettingEntry,
    ClientsFile,
    DnsFirewallFile,
    DnsRuleEntry,
    EndpointPolicyFile,
    FirewallPolicyFile,
    GroupEntry,
    GroupRuleEntry,
    NetworkAclsFile,
    RolePolicyFile,
    RouteEntry,
    RoutesFile,
    RouteTableEntry,
    RuleGroupFile,
    SecurityGroupsFile,
    SegmentEntry,
    TlsInspection,
)

FORMAT_VERSION = 1

GENERATED = ("network-firewall/*", "endpoint-policies/*.json", "role-policies/*.json")
"""Files whose names come from the fleet: of these, what an earlier run wrote and this one does not is removed."""


def artefacts(enforcement: Enforcement, allocation: Allocation) -> dict[str, str]:
    """Every file's text by its path, sorted; the same enforcement always gives the same octets."""
    files: dict[str, str] = {}
    for path, value in _values(enforcement, allocation):
        files[path] = json.dumps(TypeAdapter(type(value)).dump_python(value, mode="json"), indent=2) + "\n"
    if enforcement.firewall is not None:
        for group in enforcement.firewall.rules.groups:
            files[f"network-firewall/{group.name}.rules"] = group.text
        files["network-firewall/suricata.yaml"] = _suricata(enforcement.firewall)
    return dict(sorted(files.items()))


def _values(enforcement: Enforcement, allocation: Allocation) -> Iterator[tuple[str, object]]:
    env = enforcement.environment
    if enforcement.firewall is not None:
        yield "network-firewall/policy.json", _firewall_policy(env, enforcement.firewall)
    yield "dns-firewall.json", _dns(enforcement)
    yield "security-groups.json", _groups(enforcement)
    yield "network-acls.json", _acls(enforcement)
    yield "routes.json", _routes(enforcement)
    for endpoint in (*enforcement.gateway_endpoints, *enforcement.interface_endpoints):
        yield f"endpoint-policies/{endpoint.service}.json", _endpoint(env, endpoint)
    for policy in enforcement.role_policies:
        document: dict[str, Any] = json.loads(policy.document.text())
        yield (
            f"role-policies/{policy.agent}.json",
            RolePolicyFile(FORMAT_VERSION, env, policy.agent, policy.role_arn, policy.attached, document),
        )
    yield (
        "addresses.json",
        AddressesFile(FORMAT_VERSION, env, _segments(allocation.agents), _segments(allocation.infrastructure)),
    )
    yield "clients.json", _clients(enforcement)


def _clients(enforcement: Enforcement) -> ClientsFile:
    env, firewall = enforcement.environment, enforcement.firewall
    authority = firewall.ca_certificate_arn if firewall else None
    if firewall is None or authority is None:
        return ClientsFile(FORMAT_VERSION, env, {}, ())
    clients = clients_of(firewall.http2)
    entry = ClientsEntry(authority, clients.ca_variables, dict(clients.environment), dict(clients.configuration))
    trust = (
        ClientSettingEntry(
            each.name,
            each.read_by,
            f"trusts the CAs of a file, {'beside' if each.adds else 'in place of'} its own list",
            each.source,
        )
        for each in CA_VARIABLES
    )
    others = (
        ClientSettingEntry(each.line or "=".join(each.variable or ()), each.client, each.why, each.source)
        for each in settings_of(firewall.http2)
    )
    agents = {place.agent: entry for place in enforcement.places if place.inspected}
    return ClientsFile(FORMAT_VERSION, env, agents, (*trust, *others))


def _firewall_policy(env: str, firewall: NetworkFirewall) -> FirewallPolicyFile:
    arn = firewall.ca_certificate_arn
    networks = tuple(map(str, firewall.rules.inspected))
    return FirewallPolicyFile(
        format_version=FORMAT_VERSION,
        environment=env,
        rule_order="STRICT_ORDER",
        stateless_default_actions=("aws:forward_to_sfe",),
        stateless_fragment_default_actions=("aws:forward_to_sfe",),
        stateful_default_actions=(),
        stream_exception_policy="REJECT",
        variables={"HOME_NET": tuple(map(str, firewall.rules.home_net))},
        groups=tuple(
            RuleGroupFile(group.name, f"{group.name}.rules", len(group.rules), group.capacity)
            for group in firewall.rules.groups
        ),
        tls_inspection=TlsInspection(networks, firewall.inspected_ports, arn) if arn else None,
    )


def _dns(enforcement: Enforcement) -> DnsFirewallFile:
    dns = enforcement.dns
    domains = {each.name: each.domains for each in dns.lists}
    return DnsFirewallFile(
        FORMAT_VERSION,
        enforcement.environment,
        dns.association_priority,
        dns.mutation_protection,
        dns.fail_open,
        tuple(
            DnsRuleEntry(
                rule.name, rule.priority, rule.action, rule.block_response, rule.redirection, domains[rule.domain_list]
            )
            for rule in dns.rules
        ),
    )


def _groups(enforcement: Enforcement) -> SecurityGroupsFile:
    groups = tuple(
        GroupEntry(
            group.name,
            group.kind,
            group.agent,
            group.description,
            tuple(
                GroupRuleEntry(
                    rule.direction, rule.protocol, rule.first_port, rule.last_port, *_peer(rule.peer), rule.description
                )
                for rule in group.rules
            ),
        )
        for group in enforcement.security_groups
    )
    return SecurityGroupsFile(FORMAT_VERSION, enforcement.environment, groups)


def _peer(peer: Peer) -> tuple[str, str]:
    match peer:
        case CidrPeer(network):
            return "cidr", str(network)
        case GroupPeer(group):
            return "group", group
        case PrefixListPeer(endpoint):
            return "prefix-list", endpoint


def _acls(enforcement: Enforcement) -> NetworkAclsFile:
    acls = tuple(
        AclEntry(
            acl.name,
            acl.kind,
            acl.agent,
            acl.subnets,
            tuple(
                AclRuleEntry(
                    rule.direction, rule.number, rule.action, rule.protocol, str(rule.network), rule.first_port,
                    rule.last_port,
                )
                for rule in acl.rules
            ),
        )
        for acl in enforcement.network_acls
    )  # fmt: skip
    return NetworkAclsFile(FORMAT_VERSION, enforcement.environment, acls)


def _routes(enforcement: Enforcement) -> RoutesFile:
    endpoints: dict[str, list[str]] = {}
    for endpoint in enforcement.gateway_endpoints:
        for table in endpoint.route_tables:
            endpoints.setdefault(table, []).append(endpoint.service)
    tables = tuple(
        RouteTableEntry(
            table.name,
            table.kind,
            table.agent,
            table.zone,
            table.subnets,
            tuple(RouteEntry(str(route.destination), *_target(route.target)) for route in table.routes),
            tuple(endpoints.get(table.name, ())),
        )
        for table in enforcement.route_tables
    )
    return RoutesFile(FORMAT_VERSION, enforcement.environment, tables)


def _target(target: RouteTarget) -> tuple[str, str | None]:
    match target:
        case FirewallTarget(zone):
            return "firewall", zone
        case NatTarget(zone):
            return "nat", zone
        case InternetTarget():
            return "internet", None
        case TransitTarget(gateway):
            return "transit", gateway
        case PeeringTarget(connection):
            return "peering", connection


def _endpoint(env: str, endpoint: GatewayEndpoint | InterfaceEndpoint) -> EndpointPolicyFile:
    document: dict[str, Any] = json.loads(endpoint.policy.text())
    kind = "gateway" if isinstance(endpoint, GatewayEndpoint) else "interface"
    return EndpointPolicyFile(FORMAT_VERSION, env, endpoint.service, endpoint.service_name, kind, document)


def _segments(segments: Segments) -> dict[str, tuple[SegmentEntry, ...]]:
    return {
        name: tuple(SegmentEntry(segment.zone, str(segment.network)) for segment in held)
        for name, held in segments.items()
    }


def _suricata(firewall: NetworkFirewall) -> str:
    """What the rules are tested under: ``suricata -T -c suricata.yaml -l /tmp``, started in its folder."""
    setting = Setting(home_net=tuple(map(str, firewall.rules.home_net)))
    return render(setting, (f"{group.name}.rules" for group in firewall.rules.groups))
