"""What somebody does to an environment by hand, each with what the proof has to say of it, and undone again.

They do not touch one another, so that all of them can stand at once.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from live_account import Account
from moto.vpclattice.models import vpclattice_backends
from ringfence.verify.finding import Kind

Change = Callable[[Account], AbstractContextManager[None]]
CHANGES: dict[str, tuple[Change, Kind, str, str]] = {}
"""By name: what somebody does and undoes; the finding's kind and layer, and a part of what it says."""


def found(kind: Kind, layer: str, said: str) -> Callable[[Callable[[Account], Iterator[None]]], Change]:
    def register(change: Callable[[Account], Iterator[None]]) -> Change:
        made: Change = contextmanager(change)
        CHANGES[change.__name__] = (made, kind, layer, said)
        return made

    return register


def permission(first: int, last: int, **peer: Any) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": first, "ToPort": last, **peer}]


@found(Kind.INCONSISTENT, "sg", "tcp 8443 to 10.40.0.0")
def a_group_rule_is_added(dev: Account) -> Iterator[None]:
    rule = {
        "GroupId": dev.group("reviewer"),
        "IpPermissions": permission(8443, 8443, IpRanges=[{"CidrIp": "10.40.0.0/16"}]),
    }
    dev.client("ec2").authorize_security_group_egress(**rule)
    yield
    dev.client("ec2").revoke_security_group_egress(**rule)


@found(Kind.LESS, "dns", "every name: the VPC has no resolver")
def the_resolver_is_turned_off(dev: Account) -> Iterator[None]:
    ec2 = dev.client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:ringfence:environment", "Values": ["dev"]}])["Vpcs"]
    ec2.modify_vpc_attribute(VpcId=vpc["VpcId"], EnableDnsSupport={"Value": False})
    yield
    ec2.modify_vpc_attribute(VpcId=vpc["VpcId"], EnableDnsSupport={"Value": True})


@found(Kind.INCONSISTENT, "sg", "IPv6 of ::/0")
def a_group_rule_for_ipv6_is_added(dev: Account) -> Iterator[None]:
    rule = {"GroupId": dev.group("reviewer"), "IpPermissions": permission(443, 443, Ipv6Ranges=[{"CidrIpv6": "::/0"}])}
    dev.client("ec2").authorize_security_group_ingress(**rule)
    yield
    dev.client("ec2").revoke_security_group_ingress(**rule)


@found(Kind.INCONSISTENT, "sg", "tcp 22 to 203.0.113.0")
def a_rule_names_a_prefix_list(dev: Account) -> Iterator[None]:
    ec2 = dev.client("ec2")
    made = ec2.create_managed_prefix_list(
        PrefixListName="partners", MaxEntries=5, AddressFamily="IPv4", Entries=[{"Cidr": "203.0.113.0/24"}]
    )["PrefixList"]["PrefixListId"]
    rule = {
        "GroupId": dev.group("reviewer"),
        "IpPermissions": permission(22, 22, PrefixListIds=[{"PrefixListId": made}]),
    }
    ec2.authorize_security_group_egress(**rule)
    yield
    ec2.revoke_security_group_egress(**rule)
    ec2.delete_managed_prefix_list(PrefixListId=made)


@found(Kind.MORE, "sg", "tcp 443 to the group a group of somebody")
def a_rule_names_another_group(dev: Account) -> Iterator[None]:
    ec2 = dev.client("ec2")
    other = ec2.create_security_group(GroupName="a group of somebody", Description="d", VpcId=dev.deployed.vpc)[
        "GroupId"
    ]
    rule = {
        "GroupId": dev.group("reviewer"),
        "IpPermissions": permission(443, 443, UserIdGroupPairs=[{"GroupId": other}]),
    }
    ec2.authorize_security_group_egress(**rule)
    yield
    ec2.revoke_security_group_egress(**rule)
    ec2.delete_security_group(GroupId=other)


