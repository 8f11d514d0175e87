"""The VPC and its networks, its subnets, and every way out of it or into another network."""

from ringfence.aws.live.api import Api, Json, many, one
from ringfence.aws.live.state import State, name_of, tags_of
from ringfence.verify.graph import Value

_ENDED = frozenset({"deleted", "expired", "failed", "rejected"})
"""States in which a way leads nowhere and will not any more; AWS shows such things for an hour or longer."""


def read_network(api: Api, vpc: Json, state: State) -> None:
    """Everything of the VPC but what filters and routes."""
    vpc_id = str(vpc["VpcId"])
    inputs: dict[str, Value] = {"cidrBlock": vpc["CidrBlock"], "tags": tags_of(vpc)}
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        name = attribute[0].lower() + attribute[1:]
        found = api.answer("ec2", "DescribeVpcAttribute", f"{name} of the VPC", VpcId=vpc_id, Attribute=name)
        inputs[name] = one(found, attribute).get("Value") if found else None
    state.add("aws:ec2/vpc:Vpc", vpc_id, inputs, name=name_of(vpc))
    for each in many(vpc, "CidrBlockAssociationSet"):
        if each["CidrBlock"] != vpc["CidrBlock"] and each["CidrBlockState"]["State"] == "associated":
            state.add(
                "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation",
                each["AssociationId"],
                {"vpcId": vpc_id, "cidrBlock": each["CidrBlock"]},
            )
    for each in many(vpc, "Ipv6CidrBlockAssociationSet"):
        if each["Ipv6CidrBlockState"]["State"] == "associated":
            state.add(
                "aws:ec2/vpcIpv6CidrBlockAssociation:VpcIpv6CidrBlockAssociation",
                each["AssociationId"],
                {"vpcId": vpc_id, "ipv6CidrBlock": each["Ipv6CidrBlock"]},
            )
    for each in api.pages("ec2", "DescribeSubnets", "Subnets", Filters=_in_vpc(vpc_id)):
        _add_subnet(each, state)
    _read_gateways(api, vpc_id, state)
    _read_connections(api, vpc_id, state)


def _add_subnet(subnet: Json, state: State) -> None:
    inputs: dict[str, Value] = {
        "vpcId": subnet["VpcId"],
        "availabilityZone": subnet["AvailabilityZone"],
        "cidrBlock": subnet.get("CidrBlock"),
        "mapPublicIpOnLaunch": bool(subnet.get("MapPublicIpOnLaunch") or subnet.get("MapCustomerOwnedIpOnLaunch")),
        "tags": tags_of(subnet),
    }
    for each in many(subnet, "Ipv6CidrBlockAssociationSet"):
        inputs["ipv6CidrBlock"] = each["Ipv6CidrBlock"]
    state.add("aws:ec2/subnet:Subnet", subnet["SubnetId"], inputs, name=name_of(subnet))


def _read_gateways(api: Api, vpc_id: str, state: State) -> None:
    attached = [{"Name": "attachment.vpc-id", "Values": [vpc_id]}]
    for each in api.pages("ec2", "DescribeInternetGateways", "InternetGateways", Filters=attached):
        state.add(
            "aws:ec2/internetGateway:InternetGateway",
            each["InternetGatewayId"],
            {"vpcId": vpc_id, "tags": tags_of(each)},
            name=name_of(each),
        )
    for each in api.pages("ec2", "DescribeEgressOnlyInternetGateways", "EgressOnlyInternetGateways"):
        if any(attachment.get("VpcId") == vpc_id for attachment in many(each, "Attachments")):
            state.add(
                "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
                each["EgressOnlyInternetGatewayId"],
                {"vpcId": vpc_id},
                name=name_of(each),
            )
    for each in api.pages("ec2", "DescribeNatGateways", "NatGateways", Filter=_in_vpc(vpc_id)):
        if each.get("State") not in _ENDED:
            addresses = many(each, "NatGatewayAddresses")
            state.add(
                "aws:ec2/natGateway:NatGateway",
                each["NatGatewayId"],
                {
                    "subnetId": each.get("SubnetId"),
                    "connectivityType": each.get("ConnectivityType", "public"),
                    "allocationId": next(
                        (given["AllocationId"] for given in addresses if given.get("AllocationId")), None
                    ),
                    "tags": tags_of(each),
                },
                name=name_of(each),
            )
    for each in api.pages("ec2", "DescribeCarrierGateways", "CarrierGateways", Filters=_in_vpc(vpc_id)):
        if each.get("State") not in _ENDED:
            state.add(
                "aws:ec2/carrierGateway:CarrierGateway",
                each["CarrierGatewayId"],
                {"vpcId": vpc_id},
                name=name_of(each),
            )


def _read_connections(api: Api, vpc_id: str, state: State) -> None:
    """What joins the VPC to other networks."""
    attached = [{"Name": "attachment.vpc-id", "Values": [vpc_id]}]
    # Not paged: an account has few of them, and the API has no token for it.
    answer = api.answer("ec2", "DescribeVpnGateways", Filters=attached) or {}
    for each in many(answer, "VpnGateways"):
        if any(
            given.get("VpcId") == vpc_id and given.get("State") != "detached" for given in many(each, "VpcAttachments")
        ):
            state.add("aws:ec2/vpnGateway:VpnGateway", each["VpnGatewayId"], {"vpcId": vpc_id}, name=name_of(each))
    for each in api.pages(
        "ec2", "DescribeTransitGatewayVpcAttachments", "TransitGatewayVpcAttachments", Filters=_in_vpc(vpc_id)
    ):
        if each.get("State") not in _ENDED:
            state.add(
                "aws:ec2transitgateway/vpcAttachment:VpcAttachment",
                each["TransitGatewayAttachmentId"],
                {
                    "vpcId": vpc_id,
                    "transitGatewayId": each["TransitGatewayId"],
                    "subnetIds": list(many(each, "SubnetIds")),
                    "tags": tags_of(each),
                },
                name=name_of(each),
            )
    for side in ("requester", "accepter"):
        filters = [{"Name": f"{side}-vpc-info.vpc-id", "Values": [vpc_id]}]
        for each in api.pages("ec2", "DescribeVpcPeeringConnections", "VpcPeeringConnections", Filters=filters):
            if each["Status"]["Code"] not in _ENDED:
                state.add(
                    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection",
                    each["VpcPeeringConnectionId"],
                    {"vpcId": each["RequesterVpcInfo"].get("VpcId"), "peerVpcId": each["AccepterVpcInfo"].get("VpcId")},
                    name=name_of(each),
                )
    for each in api.pages("vpc-lattice", "ListServiceNetworkVpcAssociations", "items", vpcIdentifier=vpc_id):
        state.add(
            "aws:vpclattice/serviceNetworkVpcAssociation:ServiceNetworkVpcAssociation",
            each["id"],
            {"vpcIdentifier": vpc_id, "serviceNetworkIdentifier": each.get("serviceNetworkId")},
            name=str(each.get("serviceNetworkName") or ""),
        )


def _in_vpc(vpc_id: str) -> list[Json]:
    return [{"Name": "vpc-id", "Values": [vpc_id]}]
