"""What AWS decides when it makes something: ids, ARNs, and the properties that others are built on."""

import hashlib
from collections.abc import Mapping
from typing import Any

from world.account import Held, Operation, World

PREFIXES: Mapping[str, str] = {
    "aws:ec2/eip:Eip": "eipalloc",
    "aws:ec2/flowLog:FlowLog": "fl",
    "aws:ec2/internetGateway:InternetGateway": "igw",
    "aws:ec2/natGateway:NatGateway": "nat",
    "aws:ec2/networkAcl:NetworkAcl": "acl",
    "aws:ec2/networkAclRule:NetworkAclRule": "nacl",
    "aws:ec2/route:Route": "r-rtb",
    "aws:ec2/routeTable:RouteTable": "rtb",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "rtbassoc",
    "aws:ec2/securityGroup:SecurityGroup": "sg",
    "aws:ec2/subnet:Subnet": "subnet",
    "aws:ec2/vpc:Vpc": "vpc",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "vpce",
    "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": "a-vpce",
    "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation": "vpc-cidr-assoc",
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": "tgw-attach",
    "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList": "rslvr-fdl",
    "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup": "rslvr-frg",
    "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation": "rslvr-frgassoc",
    "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig": "rqlc",
    "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation": "rqlca",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "sgr",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "sgr",
}
"""How ids of a type begin."""

ARNS: Mapping[str, str] = {
    "aws:cloudwatch/logGroup:LogGroup": "logs:{region}:{account}:log-group:{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "cloudwatch:{region}:{account}:alarm:{name}",
    "aws:ec2/networkAcl:NetworkAcl": "ec2:{region}:{account}:network-acl/{id}",
    "aws:ec2/routeTable:RouteTable": "ec2:{region}:{account}:route-table/{id}",
    "aws:ec2/securityGroup:SecurityGroup": "ec2:{region}:{account}:security-group/{id}",
    "aws:ec2/subnet:Subnet": "ec2:{region}:{account}:subnet/{id}",
    "aws:ec2/vpc:Vpc": "ec2:{region}:{account}:vpc/{id}",
    "aws:ecs/cluster:Cluster": "ecs:{region}:{account}:cluster/{name}",
    "aws:ecs/service:Service": "ecs:{region}:{account}:service/{cluster}/{name}",
    "aws:ecs/taskDefinition:TaskDefinition": "ecs:{region}:{account}:task-definition/{name}:{revision}",
    "aws:iam/role:Role": "iam::{account}:role/{name}",
    "aws:lambda/function:Function": "lambda:{region}:{account}:function:{name}",
    "aws:networkfirewall/firewall:Firewall": "network-firewall:{region}:{account}:firewall/{name}",
    "aws:networkfirewall/firewallPolicy:FirewallPolicy": "network-firewall:{region}:{account}:firewall-policy/{name}",
    "aws:networkfirewall/ruleGroup:RuleGroup": "network-firewall:{region}:{account}:stateful-rulegroup/{name}",
    "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration": (
        "network-firewall:{region}:{account}:tls-configuration/{name}"
    ),
    "aws:s3/bucket:Bucket": "s3:::{name}",
    "aws:sns/topic:Topic": "sns:{region}:{account}:{name}",
}

EXCLUSIVE = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"
"""The provider's list of all rules of a group, of which AWS has nothing."""

IDENTIFIED_BY: Mapping[str, str] = {
    "aws:cloudwatch/logGroup:LogGroup": "name",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": "name",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "name",
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": "defaultNetworkAclId",
    "aws:ec2/defaultRouteTable:DefaultRouteTable": "defaultRouteTableId",
    EXCLUSIVE: "securityGroupId",
    "aws:ecs/cluster:Cluster": "arn",
    "aws:ecs/service:Service": "arn",
    # The provider's id is the family, which all revisions have: here it has to tell them apart.
    "aws:ecs/taskDefinition:TaskDefinition": "arn",
    "aws:iam/role:Role": "name",
    "aws:lambda/function:Function": "name",
    "aws:networkfirewall/firewall:Firewall": "arn",
    "aws:networkfirewall/firewallPolicy:FirewallPolicy": "arn",
    "aws:networkfirewall/loggingConfiguration:LoggingConfiguration": "firewallArn",
    "aws:networkfirewall/ruleGroup:RuleGroup": "arn",
    "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration": "arn",
    "aws:route53/resolverFirewallConfig:ResolverFirewallConfig": "resourceId",
    "aws:s3/bucket:Bucket": "bucket",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "bucket",
    "aws:s3/bucketPolicy:BucketPolicy": "bucket",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "bucket",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "bucket",
    "aws:sns/topic:Topic": "arn",
    "aws:sns/topicPolicy:TopicPolicy": "arn",
}
"""The property that is a type's id, where it has none of its own."""