@found(Kind.LESS, "sg", "tcp 443 to ")
def a_group_rule_is_taken_away(dev: Account) -> Iterator[None]:
    ec2 = dev.client("ec2")
    of_group = [{"Name": "group-id", "Values": [dev.group("reviewer")]}]
    rules = ec2.describe_security_group_rules(Filters=of_group)["SecurityGroupRules"]
    (rule,) = [each for each in rules if each["IsEgress"] and each.get("CidrIpv4") == "0.0.0.0/0"]
    permissions = permission(rule["FromPort"], rule["ToPort"], IpRanges=[{"CidrIp": "0.0.0.0/0"}])
    ec2.revoke_security_group_egress(GroupId=rule["GroupId"], IpPermissions=permissions)
    yield
    ec2.authorize_security_group_egress(GroupId=rule["GroupId"], IpPermissions=permissions)


@found(Kind.INCONSISTENT, "inventory", "ingress through what the VPC came with")
def the_default_group_is_opened(dev: Account) -> Iterator[None]:
    ec2 = dev.client("ec2")
    filters = [{"Name": "vpc-id", "Values": [dev.deployed.vpc]}, {"Name": "group-name", "Values": ["default"]}]
    (group,) = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    rule = {"GroupId": group["GroupId"], "IpPermissions": permission(22, 22, IpRanges=[{"CidrIp": "0.0.0.0/0"}])}
    ec2.authorize_security_group_ingress(**rule)
    yield
    ec2.revoke_security_group_ingress(**rule)


def acl_of(dev: Account, agent: str) -> str:
    return dev.deployed.id_of("aws:ec2/networkAcl:NetworkAcl", f"dev-{agent}")


@found(Kind.INCONSISTENT, "nacl", "udp any port to ")
def a_nacl_entry_is_added(dev: Account) -> Iterator[None]:
    entry = {"NetworkAclId": acl_of(dev, "research-assistant"), "RuleNumber": 1, "Egress": True}
    dev.client("ec2").create_network_acl_entry(**entry, Protocol="-1", RuleAction="allow", CidrBlock="0.0.0.0/0")
    yield
    dev.client("ec2").delete_network_acl_entry(**entry)


@found(Kind.INCONSISTENT, "nacl", "IPv6 of ::/0")
def a_nacl_entry_for_ipv6_is_added(dev: Account) -> Iterator[None]:
    entry = {"NetworkAclId": acl_of(dev, "orchestrator"), "RuleNumber": 1, "Egress": True}
    dev.client("ec2").create_network_acl_entry(**entry, Protocol="-1", RuleAction="allow", Ipv6CidrBlock="::/0")
    yield
    dev.client("ec2").delete_network_acl_entry(**entry)


@found(Kind.LESS, "nacl", "tcp 443 to ")
def a_nacl_entry_denies(dev: Account) -> Iterator[None]:
    entry = {"NetworkAclId": acl_of(dev, "pr-contributor"), "RuleNumber": 1, "Egress": True}
    dev.client("ec2").create_network_acl_entry(**entry, Protocol="-1", RuleAction="deny", CidrBlock="0.0.0.0/0")
    yield
    dev.client("ec2").delete_network_acl_entry(**entry)


@found(Kind.NOT_PROVED, "nacl", "all of its traffic")
def a_subnet_is_put_under_the_default_nacl(dev: Account) -> Iterator[None]:
    ec2, subnet = dev.client("ec2"), dev.subnets("data-analyst")[0]
    here = [{"Name": "vpc-id", "Values": [dev.deployed.vpc]}, {"Name": "default", "Values": ["true"]}]
    (default,) = ec2.describe_network_acls(Filters=here)["NetworkAcls"]

    def move(acl: str) -> None:
        filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
        (holder,) = ec2.describe_network_acls(Filters=filters)["NetworkAcls"]
        (one,) = [each["NetworkAclAssociationId"] for each in holder["Associations"] if each["SubnetId"] == subnet]
        ec2.replace_network_acl_association(AssociationId=one, NetworkAclId=acl)

    move(default["NetworkAclId"])
    yield
    move(acl_of(dev, "data-analyst"))


