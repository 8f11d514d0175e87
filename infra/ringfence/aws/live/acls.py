"""Network ACLs with every entry and the subnets that are under them."""

from ringfence.aws.live.api import Api, Json, many, one
from ringfence.aws.live.state import State, name_of, tags_of
from ringfence.verify.graph import Value

_LAST = 32767
"""From this number on AWS's own denial stands, which nobody can change (user guide, vpc-network-acls: the rules
``*`` of IPv4 and IPv6)."""


def read_acls(api: Api, vpc_id: str, state: State) -> None:
    """Every NACL of the VPC; entries of the one that the VPC came with stand inside it."""
    in_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
    for acl in api.pages("ec2", "DescribeNetworkAcls", "NetworkAcls", Filters=in_vpc):
        acl_id, name = str(acl["NetworkAclId"]), name_of(acl)
        subnets: list[Value] = [each["SubnetId"] for each in many(acl, "Associations")]
        entries = [entry for entry in many(acl, "Entries") if entry["RuleNumber"] < _LAST]
        inputs: dict[str, Value] = {"vpcId": vpc_id, "subnetIds": subnets, "tags": tags_of(acl)}
        if acl.get("IsDefault"):
            inputs["ingress"] = [_entry(entry) for entry in entries if not entry["Egress"]]
            inputs["egress"] = [_entry(entry) for entry in entries if entry["Egress"]]
            state.add("aws:ec2/defaultNetworkAcl:DefaultNetworkAcl", acl_id, inputs, name=name)
            continue
        state.add("aws:ec2/networkAcl:NetworkAcl", acl_id, inputs, name=name)
        for entry in entries:
            direction = "egress" if entry["Egress"] else "ingress"
            state.add(
                "aws:ec2/networkAclRule:NetworkAclRule",
                f"{acl_id} {direction} {entry['RuleNumber']}{' IPv6' if entry.get('Ipv6CidrBlock') else ''}",
                {"networkAclId": acl_id, "egress": bool(entry["Egress"]), **_entry(entry)},
                name=name,
            )


def _entry(entry: Json) -> dict[str, Value]:
    ports = one(entry, "PortRange")
    inputs: dict[str, Value] = {
        "ruleNumber": entry["RuleNumber"],
        "ruleAction": entry["RuleAction"],
        "protocol": entry["Protocol"],
        "cidrBlock": entry.get("CidrBlock"),
        "ipv6CidrBlock": entry.get("Ipv6CidrBlock"),
        "fromPort": ports.get("From"),
        "toPort": ports.get("To"),
    }
    return {key: value for key, value in inputs.items() if value is not None}
