"""Each example environment registered whole under Pulumi's runtime, and what must hold of the graph that results."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from api_calls import CALLS, WITHOUT_CALL
from example_fleet import Registered
from ringfence.aws.clients import NOTHING, clients_of
from ringfence.aws.enforcement.firewall.compile import DEFAULT_GROUP
from ringfence.aws.enforcement.resource_counts import resource_counts
from ringfence.aws.outputs import StackOutputs
from ringfence.aws.resources.environment import register
from ringfence.aws.resources.recorder import record
from ringfence.verify.exclusive import EXCLUSIVE
from ringfence.verify.graph import UNKNOWN, Resource, ResourceGraph
from service_models import violations

FIREWALL = "aws:networkfirewall/firewall:Firewall"
GROUP = "aws:networkfirewall/ruleGroup:RuleGroup"
LOGGING = "aws:networkfirewall/loggingConfiguration:LoggingConfiguration"
POLICY = "aws:networkfirewall/firewallPolicy:FirewallPolicy"
ROUTE = "aws:ec2/route:Route"


def managed(graph: ResourceGraph) -> list[Resource]:
    return [resource for resource in graph.resources if resource.type.startswith("aws:")]


def places_of_unknowns(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if value == UNKNOWN:
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from places_of_unknowns(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places_of_unknowns(item, (*path, index))


def everything_before(graph: ResourceGraph, urn: str) -> set[str]:
    """All that must exist before a resource is made: its dependencies, theirs, and what those are part of."""
    seen: set[str] = set()
    wanted = [urn]
    while wanted:
        resource = graph.get(wanted.pop())
        assert resource is not None
        new = set(resource.dependencies) - seen
        seen |= new
        wanted += new
    return seen


def automatic_name(resource: Resource) -> str:
    """A name as Pulumi gives one that is left out: the logical name and seven hexadecimal digits."""
    return f"{resource.name}-0a1b2c3"


def test_every_reviewed_resource_is_registered_and_no_other(registered: Registered) -> None:
    assert registered.deployed.counts() == resource_counts(registered.enforcement)
    assert registered.previewed.counts() == resource_counts(registered.enforcement)


def test_a_preview_holds_the_same_resources_and_leaves_what_aws_decides_open(registered: Registered) -> None:
    deployed, previewed = registered.deployed, registered.previewed
    assert [resource.urn for resource in deployed.resources] == [resource.urn for resource in previewed.resources]
    assert not any(list(places_of_unknowns(resource.inputs)) for resource in deployed.resources)
    known = unknown = 0
    for resource in managed(previewed):
        other = deployed.get(resource.urn)
        assert other is not None
        for name, value in resource.inputs.items():
            if list(places_of_unknowns(value)):
                unknown += 1
            else:
                known += 1
                assert value == other.inputs[name], (resource.urn, name)
    assert unknown > 0
    assert known > 0


def test_a_second_run_registers_the_same_bytes(registered: Registered) -> None:
    enforcement = registered.enforcement
    again = record(lambda: register(enforcement), registered.account, stack=enforcement.environment)
    assert again.to_json() == registered.deployed.to_json()


def test_every_resource_is_a_child_of_its_layer_and_carries_its_name(registered: Registered) -> None:
    for resource in managed(registered.deployed):
        assert resource.parent is not None
        parent = registered.deployed.get(resource.parent)
        assert parent is not None
        assert re.fullmatch(r"ringfence:[a-z]+:[A-Z]\w+", parent.type), resource.urn
        assert resource.name.startswith(f"{parent.name}-"), resource.urn


def test_every_unknown_of_a_preview_is_traced_to_what_decides_it(registered: Registered) -> None:
    """One reference a property, or several where their order means nothing: sets, and documents written whole."""
    together = {
        ("aws:cloudwatch/metricAlarm:MetricAlarm", "metricQueries"),
        ("aws:ec2/networkAcl:NetworkAcl", "subnetIds"),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", "policy"),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", "securityGroupIds"),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", "subnetIds"),
        (EXCLUSIVE, "egressRuleIds"),
        (EXCLUSIVE, "ingressRuleIds"),
        ("aws:ec2transitgateway/vpcAttachment:VpcAttachment", "subnetIds"),
        ("aws:iam/rolePolicy:RolePolicy", "policy"),
        (FIREWALL, "subnetMappings"),
        (LOGGING, "loggingConfiguration"),
        (POLICY, "firewallPolicy"),
    }
    for resource in managed(registered.previewed):
        for name, value in resource.inputs.items():
            count = len(list(places_of_unknowns(value)))
            referred = resource.property_dependencies.get(name, ())
            assert (count > 0) <= bool(referred), (resource.urn, name)
            if len(referred) > 1:
                assert (resource.type, name) in together, (resource.urn, name)


def test_a_preview_shows_where_the_default_denial_stands(registered: Registered) -> None:
    """The firewall's groups but the default are interchangeable; at most one place is open for each of them."""
    for policy in registered.previewed.of_type(POLICY):
        references = policy.inputs["firewallPolicy"]["statefulRuleGroupReferences"]
        groups = [
            g for g in registered.previewed.of_type(GROUP) if g.urn in policy.property_dependencies["firewallPolicy"]
        ]
        known = [reference for reference in references if reference["resourceArn"] != UNKNOWN]
        (default,) = [g for g in registered.previewed.of_type(GROUP) if g.name.endswith(DEFAULT_GROUP)]
        assert [reference["resourceArn"].rpartition("/")[2] for reference in known] == [default.inputs["name"]]
        assert len(groups) == len(references) - 1
        assert default.urn in policy.dependencies


