"""Exports around a refresh: what differs, and what a resource lists that is nobody's."""

import dataclasses
import json
from typing import Any

import pytest
from ringfence.verify.exclusive import EXCLUSIVE, RULE
from ringfence.verify.graph import GraphError, Value
from ringfence.verify.refreshed import Changed, meant, read_refresh

GROUP = {"type": "aws:ec2/securityGroup:SecurityGroup", "id": "sg-1", "inputs": {"description": "agent reader"}}
RULE_HELD = {
    "type": RULE["egress"],
    "id": "sgr-1",
    "inputs": {
        "securityGroupId": "sg-1", "cidrIpv4": "0.0.0.0/0", "ipProtocol": "tcp", "fromPort": 443, "toPort": 443,
    },
}  # fmt: skip
LISTED = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]}


def export(*states: dict[str, Any], stack: str = "dev") -> str:
    """An export of a stack with these resources, named by their order."""
    root = {
        "urn": f"urn:pulumi:{stack}::ringfence::pulumi:pulumi:Stack::ringfence-{stack}",
        "type": "pulumi:pulumi:Stack",
    }
    made = [
        {"urn": f"urn:pulumi:{stack}::ringfence::{each['type']}::r{index}", "custom": True, "outputs": {}, **each}
        for index, each in enumerate(states)
    ]
    return json.dumps({"deployment": {"resources": [root, *made]}})


def changes(before: str, after: str) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each.kind, each.resource.name, each.properties) for each in read_refresh(before, after).changes]


def test_what_is_the_same_in_other_words_is_no_change() -> None:
    held = {"type": "aws:ec2/vpcEndpoint:VpcEndpoint", "id": "vpce-1"}
    old = {**held, "inputs": {"policy": '{"b": [1, 2], "a": 1}', "tags": {}, "subnetIds": ["x", "y"]}}
    new = {**held, "inputs": {"policy": '{"a":1,"b":[2,1]}', "name": "", "subnetIds": ["y", "x"]}}
    assert changes(export(old), export(new)) == []


def test_what_is_otherwise_and_what_is_gone_is_told() -> None:
    changed = {**GROUP, "inputs": {"description": "mine", "tags": {"Name": "x"}}}
    assert changes(export(GROUP, RULE_HELD), export(changed)) == [
        ("changed", "r0", ("description", "tags")), ("gone", "r1", ()),
    ]  # fmt: skip


def test_a_rule_that_is_listed_and_nobodys_was_added_whoever_else_shares_its_ports() -> None:
    listed = {**LISTED, "cidrBlocks": ["0.0.0.0/0", "10.0.0.0/8"], "securityGroups": ["sg-2"], "self": True}
    everything = {"protocol": "-1", "fromPort": 0, "toPort": 0, "prefixListIds": ["pl-1"]}
    group = {
        **GROUP,
        "outputs": {"egress": [listed, everything], "ingress": [{**LISTED, "cidrBlocks": ["192.0.2.1/32"]}]},
    }
    refreshed = read_refresh(export(GROUP, RULE_HELD), export(group, RULE_HELD))
    assert [(each.kind, each.resource.name) for each in refreshed.changes] == [
        ("added", "r0: ingress tcp 443 192.0.2.1/32"),
        ("added", "r0: egress tcp 443 10.0.0.0/8"),
        ("added", "r0: egress tcp 443 sg-2"),
        ("added", "r0: egress tcp 443 sg-1"),
        ("added", "r0: egress all pl-1"),
    ]
    assert {resource.name for resource in refreshed.after.of_type(RULE["ingress"])} == {
        "r0: ingress tcp 443 192.0.2.1/32"
    }


def test_a_list_of_all_rules_says_nothing_that_its_group_does_not() -> None:
    listed = {"type": EXCLUSIVE, "id": "sg-1", "inputs": {"securityGroupId": "sg-1", "egressRuleIds": ["sgr-1"]}}
    longer = {**listed, "inputs": {"securityGroupId": "sg-1", "egressRuleIds": ["sgr-1", "sgr-by-hand"]}}
    group = {**GROUP, "outputs": {"egress": [LISTED, {**LISTED, "cidrBlocks": ["10.0.0.0/8"]}]}}
    refreshed = read_refresh(export(GROUP, RULE_HELD, listed), export(group, RULE_HELD, longer))
    assert [(each.kind, each.resource.name) for each in refreshed.changes] == [
        ("added", "r0: egress tcp 443 10.0.0.0/8")
    ]
    assert refreshed.before.of_type(EXCLUSIVE) == refreshed.after.of_type(EXCLUSIVE) == ()


def test_an_entry_and_a_route_that_are_listed_and_nobodys_were_added() -> None:
    acl = {
        "type": "aws:ec2/networkAcl:NetworkAcl", "id": "acl-1", "inputs": {},
        "outputs": {"egress": [{"ruleNo": 7, "action": "allow", "protocol": "-1", "cidrBlock": "0.0.0.0/0"}]},
    }  # fmt: skip
    table = {
        "type": "aws:ec2/routeTable:RouteTable", "id": "rtb-1", "inputs": {},
        "outputs": {"routes": [{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}, {"ipv6CidrBlock": "::/0"}]},
    }  # fmt: skip
    state = export(acl, table)
    refreshed = read_refresh(state, state)
    assert [(each.resource.name, dict(each.resource.inputs)) for each in refreshed.changes] == [
        (
            "r0: egress 7 allow",
            {
                "networkAclId": "acl-1", "egress": True, "ruleNumber": 7, "ruleAction": "allow", "protocol": "-1",
                "cidrBlock": "0.0.0.0/0",
            },
        ),
        ("r1: 0.0.0.0/0", {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}),
        ("r1: ::/0", {"routeTableId": "rtb-1", "destinationIpv6CidrBlock": "::/0"}),
    ]  # fmt: skip


def test_whatever_stands_in_what_the_vpc_came_with_was_put_there() -> None:
    held = {"type": "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "id": "sg-0", "inputs": {}}
    found = {**held, "outputs": {"ingress": [LISTED]}}
    refreshed = read_refresh(export(held), export(found))
    assert [(each.kind, each.properties) for each in refreshed.changes] == [("changed", ("ingress",))]


def test_one_change_is_looked_at_alone() -> None:
    refreshed = read_refresh(export(GROUP, RULE_HELD), export({**GROUP, "inputs": {}}))
    (changed, gone) = refreshed.changes
    assert {each.name for each in refreshed.with_only([gone]).resources} == {"ringfence-dev", "r0"}
    assert refreshed.with_only([changed]).of_type(RULE["egress"])
    assert not dataclasses.replace(gone, kind="changed", properties=("toPort",)).is_cosmetic
    assert changed.is_cosmetic
    assert not Changed("gone", changed.resource).is_cosmetic


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("", None, True),
        ([], None, True),
        ({"a": ""}, {}, True),
        ("{", "{", True),
        (0, None, False),
        (False, None, False),
    ],
)
def test_only_what_says_nothing_counts_as_nothing(one: Value, other: Value, same: bool) -> None:
    assert (meant(one) == meant(other)) is same


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (export(), export(stack="prod"), "exports of two stacks"),
        (export(), "{}", "neither a stack export"),
        ("[", export(), "not JSON"),
    ],
)
def test_what_is_no_pair_of_exports_is_refused(before: str, after: str, reason: str) -> None:
    with pytest.raises(GraphError, match=reason):
        read_refresh(before, after)
