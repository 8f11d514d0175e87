"""Route tables, each route as a resource of its own, and what they are associated with: subnets and gateways."""

from ringfence.aws.live.api import Api, Json, many
from ringfence.aws.live.state import State, name_of, tags_of
from ringfence.verify.graph import Value

_TARGETS = {
    "NatGatewayId": "natGatewayId",
    "GatewayId": "gatewayId",
    "TransitGatewayId": "transitGatewayId",
    "VpcPeeringConnectionId": "vpcPeeringConnectionId",
    "NetworkInterfaceId": "networkInterfaceId",
    "EgressOnlyInternetGatewayId": "egressOnlyGatewayId",
    "LocalGatewayId": "localGatewayId",
    "CarrierGatewayId": "carrierGatewayId",
    "CoreNetworkArn": "coreNetworkArn",
}
"""A route's target as the API and as Pulumi name it. The API gives an endpoint as a gateway; Pulumi does not."""


def read_routes(api: Api, vpc_id: str, state: State) -> None:
    """Every route table of the VPC; the main one is the one that subnets without an association use."""
    in_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
    for table in api.pages("ec2", "DescribeRouteTables", "RouteTables", Filters=in_vpc):
        table_id, name = str(table["RouteTableId"]), name_of(table)
        associations = many(table, "Associations")
        gateways: list[Value] = [each["GatewayId"] for each in many(table, "PropagatingVgws")]
        inputs: dict[str, Value] = {"vpcId": vpc_id, "tags": tags_of(table), "propagatingVgws": gateways}
        routes = [_route(route) for route in many(table, "Routes") if not _stands_by_itself(route, table_id, state)]
        if any(each.get("Main") for each in associations):
            # Rare, but possible: a table that is both. Its routes stand inside it then, which no proof takes.
            state.add("aws:ec2/defaultRouteTable:DefaultRouteTable", table_id, {**inputs, "routes": routes}, name=name)
        else:
            state.add("aws:ec2/routeTable:RouteTable", table_id, inputs, name=name)
            for route in routes:
                state.add(
                    "aws:ec2/route:Route",
                    f"{table_id} {_destination(route)}",
                    {"routeTableId": table_id, **route},
                    name=name,
                )
        for each in associations:
            if each.get("SubnetId") or each.get("GatewayId"):
                state.add(
                    "aws:ec2/routeTableAssociation:RouteTableAssociation",
                    each["RouteTableAssociationId"],
                    {"routeTableId": table_id, "subnetId": each.get("SubnetId"), "gatewayId": each.get("GatewayId")},
                    name=name,
                )


def _stands_by_itself(route: Json, table_id: str, state: State) -> bool:
    """Whether a route is the VPC's own, or that of a gateway endpoint, which is an association of the endpoint."""
    gateway = route.get("GatewayId")
    if gateway == "local":
        return True
    endpoint = state.resources.get(("aws:ec2/vpcEndpoint:VpcEndpoint", str(gateway)))
    kind = "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation"
    return (
        endpoint is not None
        and route.get("DestinationPrefixListId") == endpoint.outputs.get("prefixListId")
        and (kind, f"{gateway} {table_id}") in state.resources
    )


def _route(route: Json) -> dict[str, Value]:
    inputs: dict[str, Value] = {
        "destinationCidrBlock": route.get("DestinationCidrBlock"),
        "destinationIpv6CidrBlock": route.get("DestinationIpv6CidrBlock"),
        "destinationPrefixListId": route.get("DestinationPrefixListId"),
    }
    # What its target has left behind leads nowhere, so it names no target.
    if route.get("State", "active") == "active":
        for theirs, ours in _TARGETS.items():
            target = route.get(theirs)
            if isinstance(target, str):
                inputs["vpcEndpointId" if target.startswith("vpce-") else ours] = target
    return {key: value for key, value in inputs.items() if value is not None}


def _destination(route: dict[str, Value]) -> str:
    names = ("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")
    return " ".join(str(route[name]) for name in names if name in route)
