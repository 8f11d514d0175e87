"""Security groups, each rule as a resource of its own, and the prefix lists that rules name."""

from collections import defaultdict
from collections.abc import Iterable

from ringfence.aws.live.api import Api, Json, one
from ringfence.aws.live.state import State, name_of, tags_of
from ringfence.verify.graph import Value

_FILTER_VALUES = 200
"""Values that one filter takes (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Filter.html)."""

_KINDS = {
    False: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    True: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
}


def read_groups(api: Api, vpc_id: str, state: State) -> None:
    """Every group of the VPC with its rules; those of the default group stand inside it, since nothing else may."""
    in_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
    groups = api.pages("ec2", "DescribeSecurityGroups", "SecurityGroups", Filters=in_vpc)
    rules: dict[str, list[Json]] = defaultdict(list)
    ids = [str(group["GroupId"]) for group in groups]
    for start in range(0, len(ids), _FILTER_VALUES):
        of_these = [{"Name": "group-id", "Values": ids[start : start + _FILTER_VALUES]}]
        for rule in api.pages("ec2", "DescribeSecurityGroupRules", "SecurityGroupRules", Filters=of_these):
            rules[rule["GroupId"]].append(rule)
    for group in groups:
        name = name_of(group) or str(group["GroupName"])
        inputs: dict[str, Value] = {"vpcId": vpc_id, "description": group.get("Description"), "tags": tags_of(group)}
        its_own = rules[group["GroupId"]]
        if group["GroupName"] == "default":
            inputs["ingress"] = [_rule(rule) for rule in its_own if not rule["IsEgress"]]
            inputs["egress"] = [_rule(rule) for rule in its_own if rule["IsEgress"]]
            state.add("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", group["GroupId"], inputs, name=name)
            continue
        state.add("aws:ec2/securityGroup:SecurityGroup", group["GroupId"], inputs, name=name)
        for rule in its_own:
            state.add(_KINDS[rule["IsEgress"]], rule["SecurityGroupRuleId"], _rule(rule), name=name)
    named = {str(rule["PrefixListId"]) for each in rules.values() for rule in each if rule.get("PrefixListId")}
    _read_prefix_lists(api, named, state)


def _rule(rule: Json) -> dict[str, Value]:
    inputs: dict[str, Value] = {
        "securityGroupId": rule["GroupId"],
        "ipProtocol": rule["IpProtocol"],
        "fromPort": rule.get("FromPort"),
        "toPort": rule.get("ToPort"),
        "cidrIpv4": rule.get("CidrIpv4"),
        "cidrIpv6": rule.get("CidrIpv6"),
        "prefixListId": rule.get("PrefixListId"),
        "referencedSecurityGroupId": one(rule, "ReferencedGroupInfo").get("GroupId"),
        "description": rule.get("Description"),
    }
    return {key: value for key, value in inputs.items() if value is not None}


def _read_prefix_lists(api: Api, named: Iterable[str], state: State) -> None:
    """The lists that rules name, but those of gateway endpoints: what they hold is the service's own."""
    of_endpoints = {
        str(resource.outputs.get("prefixListId"))
        for (kind, _), resource in state.resources.items()
        if kind == "aws:ec2/vpcEndpoint:VpcEndpoint"
    }
    ids = sorted(set(named) - of_endpoints)
    for start in range(0, len(ids), _FILTER_VALUES):
        several = ids[start : start + _FILTER_VALUES]
        for found in api.pages("ec2", "DescribeManagedPrefixLists", "PrefixLists", PrefixListIds=several):
            name = str(found.get("PrefixListName") or "")
            entries = api.pages(
                "ec2", "GetManagedPrefixListEntries", "Entries", name, PrefixListId=found["PrefixListId"]
            )
            state.add(
                "aws:ec2/managedPrefixList:ManagedPrefixList",
                found["PrefixListId"],
                {
                    "addressFamily": found.get("AddressFamily"),
                    "name": name,
                    "entries": [{"cidr": entry["Cidr"]} for entry in entries],
                },
                name=name,
            )
