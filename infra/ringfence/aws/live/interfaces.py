"""Network interfaces: who stands in each subnet, with which groups and addresses."""

from ringfence.aws.live.api import Api, many, one
from ringfence.aws.live.state import State, name_of, tags_of
from ringfence.verify.graph import Value


def read_interfaces(api: Api, vpc_id: str, state: State) -> None:
    """Every interface of the VPC, those of services and of other accounts too.

    ``association``, ``requesterId``, ``requesterManaged`` and ``instanceOwnerId`` are the API's own; a stack's state
    does not have them.
    """
    in_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
    # An account can hide the interfaces that services manage for it; they stand in the segments all the same.
    for each in api.pages(
        "ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Filters=in_vpc, IncludeManagedResources=True
    ):
        attachment = one(each, "Attachment")
        addresses = many(each, "PrivateIpAddresses")
        public = [one(address, "Association") for address in (each, *addresses) if address.get("Association")]
        held: list[Value] = [{"instance": attachment["InstanceId"]}] if attachment.get("InstanceId") else []
        inputs: dict[str, Value] = {
            "subnetId": each.get("SubnetId"),
            "securityGroups": [group["GroupId"] for group in many(each, "Groups")],
            "privateIps": [address["PrivateIpAddress"] for address in addresses],
            "ipv6Addresses": [address["Ipv6Address"] for address in many(each, "Ipv6Addresses")],
            "interfaceType": each.get("InterfaceType"),
            "description": each.get("Description"),
            "sourceDestCheck": each.get("SourceDestCheck"),
            "tags": tags_of(each, "TagSet"),
        }
        outputs: dict[str, Value] = {
            "ownerId": each.get("OwnerId"),
            "requesterId": each.get("RequesterId"),
            "requesterManaged": bool(each.get("RequesterManaged")),
            "instanceOwnerId": attachment.get("InstanceOwnerId"),
            "attachments": held,
            "association": {"publicIp": public[0].get("PublicIp") or public[0].get("CarrierIp")} if public else None,
            "status": each.get("Status"),
        }
        state.add(
            "aws:ec2/networkInterface:NetworkInterface",
            each["NetworkInterfaceId"],
            inputs,
            name=name_of(each, "TagSet"),
            outputs=outputs,
        )
