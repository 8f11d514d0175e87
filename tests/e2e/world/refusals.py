"""Whether AWS would do what it is asked, as the world stands."""

import ipaddress
import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api_calls import CALLS
from service_models import violations

from world import table
from world.account import Held, World
from world.outputs import endpoints_of

_ANY_SIZE = range(16, 29)
"""Prefix lengths of VPCs and subnets (EC2 CreateVpc, CreateSubnet)."""


class Refused(Exception):
    """AWS says no; the text begins with its code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")


def check(world: World, before: Held | None, after: Held) -> None:
    """Raise `Refused` unless AWS would make ``after``, or of ``before`` make it."""
    _refers_to_what_is_there(world, after)
    _name_is_free(world, before, after)
    others = [held for held in world.resources(after.type) if before is None or held.id != before.id]
    if rule := _RULES.get(after.type):
        for code, message in rule(world, before, after, others):
            raise Refused(code, message)
    _within_the_service_models(after)
    if before is None or after.type in _GROWING:
        _within_quotas(world, after, others)


def check_delete(world: World, held: Held) -> None:
    """Raise `Refused` unless AWS would delete it: nothing needs it, and nothing protects it."""
    for reference in table.REFERENCES:
        if reference.target != held.type or not reference.in_use:
            continue
        mine = set(_names(held, reference.by))
        for other in world.resources(reference.type):
            if mine & set(values(other.inputs, reference.path)):
                raise Refused(reference.in_use, f"{held.name} is in use by {other.type} {other.name}")
    for code, message in _protected(world, held):
        raise Refused(code, message)


def values(value: Any, path: str) -> Iterator[Any]:
    """What a path leads to: ``a.b`` within tables, ``a[].b`` in each item of a list."""
    name, _, rest = path.partition(".")
    found = value.get(name.removesuffix("[]")) if isinstance(value, Mapping) else None
    for item in (found or []) if name.endswith("[]") else [found]:
        if rest:
            yield from values(item, rest)
        elif item not in (None, ""):
            yield item


def _names(held: Held, by: str) -> list[str]:
    """What others name a resource by."""
    if by == "id":
        return [held.id]
    if by == "endpoints":
        return list(endpoints_of(held))
    return [held.get(by)]


def _within_the_service_models(held: Held) -> None:
    # Without the names that the provider gave: the calls are those of registered inputs.
    given = {name: value for name, value in held.inputs.items() if name not in (held.inputs.get("__defaults") or ())}
    given.pop("__defaults", None)
    make_calls = CALLS.get(held.type)
    try:
        calls = list(make_calls(given, str(held.get("name") or held.get("bucket")))) if make_calls else []
    except (KeyError, ValueError) as error:
        raise Refused(
            "ValidationException", f"this world knows no call of AWS's for these inputs: {error!r}"
        ) from error
    for service, operation, parameters in calls:
        for reason in violations(service, operation, parameters):
            raise Refused("ValidationException", reason)


def _refers_to_what_is_there(world: World, held: Held) -> None:
    given = set(world.setting("given"))
    for reference in table.REFERENCES:
        if reference.type != held.type:
            continue
        for value in values(held.inputs, reference.path):
            if value in given or (reference.by == "id" and world.get(reference.target, value)):
                continue
            if reference.by == "id" or not any(
                value in _names(other, reference.by) for other in world.resources(reference.target)
            ):
                raise Refused(reference.missing, f"{reference.path} {value!r} does not exist")
    for name in ("transitGatewayId", "vpcPeeringConnectionId"):
        if held.inputs.get(name) and held.inputs[name] not in given:
            raise Refused("InvalidParameterValue", f"{name} {held.inputs[name]!r} does not exist")


def _name_is_free(world: World, before: Held | None, after: Held) -> None:
    name, code = table.NAMED.get(after.type, ("", ""))
    if not code or before is not None:
        return
    taken = [other for other in world.resources(after.type) if _same_name(other, after, name)]
    if taken:
        raise Refused(code, f"{after.type} {after.inputs[name]!r} already exists")


def _same_name(one: Held, other: Held, name: str) -> bool:
    if one.type == "aws:ec2/securityGroup:SecurityGroup" and one.inputs["vpcId"] != other.inputs["vpcId"]:
        return False
    return str(one.inputs.get(name)).lower() == str(other.inputs.get(name)).lower()


# What holds among several of a type

_Problems = Iterator[tuple[str, str]]


def _vpc(_world: World, _before: Held | None, after: Held, _others: Sequence[Held]) -> _Problems:
    if ipaddress.IPv4Network(after.inputs["cidrBlock"]).prefixlen not in _ANY_SIZE:
        yield "InvalidVpc.Range", f"the CIDR {after.inputs['cidrBlock']} is invalid"


def _cidr(world: World, _before: Held | None, after: Held, _others: Sequence[Held]) -> _Problems:
    mine = ipaddress.IPv4Network(after.inputs["cidrBlock"])
    for other in _cidrs(world, after.inputs["vpcId"]):
        if other.overlaps(mine):
            yield "CidrConflict", f"{mine} overlaps {other}"


def _cidrs(world: World, vpc_id: str) -> list[ipaddress.IPv4Network]:
    found = [held for held in world.resources("aws:ec2/vpc:Vpc") if held.id == vpc_id]
    associated = world.resources("aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation")
    found += [held for held in associated if held.inputs["vpcId"] == vpc_id]
    return [ipaddress.IPv4Network(held.inputs["cidrBlock"]) for held in found]


def _subnet(world: World, _before: Held | None, after: Held, others: Sequence[Held]) -> _Problems:
    mine = ipaddress.IPv4Network(after.inputs["cidrBlock"])
    vpc = after.inputs["vpcId"]
    if mine.prefixlen not in _ANY_SIZE or not any(mine.subnet_of(cidr) for cidr in _cidrs(world, vpc)):
        yield "InvalidSubnet.Range", f"the CIDR {mine} is invalid"
    for other in others:
        if other.inputs["vpcId"] == vpc and ipaddress.IPv4Network(other.inputs["cidrBlock"]).overlaps(mine):
            yield "InvalidSubnet.Conflict", f"the CIDR {mine} conflicts with another subnet ({other.name})"
    if after.inputs.get("availabilityZone") not in world.setting("zones"):
        yield "InvalidParameterValue", f"there is no zone {after.inputs.get('availabilityZone')}"


def _internet_gateway(_world: World, _before: Held | None, after: Held, others: Sequence[Held]) -> _Problems:
    if any(other.inputs.get("vpcId") == after.inputs.get("vpcId") for other in others):
        yield "InvalidParameterValue", f"{after.inputs['vpcId']} already has an internet gateway attached"


def _nat_gateway(world: World, _before: Held | None, after: Held, others: Sequence[Held]) -> _Problems:
    if any(other.inputs["allocationId"] == after.inputs["allocationId"] for other in others):
        yield "Resource.AlreadyAssociated", f"{after.inputs['allocationId']} is already associated"
    subnet = world.get("aws:ec2/subnet:Subnet", after.inputs["subnetId"])
    gateways = world.resources("aws:ec2/internetGateway:InternetGateway")
    if subnet and not any(gateway.inputs.get("vpcId") == subnet.inputs["vpcId"] for gateway in gateways):
        yield "Gateway.NotAttached", f"the network {subnet.inputs['vpcId']} has no internet gateway attached"


def _acl_entry(_world: World, _before: Held | None, after: Held, others: Sequence[Held]) -> _Problems:
    key = ("networkAclId", "egress", "ruleNumber")
    if any(all(other.inputs.get(name) == after.inputs.get(name) for name in key) for other in others):
        yield "NetworkAclEntryAlreadyExists", f"the entry {after.inputs['ruleNumber']} already exists"


def _route(world: World, _before: Held | None, after: Held, others: Sequence[Held]) -> _Problems:
    key = ("routeTableId", "destinationCidrBlock")
    if any(all(other.inputs.get(name) == after.inputs.get(name) for name in key) for other in others):
        yield "RouteAlreadyExists", f"the route {after.inputs['destinationCidrBlock']} already exists"
    route_table = world.get("aws:ec2/routeTable:RouteTable", after.inputs["routeTableId"])
    vpc = route_table.inputs["vpcId"] if route_table else ""
    mine = ipaddress.IPv4Network(after.inputs["destinationCidrBlock"])
    subnets = [held for held in world.resources("aws:ec2/subnet:Subnet") if held.inputs["vpcId"] == vpc]
    within = any(mine.subnet_of(cidr) for cidr in _cidrs(world, vpc))
    # VPC user guide, route-table-options: more specific than `local` only for a whole subnet.
    if within and str(mine) not in [subnet.inputs["cidrBlock"] for subnet in subnets]:
        yield "InvalidParameterValue", f"{mine} is more specific than the local route and no subnet's whole CIDR"
    gateway = after.inputs.get("transitGatewayId")
    attachments = world.resources("aws:ec2transitgateway/vpcAttachment:VpcAttachment")
    if gateway and not any(
        held.inputs["transitGatewayId"] == gateway and held.inputs["vpcId"] == vpc for held in attachments
    ):
        yield "InvalidTransitGatewayID.NotFound", f"{gateway} has no attachment to {vpc}"


def _table_association(_world: World, before: Held | None, after: Held, others: Sequence[Held]) -> _Problems:
    if before is None and any(other.inputs.get("subnetId") == after.inputs.get("subnetId") for other in others):
        yield "Resource.AlreadyAssociated", f"{after.inputs['subnetId']} already has an associated route table"


def _group_rule(_world: World, _before: Held | None, after: Held, others: Sequence[Held]) -> _Problems:
    peers = [name for name in table.RULE_PEERS if after.inputs.get(name)]
    if len(peers) != 1:
        yield "InvalidParameterCombination", f"a rule has one peer, not {len(peers)}"
    key = ("securityGroupId", "ipProtocol", "fromPort", "toPort", *table.RULE_PEERS)
    if any(all(other.inputs.get(name) == after.inputs.get(name) for name in key) for other in others):
        yield "InvalidPermission.Duplicate", f"the rule of {after.inputs['securityGroupId']} already exists"
    first, last = after.inputs.get("fromPort"), after.inputs.get("toPort")
    if after.inputs["ipProtocol"] in ("tcp", "udp") and (
        first is None or last is None or not 0 <= first <= last <= 65535
    ):
        yield "InvalidParameterValue", f"ports {first} to {last}"


def _vpc_endpoint(world: World, _before: Held | None, after: Held, others: Sequence[Held]) -> _Problems:
    service = after.inputs["serviceName"]
    if service.split(".")[:3] != ["com", "amazonaws", world.setting("region")]:
        yield "InvalidServiceName", f"the service {service} does not exist"
    alike = [
        other
        for other in others
        if (other.inputs["vpcId"], other.inputs["serviceName"]) == (after.inputs["vpcId"], service)
    ]
    if after.inputs.get("privateDnsEnabled") and any(other.inputs.get("privateDnsEnabled") for other in alike):
        yield "InvalidParameter", "private-dns-enabled cannot be set because there is already a conflicting DNS domain"
    yield from _one_subnet_a_zone(world, after.inputs.get("subnetIds") or (), "DuplicateSubnetsInSameZone")
    if len(json.dumps(json.loads(after.inputs.get("policy") or "{}"))) > 20_480:
        yield "InvalidPolicyDocument", "the policy is longer than 20480 characters"


def _endpoint_association(world: World, _before: Held | None, after: Held, others: Sequence[Held]) -> _Problems:
    mine = world.get("aws:ec2/vpcEndpoint:VpcEndpoint", after.inputs["vpcEndpointId"])
    for other in others:
        its = world.get("aws:ec2/vpcEndpoint:VpcEndpoint", other.inputs["vpcEndpointId"])
        same = mine and its and mine.inputs["serviceName"] == its.inputs["serviceName"]
        if same and other.inputs["routeTableId"] == after.inputs["routeTableId"]:
            yield "RouteAlreadyExists", f"{after.inputs['routeTableId']} already has a route to that prefix list"


def _attachment(world: World, before: Held | None, after: Held, others: Sequence[Held]) -> _Problems:
    key = ("vpcId", "transitGatewayId")
    if before is None and any(all(other.inputs[name] == after.inputs[name] for name in key) for other in others):
        yield "DuplicateTransitGatewayAttachment", f"{after.inputs['vpcId']} already has an attachment"
    yield from _one_subnet_a_zone(world, after.inputs["subnetIds"], "DuplicateSubnetsInSameZone")


def _one_subnet_a_zone(world: World, subnets: Sequence[str], code: str) -> _Problems:
    found = (world.get("aws:ec2/subnet:Subnet", subnet) for subnet in subnets)
    zones = Counter(subnet.inputs["availabilityZone"] for subnet in found if subnet)
    if any(count > 1 for count in zones.values()):
        yield code, "two subnets are in one zone"


def _firewall(world: World, before: Held | None, after: Held, _others: Sequence[Held]) -> _Problems:
    mappings = [mapping["subnetId"] for mapping in after.inputs["subnetMappings"]]
    yield from _one_subnet_a_zone(world, mappings, "InvalidRequestException")
    if before is None:
        return
    # The provider lifts a protection before it makes the change, and sets one before it too (PROVIDER).
    if before.inputs["firewallPolicyArn"] != after.inputs["firewallPolicyArn"] and after.inputs.get(
        "firewallPolicyChangeProtection"
    ):
        yield "InvalidOperationException", "the firewall is protected against a change of its policy"
    if before.inputs["subnetMappings"] != after.inputs["subnetMappings"]:
        if after.inputs.get("subnetChangeProtection"):
            yield "InvalidOperationException", "the firewall is protected against a change of its subnets"
        gone = endpoints_of(before).keys() - {
            endpoint
            for endpoint in endpoints_of(before)
            for status in before.outputs["firewallStatuses"]
            for state in status["syncStates"]
            for attachment in state["attachments"]
            if attachment["endpointId"] == endpoint and attachment["subnetId"] in mappings
        }
        for route in world.resources("aws:ec2/route:Route"):
            if route.inputs.get("vpcEndpointId") in gone:
                yield (
                    "InvalidOperationException",
                    f"the endpoint {route.inputs['vpcEndpointId']} is in use by {route.name}",
                )


def _firewall_policy(world: World, before: Held | None, after: Held, _others: Sequence[Held]) -> _Problems:
    settings = after.inputs["firewallPolicy"]
    references = settings.get("statefulRuleGroupReferences") or []
    groups = {held.outputs["arn"]: held for held in world.resources("aws:networkfirewall/ruleGroup:RuleGroup")}
    if len({reference["resourceArn"] for reference in references}) < len(references):
        yield "InvalidRequestException", "a rule group is referenced twice"
    strict = (settings.get("statefulEngineOptions") or {}).get("ruleOrder") == "STRICT_ORDER"
    if strict and len({reference.get("priority") for reference in references}) < len(references):
        yield "InvalidRequestException", "two rule groups have one priority"
    for group in (groups[reference["resourceArn"]] for reference in references):
        order = ((group.inputs.get("ruleGroup") or {}).get("statefulRuleOptions") or {}).get("ruleOrder")
        if (order == "STRICT_ORDER") != strict:
            yield "InvalidRequestException", f"the rule order of {group.name} is not the policy's"
    key = "tlsInspectionConfigurationArn"
    if before is not None and bool(before.inputs["firewallPolicy"].get(key)) != bool(settings.get(key)):
        # NFW developer guide, tls-inspection-settings: with the policy's creation only.
        yield "InvalidRequestException", "TLS inspection is added to a new policy only, and never taken away"


def _rule_group(_world: World, _before: Held | None, after: Held, _others: Sequence[Held]) -> _Problems:
    source = (after.inputs.get("ruleGroup") or {}).get("rulesSource") or {}
    lines = [line for line in (source.get("rulesString") or "").splitlines() if line.strip() and line[0] != "#"]
    if len(lines) > after.inputs["capacity"]:
        yield "InvalidRequestException", f"{len(lines)} rules, and the capacity is {after.inputs['capacity']}"
    if any(len(line) > 8_175 for line in lines):
        yield "InvalidRequestException", "a rule is longer than 8175 characters"
    if source.get("rulesString") is not None and not lines:
        yield "InvalidRequestException", "a rule group without rules"


def _dns_rule(_world: World, before: Held | None, after: Held, others: Sequence[Held]) -> _Problems:
    mine = [other for other in others if other.inputs["firewallRuleGroupId"] == after.inputs["firewallRuleGroupId"]]
    if any(other.inputs["priority"] == after.inputs["priority"] for other in mine):
        yield "ValidationException", f"the priority {after.inputs['priority']} is taken"
    key = ("firewallDomainListId", "qType")
    if before is None and any(all(other.inputs.get(name) == after.inputs.get(name) for name in key) for other in mine):
        yield "ValidationException", "the domain list is already in a rule of this group"


def _dns_association(_world: World, before: Held | None, after: Held, others: Sequence[Held]) -> _Problems:
    mine = [other for other in others if other.inputs["vpcId"] == after.inputs["vpcId"]]
    if not 100 <= after.inputs["priority"] <= 9900:
        yield "ValidationException", f"the priority {after.inputs['priority']} is not between 100 and 9900"
    if any(other.inputs["priority"] == after.inputs["priority"] for other in mine):
        yield "ValidationException", f"the priority {after.inputs['priority']} is taken"
    if any(other.inputs["firewallRuleGroupId"] == after.inputs["firewallRuleGroupId"] for other in mine):
        yield "ConflictException", "the rule group is already associated with the VPC"
    if len(mine) >= 5:
        yield "LimitExceededException", "a VPC has 5 rule groups at most"
    protection = {each.inputs.get("mutationProtection") for each in (before, after) if each is not None}
    if before is not None and before.inputs["priority"] != after.inputs["priority"] and protection == {"ENABLED"}:
        yield "ConflictException", "the association is protected against mutation"


def _task_definition(_world: World, _before: Held | None, after: Held, _others: Sequence[Held]) -> _Problems:
    if "FARGATE" in (after.inputs.get("requiresCompatibilities") or ()):
        if after.inputs.get("networkMode") != "awsvpc":
            yield "ClientException", "Fargate only supports network mode 'awsvpc'"
        if not (after.inputs.get("cpu") and after.inputs.get("memory") and after.inputs.get("executionRoleArn")):
            yield "ClientException", "Fargate requires cpu and memory, and an execution role for images of ECR"


def _service(world: World, _before: Held | None, after: Held, _others: Sequence[Held]) -> _Problems:
    settings = after.inputs.get("networkConfiguration") or {}
    if after.inputs.get("launchType") == "FARGATE" and not settings.get("subnets"):
        yield "InvalidParameterException", "a network configuration is needed for network mode 'awsvpc'"
    if _vpcs(world, settings.get("subnets"), settings.get("securityGroups")) > 1:
        yield "InvalidParameterException", "subnets and security groups are of several VPCs"


def _function(world: World, _before: Held | None, after: Held, _others: Sequence[Held]) -> _Problems:
    if after.inputs.get("packageType") != "Image":
        yield "ValidationException", "this world knows functions from images only"
    elif not after.inputs.get("imageUri"):
        yield "InvalidParameterValueException", "a function from an image has to name it"
    settings = after.inputs.get("vpcConfig") or {}
    if bool(settings.get("subnetIds")) != bool(settings.get("securityGroupIds")):
        yield "InvalidParameterValueException", "SubnetIds and SecurityIds must coexist or be both empty list"
    if _vpcs(world, settings.get("subnetIds"), settings.get("securityGroupIds")) > 1:
        yield "InvalidParameterValueException", "subnets and security groups are of several VPCs"


def _vpcs(world: World, subnets: Sequence[str] | None, groups: Sequence[str] | None) -> int:
    """Of how many VPCs some subnets and groups are."""
    found = [world.get("aws:ec2/subnet:Subnet", subnet) for subnet in subnets or ()]
    found += [world.get("aws:ec2/securityGroup:SecurityGroup", group) for group in groups or ()]
    return len({held.inputs["vpcId"] for held in found if held})


_RULES: Mapping[str, Any] = {
    "aws:ecs/service:Service": _service,
    "aws:ecs/taskDefinition:TaskDefinition": _task_definition,
    "aws:lambda/function:Function": _function,
    "aws:ec2/internetGateway:InternetGateway": _internet_gateway,
    "aws:ec2/natGateway:NatGateway": _nat_gateway,
    "aws:ec2/networkAclRule:NetworkAclRule": _acl_entry,
    "aws:ec2/route:Route": _route,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _table_association,
    "aws:ec2/subnet:Subnet": _subnet,
    "aws:ec2/vpc:Vpc": _vpc,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _vpc_endpoint,
    "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": _endpoint_association,
    "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation": _cidr,
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": _attachment,
    "aws:networkfirewall/firewall:Firewall": _firewall,
    "aws:networkfirewall/firewallPolicy:FirewallPolicy": _firewall_policy,
    "aws:networkfirewall/ruleGroup:RuleGroup": _rule_group,
    "aws:route53/resolverFirewallRule:ResolverFirewallRule": _dns_rule,
    "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation": _dns_association,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _group_rule,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _group_rule,
}


def _protected(world: World, held: Held) -> _Problems:
    match held.type:
        case "aws:networkfirewall/firewall:Firewall" if held.inputs.get("deleteProtection"):
            yield "InvalidOperationException", "the firewall is protected against deletion"
        case "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation":
            if held.inputs.get("mutationProtection") == "ENABLED":
                yield "ConflictException", "the association is protected against mutation"
        case "aws:s3/bucket:Bucket" if held.outputs.get("written") and not held.inputs.get("forceDestroy"):
            yield "BucketNotEmpty", f"the bucket {held.id} you tried to delete is not empty"
        case "aws:ec2/internetGateway:InternetGateway":
            for nat in world.resources("aws:ec2/natGateway:NatGateway"):
                subnet = world.get("aws:ec2/subnet:Subnet", nat.inputs["subnetId"])
                if subnet and subnet.inputs["vpcId"] == held.inputs["vpcId"]:
                    yield "DependencyViolation", f"{held.inputs['vpcId']} has some mapped public addresses ({nat.name})"
        case _:
            return


# Quotas

_GROWING = frozenset(
    {
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "aws:networkfirewall/firewallPolicy:FirewallPolicy",
        "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList",
    }
)
"""Types whose change may use more of a quota."""


def _within_quotas(world: World, after: Held, others: Sequence[Held]) -> None:
    raised: Mapping[str, int] = world.setting("quotas")
    for name, used in _used(world, after, others):
        quota = table.QUOTAS[name]
        most = raised.get(name, quota.most)
        if used > most:
            raise Refused(quota.error, f"{used} {name}, and the maximum is {most}")


def _used(world: World, after: Held, others: Sequence[Held]) -> Iterator[tuple[str, int]]:
    """How much of each quota is used with one more resource."""

    def alike(*names: str) -> int:
        return 1 + sum(all(other.inputs.get(name) == after.inputs.get(name) for name in names) for other in others)

    match after.type.rpartition(":")[2]:
        case "VpcIpv4CidrBlockAssociation":
            yield "cidrs of a VPC", 1 + alike("vpcId")
        case "Subnet":
            yield "subnets of a VPC", alike("vpcId")
        case "RouteTable":
            # With the main one.
            yield "route tables of a VPC", 1 + alike("vpcId")
        case "Route":
            table_of = world.get("aws:ec2/routeTable:RouteTable", after.inputs["routeTableId"])
            local = len(_cidrs(world, table_of.inputs["vpcId"])) if table_of else 1
            yield "routes of a route table", local + alike("routeTableId")
        case "SecurityGroup":
            yield "security groups", 1 + len(world.resources("aws:ec2/vpc:Vpc")) + len(others)
        case "SecurityGroupEgressRule" | "SecurityGroupIngressRule":
            yield "rules of a security group", alike("securityGroupId")
        case "NetworkAcl":
            yield "NACLs of a VPC", 1 + alike("vpcId")
        case "NetworkAclRule":
            yield "entries of a NACL", alike("networkAclId", "egress")
        case "NatGateway":
            zones = [
                subnet.inputs["availabilityZone"]
                for each in (after, *others)
                if (subnet := world.get("aws:ec2/subnet:Subnet", each.inputs["subnetId"]))
            ]
            yield "NAT gateways of a zone", zones.count(zones[0])
        case "Eip":
            yield "elastic addresses", alike()
        case "VpcEndpoint":
            kind = after.inputs.get("vpcEndpointType")
            if kind == "Interface":
                firewalls = world.resources("aws:networkfirewall/firewall:Firewall")
                yield (
                    "interface endpoints of a VPC",
                    alike("vpcId", "vpcEndpointType")
                    + sum(len(firewall.inputs["subnetMappings"]) for firewall in firewalls),
                )
                yield "security groups of an interface", len(after.inputs.get("securityGroupIds") or ())
            else:
                yield "gateway endpoints", alike("vpcEndpointType")
        case "Firewall":
            yield "firewalls", alike()
        case "FirewallPolicy":
            references = after.inputs["firewallPolicy"].get("statefulRuleGroupReferences") or []
            groups = {held.outputs["arn"]: held for held in world.resources("aws:networkfirewall/ruleGroup:RuleGroup")}
            yield "firewall policies", alike()
            yield "stateful rule groups of a policy", len(references)
            yield "capacity of a policy", sum(groups[each["resourceArn"]].inputs["capacity"] for each in references)
        case "RuleGroup":
            yield "stateful rule groups", alike("type")
        case "ResolverFirewallRule":
            yield "rules of a DNS rule group", alike("firewallRuleGroupId")
        case "ResolverFirewallDomainList":
            yield "domain lists", alike()
            yield (
                "domains",
                len(list(itertools.chain(*(held.inputs.get("domains") or () for held in (after, *others))))),
            )
        case "LogMetricFilter":
            yield "metric filters of a log group", alike("logGroupName")
        case _:
            return
