"""The world itself: it takes what AWS takes, refuses what AWS refuses, and writes down what was done."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2
from world import table
from world.account import Fault, Held, World
from world.graph import canonical, graph_of, states
from world.outputs import ARNS, IDENTIFIED_BY, PREFIXES, endpoints_of
from world.provider import Provider, plain
from world.schema import TYPES, UNKNOWN, problems, structure

VPC, SUBNET, GROUP = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet", "aws:ec2/securityGroup:SecurityGroup"
ACL, ENTRY = "aws:ec2/networkAcl:NetworkAcl", "aws:ec2/networkAclRule:NetworkAclRule"
TABLE, ROUTE = "aws:ec2/routeTable:RouteTable", "aws:ec2/route:Route"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
EXCLUSIVE = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
EIP, NAT, IGW = "aws:ec2/eip:Eip", "aws:ec2/natGateway:NatGateway", "aws:ec2/internetGateway:InternetGateway"
RULES = "aws:networkfirewall/ruleGroup:RuleGroup"
POLICY = "aws:networkfirewall/firewallPolicy:FirewallPolicy"
FIREWALL = "aws:networkfirewall/firewall:Firewall"
TLS = "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration"
DOMAINS = "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList"
DNS_GROUP = "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup"
DNS_RULE = "aws:route53/resolverFirewallRule:ResolverFirewallRule"
DNS_ASSOCIATION = "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
SERVICE = "aws:ecs/service:Service"
TASKS = "aws:ecs/taskDefinition:TaskDefinition"
CLUSTER = "aws:ecs/cluster:Cluster"
FUNCTION = "aws:lambda/function:Function"
ATTACHMENT = "aws:ec2transitgateway/vpcAttachment:VpcAttachment"


class Aborted(Exception):
    """What the provider ends a call with."""


class Context:
    """A call's context, as far as the provider uses one."""

    def abort(self, _code: object, details: str) -> None:
        raise Aborted(details)


