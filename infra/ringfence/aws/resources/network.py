"""The VPC, and its subnets and ways out."""

import pulumi
import pulumi_aws as aws

from ringfence.aws.enforcement.model import Enforcement, Tags, Vpc
from ringfence.aws.resources.dns import DnsWall


class ClosedVpc(pulumi.ComponentResource):
    """The VPC with its networks, closed from the start: what AWS puts into a new one is adopted and emptied.

    A new subnet belongs to the default NACL and the main route table until it gets its own, so those deny and lead
    nowhere. ``complete`` is what a subnet has to wait for.
    """

    def __init__(self, name: str, vpc: Vpc, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ringfence:network:ClosedVpc", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        self.vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=str(vpc.cidrs[0]),
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=dict(vpc.tags),
            opts=own,
        )
        self.vpc_id: pulumi.Output[str] = self.vpc.id
        associations = [
            aws.ec2.VpcIpv4CidrBlockAssociation(
                f"{name}-{_with_dashes(cidr)}", vpc_id=self.vpc_id, cidr_block=str(cidr), opts=own
            )
            for cidr in vpc.cidrs[1:]
        ]
        self.complete: tuple[pulumi.Resource, ...] = (*self._closed(name, vpc.tags), *associations)
        self.register_outputs({"vpcId": self.vpc_id})

    def _closed(self, name: str, tags: Tags) -> list[pulumi.Resource]:
        """What AWS gave the VPC, adopted and emptied."""
        own = pulumi.ResourceOptions(parent=self)
        labels = dict(tags)
        return [
            aws.ec2.DefaultSecurityGroup(
                f"{name}-default", vpc_id=self.vpc_id, ingress=[], egress=[], tags=labels, opts=own
            ),
            aws.ec2.DefaultNetworkAcl(
                f"{name}-default",
                default_network_acl_id=self.vpc.default_network_acl_id,
                ingress=[],
                egress=[],
                tags=labels,
                # AWS moves a subnet here when it loses its own NACL; that shows at the NACL that lost it.
                opts=pulumi.ResourceOptions(parent=self, ignore_changes=["subnet_ids"]),
            ),
            aws.ec2.DefaultRouteTable(
                f"{name}-main",
                default_route_table_id=self.vpc.default_route_table_id,
                routes=[],
                tags=labels,
                opts=own,
            ),
        ]


class Network(pulumi.ComponentResource):
    """The subnets and the ways out. No subnet is there before the VPC is closed and behind DNS Firewall."""

    def __init__(
        self,
        name: str,
        enforcement: Enforcement,
        vpc: ClosedVpc,
        wall: DnsWall,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ringfence:network:Network", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        self.vpc_id = vpc.vpc_id
        first = pulumi.ResourceOptions(parent=self, depends_on=[*vpc.complete, wall.association])
        self.subnets = {
            subnet.name: aws.ec2.Subnet(
                f"{name}-{subnet.name}",
                vpc_id=self.vpc_id,
                availability_zone=subnet.zone,
                cidr_block=str(subnet.network),
                map_public_ip_on_launch=False,
                tags=dict(subnet.tags),
                opts=first,
            )
            for subnet in enforcement.subnets
        }
        self.internet_gateway: aws.ec2.InternetGateway | None = None
        self.nat_gateways: dict[str, aws.ec2.NatGateway] = {}
        self.nat_addresses: dict[str, pulumi.Output[str]] = {}
        if enforcement.internet:
            self.internet_gateway = aws.ec2.InternetGateway(
                f"{name}-internet", vpc_id=self.vpc_id, tags=dict(enforcement.vpc.tags), opts=own
            )
            self._nat_gateways(name, enforcement, self.internet_gateway)
        self.transit_attachments = {
            attachment.gateway_id: aws.ec2transitgateway.VpcAttachment(
                f"{name}-{attachment.name}",
                vpc_id=self.vpc_id,
                transit_gateway_id=attachment.gateway_id,
                subnet_ids=[self.subnets[subnet].id for subnet in attachment.subnets],
                tags=dict(attachment.tags),
                opts=own,
            )
            for attachment in enforcement.transit_attachments
        }
        self.register_outputs({})

    def _nat_gateways(self, name: str, enforcement: Enforcement, gateway: aws.ec2.InternetGateway) -> None:
        for nat in enforcement.nat_gateways:
            address = aws.ec2.Eip(
                f"{name}-{nat.name}", domain="vpc", tags=dict(nat.tags), opts=pulumi.ResourceOptions(parent=self)
            )
            self.nat_addresses[nat.zone] = address.public_ip
            self.nat_gateways[nat.zone] = aws.ec2.NatGateway(
                f"{name}-{nat.name}",
                allocation_id=address.id,
                subnet_id=self.subnets[nat.subnet].id,
                connectivity_type="public",
                tags=dict(nat.tags),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[gateway]),
            )


def _with_dashes(network: object) -> str:
    return str(network).replace(".", "-").replace("/", "-")
