"""VPC endpoints with their policies, and the route tables that lead to gateways."""

from ringfence.aws.live.api import Api, many
from ringfence.aws.live.state import State, name_of, tags_of


def read_endpoints(api: Api, vpc_id: str, state: State) -> None:
    """Every endpoint of the VPC but the firewall's own, which the firewall names; so it is read before."""
    in_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
    # AWS writes states in capitals in some answers and in small letters in others.
    found = [
        each
        for each in api.pages("ec2", "DescribeVpcEndpoints", "VpcEndpoints", Filters=in_vpc)
        if str(each.get("State")).lower() not in ("deleted", "rejected")
        and str(each["VpcEndpointId"]) not in _of_firewalls(state)
    ]
    gateways = sorted({str(each["ServiceName"]) for each in found if each.get("VpcEndpointType") == "Gateway"})
    lists: dict[str, str] = {}
    if gateways:
        named = [{"Name": "prefix-list-name", "Values": gateways}]
        for each in api.pages("ec2", "DescribePrefixLists", "PrefixLists", Filters=named):
            lists[each["PrefixListName"]] = each["PrefixListId"]
    for each in found:
        endpoint, name = str(each["VpcEndpointId"]), name_of(each)
        is_gateway = each.get("VpcEndpointType") == "Gateway"
        state.add(
            "aws:ec2/vpcEndpoint:VpcEndpoint",
            endpoint,
            {
                "vpcId": vpc_id,
                "vpcEndpointType": each.get("VpcEndpointType"),
                "serviceName": each.get("ServiceName"),
                "policy": each.get("PolicyDocument"),
                "privateDnsEnabled": each.get("PrivateDnsEnabled"),
                "ipAddressType": each.get("IpAddressType"),
                "subnetIds": list(many(each, "SubnetIds")),
                "securityGroupIds": [group["GroupId"] for group in many(each, "Groups")],
                "tags": tags_of(each),
            },
            name=name,
            outputs={"prefixListId": lists.get(str(each.get("ServiceName"))) if is_gateway else None},
        )
        for table in many(each, "RouteTableIds"):
            state.add(
                "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
                f"{endpoint} {table}",
                {"vpcEndpointId": endpoint, "routeTableId": table},
                name=name,
            )


def _of_firewalls(state: State) -> frozenset[str]:
    """The endpoints that Network Firewall made, which EC2 lists among the others."""
    from ringfence.aws.live.firewall import endpoints_of

    return frozenset(
        endpoint
        for (kind, _), resource in state.resources.items()
        if kind == "aws:networkfirewall/firewall:Firewall"
        for endpoint in endpoints_of(resource.outputs)
    )