def identified(world: World, kind: str, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The id of something new, and what AWS says of it besides its inputs."""
    identity = world.new_id(PREFIXES[kind]) if kind in PREFIXES else ""
    outputs: dict[str, Any] = {}
    if kind in ARNS:
        name = inputs.get("name") or inputs.get("bucket") or inputs.get("family") or ""
        place = {"region": world.setting("region"), "account": world.setting("account"), "name": name, "id": identity}
        place["cluster"] = str(inputs.get("cluster", "")).rpartition("/")[2]
        if kind == "aws:ecs/taskDefinition:TaskDefinition":
            place["revision"] = str(1 + sum(_registers(each, kind, name) for each in world.operations(0)))
        outputs["arn"] = "arn:aws:" + ARNS[kind].format(**place)
    match kind:
        case "aws:ec2/vpc:Vpc":
            outputs |= {
                "defaultNetworkAclId": world.new_id("acl"),
                "defaultRouteTableId": world.new_id("rtb"),
                "defaultSecurityGroupId": world.new_id("sg"),
            }
            outputs["mainRouteTableId"] = outputs["defaultRouteTableId"]
        case "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":
            vpc = world.get("aws:ec2/vpc:Vpc", inputs["vpcId"])
            identity = vpc.outputs["defaultSecurityGroupId"] if vpc else ""
        case "aws:ec2/eip:Eip":
            outputs |= {"allocationId": identity, "publicIp": _address(identity)}
        case "aws:ec2/vpcEndpoint:VpcEndpoint" if inputs.get("vpcEndpointType") == "Gateway":
            # A service has one list in a Region, whoever asks for it.
            outputs["prefixListId"] = "pl-" + hashlib.sha256(inputs["serviceName"].encode()).hexdigest()[:8]
        case "aws:iam/rolePolicy:RolePolicy":
            identity = f"{inputs['role']}:{inputs['name']}"
        case "aws:route53/resolverFirewallRule:ResolverFirewallRule":
            identity = f"{inputs['firewallRuleGroupId']}:{inputs['firewallDomainListId']}"
        case _:
            pass
    if kind in IDENTIFIED_BY:
        name = IDENTIFIED_BY[kind]
        identity = str(inputs.get(name) or outputs[name])
    return identity, {**outputs, **following(world, kind, inputs, outputs)}


def following(world: World, kind: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs that follow from inputs, and change with them: the firewall's endpoints."""
    if kind != "aws:networkfirewall/firewall:Firewall":
        return {}
    kept = {
        attachment["subnetId"]: state
        for status in outputs.get("firewallStatuses", ())
        for state in status["syncStates"]
        for attachment in state["attachments"]
    }
    states = [
        kept.get(mapping["subnetId"]) or _endpoint(world, mapping["subnetId"]) for mapping in inputs["subnetMappings"]
    ]
    # AWS gives a set: the order here is neither that of the subnets nor that of the zones.
    states.sort(key=lambda state: hashlib.sha256(state["attachments"][0]["endpointId"].encode()).digest())
    token = world.new_id("")[1:]
    return {
        "firewallStatuses": [{"syncStates": states, "transitGatewayAttachmentSyncStates": []}],
        "updateToken": token,
    }


def listed(world: World, held: Held) -> dict[str, Any]:
    """What the provider reads of a resource besides its own: a group's rules, a NACL's entries, a table's routes.

    They are in what a refresh reads only: when a group is made, it has none yet.
    """
    match held.type:
        case "aws:ec2/securityGroup:SecurityGroup":
            return {way: [_rule(rule, held.id) for rule in rules] for way, rules in _rules_of(world, held.id).items()}
        case "aws:ec2/networkAcl:NetworkAcl":
            entries = [
                each for each in world.resources("aws:ec2/networkAclRule:NetworkAclRule")
                if each.get("networkAclId") == held.id
            ]  # fmt: skip
            return {
                way: [_entry(entry) for entry in entries if bool(entry.get("egress")) == (way == "egress")]
                for way in _RULES
            }
        case "aws:ec2/routeTable:RouteTable":
            routes = [each for each in world.resources("aws:ec2/route:Route") if each.get("routeTableId") == held.id]
            return {"routes": [_route(route) for route in routes]}
        case _:
            return {}


def all_rules(world: World, held: Held) -> Held | None:
    """The list of all rules of a group, as the provider reads it: whatever stands there; None without the group."""
    group = held.inputs["securityGroupId"]
    if world.get("aws:ec2/securityGroup:SecurityGroup", group) is None:
        return None
    listed = {f"{way}RuleIds": [rule.id for rule in rules] for way, rules in _rules_of(world, group).items()}
    return Held(held.type, held.id, held.urn, {**held.inputs, **listed}, held.outputs)


def unlisted(world: World, held: Held) -> list[Held]:
    """The rules of a group that its list leaves out, which the provider revokes."""
    return [
        rule
        for way, rules in _rules_of(world, held.inputs["securityGroupId"]).items()
        for rule in rules
        if rule.id not in held.inputs[f"{way}RuleIds"]
    ]


def _rules_of(world: World, group: str) -> dict[str, list[Held]]:
    """The rules that stand in a group, by direction, whoever made them."""
    return {
        way: [rule for rule in world.resources(kind) if rule.get("securityGroupId") == group]
        for way, kind in _RULES.items()
    }


_RULES = {
    "ingress": "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "egress": "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
}


def _rule(rule: Held, group: str) -> dict[str, Any]:
    other = rule.get("referencedSecurityGroupId")
    everything = rule.get("ipProtocol") == "-1"
    return {
        "protocol": rule.get("ipProtocol"),
        "fromPort": 0 if everything else rule.get("fromPort"),
        "toPort": 0 if everything else rule.get("toPort"),
        "cidrBlocks": [rule.get("cidrIpv4")] if rule.get("cidrIpv4") else [],
        "ipv6CidrBlocks": [rule.get("cidrIpv6")] if rule.get("cidrIpv6") else [],
        "prefixListIds": [rule.get("prefixListId")] if rule.get("prefixListId") else [],
        "securityGroups": [other] if other and other != group else [],
        "self": other == group,
        "description": rule.get("description") or "",
    }


def _entry(entry: Held) -> dict[str, Any]:
    return {
        "ruleNo": entry.get("ruleNumber"),
        "action": entry.get("ruleAction"),
        "protocol": {"tcp": "6", "udp": "17", "icmp": "1"}.get(entry.get("protocol"), entry.get("protocol")),
        "cidrBlock": entry.get("cidrBlock") or "",
        "ipv6CidrBlock": entry.get("ipv6CidrBlock") or "",
        "fromPort": entry.get("fromPort") or 0,
        "toPort": entry.get("toPort") or 0,
        "icmpType": 0,
        "icmpCode": 0,
    }


def _route(route: Held) -> dict[str, Any]:
    targets = ("gatewayId", "natGatewayId", "transitGatewayId", "vpcEndpointId", "vpcPeeringConnectionId")
    return {
        "cidrBlock": route.get("destinationCidrBlock") or "",
        **{name: route.get(name) or "" for name in targets},
    }


def endpoints_of(firewall: Held) -> dict[str, str]:
    """A firewall's endpoints, each with its zone."""
    return {
        attachment["endpointId"]: state["availabilityZone"]
        for status in firewall.outputs["firewallStatuses"]
        for state in status["syncStates"]
        for attachment in state["attachments"]
    }


def _endpoint(world: World, subnet: str) -> dict[str, Any]:
    held = world.get("aws:ec2/subnet:Subnet", subnet)
    endpoint = "vpce-" + hashlib.sha256(f"{subnet} {world.now}".encode()).hexdigest()[:17]
    return {
        "availabilityZone": held.inputs["availabilityZone"] if held else "",
        "attachments": [{"endpointId": endpoint, "status": "READY", "subnetId": subnet}],
    }


def _registers(operation: Operation, kind: str, family: str) -> bool:
    """Whether an operation made a revision of a task definition: numbers are never given again."""
    held = operation.held
    return operation.done and operation.kind == "create" and held.type == kind and held.inputs.get("family") == family


def _address(identity: str) -> str:
    """An address of nobody's (TEST-NET-2 and -3, RFC 5737)."""
    number = int(hashlib.sha256(identity.encode()).hexdigest()[:4], 16) % 508
    return f"{'198.51.100' if number < 254 else '203.0.113'}.{number % 254 + 1}"
