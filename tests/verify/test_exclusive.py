"""The list of all rules of a group, against the rules that it has."""

import dataclasses
from typing import Any

import pytest
from ringfence.verify.exclusive import EXCLUSIVE, RULE, listed_otherwise
from ringfence.verify.graph import UNKNOWN, Resource, ResourceGraph
from ringfence.verify.references import References

INGRESS, EGRESS = RULE["ingress"], RULE["egress"]


def made(kind: str, name: str, identity: str, **inputs: Any) -> Resource:
    return Resource(f"urn:pulumi:dev::ringfence::{kind}::{name}", kind, name, inputs, id=identity)


GROUPS = [made("aws:ec2/securityGroup:SecurityGroup", name, f"sg-{name}") for name in ("reader", "other")]
RULES = [
    made(INGRESS, "in", "sgr-1", securityGroupId="sg-reader"),
    made(EGRESS, "out", "sgr-2", securityGroupId="sg-reader"),
    made(EGRESS, "out-of-other", "sgr-3", securityGroupId="sg-other"),
]


def said(ingress: list[str], egress: list[str], group: str = "sg-reader") -> list[tuple[str, str]]:
    """What is found of a list, which in the provider has the id of its group."""
    one = made(EXCLUSIVE, "reader", group, securityGroupId=group, ingressRuleIds=ingress, egressRuleIds=egress)
    return found(one)


def found(one: Resource) -> list[tuple[str, str]]:
    graph = ResourceGraph("ringfence", "dev", (*GROUPS, *RULES, one))
    return [(each.traffic.rpartition(" ")[2], each.rule) for each in listed_otherwise(graph, References.of(graph))]


def test_all_rules_and_no_others_are_listed() -> None:
    assert said(["sgr-1"], ["sgr-2"]) == []
    assert said([], ["sgr-3"], group="sg-other") == []


@pytest.mark.parametrize(
    ("ingress", "egress", "expected"),
    [
        ([], ["sgr-2"], [("ingressRuleIds", "in is left out")]),
        (["sgr-1", "sgr-by-hand"], ["sgr-2"], [("ingressRuleIds", "sgr-by-hand is none")]),
        (["sgr-1"], ["sgr-3"], [("egressRuleIds", "out is left out"), ("egressRuleIds", "out-of-other is none")]),
    ],
    ids=["left out", "somebody's", "of another group"],
)
def test_a_rule_that_is_left_out_or_another_is_told(
    ingress: list[str], egress: list[str], expected: list[tuple[str, str]]
) -> None:
    assert said(ingress, egress) == expected


def test_in_a_preview_the_rules_are_those_that_the_list_comes_from() -> None:
    listed = made(
        EXCLUSIVE, "reader", "", securityGroupId="sg-reader", ingressRuleIds=["sgr-1"], egressRuleIds=[UNKNOWN]
    )
    assert found(dataclasses.replace(listed, property_dependencies={"egressRuleIds": (RULES[1].urn,)})) == []
    assert found(listed) == [("egressRuleIds", "out is left out")]


def test_without_a_list_nothing_is_said() -> None:
    graph = ResourceGraph("ringfence", "dev", (*GROUPS, *RULES))
    assert list(listed_otherwise(graph, References.of(graph))) == []
