"""What people add to a network by hand, read: gateways of other kinds, peerings, IPv6, prefix lists, second groups."""

import ipaddress
from typing import Any

import pytest
from ringfence.policy.flow import Flow, Grant, Transport
from ringfence.policy.port import PortRange
from ringfence.policy.span import Span
from ringfence.verify.attachment import attachment_differences
from ringfence.verify.finding import Kind
from ringfence.verify.graph import UNKNOWN, Resource, ResourceGraph
from ringfence.verify.interval import network_of
from ringfence.verify.network import Network, Route, read_network
from ringfence.verify.references import References

TABLE = "aws:ec2/routeTable:RouteTable"
PEERING = "aws:ec2/vpcPeeringConnection:VpcPeeringConnection"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
LIST = "aws:ec2/managedPrefixList:ManagedPrefixList"


def made(kind: str, identity: str, **inputs: Any) -> Resource:
    return Resource(f"urn:pulumi:dev::ringfence::{kind}::{identity}", kind, identity, inputs, dict(inputs), identity)


def graph(*resources: Resource) -> ResourceGraph:
    return ResourceGraph("ringfence", "dev", resources)


def network(*resources: Resource) -> Network:
    return read_network(graph(*resources))


def route(*others: Resource, **target: str) -> Route:
    read = network(
        made(TABLE, "rtb-1"),
        made("aws:ec2/route:Route", "r", routeTableId="rtb-1", destinationCidrBlock="0.0.0.0/0", **target),
        *others,
    )
    ((found,),) = read.routes.values()
    return found


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ({"gatewayId": "igw-1"}, "internet"),
        ({"gatewayId": UNKNOWN}, "internet"),
        ({"gatewayId": "vgw-1"}, "other"),
        ({"gatewayId": "lgw-1"}, "other"),
        ({"networkInterfaceId": "eni-1"}, "other"),
        ({"vpcEndpointId": "vpce-of-somebody"}, "other"),
        ({}, "other"),
    ],
)
def test_only_an_internet_gateway_is_a_way_to_the_internet(target: dict[str, str], kind: str) -> None:
    assert route(**target).kind == kind


def test_a_gateway_that_is_here_is_known_by_its_type() -> None:
    assert route(made("aws:ec2/internetGateway:InternetGateway", "igw-1"), gatewayId="igw-1").kind == "internet"
    assert route(made("aws:ec2/vpnGateway:VpnGateway", "vgw-1"), gatewayId="vgw-1").kind == "other"


def test_a_peering_is_known_by_its_id_whether_it_is_here_or_not() -> None:
    for others in ((), (made(PEERING, "pcx-1"),)):
        found = route(*others, vpcPeeringConnectionId="pcx-1")
        assert (found.kind, found.target) == ("peering", "pcx-1")


def flow(via: str) -> Flow:
    place = Span("p.yaml", 1)
    transport = Transport("db", "tcp", ipaddress.IPv4Network("10.60.8.9/32"), PortRange(5432, 5432), via)
    return Flow("a", transport, Grant("tcp", "profile", place, place))


def test_ways_to_other_networks_belong_to_some_flow() -> None:
    joined = graph(
        made(PEERING, "pcx-1"),
        made("aws:ec2transitgateway/vpcAttachment:VpcAttachment", "tgw-attach-1", transitGatewayId="tgw-1"),
    )
    assert list(attachment_differences(joined, [flow("pcx-1"), flow("tgw-1")])) == []
    (finding,) = attachment_differences(joined, [flow("tgw-1")])
    assert (finding.kind, finding.layer) == (Kind.INCONSISTENT, "route")
    assert finding.traffic == "a way to another network, pcx-1"
    (finding,) = attachment_differences(joined, [flow("pcx-1")])
    assert finding.traffic == "a way to another network, tgw-1"


def rule(**peer: Any) -> Resource:
    return made(EGRESS, "sgr-1", securityGroupId="sg-1", ipProtocol="tcp", fromPort=22, toPort=22, **peer)


def test_a_prefix_list_stands_for_its_networks() -> None:
    listed = made(LIST, "pl-1", entries=[{"cidr": "203.0.113.0/24"}, {"cidr": "2001:db8::/32"}])
    apart = made("aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry", "e", prefixListId="pl-1", cidr="192.0.2.0/24")
    read = network(made(GROUP, "sg-1"), rule(prefixListId="pl-1"), listed, apart)
    ((opened,),) = [group.egress for group in read.groups.values()]
    assert opened.addresses == network_of("203.0.113.0/24") | network_of("192.0.2.0/24")
    assert opened.prefix_list == listed.urn
    assert [(each.kind, each.traffic) for each in read.findings] == [(Kind.INCONSISTENT, "IPv6 of 2001:db8::/32")]


def test_a_rule_is_no_prefix_list_because_it_names_one() -> None:
    endpoint = Resource(
        "urn:pulumi:dev::ringfence::aws:ec2/vpcEndpoint:VpcEndpoint::s3", "aws:ec2/vpcEndpoint:VpcEndpoint", "s3", {},
        {"prefixListId": "pl-2"}, "vpce-1",
    )  # fmt: skip
    first, second = rule(prefixListId="pl-1"), made(EGRESS, "sgr-2", securityGroupId="sg-1", prefixListId="pl-2")
    references = References.of(graph(first, second, endpoint))
    assert references.one(first, "prefixListId") == "pl-1"
    assert references.one(second, "prefixListId") == endpoint


def test_rules_for_ipv6_open_what_nobody_has() -> None:
    entry = {"networkAclId": "acl-1", "ruleNumber": 1, "egress": True, "protocol": "-1", "ipv6CidrBlock": "::/0"}
    kind = "aws:ec2/networkAclRule:NetworkAclRule"
    read = network(
        made(GROUP, "sg-1"),
        rule(cidrIpv6="::/0"),
        made("aws:ec2/networkAcl:NetworkAcl", "acl-1"),
        made(kind, "open", **entry, ruleAction="allow"),
        made(kind, "closed", **{**entry, "ruleNumber": 2}, ruleAction="deny"),
    )
    assert sorted((each.kind, each.layer, each.rule) for each in read.findings) == [
        (Kind.INCONSISTENT, "nacl", "a rule that no flow needs: open"),
        (Kind.INCONSISTENT, "sg", "a rule that no flow needs: sgr-1"),
    ]


def test_a_second_group_of_one_agent_is_not_proved() -> None:
    tags = {"ringfence:agent": "reader"}
    read = network(made(GROUP, "sg-1", tags=tags), made(GROUP, "sg-2", tags=tags))
    assert read.group_of == {"reader": f"urn:pulumi:dev::ringfence::{GROUP}::sg-1"}
    assert [(each.kind, each.traffic) for each in read.findings] == [(Kind.NOT_PROVED, "a second group of `reader`")]