def test_no_route_leads_to_a_firewall_that_does_not_judge_or_log_yet(registered: Registered) -> None:
    graph = registered.deployed
    inspected = registered.enforcement.firewall
    routes = [route for route in graph.of_type(ROUTE) if "vpcEndpointId" in route.inputs]
    assert bool(routes) == (inspected is not None)
    needed = {r.urn for r in graph.of_type(FIREWALL, GROUP, LOGGING, POLICY)}
    for route in routes:
        assert needed <= everything_before(graph, route.urn), route.urn


def test_each_route_leads_to_the_firewall_of_its_own_zone(registered: Registered) -> None:
    graph, enforcement = registered.deployed, registered.enforcement
    endpoints = {
        attachment["endpointId"]: state["availabilityZone"]
        for firewall in graph.of_type(FIREWALL)
        for status in firewall.outputs["firewallStatuses"]
        for state in status["syncStates"]
        for attachment in state["attachments"]
    }
    by_name = {route.name: route for route in graph.of_type(ROUTE)}
    compared = 0
    for table in enforcement.route_tables:
        for route in table.routes:
            if type(route.target).__name__ == "FirewallTarget":
                made = by_name[f"{enforcement.environment}-{route.name}"]
                assert endpoints[made.inputs["vpcEndpointId"]] == route.target.zone
                compared += 1
    assert compared == sum("vpcEndpointId" in route.inputs for route in graph.of_type(ROUTE))


def test_the_vpc_is_closed_before_the_first_subnet(registered: Registered) -> None:
    graph = registered.deployed
    emptied = {
        "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": {"ingress", "egress"},
        "aws:ec2/defaultRouteTable:DefaultRouteTable": {"routes"},
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {"ingress", "egress"},
    }
    defaults = graph.of_type(*emptied)
    assert len(defaults) == 3
    for default in defaults:
        for name in emptied[default.type]:
            assert default.inputs[name] == [], (default.urn, name)
    for subnet in graph.of_type("aws:ec2/subnet:Subnet"):
        assert {default.urn for default in defaults} <= set(subnet.dependencies), subnet.urn


def test_names_resolve_only_behind_a_complete_wall(registered: Registered) -> None:
    graph = registered.deployed
    (association,) = graph.of_type(
        "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation"
    )
    needed = graph.of_type(
        "aws:route53/resolverFirewallRule:ResolverFirewallRule",
        "aws:route53/resolverFirewallConfig:ResolverFirewallConfig",
        "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation",
    )
    assert {resource.urn for resource in needed} <= set(association.dependencies)