def table_of(dev: Account, name: str = "dev-reviewer/eu-west-1a") -> str:
    return dev.deployed.id_of("aws:ec2/routeTable:RouteTable", name)


@found(Kind.INCONSISTENT, "route", "go to pcx-")
def a_peering_is_made_and_a_route_leads_there(dev: Account) -> Iterator[None]:
    ec2 = dev.client("ec2")
    other = ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_vpc_peering_connection(VpcId=dev.deployed.vpc, PeerVpcId=other)["VpcPeeringConnection"]
    peering = made["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    route = {"RouteTableId": table_of(dev), "DestinationCidrBlock": "10.99.0.0/16"}
    ec2.create_route(**route, VpcPeeringConnectionId=peering)
    yield
    ec2.delete_route(**route)
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)
    ec2.delete_vpc(VpcId=other)


@found(Kind.INCONSISTENT, "route", "a way to another network, pcx-")
def a_peering_is_made(dev: Account) -> Iterator[None]:
    ec2 = dev.client("ec2")
    other = ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_vpc_peering_connection(VpcId=other, PeerVpcId=dev.deployed.vpc)["VpcPeeringConnection"]
    yield
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=made["VpcPeeringConnectionId"])
    ec2.delete_vpc(VpcId=other)


@found(Kind.MORE, "route", "go to internet")
def the_way_round_the_firewall_is_taken(dev: Account) -> Iterator[None]:
    ec2 = dev.client("ec2")
    (gateway,) = dev.example.deployed.of_type("aws:ec2/internetGateway:InternetGateway")
    route = {"RouteTableId": table_of(dev), "DestinationCidrBlock": "0.0.0.0/0"}
    (table,) = ec2.describe_route_tables(RouteTableIds=[table_of(dev)])["RouteTables"]
    (was,) = [each["GatewayId"] for each in table["Routes"] if each.get("DestinationCidrBlock") == "0.0.0.0/0"]
    ec2.delete_route(**route)
    ec2.create_route(**route, GatewayId=dev.deployed.ids[str(gateway.id)])
    yield
    ec2.delete_route(**route)
    ec2.create_route(**route, VpcEndpointId=was)


@found(Kind.INCONSISTENT, "inventory", "a way through the main route table")
def the_main_route_table_leads_out(dev: Account) -> Iterator[None]:
    ec2 = dev.client("ec2")
    filters = [{"Name": "vpc-id", "Values": [dev.deployed.vpc]}, {"Name": "association.main", "Values": ["true"]}]
    (main,) = ec2.describe_route_tables(Filters=filters)["RouteTables"]
    (gateway,) = dev.example.deployed.of_type("aws:ec2/internetGateway:InternetGateway")
    route = {"RouteTableId": main["RouteTableId"], "DestinationCidrBlock": "0.0.0.0/0"}
    ec2.create_route(**route, GatewayId=dev.deployed.ids[str(gateway.id)])
    yield
    ec2.delete_route(**route)


@found(Kind.NOT_PROVED, "inventory", "a resource of type aws:ec2/vpnGateway:VpnGateway")
def a_vpn_gateway_is_attached(dev: Account) -> Iterator[None]:
    ec2 = dev.client("ec2")
    made = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    ec2.attach_vpn_gateway(VpnGatewayId=made, VpcId=dev.deployed.vpc)
    yield
    ec2.detach_vpn_gateway(VpnGatewayId=made, VpcId=dev.deployed.vpc)
    ec2.delete_vpn_gateway(VpnGatewayId=made)


@found(Kind.NOT_PROVED, "inventory", "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway")
def an_egress_only_gateway_is_made(dev: Account) -> Iterator[None]:
    ec2 = dev.client("ec2")
    made = ec2.create_egress_only_internet_gateway(VpcId=dev.deployed.vpc)["EgressOnlyInternetGateway"]
    yield
    ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=made["EgressOnlyInternetGatewayId"])


