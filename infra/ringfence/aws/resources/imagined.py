"""What AWS would answer, imagined for runs without it: identities and the outputs that other resources need.

Everything is derived from the URN, so that the same program gives the same graph. Shapes are AWS's own: prefixes and
lengths of ids, ARNs, the firewall's endpoints by zone. Nothing here judges an input.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from ringfence.verify.graph import Value


@dataclass(frozen=True, slots=True)
class Account:
    """Where a program runs: what `GetCallerIdentity` and `DescribeAvailabilityZones` would say."""

    account: str
    region: str
    zones: tuple[str, ...]

    @property
    def partition(self) -> str:
        """The first part of ARNs there."""
        for prefix, partition in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("eusc-", "aws-eusc")):
            if self.region.startswith(prefix):
                return partition
        return "aws"


_PREFIXES = {
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": "acl",
    "aws:ec2/defaultRouteTable:DefaultRouteTable": "rtb",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "sg",
    "aws:ec2/eip:Eip": "eipalloc",
    "aws:ec2/flowLog:FlowLog": "fl",
    "aws:ec2/internetGateway:InternetGateway": "igw",
    "aws:ec2/natGateway:NatGateway": "nat",
    "aws:ec2/networkAcl:NetworkAcl": "acl",
    "aws:ec2/networkAclAssociation:NetworkAclAssociation": "aclassoc",
    "aws:ec2/route:Route": "r-rtb",
    "aws:ec2/routeTable:RouteTable": "rtb",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "rtbassoc",
    "aws:ec2/securityGroup:SecurityGroup": "sg",
    "aws:ec2/subnet:Subnet": "subnet",
    "aws:ec2/vpc:Vpc": "vpc",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "vpce",
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": "tgw-attach",
    "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation": "vpc-cidr-assoc",
    "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList": "rslvr-fdl",
    "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup": "rslvr-frg",
    "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation": "rslvr-frgassoc",
    "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig": "rqlc",
    "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation": "rqlca",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "sgr",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "sgr",
}

_ARNS = {
    "aws:cloudwatch/logGroup:LogGroup": "logs:{region}:{account}:log-group:{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "cloudwatch:{region}:{account}:alarm:{name}",
    "aws:iam/role:Role": "iam::{account}:role/{name}",
    "aws:networkfirewall/firewall:Firewall": "network-firewall:{region}:{account}:firewall/{name}",
    "aws:networkfirewall/firewallPolicy:FirewallPolicy": "network-firewall:{region}:{account}:firewall-policy/{name}",
    "aws:networkfirewall/ruleGroup:RuleGroup": "network-firewall:{region}:{account}:stateful-rulegroup/{name}",
    "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration": (
        "network-firewall:{region}:{account}:tls-configuration/{name}"
    ),
    "aws:s3/bucket:Bucket": "s3:::{name}",
    "aws:sns/topic:Topic": "sns:{region}:{account}:{name}",
}

_ARN_IS_IDENTITY = (
    "aws:networkfirewall/firewall:Firewall",
    "aws:networkfirewall/firewallPolicy:FirewallPolicy",
    "aws:networkfirewall/ruleGroup:RuleGroup",
    "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration",
    "aws:sns/topic:Topic",
)


def call(account: Account, token: str, arguments: Mapping[str, Value]) -> dict[str, Value] | None:
    """What a function of the provider returns; None for one that is not known here."""
    match token:
        case "aws:index/getCallerIdentity:getCallerIdentity":
            return {
                "accountId": account.account,
                "arn": f"arn:{account.partition}:sts::{account.account}:assumed-role/deployer/session",
                "id": account.account,
                "userId": "AROAEXAMPLE:session",
            }
        case "aws:index/getRegion:getRegion":
            region = str(arguments.get("region") or account.region)
            return {"id": region, "name": region, "region": region, "description": region, "endpoint": ""}
        case "aws:index/getPartition:getPartition":
            return {"id": account.partition, "partition": account.partition, "dnsSuffix": "", "reverseDnsPrefix": ""}
        case "aws:index/getAvailabilityZones:getAvailabilityZones":
            zones: list[Value] = list(account.zones)
            return {"id": account.region, "names": zones, "zoneIds": zones, "groupNames": [account.region]}
        case "aws:ec2/getNetworkAcls:getNetworkAcls":
            asked = hashlib.sha256(repr(sorted(cast("dict[str, str]", arguments["tags"]).items())).encode())
            return {"id": account.region, "ids": [f"acl-{asked.hexdigest()[:17]}"], "region": account.region}
        case _:
            return None


def resource(
    account: Account, kind: str, name: str, urn: str, inputs: Mapping[str, Value], zones: Mapping[str, str]
) -> tuple[str, dict[str, Value]]:
    """The identity of a new resource, and the outputs that it has besides its inputs.

    ``zones`` gives the zone of each subnet made so far, by its id.
    """
    digest = hashlib.sha256(urn.encode()).hexdigest()
    identity = f"{_PREFIXES[kind]}-{digest[:17]}" if kind in _PREFIXES else name
    outputs: dict[str, Value] = {}
    if kind in _ARNS:
        given = inputs.get("bucket" if kind == "aws:s3/bucket:Bucket" else "name")
        physical = str(given) if given else f"{name}-{digest[:7]}"
        place = _ARNS[kind].format(region=account.region, account=account.account, name=physical)
        arn = f"arn:{account.partition}:{place}"
        identity = arn if kind in _ARN_IS_IDENTITY else physical
        outputs = {"arn": arn, "bucket" if kind == "aws:s3/bucket:Bucket" else "name": physical}
    match kind:
        case "aws:ec2/vpc:Vpc":
            outputs |= {
                "defaultNetworkAclId": f"acl-{digest[17:34]}",
                "defaultRouteTableId": f"rtb-{digest[17:34]}",
                "defaultSecurityGroupId": f"sg-{digest[17:34]}",
                "mainRouteTableId": f"rtb-{digest[17:34]}",
            }
        case "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl":
            identity = str(inputs["defaultNetworkAclId"])
        case "aws:ec2/defaultRouteTable:DefaultRouteTable":
            identity = str(inputs["defaultRouteTableId"])
        case "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive":
            identity = str(inputs["securityGroupId"])
        case "aws:ec2/eip:Eip":
            # TEST-NET-2 (RFC 5737): no address of anybody's.
            outputs |= {"allocationId": identity, "publicIp": f"198.51.100.{int(digest[:8], 16) % 254 + 1}"}
        case "aws:ec2/vpcEndpoint:VpcEndpoint" if inputs.get("vpcEndpointType") == "Gateway":
            outputs |= {"prefixListId": f"pl-{digest[17:34]}"}
        case "aws:ec2/networkAcl:NetworkAcl" | "aws:ec2/subnet:Subnet" | "aws:ec2/securityGroup:SecurityGroup":
            outputs |= {"arn": _ec2_arn(account, kind.rpartition(":")[2], identity)}
        case "aws:networkfirewall/firewall:Firewall":
            outputs |= {"firewallStatuses": _statuses(digest, inputs, zones), "updateToken": digest[:32]}
        case _:
            pass
    return identity, outputs


def _ec2_arn(account: Account, kind: str, identity: str) -> str:
    path = {"NetworkAcl": "network-acl", "Subnet": "subnet", "SecurityGroup": "security-group"}[kind]
    return f"arn:{account.partition}:ec2:{account.region}:{account.account}:{path}/{identity}"


def _statuses(digest: str, inputs: Mapping[str, Value], zones: Mapping[str, str]) -> list[Value]:
    """The firewall's endpoints. AWS gives them as a set, so their order here is neither the zones' nor the subnets'."""
    mappings = cast("list[Mapping[str, Value]]", inputs["subnetMappings"])
    endpoints = sorted(
        (hashlib.sha256(f"{digest} {mapping['subnetId']}".encode()).hexdigest()[:17], str(mapping["subnetId"]))
        for mapping in mappings
    )
    states: list[Value] = [
        {
            "availabilityZone": zones[subnet],
            "attachments": [{"endpointId": f"vpce-{endpoint}", "status": "READY", "subnetId": subnet}],
        }
        for endpoint, subnet in endpoints
    ]
    return [{"syncStates": states, "transitGatewayAttachmentSyncStates": []}]
