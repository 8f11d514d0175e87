"""Route tables, their routes and their subnets."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from ringfence.aws.enforcement.model import (
    Enforcement,
    FirewallTarget,
    InternetTarget,
    NatTarget,
    PeeringTarget,
    RouteTarget,
    TransitTarget,
)
from ringfence.aws.resources.firewall import Firewall
from ringfence.aws.resources.network import Network


class _Target(TypedDict, total=False):
    vpc_endpoint_id: pulumi.Output[str]
    nat_gateway_id: pulumi.Output[str]
    gateway_id: pulumi.Output[str]
    transit_gateway_id: str
    vpc_peering_connection_id: str


class RouteTables(pulumi.ComponentResource):
    """Every route table. A route leads to the firewall only once that judges and its refusals are logged."""

    def __init__(
        self,
        name: str,
        enforcement: Enforcement,
        network: Network,
        firewall: Firewall | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ringfence:routes:RouteTables", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        self.tables: dict[str, aws.ec2.RouteTable] = {}
        for table in enforcement.route_tables:
            made = aws.ec2.RouteTable(f"{name}-{table.name}", vpc_id=network.vpc_id, tags=dict(table.tags), opts=own)
            self.tables[table.name] = made
            for route in table.routes:
                target, before = _target(route.target, network, firewall)
                aws.ec2.Route(
                    f"{name}-{route.name}",
                    route_table_id=made.id,
                    destination_cidr_block=str(route.destination),
                    opts=pulumi.ResourceOptions(parent=self, depends_on=before),
                    **target,
                )
            for subnet in table.subnets:
                aws.ec2.RouteTableAssociation(
                    f"{name}-{subnet}", route_table_id=made.id, subnet_id=network.subnets[subnet].id, opts=own
                )
        self.register_outputs({})


def _target(target: RouteTarget, network: Network, firewall: Firewall | None) -> tuple[_Target, list[pulumi.Resource]]:
    """A target as the route's argument, and what must be there before the route."""
    match target:
        case FirewallTarget(zone):
            if firewall is None:
                raise LookupError(f"a route leads to the firewall in {zone}, and there is none")
            return {"vpc_endpoint_id": firewall.endpoint_in(zone)}, [firewall.logging]
        case NatTarget(zone):
            return {"nat_gateway_id": network.nat_gateways[zone].id}, []
        case InternetTarget():
            if network.internet_gateway is None:
                raise LookupError("a route leads to the internet gateway, and there is none")
            return {"gateway_id": network.internet_gateway.id}, []
        case TransitTarget(gateway_id):
            return {"transit_gateway_id": gateway_id}, [network.transit_attachments[gateway_id]]
        case PeeringTarget(connection_id):
            return {"vpc_peering_connection_id": connection_id}, []