@found(Kind.NOT_PROVED, "inventory", "aws:ec2/carrierGateway:CarrierGateway")
def a_carrier_gateway_is_made(dev: Account) -> Iterator[None]:
    ec2 = dev.client("ec2")
    made = ec2.create_carrier_gateway(VpcId=dev.deployed.vpc)["CarrierGateway"]["CarrierGatewayId"]
    yield
    ec2.delete_carrier_gateway(CarrierGatewayId=made)


@found(Kind.INCONSISTENT, "route", "a way to another network, tgw-")
def another_transit_gateway_is_attached(dev: Account) -> Iterator[None]:
    ec2 = dev.client("ec2")
    gateway = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    (own,) = dev.example.deployed.of_type("aws:ec2transitgateway/vpcAttachment:VpcAttachment")
    made = ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway, VpcId=dev.deployed.vpc, SubnetIds=dev.deployed.translated(own.inputs["subnetIds"])
    )["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
    yield
    ec2.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=made)


@found(Kind.NOT_PROVED, "inventory", "aws:ec2/vpcIpv6CidrBlockAssociation:VpcIpv6CidrBlockAssociation")
def the_vpc_is_given_ipv6(dev: Account) -> Iterator[None]:
    ec2 = dev.client("ec2")
    made = ec2.associate_vpc_cidr_block(VpcId=dev.deployed.vpc, AmazonProvidedIpv6CidrBlock=True)
    yield
    ec2.disassociate_vpc_cidr_block(AssociationId=made["Ipv6CidrBlockAssociation"]["AssociationId"])


@found(Kind.NOT_PROVED, "inventory", "a subnet of nobody")
def a_subnet_is_made(dev: Account) -> Iterator[None]:
    made = dev.client("ec2").create_subnet(VpcId=dev.deployed.vpc, CidrBlock="10.40.200.0/28")["Subnet"]["SubnetId"]
    yield
    dev.client("ec2").delete_subnet(SubnetId=made)