class Engine:
    """Speaks to a provider as the engine does, without one."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.provider = Provider(world, None, None)

    def check(self, kind: str, name: str, inputs: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> Any:
        request = provider_pb2.CheckRequest(
            urn=urn(kind, name), news=message(inputs), olds=message(olds or {}), randomSeed=b"\x01\x23\x45\x67"
        )
        return self.provider.Check(request, Context())

    def create(self, kind: str, name: str, /, **inputs: Any) -> Held:
        checked = self.check(kind, name, inputs)
        assert list(checked.failures) == []
        made = self.provider.Create(
            provider_pb2.CreateRequest(urn=urn(kind, name), properties=checked.inputs), Context()
        )
        held = self.world.get(kind, made.id)
        assert held is not None
        return held

    def update(self, held: Held, /, **inputs: Any) -> Held:
        checked = self.check(held.type, held.name, {**asked(held), **inputs}, held.inputs)
        assert list(checked.failures) == []
        request = provider_pb2.UpdateRequest(
            id=held.id, urn=held.urn, olds=message({**held.inputs, **held.outputs}), news=checked.inputs
        )
        self.provider.Update(request, Context())
        updated = self.world.get(held.type, held.id)
        assert updated is not None
        return updated

    def diff(self, held: Held, /, **inputs: Any) -> Any:
        checked = self.check(held.type, held.name, {**asked(held), **inputs}, held.inputs)
        request = provider_pb2.DiffRequest(
            id=held.id, urn=held.urn, old_inputs=message(held.inputs), news=checked.inputs
        )
        return self.provider.Diff(request, Context())

    def delete(self, held: Held) -> None:
        self.provider.Delete(provider_pb2.DeleteRequest(id=held.id, urn=held.urn), Context())


def asked(held: Held) -> dict[str, Any]:
    """Its inputs as the program gave them: without the name that the provider gave."""
    given = {"__defaults", *(held.inputs.get("__defaults") or ())}
    return {name: value for name, value in held.inputs.items() if name not in given}


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::ringfence::ringfence:network:Network${kind}::{name}"


def message(values: Mapping[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(values)
    return made


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World.create(tmp_path / "world", "111111111111", "eu-west-1", ["eu-west-1a", "eu-west-1b"], ["tgw-1"])
    yield made
    made.close()


@pytest.fixture
def engine(world: World) -> Engine:
    return Engine(world)


class Network:
    """A small network: everything that something else may be in use by."""

    def __init__(self, engine: Engine) -> None:
        make = engine.create
        self.vpc = make(VPC, "vpc", cidrBlock="10.0.0.0/16")
        vpc = {"vpcId": self.vpc.id}
        self.a = make(SUBNET, "a", **vpc, cidrBlock="10.0.0.0/28", availabilityZone="eu-west-1a")
        self.b = make(SUBNET, "b", **vpc, cidrBlock="10.0.0.16/28", availabilityZone="eu-west-1b")
        self.acl = make(ACL, "acl", **vpc, subnetIds=[self.a.id])
        self.entry = make(ENTRY, "entry", **entry(self.acl, 100))
        self.group = make(GROUP, "group", **vpc, description="one")
        self.other = make(GROUP, "other", **vpc, description="other")
        self.rule = make(EGRESS, "rule", **rule(self.group, referencedSecurityGroupId=self.other.id))
        self.table = make(TABLE, "table", **vpc)
        self.association = make(ASSOCIATION, "association", subnetId=self.a.id, routeTableId=self.table.id)
        self.igw = make(IGW, "igw", **vpc)
        self.eip = make(EIP, "eip", domain="vpc")
        self.nat = make(NAT, "nat", subnetId=self.b.id, allocationId=self.eip.id, connectivityType="public")
        self.rules = make(RULES, "rules", **rule_group(10))
        self.policy = make(POLICY, "policy", firewallPolicy=policy(self.rules))
        self.firewall = make(FIREWALL, "firewall", **firewall(self.vpc, self.policy, self.a))
        (endpoint,) = endpoints_of(self.firewall)
        self.route = make(
            ROUTE, "route", routeTableId=self.table.id, destinationCidrBlock="0.0.0.0/0", vpcEndpointId=endpoint
        )
        self.endpoint = make(ENDPOINT, "sqs", **endpoint_of("sqs", self.vpc, self.b, self.other))
        self.domains = make(DOMAINS, "domains", domains=["example.com"])
        self.dns_group = make(DNS_GROUP, "dns")
        self.dns_rule = make(DNS_RULE, "dns", **dns_rule(self.dns_group, self.domains, 100))
        self.dns = make(
            DNS_ASSOCIATION, "dns", **vpc, firewallRuleGroupId=self.dns_group.id, priority=101,
            mutationProtection="ENABLED",
        )  # fmt: skip
        self.attachment = make(ATTACHMENT, "tgw", **vpc, transitGatewayId="tgw-1", subnetIds=[self.a.id])


def entry(acl: Held, number: int) -> dict[str, Any]:
    return {
        "networkAclId": acl.id, "egress": True, "ruleNumber": number, "ruleAction": "allow", "protocol": "tcp",
        "cidrBlock": "10.0.0.0/16", "fromPort": 443, "toPort": 443,
    }  # fmt: skip


def rule(group: Held, **peer: Any) -> dict[str, Any]:
    ports = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443}
    return {"securityGroupId": group.id, **ports, "description": "a rule", **peer}


def rule_group(capacity: int, count: int = 1, order: str = "STRICT_ORDER") -> dict[str, Any]:
    text = "\n".join(f"pass tcp any any -> any any (sid:{number};)" for number in range(1, count + 1))
    options = {"ruleOrder": order}
    return {
        "type": "STATEFUL", "capacity": capacity,
        "ruleGroup": {"rulesSource": {"rulesString": text}, "statefulRuleOptions": options},
    }  # fmt: skip


def policy(*groups: Held, **more: Any) -> dict[str, Any]:
    return {
        "statelessDefaultActions": ["aws:forward_to_sfe"],
        "statelessFragmentDefaultActions": ["aws:forward_to_sfe"],
        "statefulEngineOptions": {"ruleOrder": "STRICT_ORDER"},
        "statefulRuleGroupReferences": [
            {"priority": number, "resourceArn": group.outputs["arn"]} for number, group in enumerate(groups, 1)
        ],
        "policyVariables": {"ruleVariables": [{"key": "HOME_NET", "ipSet": {"definitions": ["10.0.0.0/16"]}}]},
        **more,
    }


def firewall(vpc: Held, of: Held, *subnets: Held, protected: bool = False) -> dict[str, Any]:
    return {
        "vpcId": vpc.id, "firewallPolicyArn": of.outputs["arn"], "deleteProtection": protected,
        "subnetChangeProtection": protected, "firewallPolicyChangeProtection": protected,
        "subnetMappings": [{"subnetId": subnet.id, "ipAddressType": "IPV4"} for subnet in subnets],
    }  # fmt: skip


def endpoint_of(service: str, vpc: Held, subnet: Held, *groups: Held) -> dict[str, Any]:
    return {
        "vpcId": vpc.id, "vpcEndpointType": "Interface", "serviceName": f"com.amazonaws.eu-west-1.{service}",
        "privateDnsEnabled": True, "subnetIds": [subnet.id], "securityGroupIds": [group.id for group in groups],
        "policy": "{}",
    }  # fmt: skip


def dns_rule(group: Held, domains: Held, priority: int) -> dict[str, Any]:
    return {
        "firewallRuleGroupId": group.id, "firewallDomainListId": domains.id, "priority": priority, "action": "ALLOW",
        "firewallDomainRedirectionAction": "TRUST_REDIRECTION_DOMAIN",
    }  # fmt: skip


@pytest.fixture
def network(engine: Engine) -> Network:
    return Network(engine)


# The tables


def test_every_type_has_an_id_and_rules_of_replacement() -> None:
    assert PREFIXES.keys() | IDENTIFIED_BY.keys() | {
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:route53/resolverFirewallRule:ResolverFirewallRule",
    } == TYPES  # fmt: skip
    assert PREFIXES.keys() & IDENTIFIED_BY.keys() == set()
    assert ARNS.keys() <= TYPES
    assert table.IMMUTABLE.keys() <= TYPES
    for kind, names in table.IMMUTABLE.items():
        assert set(names) <= structure(kind).kinds.keys(), kind
    assert TYPES - table.IMMUTABLE.keys() == {IGW}  # which can be attached elsewhere


def test_every_reference_is_a_property_and_has_a_source() -> None:
    for reference in table.REFERENCES:
        assert reference.path.partition(".")[0].removesuffix("[]") in structure(reference.type).kinds, reference
        assert reference.target in TYPES, reference
        assert reference.source, reference
    assert all(quota.source for quota in table.QUOTAS.values())


# What the provider's schema says


@pytest.mark.parametrize(
    ("kind", "inputs", "path", "reason"),
    [
        (SUBNET, {"vpcId": "vpc-1", "surprise": 1}, "surprise", "is no property of this type"),
        (SUBNET, {}, "vpcId", "is required and missing"),
        (SUBNET, {"vpcId": 1}, "vpcId", "1 is no str"),
        (SUBNET, {"vpcId": "vpc-1", "tags": {"a": True}}, "tags.a", "True is no str"),
        (SUBNET, {"vpcId": "vpc-1", "tags": "a"}, "tags", "'a' is no table"),
        (SUBNET, {"vpcId": "vpc-1", "mapPublicIpOnLaunch": "false"}, "mapPublicIpOnLaunch", "'false' is no bool"),
        (ACL, {"vpcId": "vpc-1", "subnetIds": "subnet-1"}, "subnetIds", "'subnet-1' is no list"),
        (RULES, {"type": "STATEFUL", "capacity": 1.5}, "capacity", "1.5 is no int"),
        (
            RULES, {"type": "STATEFUL", "capacity": 1, "ruleGroup": {"rulesSource": {"rule": ""}}},
            "ruleGroup.rulesSource.rule", "is no property of this type",
        ),
        (FIREWALL, {"firewallPolicyArn": "a", "subnetMappings": [{}]}, "subnetMappings[0].subnetId", "is required"),
    ],
)  # fmt: skip
def test_a_property_that_the_provider_does_not_know_is_refused(
    engine: Engine, kind: str, inputs: dict[str, Any], path: str, reason: str
) -> None:
    found = engine.check(kind, "one", inputs)
    assert [(path, True)] == [(failure.property, reason in failure.reason) for failure in found.failures]
    assert problems(kind, inputs)


def test_an_unknown_value_is_of_every_kind() -> None:
    assert problems(SUBNET, {"vpcId": UNKNOWN, "tags": UNKNOWN, "mapPublicIpOnLaunch": UNKNOWN}) == []


def test_a_type_that_is_not_modelled_is_refused(engine: Engine) -> None:
    (failure,) = engine.check("aws:ec2/instance:Instance", "one", {}).failures
    assert failure.reason == "this world knows no aws:ec2/instance:Instance"


def test_a_name_is_given_once_and_kept(engine: Engine) -> None:
    given = plain(engine.check(GROUP, "group", {"vpcId": "vpc-1"}).inputs)
    assert (given["name"], given["__defaults"]) == ("group-0123456", ["name"])
    again = plain(engine.check(GROUP, "group", {"vpcId": "vpc-1"}, {**given, "name": "group-other"}).inputs)
    assert again["name"] == "group-other"
    own = plain(engine.check(GROUP, "group", {"vpcId": "vpc-1", "name": "mine"}, given).inputs)
    assert (own["name"], own["__defaults"]) == ("mine", [])


def task_definition() -> dict[str, Any]:
    return {
        "family": "agent", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256",
        "memory": "512", "executionRoleArn": "arn:aws:iam::111111111111:role/execution",
        "containerDefinitions": '[{"name": "agent", "image": "agent:1"}]',
    }  # fmt: skip


def function(network: Network) -> dict[str, Any]:
    return {
        "role": "arn:aws:iam::111111111111:role/agent", "packageType": "Image", "imageUri": "agent:1",
        "vpcConfig": {"subnetIds": [network.a.id], "securityGroupIds": [network.group.id]},
    }  # fmt: skip


# What AWS refuses


def test_what_is_in_use_is_not_deleted_and_what_is_not_is(engine: Engine, network: Network) -> None:
    """Each refusal names what is in the way; the same thing goes once that is gone."""
    in_the_way: list[tuple[Held, Held, str]] = [
        (network.rules, network.policy, "InvalidOperationException"),
        (network.policy, network.firewall, "InvalidOperationException"),
        (network.firewall, network.route, "InvalidOperationException"),
        (network.other, network.rule, "DependencyViolation"),
        (network.table, network.association, "DependencyViolation"),
        (network.eip, network.nat, "InvalidIPAddress.InUse"),
        (network.igw, network.nat, "DependencyViolation"),
        (network.domains, network.dns_rule, "ConflictException"),
        (network.dns_group, network.dns_rule, "ConflictException"),
        (network.b, network.nat, "DependencyViolation"),
        (network.vpc, network.group, "DependencyViolation"),
    ]
    for held, other, code in in_the_way:
        with pytest.raises(Aborted, match=code):
            engine.delete(held)
        assert engine.world.get(held.type, held.id) is not None, (held, other)
    with pytest.raises(Aborted, match="ConflictException: the association is protected against mutation"):
        engine.delete(network.dns)
    engine.update(network.dns, mutationProtection="DISABLED")
    order = (
        "attachment", "dns", "dns_rule", "dns_group", "domains", "endpoint", "route", "firewall", "policy", "rules",
        "nat", "eip", "igw", "association", "table", "rule", "other", "group", "entry", "acl", "b", "a", "vpc",
    )  # fmt: skip
    assert set(order) == set(vars(network))
    for name in order:
        engine.delete(getattr(network, name))
    assert engine.world.resources() == []


REFUSED: dict[str, tuple[str, Any, str]] = {
    "a subnet outside the VPC": (
        SUBNET, lambda n: {"vpcId": n.vpc.id, "cidrBlock": "10.1.0.0/28", "availabilityZone": "eu-west-1a"},
        "InvalidSubnet.Range",
    ),
    "a subnet that overlaps another": (
        SUBNET, lambda n: {"vpcId": n.vpc.id, "cidrBlock": "10.0.0.0/27", "availabilityZone": "eu-west-1a"},
        "InvalidSubnet.Conflict",
    ),
    "a subnet too small": (
        SUBNET, lambda n: {"vpcId": n.vpc.id, "cidrBlock": "10.0.1.0/29", "availabilityZone": "eu-west-1a"},
        "InvalidSubnet.Range",
    ),
    "a zone that is none": (
        SUBNET, lambda n: {"vpcId": n.vpc.id, "cidrBlock": "10.0.1.0/28", "availabilityZone": "eu-west-1c"},
        "InvalidParameterValue: there is no zone",
    ),
    "a subnet of no VPC": (
        SUBNET, lambda _: {"vpcId": "vpc-0", "cidrBlock": "10.0.1.0/28", "availabilityZone": "eu-west-1a"},
        "InvalidVpcID.NotFound",
    ),
    "a VPC too large": (VPC, lambda _: {"cidrBlock": "10.0.0.0/8"}, "InvalidVpc.Range"),
    "a second internet gateway": (IGW, lambda n: {"vpcId": n.vpc.id}, "already has an internet gateway"),
    "a NAT gateway at an address in use": (
        NAT, lambda n: {"subnetId": n.a.id, "allocationId": n.eip.id, "connectivityType": "public"},
        "Resource.AlreadyAssociated",
    ),
    "an entry with a number that is taken": (ENTRY, lambda n: entry(n.acl, 100), "NetworkAclEntryAlreadyExists"),
    "an entry with an action that is none": (
        ENTRY, lambda n: {**entry(n.acl, 101), "ruleAction": "permit"}, "'permit' is none of",
    ),
    "a second route to one place": (
        ROUTE,
        lambda n: {"routeTableId": n.table.id, "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": n.nat.id},
        "RouteAlreadyExists",
    ),
    "a route to a part of a subnet": (
        ROUTE,
        lambda n: {"routeTableId": n.table.id, "destinationCidrBlock": "10.0.0.0/29", "natGatewayId": n.nat.id},
        "more specific than the local route",
    ),
    "a route to a transit gateway that is not there": (
        ROUTE,
        lambda n: {"routeTableId": n.table.id, "destinationCidrBlock": "10.9.0.0/16", "transitGatewayId": "tgw-2"},
        "'tgw-2' does not exist",
    ),
    "a second table of a subnet": (
        ASSOCIATION, lambda n: {"subnetId": n.a.id, "routeTableId": n.table.id}, "Resource.AlreadyAssociated",
    ),
    "a rule that is there": (
        EGRESS, lambda n: rule(n.group, referencedSecurityGroupId=n.other.id), "InvalidPermission.Duplicate",
    ),
    "a rule with two peers": (
        EGRESS, lambda n: rule(n.group, referencedSecurityGroupId=n.group.id, cidrIpv4="10.0.0.0/8"),
        "one peer, not 2",
    ),
    "a rule with ports the wrong way round": (
        EGRESS, lambda n: {**rule(n.group, cidrIpv4="10.0.0.0/8"), "fromPort": 444}, "ports 444 to 443",
    ),
    "a group whose name is taken": (
        GROUP, lambda n: {"vpcId": n.vpc.id, "name": n.group.inputs["name"].upper(), "description": "another"},
        "InvalidGroup.Duplicate",
    ),
    "a second endpoint of a service": (
        ENDPOINT, lambda n: endpoint_of("sqs", n.vpc, n.a, n.group), "already a conflicting DNS domain",
    ),
    "an endpoint of another Region": (
        ENDPOINT, lambda n: {**endpoint_of("sns", n.vpc, n.a), "serviceName": "com.amazonaws.us-east-1.sns"},
        "InvalidServiceName",
    ),
    "more groups than an interface has": (
        ENDPOINT, lambda n: endpoint_of("sns", n.vpc, n.a, *[n.group] * 6), "SecurityGroupsPerInterfaceLimitExceeded",
    ),
    "a second attachment": (
        ATTACHMENT, lambda n: {"vpcId": n.vpc.id, "transitGatewayId": "tgw-1", "subnetIds": [n.b.id]},
        "DuplicateTransitGatewayAttachment",
    ),
    "more rules than the capacity": (RULES, lambda _: rule_group(2, count=3), "3 rules, and the capacity is 2"),
    "a rule group without rules": (RULES, lambda _: rule_group(2, count=0), "without rules"),
    "a rule group of a type that is none": (
        RULES, lambda _: {**rule_group(2), "type": "stateful"}, "'stateful' is none of",
    ),
    "a rule group whose name is taken": (
        RULES, lambda n: {**rule_group(2), "name": n.rules.inputs["name"]}, "InvalidRequestException",
    ),
    "a policy of a group that is not there": (
        POLICY,
        lambda n: {"firewallPolicy": policy(Held(RULES, "", "", {}, {"arn": n.rules.outputs["arn"] + "x"}))},
        "InvalidRequestException",
    ),
    "a policy with one group twice": (
        POLICY, lambda n: {"firewallPolicy": policy(n.rules, n.rules)}, "referenced twice",
    ),
    "two firewall subnets in one zone": (
        FIREWALL, lambda n: firewall(n.vpc, n.policy, n.a, n.a), "two subnets are in one zone",
    ),
    "a DNS rule with a priority that is taken": (
        DNS_RULE, lambda n: dns_rule(n.dns_group, n.domains, 100), "the priority 100 is taken",
    ),
    "a second DNS rule of one list": (
        DNS_RULE, lambda n: dns_rule(n.dns_group, n.domains, 200), "already in a rule of this group",
    ),
    "a DNS association below the least priority": (
        DNS_ASSOCIATION,
        lambda n: {
            "vpcId": n.vpc.id, "firewallRuleGroupId": n.dns_group.id, "priority": 99, "mutationProtection": "DISABLED",
        },
        "not between 100 and 9900",
    ),
    "a Fargate task without a network of its own": (
        TASKS, lambda _: {**task_definition(), "networkMode": "bridge"}, "Fargate only supports network mode 'awsvpc'",
    ),
    "a Fargate task without its size": (
        TASKS, lambda _: {**task_definition(), "cpu": None}, "Fargate requires cpu and memory",
    ),
    "a container without a name that AWS takes": (
        TASKS, lambda _: {**task_definition(), "containerDefinitions": '[{"name": 1}]'}, "ValidationException",
    ),
    "a Fargate service that is nowhere": (
        SERVICE, lambda _: {"launchType": "FARGATE"}, "a network configuration is needed",
    ),
    "a service in a subnet that is not there": (
        SERVICE, lambda _: {"networkConfiguration": {"subnets": ["subnet-1"]}}, "'subnet-1' does not exist",
    ),
    "a service in no cluster": (SERVICE, lambda _: {"cluster": "arn:aws:ecs:c"}, "ClusterNotFoundException"),
    "a function in subnets without a group": (
        FUNCTION, lambda n: {**function(n), "vpcConfig": {"subnetIds": [n.a.id], "securityGroupIds": []}},
        "must coexist",
    ),
    "a function without an image": (FUNCTION, lambda n: {**function(n), "imageUri": None}, "has to name it"),
    "a function under what is no role": (FUNCTION, lambda n: {**function(n), "role": "admin"}, "ValidationException"),
    "a log group with a blank in its name": (
        LOGS, lambda _: {"name": "/a b", "retentionInDays": 30}, "ValidationException",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_aws_does_not_take_is_refused_and_written_down(engine: Engine, network: Network, case: str) -> None:
    kind, inputs, reason = REFUSED[case]
    before = engine.world.resources()
    with pytest.raises(Aborted, match=reason):
        engine.create(kind, "new", **inputs(network))
    assert engine.world.resources() == before
    last = engine.world.operations()[-1]
    assert (last.kind, last.done, last.held.name) == ("create", False, "new")


def test_workloads_hold_what_they_stand_in(engine: Engine, network: Network) -> None:
    vpc = {"vpcId": network.vpc.id}
    place = engine.create(SUBNET, "place", **vpc, cidrBlock="10.0.1.0/28", availabilityZone="eu-west-1a")
    group = engine.create(GROUP, "own", **vpc, description="own")
    cluster = engine.create(CLUSTER, "cluster")
    first, second = (engine.create(TASKS, name, **task_definition()) for name in ("first", "second"))
    assert [held.id.rpartition(":")[2] for held in (first, second)] == ["1", "2"]
    service = engine.create(
        SERVICE, "service", cluster=cluster.id, taskDefinition=second.outputs["arn"], launchType="FARGATE",
        networkConfiguration={"subnets": [place.id], "securityGroups": [group.id], "assignPublicIp": False},
    )  # fmt: skip
    assert engine.diff(service, taskDefinition=first.outputs["arn"]).replaces == []
    assert engine.diff(first, cpu="512").replaces == ["cpu"]
    for held, code in (
        (cluster, "ClusterContainsServicesException"), (place, "DependencyViolation"), (group, "DependencyViolation"),
    ):  # fmt: skip
        with pytest.raises(Aborted, match=code):
            engine.delete(held)
    made = engine.create(FUNCTION, "function", **function(network))
    with pytest.raises(Aborted, match="DependencyViolation"):
        engine.delete(network.group)
    for held in (made, service, second, first, cluster, group, place):
        engine.delete(held)


def test_a_policys_order_is_that_of_its_groups(engine: Engine) -> None:
    other = engine.create(RULES, "other", **rule_group(2, order="DEFAULT_ACTION_ORDER"))
    with pytest.raises(Aborted, match="the rule order of other is not the policy's"):
        engine.create(POLICY, "policy", firewallPolicy=policy(other))


def test_tls_inspection_comes_with_a_new_policy_only(engine: Engine, network: Network) -> None:
    addresses = [{"addressDefinition": "10.0.0.0/28"}]
    scope = {"protocols": [6], "sources": addresses, "destinations": addresses}
    inspection = engine.create(
        TLS, "tls", tlsInspectionConfiguration={"serverCertificateConfiguration": {"scopes": [scope]}}
    )
    arn = inspection.outputs["arn"]
    with pytest.raises(Aborted, match="added to a new policy only"):
        engine.update(network.policy, firewallPolicy=policy(network.rules, tlsInspectionConfigurationArn=arn))
    made = engine.create(POLICY, "new", firewallPolicy=policy(network.rules, tlsInspectionConfigurationArn=arn))
    with pytest.raises(Aborted, match="InvalidOperationException"):
        engine.delete(inspection)
    assert engine.update(network.firewall, firewallPolicyArn=made.outputs["arn"])


def test_a_protected_firewall_changes_only_once_its_protection_is_lifted(engine: Engine, network: Network) -> None:
    engine.delete(network.route)
    held = engine.update(network.firewall, **firewall(network.vpc, network.policy, network.a, protected=True))
    other = engine.create(POLICY, "other", firewallPolicy=policy(network.rules))
    for change, reason in (
        ({"firewallPolicyArn": other.outputs["arn"]}, "change of its policy"),
        ({"subnetMappings": [{"subnetId": network.b.id, "ipAddressType": "IPV4"}]}, "change of its subnets"),
    ):
        with pytest.raises(Aborted, match=reason):
            engine.update(held, **change)
    with pytest.raises(Aborted, match="protected against deletion"):
        engine.delete(held)
    # The provider lifts a protection before it changes what that protects.
    held = engine.update(held, **firewall(network.vpc, other, network.b))
    engine.delete(held)


def test_an_endpoint_with_a_route_to_it_stays(engine: Engine, network: Network) -> None:
    with pytest.raises(Aborted, match="is in use by route"):
        engine.update(network.firewall, **firewall(network.vpc, network.policy, network.b))
    before = endpoints_of(network.firewall)
    after = endpoints_of(engine.update(network.firewall, **firewall(network.vpc, network.policy, network.b, network.a)))
    assert before.items() <= after.items()
    assert sorted(after.values()) == ["eu-west-1a", "eu-west-1b"]


@pytest.mark.parametrize(("raised", "most"), [(None, 19), (39, 39)])
def test_a_nacl_has_as_many_entries_as_the_quota_allows(tmp_path: Path, raised: int | None, most: int) -> None:
    quotas = {"entries of a NACL": raised} if raised else {}
    engine = Engine(World.create(tmp_path / "w", "1", "eu-west-1", ["eu-west-1a", "eu-west-1b"], ["tgw-1"], **quotas))
    network = Network(engine)
    for number in range(101, 100 + most):
        engine.create(ENTRY, f"entry {number}", **entry(network.acl, number))
    with pytest.raises(Aborted, match=f"{most + 1} entries of a NACL, and the maximum is {most}"):
        engine.create(ENTRY, "one more", **entry(network.acl, 200))
    engine.create(ENTRY, "the other direction", **{**entry(network.acl, 200), "egress": False})
    engine.world.close()


def test_a_bucket_with_logs_in_it_is_deleted_only_by_force(engine: Engine, network: Network) -> None:
    bucket = engine.create("aws:s3/bucket:Bucket", "flows")
    engine.create(
        "aws:ec2/flowLog:FlowLog", "kept", vpcId=network.vpc.id, trafficType="ALL", logDestinationType="s3",
        logDestination=bucket.outputs["arn"], logFormat="${version}", maxAggregationInterval=60,
    )  # fmt: skip
    with pytest.raises(Aborted, match="BucketNotEmpty"):
        engine.delete(bucket)
    engine.delete(engine.update(bucket, forceDestroy=True))


# What AWS does


def test_a_new_nacl_takes_its_subnets_from_the_other(engine: Engine, network: Network) -> None:
    other = engine.create(ACL, "other", vpcId=network.vpc.id, subnetIds=[network.a.id, network.b.id])
    left = engine.world.get(ACL, network.acl.id)
    assert left is not None
    assert (left.inputs["subnetIds"], other.inputs["subnetIds"]) == ([], [network.a.id, network.b.id])
    assert [operation.kind for operation in engine.world.operations()[-2:]] == ["create", "update by AWS"]


def test_subnets_without_a_nacl_are_under_the_one_that_the_vpc_came_with(engine: Engine, network: Network) -> None:
    def own() -> tuple[set[str], bool]:
        graph = graph_of(engine.world.resources(), "dev")
        (acl,) = [acl for acl in graph.of_type(ACL) if acl.id == network.vpc.outputs["defaultNetworkAclId"]]
        passes = any(rule.inputs["networkAclId"] == acl.id for rule in graph.of_type(ENTRY))
        return set(acl.inputs["subnetIds"]), passes

    assert own() == ({network.b.id}, True)
    engine.create(
        "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl", "default", ingress=[], egress=[],
        defaultNetworkAclId=network.vpc.outputs["defaultNetworkAclId"],
    )  # fmt: skip
    assert own() == ({network.b.id}, False)


@pytest.mark.parametrize(
    ("name", "change", "replaces"),
    [
        ("a", {"cidrBlock": "10.0.1.0/28"}, True),
        ("a", {"tags": {"Name": "a"}}, False),
        ("entry", {"toPort": 444}, True),
        ("rule", {"toPort": 444}, False),
        ("rule", {"referencedSecurityGroupId": None, "cidrIpv4": "10.0.0.0/8"}, True),
        ("rules", {"capacity": 11}, True),
        ("rules", rule_group(10, count=2), False),
        ("route", {"vpcEndpointId": None, "natGatewayId": "nat-1"}, False),
        ("group", {"description": "another"}, True),
        ("firewall", {"firewallPolicyArn": "arn:aws:another"}, False),
        ("endpoint", {"policy": '{"Version": "2012-10-17"}'}, False),
    ],
)
def test_what_cannot_be_changed_is_replaced(
    engine: Engine, network: Network, name: str, change: dict[str, Any], replaces: bool
) -> None:
    found = engine.diff(getattr(network, name), **change)
    assert found.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert bool(found.replaces) is replaces
    assert not found.deleteBeforeReplace


def test_a_name_that_the_program_gives_is_free_only_after_a_deletion(engine: Engine) -> None:
    named = engine.create(RULES, "named", name="named", **rule_group(10))
    found = engine.diff(named, capacity=11)
    assert (list(found.replaces), found.deleteBeforeReplace) == (["capacity"], True)


def test_order_in_a_list_and_nothing_instead_of_nothing_are_no_difference(engine: Engine, network: Network) -> None:
    acl = engine.update(network.acl, subnetIds=[network.a.id, network.b.id])
    assert engine.diff(acl, subnetIds=[network.b.id, network.a.id]).changes == provider_pb2.DiffResponse.DIFF_NONE
    assert engine.diff(network.group, tags=None).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_a_preview_changes_nothing_and_knows_no_more_than_aws(engine: Engine, network: Network) -> None:
    now = engine.world.now
    request = provider_pb2.CreateRequest(
        urn=urn(VPC, "new"), properties=message({"cidrBlock": "10.2.0.0/16"}), preview=True
    )
    made = engine.provider.Create(request, Context())
    assert (made.id, plain(made.properties)) == ("", {"cidrBlock": "10.2.0.0/16"})
    olds = {**network.firewall.inputs, **network.firewall.outputs}
    for news, known in (
        (network.firewall.inputs, True),
        ({**network.firewall.inputs, **firewall(network.vpc, network.policy, network.a, network.b)}, False),
    ):
        asked = provider_pb2.UpdateRequest(
            id=network.firewall.id, urn=network.firewall.urn, olds=message(olds), news=message(news), preview=True
        )
        assert ("firewallStatuses" in plain(engine.provider.Update(asked, Context()).properties)) is known
    assert engine.world.now == now


def test_a_list_of_all_rules_is_read_as_they_are_and_takes_away_what_it_leaves_out(
    engine: Engine, network: Network
) -> None:
    listed = engine.create(
        EXCLUSIVE, "group", securityGroupId=network.group.id, ingressRuleIds=[], egressRuleIds=[network.rule.id]
    )
    by_hand = rule(network.group, cidrIpv4="10.0.0.0/8")
    added = engine.world.make_by_hand(EGRESS, "sgr-by-hand", **by_hand)
    engine.world.make_by_hand(EGRESS, "sgr-of-other", **rule(network.other, cidrIpv4="10.0.0.0/8"))
    asked = provider_pb2.ReadRequest(id=listed.id, urn=listed.urn)
    read = engine.provider.Read(asked, Context())
    assert plain(read.inputs)["egressRuleIds"] == plain(read.properties)["egressRuleIds"]
    assert sorted(plain(read.inputs)["egressRuleIds"]) == sorted([network.rule.id, added.id])

    engine.update(listed, egressRuleIds=[network.rule.id])
    assert {held.id for held in engine.world.resources(EGRESS)} == {network.rule.id, "sgr-of-other"}
    engine.update(listed, egressRuleIds=[])
    assert {held.id for held in engine.world.resources(EGRESS)} == {"sgr-of-other"}
    engine.delete(network.rule)  # Pulumi's own turn comes later, and finds it gone
    engine.delete(network.group)
    assert engine.provider.Read(asked, Context()).id == ""


def test_what_is_read_is_what_is_there(engine: Engine, network: Network) -> None:
    engine.world.edit_by_hand(network.rule, toPort=8443)
    engine.world.delete_by_hand(network.entry)
    read = engine.provider.Read(provider_pb2.ReadRequest(id=network.rule.id, urn=network.rule.urn), Context())
    assert plain(read.inputs)["toPort"] == 8443
    gone = engine.provider.Read(provider_pb2.ReadRequest(id=network.entry.id, urn=network.entry.urn), Context())
    assert gone.id == ""
    engine.delete(network.entry)  # what is gone already is no error
    with pytest.raises(Aborted, match="NotFound"):
        engine.update(network.entry, toPort=444)


# What is written down, and what goes wrong


def test_every_state_on_the_way_can_be_seen_again(engine: Engine, network: Network) -> None:
    seen = [(str(operation), held) for operation, held in states([], engine.world.operations())]
    assert [text for text, _ in seen[:3]] == ["create Vpc vpc", "create Subnet a", "create Subnet b"]
    assert [len(held) for _, held in seen] == list(range(1, len(seen) + 1))
    key = lambda held: (held.type, held.id)  # noqa: E731 - two uses on the next line
    assert sorted(seen[-1][1], key=key) == sorted(engine.world.resources(), key=key)


def test_a_replacement_in_progress_has_two_of_one_name(engine: Engine, network: Network) -> None:
    new = engine.create(SUBNET, "a", vpcId=network.vpc.id, cidrBlock="10.0.1.0/28", availabilityZone="eu-west-1a")
    graph = graph_of(engine.world.resources(), "dev")
    assert {subnet.id for subnet in graph.of_type(SUBNET) if subnet.name == "a"} == {network.a.id, new.id}


def test_worlds_are_equal_whatever_ids_they_gave(tmp_path: Path) -> None:
    worlds = [World.create(tmp_path / f"{n}", "1", "eu-west-1", ["eu-west-1a", "eu-west-1b"], ["tgw-1"]) for n in "ab"]
    Engine(worlds[1]).create(EIP, "gone", domain="vpc")
    Engine(worlds[1]).delete(worlds[1].resources()[0])
    one, other = (Network(Engine(world)) for world in worlds)
    assert one.vpc.id != other.vpc.id
    assert canonical(worlds[0]) == canonical(worlds[1])
    worlds[1].edit_by_hand(other.rule, toPort=444)
    assert canonical(worlds[0]) != canonical(worlds[1])
    for world in worlds:
        world.close()


@pytest.mark.parametrize(("late", "there"), [(False, 0), (True, 1)])
def test_an_error_strikes_once_at_the_operation_that_it_waits_for(engine: Engine, late: bool, there: int) -> None:
    engine.world.fault(Fault("error", after=1, type=EIP, late=late))
    engine.create(VPC, "vpc", cidrBlock="10.0.0.0/16")
    engine.create(EIP, "first", domain="vpc")
    with pytest.raises(Aborted, match="InternalError"):
        engine.create(EIP, "second", domain="vpc")
    assert len(engine.world.resources(EIP)) == 1 + there
    engine.create(EIP, "third", domain="vpc")
    assert engine.world.faults() == []


def test_two_providers_may_work_on_one_world(tmp_path: Path, world: World) -> None:
    other = World(world.path)
    Engine(world).create(EIP, "one", domain="vpc")
    Engine(other).create(EIP, "other", domain="vpc")
    assert sorted(held.name for held in world.resources()) == ["one", "other"]
    assert len({held.id for held in world.resources()}) == 2
    other.close()
