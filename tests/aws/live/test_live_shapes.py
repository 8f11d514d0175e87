"""What single answers become: shapes that no example environment has, checked against AWS's service models."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import validate_parameters
from changes_by_hand import changed_policy, put
from live_account import Account
from recorded import hooked, refusing
from ringfence.aws.live.endpoints import read_endpoints
from ringfence.aws.live.firewall import read_firewalls
from ringfence.aws.live.groups import read_groups
from ringfence.aws.live.interfaces import read_interfaces
from ringfence.aws.live.network import read_network
from ringfence.aws.live.routes import read_routes
from ringfence.aws.live.state import State, camel
from ringfence.verify.graph import Resource

VPC = "vpc-0123456789abcdef0"


class Canned:
    """Gives answers that are set, each checked against its operation's output."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.unread: list[str] = []

    def pages(self, service: str, operation: str, key: str, about: str = "", **_: Any) -> list[Any]:
        found = self.answers.get(operation, [])
        self._check(service, operation, {key: found})
        return list(found)

    def answer(self, service: str, operation: str, about: str = "", **_: Any) -> Any:
        found = self.answers.get(operation, {})
        self._check(service, operation, found)
        return found

    def _check(self, service: str, operation: str, answer: Any) -> None:
        model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
        validate_parameters(answer, model.operation_model(operation).output_shape)


def only(state: State, kind: str) -> Resource:
    (found,) = [resource for (each, _), resource in state.resources.items() if each == kind]
    return found


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("CidrBlock", "cidrBlock"),
        ("IPSets", "ipSets"),
        ("IPAddressType", "ipAddressType"),
        ("TLSInspectionConfigurationArn", "tlsInspectionConfigurationArn"),
        ("EnableTLSSessionHolding", "enableTLSSessionHolding"),
        ("ARN", "arn"),
        ("", ""),
    ],
)
def test_names_are_written_as_pulumi_writes_them(theirs: str, ours: str) -> None:
    assert camel({theirs: [{theirs: "A"}]}) == {ours: [{ours: "A"}]}


def test_two_things_of_one_name_stay_two() -> None:
    state = State("dev")
    for owner in ("aws", "111111111111"):
        state.add("aws:iam/policy:Policy", f"arn:aws:iam::{owner}:policy/reading", {}, name="reading")
    names = [resource.name for resource in state.graph([]).resources]
    assert names == ["reading", "reading arn:aws:iam::111111111111:policy/reading"]


def route_table(**others: Any) -> dict[str, Any]:
    local = {"DestinationCidrBlock": "10.40.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable"}
    return {"RouteTableId": "rtb-1", "VpcId": VPC, "Routes": [local, *others.pop("Routes", [])], **others}


def routes_of(*routes: dict[str, Any]) -> list[dict[str, Any]]:
    state = State("dev")
    read_routes(Canned(DescribeRouteTables=[route_table(Routes=list(routes))]), VPC, state)
    return [
        {key: value for key, value in resource.inputs.items() if key != "routeTableId"}
        for (kind, _), resource in state.resources.items()
        if kind == "aws:ec2/route:Route"
    ]


def test_a_route_to_an_endpoint_is_one_as_pulumi_has_it() -> None:
    assert routes_of({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "vpce-1", "State": "active"}) == [
        {"destinationCidrBlock": "0.0.0.0/0", "vpcEndpointId": "vpce-1"}
    ]


def test_a_route_whose_target_is_gone_leads_nowhere() -> None:
    (route,) = routes_of({"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "blackhole"})
    assert route == {"destinationCidrBlock": "0.0.0.0/0"}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("NetworkInterfaceId", "networkInterfaceId"),
        ("TransitGatewayId", "transitGatewayId"),
        ("LocalGatewayId", "localGatewayId"),
        ("CoreNetworkArn", "coreNetworkArn"),
    ],
)
def test_a_route_keeps_its_target(theirs: str, ours: str) -> None:
    assert routes_of({"DestinationCidrBlock": "10.9.0.0/16", theirs: "x-1"}) == [
        {"destinationCidrBlock": "10.9.0.0/16", ours: "x-1"}
    ]


