"""An environment made in moto's AWS from what the program registers, as the provider makes it, id by id.

Calls are those of `api_calls.py`, which the resources' own tests check against AWS's service models. What moto does
not model is put into `recorded.py`'s services.
"""

import re
from collections import defaultdict
from typing import Any

import boto3
from api_calls import CALLS
from botocore import xform_name
from moto.ec2.models import ec2_backends
from recorded import Recorded
from ringfence.verify.graph import Resource, ResourceGraph

GATEWAY_SERVICE = "com.amazonaws.vpce.{}.vpce-svc-0123456789abcdef0"
"""Of the gateway load balancer behind a firewall's endpoints; AWS's own."""

ORDER = (
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:s3/bucket:Bucket",
    "aws:iam/role:Role",
    "aws:ec2/vpc:Vpc",
    "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/internetGateway:InternetGateway",
    "aws:ec2/eip:Eip",
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment",
    "aws:ec2/networkAcl:NetworkAcl",
    "aws:ec2/networkAclRule:NetworkAclRule",
    "aws:networkfirewall/firewall:Firewall",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/route:Route",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:ec2/flowLog:FlowLog",
    "aws:networkfirewall/firewallPolicy:FirewallPolicy",
    "aws:networkfirewall/ruleGroup:RuleGroup",
    "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration",
    "aws:networkfirewall/loggingConfiguration:LoggingConfiguration",
    "aws:route53/resolverFirewallConfig:ResolverFirewallConfig",
    "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList",
    "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation",
    "aws:route53/resolverFirewallRule:ResolverFirewallRule",
    "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig",
    "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation",
)


