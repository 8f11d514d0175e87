"""VPC endpoints: AWS services without the internet, each with the policy of who may do what through it."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from ringfence.aws.enforcement.model import GatewayEndpoint, InterfaceEndpoint
from ringfence.aws.resources.documents import References, document_input


class GatewayEndpoints(pulumi.ComponentResource):
    """Gateway endpoints, and the route tables that lead to them, each by an association of its own."""

    def __init__(
        self,
        name: str,
        endpoints: tuple[GatewayEndpoint, ...],
        references: References,
        tables: Mapping[str, aws.ec2.RouteTable],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ringfence:endpoints:GatewayEndpoints", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        self.prefix_lists: dict[str, pulumi.Output[str]] = {}
        for endpoint in endpoints:
            made = aws.ec2.VpcEndpoint(
                f"{name}-{endpoint.name}",
                vpc_id=references.vpc_id,
                vpc_endpoint_type="Gateway",
                service_name=endpoint.service_name,
                policy=document_input(endpoint.policy, references),
                tags=dict(endpoint.tags),
                opts=own,
            )
            self.prefix_lists[endpoint.name] = made.prefix_list_id
            for table in endpoint.route_tables:
                aws.ec2.VpcEndpointRouteTableAssociation(
                    f"{name}-{endpoint.name}-{table}",
                    vpc_endpoint_id=made.id,
                    route_table_id=tables[table].id,
                    opts=own,
                )
        self.register_outputs({})


class InterfaceEndpoints(pulumi.ComponentResource):
    """Interface endpoints with private DNS: the service's own names lead to them."""

    def __init__(
        self,
        name: str,
        endpoints: tuple[InterfaceEndpoint, ...],
        references: References,
        subnets: Mapping[str, aws.ec2.Subnet],
        groups: Mapping[str, aws.ec2.SecurityGroup],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ringfence:endpoints:InterfaceEndpoints", name, None, opts)
        for endpoint in endpoints:
            aws.ec2.VpcEndpoint(
                f"{name}-{endpoint.name}",
                vpc_id=references.vpc_id,
                vpc_endpoint_type="Interface",
                service_name=endpoint.service_name,
                private_dns_enabled=True,
                subnet_ids=[subnets[subnet].id for subnet in endpoint.subnets],
                security_group_ids=[groups[group].id for group in endpoint.security_groups],
                policy=document_input(endpoint.policy, references),
                tags=dict(endpoint.tags),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