def test_a_nacl_allows_nothing_before_the_denials_that_precede_it(registered: Registered) -> None:
    entries: dict[tuple[Any, Any], list[Resource]] = defaultdict(list)
    for entry in registered.deployed.of_type("aws:ec2/networkAclRule:NetworkAclRule"):
        entries[entry.inputs["networkAclId"], entry.inputs["egress"]].append(entry)
        assert entry.options["deleteBeforeReplace"] is True, entry.urn
    compared = 0
    for acl in entries.values():
        for entry in acl:
            before = {
                other.urn
                for other in acl
                if other.inputs["ruleAction"] == "deny" and other.inputs["ruleNumber"] < entry.inputs["ruleNumber"]
            }
            if entry.inputs["ruleAction"] == "allow":
                assert before <= set(entry.dependencies), entry.urn
                compared += bool(before)
    assert compared > 0


def test_rules_of_security_groups_stand_alone(registered: Registered) -> None:
    """Inline rules beside standalone ones undo each other at every deployment."""
    for group in registered.deployed.of_type("aws:ec2/securityGroup:SecurityGroup"):
        assert {"ingress", "egress"} & group.inputs.keys() == set(), group.urn
    for acl in registered.deployed.of_type("aws:ec2/networkAcl:NetworkAcl"):
        assert {"ingress", "egress"} & acl.inputs.keys() == set(), acl.urn
    for table in registered.deployed.of_type("aws:ec2/routeTable:RouteTable"):
        assert "routes" not in table.inputs, table.urn
    for endpoint in registered.deployed.of_type("aws:ec2/vpcEndpoint:VpcEndpoint"):
        assert "routeTableIds" not in endpoint.inputs, endpoint.urn


def test_each_rule_of_a_security_group_has_one_peer(registered: Registered) -> None:
    peers = {"cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"}
    rules = registered.deployed.of_type(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    )
    assert rules
    for rule in rules:
        assert len(peers & rule.inputs.keys()) == 1, rule.urn


def test_only_what_is_never_replaced_has_a_fixed_name(registered: Registered) -> None:
    """A fixed name stops the replacement from standing before the old one goes."""
    for resource in managed(registered.deployed):
        name = resource.inputs.get("name", resource.inputs.get("bucket") if "s3/bucket:" in resource.type else None)
        if name is None or resource.type == "aws:cloudwatch/logGroup:LogGroup":
            continue
        assert resource.type == GROUP, resource.urn
        assert name == f"{registered.enforcement.environment}-{DEFAULT_GROUP}"


def test_protection_is_where_the_environment_asks_for_it(registered: Registered) -> None:
    wanted = registered.enforcement.logs.bucket.protected
    for resource in registered.deployed.of_type(FIREWALL, "aws:s3/bucket:Bucket"):
        assert resource.protect is wanted, resource.urn
    for firewall in registered.deployed.of_type(FIREWALL):
        switches = ("deleteProtection", "subnetChangeProtection", "firewallPolicyChangeProtection")
        assert [firewall.inputs[switch] for switch in switches] == [wanted] * 3
    for bucket in registered.deployed.of_type("aws:s3/bucket:Bucket"):
        assert bucket.inputs["forceDestroy"] is not wanted


def test_decryption_is_for_inspected_segments_only(registered: Registered) -> None:
    inspections = registered.deployed.of_type(
        "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration"
    )
    inspected = [place for place in registered.enforcement.places if place.inspected]
    assert bool(inspections) == bool(inspected)
    for inspection in inspections:
        (scope,) = inspection.inputs["tlsInspectionConfiguration"]["serverCertificateConfiguration"]["scopes"]
        sources = {source["addressDefinition"] for source in scope["sources"]}
        firewall = registered.enforcement.firewall
        assert firewall is not None
        assert sources == {str(network) for network in firewall.rules.inspected}
    for policy in registered.deployed.of_type(POLICY):
        assert ("tlsInspectionConfigurationArn" in policy.inputs["firewallPolicy"]) == bool(inspections)
        assert policy.name.endswith("-inspecting") == bool(inspections)