@found(Kind.MORE, "endpoint", "any other action on any other resource as any other principal")
def an_endpoint_policy_is_starred(dev: Account) -> Iterator[None]:
    endpoint = dev.deployed.id_of("aws:ec2/vpcEndpoint:VpcEndpoint", "dev-secretsmanager")
    (was,) = dev.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"]
    starred = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
    dev.client("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint, PolicyDocument=json.dumps(starred))
    yield
    dev.client("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint, PolicyDocument=was["PolicyDocument"])


@found(Kind.MORE, "endpoint", " as ")
def an_endpoint_is_made(dev: Account) -> Iterator[None]:
    (subnet, *_) = dev.example.deployed.of_type("aws:ec2/subnet:Subnet")
    made = dev.client("ec2").create_vpc_endpoint(
        VpcId=dev.deployed.vpc, VpcEndpointType="Interface", ServiceName="com.amazonaws.eu-west-1.kms",
        SubnetIds=[dev.deployed.ids[str(subnet.id)]],
    )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip
    yield
    dev.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[made])


# Interfaces


@found(Kind.MORE, "interface", "whatever a further group sg-")
def an_interface_has_a_further_group(dev: Account) -> Iterator[None]:
    ec2 = dev.client("ec2")
    other = ec2.create_security_group(GroupName="a further group", Description="d", VpcId=dev.deployed.vpc)["GroupId"]
    made = dev.task("reviewer")
    ec2.modify_network_interface_attribute(NetworkInterfaceId=made, Groups=[dev.group("reviewer"), other])
    yield
    ec2.delete_network_interface(NetworkInterfaceId=made)
    ec2.delete_security_group(GroupId=other)


@found(Kind.INCONSISTENT, "interface", "is without the agent's group")
def an_interface_has_another_agents_group(dev: Account) -> Iterator[None]:
    made = dev.task("reviewer")
    dev.client("ec2").modify_network_interface_attribute(NetworkInterfaceId=made, Groups=[dev.group("orchestrator")])
    yield
    dev.client("ec2").delete_network_interface(NetworkInterfaceId=made)


@found(Kind.MORE, "interface", "the internet to and from ")
def an_interface_has_a_public_address(dev: Account) -> Iterator[None]:
    ec2, made = dev.client("ec2"), dev.task("reviewer")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    association = ec2.associate_address(AllocationId=address, NetworkInterfaceId=made)["AssociationId"]
    yield
    ec2.disassociate_address(AssociationId=association)
    ec2.release_address(AllocationId=address)
    ec2.delete_network_interface(NetworkInterfaceId=made)


@found(Kind.MORE, "interface", "packets in the name of other addresses from ")
def an_interface_may_forward(dev: Account) -> Iterator[None]:
    made = dev.task("reviewer")
    dev.client("ec2").modify_network_interface_attribute(NetworkInterfaceId=made, SourceDestCheck={"Value": False})
    yield
    dev.client("ec2").delete_network_interface(NetworkInterfaceId=made)


@found(Kind.MORE, "interface", "what the agent may reach, for ")
def somebody_elses_interface_is_in_a_segment(dev: Account) -> Iterator[None]:
    made = dev.interface(dev.subnets("reviewer")[0], dev.group("reviewer"), interface_type="lambda")
    yield
    dev.client("ec2").delete_network_interface(NetworkInterfaceId=made)


@found(Kind.MORE, "interface", "what admits the agent's group, for ")
def an_agents_group_is_used_elsewhere(dev: Account) -> Iterator[None]:
    subnet = next(
        each for each in dev.example.deployed.of_type("aws:ec2/subnet:Subnet") if "infrastructure/public" in each.name
    )
    made = dev.interface(dev.deployed.ids[str(subnet.id)], dev.group("reviewer"))
    yield
    dev.client("ec2").delete_network_interface(NetworkInterfaceId=made)


# What moto does not model


@contextmanager
def put(table: dict[str, Any], key: str, value: Any) -> Iterator[None]:
    was = table[key]
    table[key] = value
    yield
    table[key] = was


def changed_rules(dev: Account, name: str, change: Callable[[str], str]) -> AbstractContextManager[None]:
    (arn,) = [arn for arn, each in dev.recorded.groups.items() if name in each["RuleGroupResponse"]["RuleGroupName"]]
    group = dev.recorded.groups[arn]
    rules = change(group["RuleGroup"]["RulesSource"]["RulesString"])
    return put(
        dev.recorded.groups, arn, {**group, "RuleGroup": {**group["RuleGroup"], "RulesSource": {"RulesString": rules}}}
    )


def changed_policy(dev: Account, **settings: Any) -> AbstractContextManager[None]:
    ((arn, policy),) = dev.recorded.policies.items()
    return put(dev.recorded.policies, arn, {**policy, "FirewallPolicy": {**policy["FirewallPolicy"], **settings}})


@found(Kind.MORE, "firewall", "TLS to ")
def a_rule_that_passes_is_added(dev: Account) -> Iterator[None]:
    passing = 'pass tls any any -> any 443 (tls.sni; content:"evil.example"; endswith; sid:7;)\n'
    with changed_rules(dev, "default", lambda rules: passing + rules):
        yield


@found(Kind.MORE, "firewall", "packets that never reach the stateful rules")
def packets_pass_before_the_rules(dev: Account) -> Iterator[None]:
    with changed_policy(dev, StatelessDefaultActions=["aws:pass"]):
        yield


@found(Kind.NOT_PROVED, "firewall", "rules that are not known")
def a_group_of_awss_own_is_added(dev: Account) -> Iterator[None]:
    arn = "arn:aws:network-firewall:eu-west-1:aws-managed:stateful-rulegroup/ThreatSignaturesBotnetStrictOrder"
    references = next(iter(dev.recorded.policies.values()))["FirewallPolicy"]["StatefulRuleGroupReferences"]
    dev.recorded.groups[arn] = {
        "UpdateToken": "00000000-0000-0000-0000-000000000000",
        "RuleGroupResponse": {
            "RuleGroupArn": arn,
            "RuleGroupName": "ThreatSignaturesBotnetStrictOrder",
            "RuleGroupId": "00000000-0000-0000-0000-000000000000",
            "Type": "STATEFUL",
        },
    }
    with changed_policy(dev, StatefulRuleGroupReferences=[*references, {"ResourceArn": arn, "Priority": 900}]):
        yield
    del dev.recorded.groups[arn]


@found(Kind.NOT_PROVED, "inventory", "it is PROVISIONING, its rules PENDING")
def the_rules_are_not_in_place_yet(dev: Account) -> Iterator[None]:
    ((arn, firewall),) = dev.recorded.firewalls.items()
    status = {**firewall["FirewallStatus"], "Status": "PROVISIONING", "ConfigurationSyncStateSummary": "PENDING"}
    with put(dev.recorded.firewalls, arn, {**firewall, "FirewallStatus": status}):
        yield


@found(Kind.MORE, "dns", "every name, whenever the firewall cannot answer")
def dns_firewall_fails_open(dev: Account) -> Iterator[None]:
    with put(dev.recorded.fail_open, dev.deployed.vpc, "ENABLED"):
        yield


@found(Kind.MORE, "dns", "dns ")
def a_rule_group_that_allows_is_associated_before(dev: Account) -> Iterator[None]:
    group, names = "rslvr-frg-0123456789abcdef0", "rslvr-fdl-0123456789abcdef0"
    dev.recorded.domains[names] = ["*.evil.example."]
    dev.recorded.dns_rules[group] = [
        {"FirewallRuleGroupId": group, "FirewallDomainListId": names, "Name": "x", "Priority": 1, "Action": "ALLOW"}
    ]
    dev.recorded.dns_associations.append(
        {
            "Id": "rslvr-frgassoc-0",
            "FirewallRuleGroupId": group,
            "VpcId": dev.deployed.vpc,
            "Priority": 100,
            "Name": "x",
        }
    )
    yield
    dev.recorded.dns_associations.pop()
    del dev.recorded.dns_rules[group], dev.recorded.domains[names]


@found(Kind.NOT_PROVED, "inventory", "aws:route53/profilesAssociation:ProfilesAssociation")
def a_profile_brings_rules_along(dev: Account) -> Iterator[None]:
    dev.recorded.profiles.append({"Id": "rpassoc-0", "ProfileId": "rp-0", "ResourceId": dev.deployed.vpc})
    yield
    dev.recorded.profiles.pop()


@found(Kind.NOT_PROVED, "inventory", "aws:route53/resolverRuleAssociation:ResolverRuleAssociation")
def another_resolver_answers(dev: Account) -> Iterator[None]:
    resolver = dev.client("route53resolver")
    rule = resolver.create_resolver_rule(CreatorRequestId="0", RuleType="SYSTEM", DomainName="corp.example", Name="x")
    made = resolver.associate_resolver_rule(ResolverRuleId=rule["ResolverRule"]["Id"], VPCId=dev.deployed.vpc)
    yield
    resolver.disassociate_resolver_rule(VPCId=dev.deployed.vpc, ResolverRuleId=rule["ResolverRule"]["Id"])
    resolver.delete_resolver_rule(ResolverRuleId=rule["ResolverRule"]["Id"])
    assert made


@found(Kind.NOT_PROVED, "inventory", "aws:vpclattice/serviceNetworkVpcAssociation:ServiceNetworkVpcAssociation")
def a_service_network_is_associated(dev: Account) -> Iterator[None]:
    lattice = dev.client("vpc-lattice")
    network = lattice.create_service_network(name="somebodys")["id"]
    made = lattice.create_service_network_vpc_association(
        serviceNetworkIdentifier=network, vpcIdentifier=dev.deployed.vpc
    )["id"]
    yield
    # moto has no call that takes it away again.
    associations = vpclattice_backends[dev.account][dev.region].service_network_vpc_associations
    del associations[made]