class Deployed:
    """What was made: ``ids`` gives AWS's id for each of the graph's."""

    def __init__(self, graph: ResourceGraph, account: str, region: str) -> None:
        self.graph = graph
        self.region = region
        self.backend = ec2_backends[account][region]
        self.ids: dict[str, str] = {}
        self.recorded = Recorded()
        self.clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = boto3.client(service, region_name=self.region)
        return self.clients[service]

    def id_of(self, kind: str, name: str) -> str:
        """AWS's id of the resource of a type and name."""
        (found,) = [each for each in self.graph.of_type(kind) if each.name == name]
        return self.ids[str(found.id)]

    def make(self) -> None:
        for kind in ORDER:
            for resource in self.graph.of_type(kind):
                name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.rpartition(":")[2]).lower()
                made = getattr(self, f"make_{name}")(resource)
                if made:
                    self.ids[str(resource.id)] = made

    def translated(self, value: Any) -> Any:
        """A value with the graph's ids replaced by AWS's, also where they stand inside a text."""
        if isinstance(value, dict):
            return {key: self.translated(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.translated(item) for item in value]
        if isinstance(value, str):
            return re.sub(r"\b[a-z]+-[0-9a-f]{17}\b", lambda found: self.ids.get(found[0], found[0]), value)
        return value

    def calls(self, resource: Resource) -> list[tuple[Any, str, dict[str, Any]]]:
        """The calls that make a resource, ready to be made."""
        name = str(resource.outputs.get("name") or resource.outputs.get("bucket") or resource.name)
        return [
            (self.client(service), operation, self.translated(parameters))
            for service, operation, parameters in CALLS[resource.type](resource.inputs, name)
        ]

    def called(self, resource: Resource, **others: Any) -> list[dict[str, Any]]:
        return [
            getattr(client, xform_name(operation))(**{**parameters, **others})
            for client, operation, parameters in self.calls(resource)
        ]

    def make_subnet(self, resource: Resource) -> str:
        return self.called(resource)[0]["Subnet"]["SubnetId"]

    def make_route_table(self, resource: Resource) -> str:
        return self.called(resource)[0]["RouteTable"]["RouteTableId"]

    def make_route(self, resource: Resource) -> None:
        self.called(resource)

    make_log_group = make_role = make_vpc_ipv4_cidr_block_association = make_network_acl_rule = make_route
    make_route_table_association = make_flow_log = make_route
    make_security_group_egress_rule = make_security_group_ingress_rule = make_route

    def make_bucket(self, resource: Resource) -> None:
        self.client("s3").create_bucket(
            Bucket=resource.outputs["bucket"], CreateBucketConfiguration={"LocationConstraint": self.region}
        )

    def make_vpc(self, resource: Resource) -> str:
        (made,) = self.called(resource)
        self.vpc = made["Vpc"]["VpcId"]
        for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):  # the provider sets them one by one
            wanted = resource.inputs[attribute[0].lower() + attribute[1:]]
            self.client("ec2").modify_vpc_attribute(VpcId=self.vpc, **{attribute: {"Value": wanted}})
        self._close_defaults()
        return self.vpc

    def _close_defaults(self) -> None:
        """What the VPC came with, adopted and emptied."""
        ec2, here = self.client("ec2"), [{"Name": "vpc-id", "Values": [self.vpc]}]
        (group,) = ec2.describe_security_groups(Filters=here)["SecurityGroups"]
        ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"])
        if group["IpPermissions"]:
            ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
        (acl,) = ec2.describe_network_acls(Filters=here)["NetworkAcls"]
        for entry in acl["Entries"]:
            if entry["RuleNumber"] < 32767:
                ec2.delete_network_acl_entry(
                    NetworkAclId=acl["NetworkAclId"], Egress=entry["Egress"], RuleNumber=entry["RuleNumber"]
                )

    def make_internet_gateway(self, resource: Resource) -> str:
        client, _, parameters = self.calls(resource)[0]
        made = client.create_internet_gateway(**parameters)["InternetGateway"]["InternetGatewayId"]
        client.attach_internet_gateway(InternetGatewayId=made, VpcId=self.vpc)
        return made

    def make_eip(self, resource: Resource) -> str:
        return self.called(resource)[0]["AllocationId"]

    def make_vpc_attachment(self, resource: Resource) -> str:
        return self.called(resource)[0]["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]

    def make_nat_gateway(self, resource: Resource) -> str:
        made = self.called(resource)[0]["NatGateway"]["NatGatewayId"]
        # moto gives its interface no type; AWS does.
        self.backend.nat_gateways[made]._eni.interface_type = "nat_gateway"
        return made

    def make_network_acl(self, resource: Resource) -> str:
        (made,) = self.called(resource)
        acl = made["NetworkAcl"]["NetworkAclId"]
        ec2 = self.client("ec2")
        for subnet in self.translated(resource.inputs["subnetIds"]):
            here = [{"Name": "association.subnet-id", "Values": [subnet]}]
            (holder,) = ec2.describe_network_acls(Filters=here)["NetworkAcls"]
            (association,) = [each for each in holder["Associations"] if each["SubnetId"] == subnet]
            ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl)
        return acl

    def make_security_group(self, resource: Resource) -> str:
        client, _, parameters = self.calls(resource)[0]
        group = client.create_security_group(**{**parameters, "GroupName": resource.name})["GroupId"]
        # The provider takes away the rule that AWS gives a new group.
        (made,) = client.describe_security_groups(GroupIds=[group])["SecurityGroups"]
        client.revoke_security_group_egress(GroupId=group, IpPermissions=made["IpPermissionsEgress"])
        return group

    def make_vpc_endpoint(self, resource: Resource) -> str:
        kind = "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation"
        tables = [
            self.translated(each.inputs["routeTableId"])
            for each in self.graph.of_type(kind)
            if each.inputs["vpcEndpointId"] == resource.id
        ]
        (made,) = self.called(resource, **({"RouteTableIds": tables} if tables else {}))
        endpoint = made["VpcEndpoint"]
        for interface in endpoint.get("NetworkInterfaceIds", ()):
            self.backend.enis[interface].interface_type = "vpc_endpoint"
        if resource.outputs.get("prefixListId"):
            named = [{"Name": "prefix-list-name", "Values": [resource.inputs["serviceName"]]}]
            (found,) = self.client("ec2").describe_prefix_lists(Filters=named)["PrefixLists"]
            self.ids[str(resource.outputs["prefixListId"])] = found["PrefixListId"]
        return endpoint["VpcEndpointId"]

    # Network Firewall

    def make_firewall(self, resource: Resource) -> None:
        (call,) = self.calls(resource)
        given = call[2]
        states = defaultdict(dict)
        for status in resource.outputs["firewallStatuses"]:
            for synced in status["syncStates"]:
                for attachment in synced["attachments"]:
                    made = self.client("ec2").create_vpc_endpoint(
                        VpcId=self.vpc,
                        VpcEndpointType="GatewayLoadBalancer",
                        ServiceName=GATEWAY_SERVICE.format(self.region),
                        SubnetIds=[self.translated(attachment["subnetId"])],
                    )["VpcEndpoint"]["VpcEndpointId"]
                    self.ids[attachment["endpointId"]] = made
                    states[synced["availabilityZone"]] = {
                        "Attachment": {
                            "SubnetId": self.translated(attachment["subnetId"]),
                            "EndpointId": made,
                            "Status": "READY",
                        }
                    }
        self.recorded.firewalls[str(resource.id)] = {
            "UpdateToken": "00000000-0000-0000-0000-000000000000",
            "Firewall": {
                **{key: value for key, value in given.items() if key != "Tags"},
                "FirewallArn": resource.id,
                "FirewallId": "00000000-0000-0000-0000-000000000000",
                "Tags": given["Tags"],
            },
            "FirewallStatus": {
                "Status": "READY",
                "ConfigurationSyncStateSummary": "IN_SYNC",
                "SyncStates": dict(states),
            },
        }

    def make_firewall_policy(self, resource: Resource) -> None:
        (call,) = self.calls(resource)
        self.recorded.policies[str(resource.id)] = {
            "UpdateToken": "00000000-0000-0000-0000-000000000000",
            "FirewallPolicyResponse": {
                "FirewallPolicyName": call[2]["FirewallPolicyName"],
                "FirewallPolicyArn": resource.id,
                "FirewallPolicyId": "00000000-0000-0000-0000-000000000000",
            },
            "FirewallPolicy": call[2]["FirewallPolicy"],
        }

    def make_rule_group(self, resource: Resource) -> None:
        (call,) = self.calls(resource)
        given = call[2]
        self.recorded.groups[str(resource.id)] = {
            "UpdateToken": "00000000-0000-0000-0000-000000000000",
            "RuleGroup": given["RuleGroup"],
            "RuleGroupResponse": {
                **{key: given[key] for key in ("RuleGroupName", "Type", "Capacity", "Tags")},
                "RuleGroupArn": resource.id,
                "RuleGroupId": "00000000-0000-0000-0000-000000000000",
            },
        }

    def make_tls_inspection_configuration(self, resource: Resource) -> None:
        (call,) = self.calls(resource)
        self.recorded.inspections[str(resource.id)] = {
            "UpdateToken": "00000000-0000-0000-0000-000000000000",
            "TLSInspectionConfiguration": call[2]["TLSInspectionConfiguration"],
            "TLSInspectionConfigurationResponse": {
                "TLSInspectionConfigurationArn": resource.id,
                "TLSInspectionConfigurationName": call[2]["TLSInspectionConfigurationName"],
                "TLSInspectionConfigurationId": "00000000-0000-0000-0000-000000000000",
            },
        }

    def make_logging_configuration(self, resource: Resource) -> None:
        destinations = [
            each for call in self.calls(resource) for each in call[2]["LoggingConfiguration"]["LogDestinationConfigs"]
        ]
        self.recorded.logging[str(resource.inputs["firewallArn"])] = {
            "FirewallArn": resource.inputs["firewallArn"],
            "LoggingConfiguration": {"LogDestinationConfigs": destinations},
        }

    # DNS Firewall

    def make_resolver_firewall_config(self, resource: Resource) -> None:
        self.recorded.fail_open[self.vpc] = resource.inputs["firewallFailOpen"]

    def make_resolver_firewall_domain_list(self, resource: Resource) -> None:
        # AWS gives names back with their last dot.
        self.recorded.domains[str(resource.id)] = [
            f"{domain.removesuffix('.')}." for domain in resource.inputs["domains"]
        ]

    def make_resolver_firewall_rule_group_association(self, resource: Resource) -> None:
        (call,) = self.calls(resource)
        given = {key: value for key, value in call[2].items() if key not in ("Tags", "CreatorRequestId")}
        self.recorded.dns_associations.append({"Id": resource.id, "Status": "COMPLETE", **given})

    def make_resolver_firewall_rule(self, resource: Resource) -> None:
        (call,) = self.calls(resource)
        given = {key: value for key, value in call[2].items() if key != "CreatorRequestId"}
        self.recorded.dns_rules.setdefault(given["FirewallRuleGroupId"], []).append(given)

    def make_resolver_query_log_config(self, resource: Resource) -> str:
        (made,) = self.called(resource, CreatorRequestId="0")
        return made["ResolverQueryLogConfig"]["Id"]

    def make_resolver_query_log_config_association(self, resource: Resource) -> None:
        parameters = dict(resource.inputs)
        self.client("route53resolver").associate_resolver_query_log_config(
            ResolverQueryLogConfigId=self.ids[parameters["resolverQueryLogConfigId"]], ResourceId=self.vpc
        )