def test_the_rules_change_before_what_is_decrypted_does(registered: Registered) -> None:
    """Rules for decrypted traffic let HTTP pass that never was encrypted, from a source that is decrypted no more."""
    groups = {group.urn for group in registered.deployed.of_type(GROUP)}
    for inspection in registered.deployed.of_type(
        "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration"
    ):
        assert groups <= set(inspection.dependencies)


def test_rule_text_holds_plain_addresses(registered: Registered) -> None:
    for group in registered.previewed.of_type(GROUP):
        text = group.inputs["ruleGroup"]["rulesSource"]["rulesString"]
        assert text
        assert UNKNOWN not in text


def test_everything_that_can_carry_the_environments_tag_does(registered: Registered) -> None:
    for resource in managed(registered.deployed):
        if "tags" in resource.inputs:
            assert resource.inputs["tags"]["ringfence:environment"] == registered.enforcement.environment


def test_exports_have_the_documented_shape_and_name_every_agent(registered: Registered) -> None:
    outputs = StackOutputs.model_validate(registered.deployed.outputs)
    subnets = {resource.id: resource for resource in registered.deployed.of_type("aws:ec2/subnet:Subnet")}
    groups = {resource.id: resource for resource in registered.deployed.of_type("aws:ec2/securityGroup:SecurityGroup")}
    environment = registered.enforcement.environment
    assert set(outputs.agents) == {place.agent for place in registered.enforcement.places}
    for place in registered.enforcement.places:
        agent = outputs.agents[place.agent]
        assert {subnet.cidr for subnet in agent.subnets} == {str(network) for network in place.networks}
        for subnet in agent.subnets:
            made = subnets[subnet.id]
            assert (made.inputs["cidrBlock"], made.inputs["availabilityZone"]) == (subnet.cidr, subnet.zone)
        assert groups[agent.security_group].name == f"{environment}-{place.security_group}"
        assert agent.tls.inspected is place.inspected
        assert bool(agent.tls.ca_variables) is (agent.tls.ca_certificate_arn is not None) is place.inspected
        clients = clients_of("refuse") if place.inspected else NOTHING
        assert (agent.tls.ca_variables, agent.tls.environment) == (clients.ca_variables, clients.environment)
        assert agent.tls.configuration == clients.configuration
        document = json.loads(agent.role_policy)
        assert all(statement["Effect"] == "Deny" for statement in document["Statement"])
        assert set(agent.log_groups) <= set(outputs.environment.logs.groups.values())


def test_role_policies_are_attached_only_where_the_environment_says_so(registered: Registered) -> None:
    attached = {policy.role_name for policy in registered.enforcement.role_policies if policy.attached}
    made = {
        policy.inputs["role"]
        for policy in registered.deployed.of_type("aws:iam/rolePolicy:RolePolicy")
        if policy.parent is not None and policy.parent.split("::")[2] == "ringfence:identity:RolePolicies"
    }
    assert made == attached


def test_every_type_has_a_call_of_its_shape_or_a_reason_why_not(registered: Registered) -> None:
    assert {resource.type for resource in managed(registered.deployed)} <= CALLS.keys() | WITHOUT_CALL.keys()
    assert CALLS.keys() & WITHOUT_CALL.keys() == set()


def test_aws_takes_every_input_by_its_own_service_models(registered: Registered) -> None:
    wrong = []
    checked = 0
    for resource in managed(registered.deployed):
        for service, operation, parameters in CALLS.get(resource.type, lambda _inputs, _name: iter(()))(
            resource.inputs, automatic_name(resource)
        ):
            checked += 1
            wrong += [f"{resource.urn}: {reason}" for reason in violations(service, operation, parameters)]
    assert wrong == []
    assert checked > len(managed(registered.deployed)) * 0.9
