"""Resources that open a way past the network of profiles, by what their inputs say: read before they are made.

A resource that is not here opens none that this knows of. It is no proof: in Ringfence's own stack the verifier reads
all resources together, and takes a type that it does not know for one that may open access.
"""

import ipaddress
from collections.abc import Iterator, Mapping

from ringfence.verify.graph import UNKNOWN, Value
from ringfence.verify.references import number, table, tables, text, texts

OPENED: Mapping[str, str] = {
    "aws:ec2/carrierGateway:CarrierGateway": "a gateway to a carrier's network",
    "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway": "a gateway to the internet over IPv6",
    "aws:ec2/eip:Eip": "a public address",
    "aws:ec2/eipAssociation:EipAssociation": "a public address at an instance or interface",
    "aws:ec2/internetGateway:InternetGateway": "a gateway to the internet",
    "aws:ec2/internetGatewayAttachment:InternetGatewayAttachment": "a gateway to the internet",
    "aws:ec2/localGatewayRouteTableVpcAssociation:LocalGatewayRouteTableVpcAssociation": "a way to an Outpost",
    "aws:ec2/natGateway:NatGateway": "a gateway to other networks",
    "aws:ec2/trafficMirrorSession:TrafficMirrorSession": "a copy of an interface's traffic elsewhere",
    "aws:ec2/vpcEndpointService:VpcEndpointService": "a service that other networks connect to",
    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection": "a peering with another network",
    "aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter": "a peering with another network",
    "aws:ec2/vpnGateway:VpnGateway": "a gateway to other networks",
    "aws:ec2/vpnGatewayAttachment:VpnGatewayAttachment": "a gateway to other networks",
    "aws:ec2clientvpn/networkAssociation:NetworkAssociation": "a way in for VPN clients",
    "aws:ec2transitgateway/instanceConnectEndpoint:InstanceConnectEndpoint": "a way in from the internet, by IAM alone",
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": "a way to other networks",
    "aws:lambda/functionUrl:FunctionUrl": "an address on the internet that calls a function",
    "aws:networkmanager/vpcAttachment:VpcAttachment": "a way to other networks",
    "aws:route53/resolverEndpoint:ResolverEndpoint": "a way in or out for names",
    "aws:route53/resolverRuleAssociation:ResolverRuleAssociation": "names that another resolver answers",
    "aws:vpclattice/resourceGateway:ResourceGateway": "a way in from other networks",
    "aws:vpclattice/serviceNetworkVpcAssociation:ServiceNetworkVpcAssociation": "a way to services of other networks",
}
"""Types that open a way whatever their inputs say (https://www.pulumi.com/registry/packages/aws/api-docs/)."""

_PUBLIC: Mapping[str, tuple[str, ...]] = {
    "aws:ec2/instance:Instance": ("associatePublicIpAddress",),
    "aws:ec2/launchConfiguration:LaunchConfiguration": ("associatePublicIpAddress",),
    "aws:ec2/launchTemplate:LaunchTemplate": ("networkInterfaces", "associatePublicIpAddress"),
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest": ("associatePublicIpAddress",),
    "aws:ec2/subnet:Subnet": ("mapPublicIpOnLaunch",),
    "aws:ecs/service:Service": ("networkConfiguration", "assignPublicIp"),
    "aws:ecs/taskSet:TaskSet": ("networkConfiguration", "assignPublicIp"),
    "aws:rds/instance:Instance": ("publiclyAccessible",),
}
"""Where a type says that it gets a public address."""

_BALANCERS = frozenset({"aws:alb/loadBalancer:LoadBalancer", "aws:lb/loadBalancer:LoadBalancer"})
_GROUPS = frozenset({"aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"})
_RULES: Mapping[str, tuple[str, str]] = {
    "aws:ec2/securityGroupRule:SecurityGroupRule": ("cidrBlocks", "protocol"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ("cidrIpv4", "ipProtocol"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ("cidrIpv4", "ipProtocol"),
}
"""Types that are one rule of a group: where its addresses and its protocol stand."""

WIDEST = 16
"""A rule for more addresses than a network of this prefix length has is wide: no VPC holds more
(https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html)."""


def opened(kind: str, inputs: Mapping[str, Value]) -> tuple[str, ...]:
    """What a resource of a type opens with these inputs, in words; nothing where it opens no way that is known here.

    A value that only a deployment decides counts as the worst that it may be.
    """
    return tuple(dict.fromkeys(_opened(kind, inputs)))


def _opened(kind: str, inputs: Mapping[str, Value]) -> Iterator[str]:
    if kind in OPENED:
        yield OPENED[kind]
    if kind in _PUBLIC and any(value in (True, "true", UNKNOWN) for value in _within(inputs, _PUBLIC[kind])):
        yield "a public address"
    if kind in _BALANCERS and inputs.get("internal") is not True:
        yield "a load balancer on the internet"
    if kind in _RULES:
        peers, protocol = _RULES[kind]
        yield from _wide(inputs, texts(inputs.get(peers)), protocol, _ipv6(inputs))
    if kind in _GROUPS:
        for direction in ("ingress", "egress"):
            if inputs.get(direction) == UNKNOWN:
                yield f"{direction} that is not known yet"
            for rule in tables(inputs.get(direction)):
                yield from _wide(rule, texts(rule.get("cidrBlocks")), "protocol", _ipv6(rule))


def _within(inputs: Mapping[str, Value], path: tuple[str, ...]) -> Iterator[Value]:
    """The values at a path, through tables and lists of them."""
    first, *rest = path
    value = inputs.get(first)
    if not rest or value == UNKNOWN:
        yield value
        return
    for each in (table(value), *tables(value)):
        yield from _within(each, tuple(rest))


def _ipv6(rule: Mapping[str, Value]) -> tuple[str, ...]:
    return (*texts(rule.get("cidrIpv6")), *texts(rule.get("ipv6CidrBlocks")))


def _wide(rule: Mapping[str, Value], cidrs: tuple[str, ...], protocol: str, ipv6: tuple[str, ...]) -> Iterator[str]:
    """A rule that names more than it can need: addresses of the whole internet, or everything of somebody."""
    everything = text(rule.get(protocol)) in ("-1", "all")
    ports = range(number(rule.get("fromPort")), number(rule.get("toPort")) + 1)
    for cidr in cidrs:
        if cidr == UNKNOWN or ipaddress.ip_network(cidr, strict=False).prefixlen < WIDEST:
            yield f"a rule for {'addresses not known yet' if cidr == UNKNOWN else cidr}"
    for cidr in ipv6:
        yield f"a rule for {'addresses not known yet' if cidr == UNKNOWN else cidr}"
    if everything:
        yield "a rule for every protocol and port"
    elif len(ports) == 65536:
        yield "a rule for every port"