def test_the_vpcs_own_route_that_was_bent_is_a_route() -> None:
    """The target of the local route can be replaced; then it is the local route no more."""
    state = State("dev")
    bent = {"DestinationCidrBlock": "10.40.0.0/16", "NetworkInterfaceId": "eni-1", "Origin": "CreateRouteTable"}
    read_routes(Canned(DescribeRouteTables=[{**route_table(), "Routes": [bent]}]), VPC, state)
    assert only(state, "aws:ec2/route:Route").inputs["networkInterfaceId"] == "eni-1"


def test_a_table_that_a_gateway_writes_into_or_uses_says_so() -> None:
    state = State("dev")
    association = {
        "RouteTableAssociationId": "rtbassoc-1",
        "RouteTableId": "rtb-1",
        "GatewayId": "igw-1",
        "Main": False,
    }
    table = route_table(Associations=[association], PropagatingVgws=[{"GatewayId": "vgw-1"}])
    read_routes(Canned(DescribeRouteTables=[table]), VPC, state)
    assert only(state, "aws:ec2/routeTable:RouteTable").inputs["propagatingVgws"] == ["vgw-1"]
    assert only(state, "aws:ec2/routeTableAssociation:RouteTableAssociation").inputs["gatewayId"] == "igw-1"


def test_the_main_table_holds_its_routes_itself() -> None:
    state = State("dev")
    out = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}
    main = {"RouteTableAssociationId": "rtbassoc-1", "RouteTableId": "rtb-1", "Main": True}
    read_routes(Canned(DescribeRouteTables=[route_table(Associations=[main], Routes=[out])]), VPC, state)
    assert only(state, "aws:ec2/defaultRouteTable:DefaultRouteTable").inputs["routes"] == [
        {"destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}
    ]
    assert ("aws:ec2/routeTableAssociation:RouteTableAssociation", "rtbassoc-1") not in state.resources


def test_what_has_ended_is_not_there() -> None:
    state = State("dev")
    canned = Canned(
        DescribeNatGateways=[
            {"NatGatewayId": "nat-1", "SubnetId": "subnet-1", "State": "deleted"},
            {"NatGatewayId": "nat-2", "SubnetId": "subnet-1", "State": "deleting"},
        ],
        DescribeVpcPeeringConnections=[
            {
                "VpcPeeringConnectionId": "pcx-1",
                "Status": {"Code": "rejected"},
                "RequesterVpcInfo": {"VpcId": VPC},
                "AccepterVpcInfo": {"VpcId": "vpc-2"},
            }
        ],
    )
    read_network(canned, {"VpcId": VPC, "CidrBlock": "10.40.0.0/16"}, state)
    assert {identity for _, identity in state.resources} == {VPC, "nat-2"}


def test_further_networks_of_the_vpc_and_public_addresses_of_a_subnet() -> None:
    state = State("dev")
    vpc = {
        "VpcId": VPC,
        "CidrBlock": "10.40.0.0/16",
        "CidrBlockAssociationSet": [
            {"AssociationId": "a-1", "CidrBlock": "10.40.0.0/16", "CidrBlockState": {"State": "associated"}},
            {"AssociationId": "a-2", "CidrBlock": "10.41.0.0/16", "CidrBlockState": {"State": "associated"}},
            {"AssociationId": "a-3", "CidrBlock": "10.42.0.0/16", "CidrBlockState": {"State": "disassociated"}},
        ],
    }
    subnet = {
        "SubnetId": "subnet-1",
        "VpcId": VPC,
        "AvailabilityZone": "eu-west-1a",
        "CidrBlock": "10.40.0.0/28",
        "MapPublicIpOnLaunch": True,
        "Ipv6CidrBlockAssociationSet": [{"AssociationId": "a-4", "Ipv6CidrBlock": "2001:db8::/64"}],
        "Tags": [{"Key": "Name", "Value": "dev reviewer"}, {"Key": "aws:cloudformation:stack-name", "Value": "x"}],
    }
    read_network(Canned(DescribeSubnets=[subnet]), vpc, state)
    second = only(state, "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation")
    assert second.inputs == {"vpcId": VPC, "cidrBlock": "10.41.0.0/16"}
    read = only(state, "aws:ec2/subnet:Subnet")
    assert read.name == "dev reviewer subnet-1"
    assert read.inputs["mapPublicIpOnLaunch"] is True
    assert read.inputs["ipv6CidrBlock"] == "2001:db8::/64"
    assert read.inputs["tags"] == {"Name": "dev reviewer"}


def test_an_endpoint_of_a_gateway_load_balancer_that_is_no_firewalls_stays() -> None:
    state = State("dev")
    endpoint = {"VpcEndpointId": "vpce-9", "VpcEndpointType": "GatewayLoadBalancer", "State": "Available"}
    gone = {"VpcEndpointId": "vpce-8", "VpcEndpointType": "Interface", "State": "Deleted"}
    read_endpoints(Canned(DescribeVpcEndpoints=[endpoint, gone]), VPC, state)
    assert only(state, "aws:ec2/vpcEndpoint:VpcEndpoint").inputs["vpcEndpointType"] == "GatewayLoadBalancer"


def test_the_rules_of_more_groups_than_a_filter_takes() -> None:
    asked: list[int] = []

    class Counting(Canned):
        def pages(self, service: str, operation: str, key: str, about: str = "", **parameters: Any) -> list[Any]:
            if operation == "DescribeSecurityGroupRules":
                asked.append(len(parameters["Filters"][0]["Values"]))
            return super().pages(service, operation, key, about, **parameters)

    groups = [{"GroupId": f"sg-{number}", "GroupName": f"g{number}"} for number in range(450)]
    read_groups(Counting(DescribeSecurityGroups=groups), VPC, State("dev"))
    assert asked == [200, 200, 50]


def test_an_interface_keeps_whose_it_is() -> None:
    state = State("dev")
    interface = {
        "NetworkInterfaceId": "eni-1",
        "SubnetId": "subnet-1",
        "OwnerId": "222222222222",
        "RequesterId": "amazon-rds",
        "RequesterManaged": True,
        "InterfaceType": "interface",
        "SourceDestCheck": True,
        "Status": "in-use",
        "Attachment": {"InstanceOwnerId": "amazon-rds", "Status": "attached"},
        "PrivateIpAddresses": [
            {"PrivateIpAddress": "10.40.0.5", "Primary": True},
            {"PrivateIpAddress": "10.40.0.6", "Association": {"PublicIp": "198.51.100.7"}},
        ],
        "Ipv6Addresses": [{"Ipv6Address": "2001:db8::1"}],
        "Groups": [{"GroupId": "sg-1"}, {"GroupId": "sg-2"}],
    }
    read_interfaces(Canned(DescribeNetworkInterfaces=[interface]), VPC, state)
    read = only(state, "aws:ec2/networkInterface:NetworkInterface")
    assert read.inputs["securityGroups"] == ["sg-1", "sg-2"]
    assert read.inputs["privateIps"] == ["10.40.0.5", "10.40.0.6"]
    assert read.inputs["ipv6Addresses"] == ["2001:db8::1"]
    assert read.outputs["association"] == {"publicIp": "198.51.100.7"}
    assert (read.outputs["ownerId"], read.outputs["requesterId"]) == ("222222222222", "amazon-rds")
    assert (read.outputs["instanceOwnerId"], read.outputs["attachments"]) == ("amazon-rds", [])


# Network Firewall

ARN = "arn:aws:network-firewall:eu-west-1:111111111111:tls-configuration/x"


def inspection(count: int) -> dict[str, Any]:
    scope = {
        "Sources": [{"AddressDefinition": "10.40.0.0/28"}],
        "Destinations": [{"AddressDefinition": "0.0.0.0/0"}],
        "SourcePorts": [{"FromPort": 0, "ToPort": 65535}],
        "DestinationPorts": [{"FromPort": 443, "ToPort": 443}],
        "Protocols": [6],
    }
    each = {"CertificateAuthorityArn": "arn:aws:acm:eu-west-1:111111111111:certificate/x", "Scopes": [scope]}
    return {
        "UpdateToken": "00000000-0000-0000-0000-000000000000",
        "TLSInspectionConfiguration": {"ServerCertificateConfigurations": [each] * count},
        "TLSInspectionConfigurationResponse": {
            "TLSInspectionConfigurationArn": ARN,
            "TLSInspectionConfigurationName": "x",
            "TLSInspectionConfigurationId": "00000000-0000-0000-0000-000000000000",
        },
    }


@contextmanager
def decrypted(dev: Account, count: int) -> Iterator[None]:
    with changed_policy(dev, TLSInspectionConfigurationArn=ARN):
        dev.recorded.inspections[ARN] = inspection(count)
        yield
        del dev.recorded.inspections[ARN]


def test_what_is_decrypted_is_read_in_the_providers_shape(dev: Account) -> None:
    with decrypted(dev, 1):
        graph = dev.read()
    (read,) = graph.of_type("aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration")
    body = read.inputs["tlsInspectionConfiguration"]["serverCertificateConfiguration"]
    assert body["scopes"] == [
        {
            "sources": [{"addressDefinition": "10.40.0.0/28"}],
            "destinations": [{"addressDefinition": "0.0.0.0/0"}],
            "sourcePorts": [{"fromPort": 0, "toPort": 65535}],
            "destinationPorts": [{"fromPort": 443, "toPort": 443}],
            "protocols": [6],
        }
    ]
    (policy,) = graph.of_type("aws:networkfirewall/firewallPolicy:FirewallPolicy")
    assert policy.inputs["firewallPolicy"]["tlsInspectionConfigurationArn"] == ARN
    assert graph.unread == ()


def test_several_configurations_in_one_are_not_proved(dev: Account) -> None:
    with decrypted(dev, 2):
        graph = dev.read()
    assert graph.unread == ("the TLS inspection configuration x: it holds 2 configurations, and one is read",)


def test_a_configuration_that_may_not_be_read_is_not_proved(dev: Account) -> None:
    refused = refusing("AccessDeniedException", ("network-firewall", "DescribeTLSInspectionConfiguration"))
    with decrypted(dev, 1), hooked(dev.session, "before-parameter-build", refused):
        graph = dev.read()
    (said,) = graph.unread
    assert said.startswith("the TLS inspection configuration x: network-firewall:DescribeTLSInspectionConfiguration")


def test_variables_and_reference_sets_of_a_rule_group(dev: Account) -> None:
    ((arn, group), *_) = dev.recorded.groups.items()
    body = {
        **group["RuleGroup"],
        "RuleVariables": {
            "IPSets": {"PARTNERS": {"Definition": ["203.0.113.0/24"]}},
            "PortSets": {"WEB": {"Definition": ["443"]}},
        },
        "ReferenceSets": {
            "IPSetReferences": {"LIST": {"ReferenceArn": "arn:aws:ec2:eu-west-1:111111111111:prefix-list/pl-1"}}
        },
    }
    with put(dev.recorded.groups, arn, {**group, "RuleGroup": body}):
        state = State("dev")
        read_firewalls(dev.api(), dev.deployed.vpc, state)
    read = state.resources["aws:networkfirewall/ruleGroup:RuleGroup", arn].inputs["ruleGroup"]
    assert read["ruleVariables"] == {
        "ipSets": [{"key": "PARTNERS", "ipSet": {"definitions": ["203.0.113.0/24"]}}],
        "portSets": [{"key": "WEB", "portSet": {"definitions": ["443"]}}],
    }
    assert read["referenceSets"] == {"ipSetReferences": [{"key": "LIST"}]}
    assert read["rulesSource"] == {"rulesString": group["RuleGroup"]["RulesSource"]["RulesString"]}
