"""Changes by hand in terms of access: each by itself, the gravest first, with what undoes it."""

import dataclasses
import datetime
import json

import pytest
from comparing import ROOT
from ringfence.aws.resources.graph import registered_graph
from ringfence.plan import Plan, plan_environment
from ringfence.review.drift import MEANINGS, Drift, drift_json, drift_of, drift_text
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory
from ringfence.verify.exclusive import RULE
from ringfence.verify.graph import Resource, ResourceGraph
from ringfence.verify.refreshed import ENTRY, ROUTE, Changed, Refreshed

DAY = datetime.date(2026, 11, 23)
GROUP = "aws:ec2/securityGroup:SecurityGroup"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_environment(Directory(ROOT), "dev", DAY, Findings())


@pytest.fixture(scope="module")
def graph() -> ResourceGraph:
    return registered_graph(Directory(ROOT), "dev", DAY)


def named(graph: ResourceGraph, name: str, kind: str) -> Resource:
    (found,) = (each for each in graph.of_type(kind) if each.name == name)
    return found


def drifted(graph: ResourceGraph, plan: Plan, *changes: Changed) -> Drift:
    refreshed = Refreshed(graph, graph, changes)
    return drift_of(dataclasses.replace(refreshed, after=refreshed.with_only(changes)), plan)


def rule(graph: ResourceGraph, direction: str, **inputs: str | int) -> Changed:
    group = named(graph, "dev-reviewer", GROUP)
    what = f"{group.name}: {direction}"
    added = Resource(f"{group.urn}::{direction}", RULE[direction], what, {"securityGroupId": group.id, **inputs})
    return Changed("added", added)


def test_nothing_by_hand_is_said_in_one_line(graph: ResourceGraph, plan: Plan) -> None:
    drift = drifted(graph, plan)
    assert drift_text(drift) == "dev · nothing was changed by hand · as of 2026-11-23\n"
    assert (drift.changes, drift.together, drift.deployed) == ((), (), 0)


def test_changes_are_told_apart_by_what_they_do_the_gravest_first(graph: ResourceGraph, plan: Plan) -> None:
    vpc = named(graph, "dev-vpc", "aws:ec2/vpc:Vpc")
    firewall = named(graph, "dev-firewall", "aws:networkfirewall/firewall:Firewall")
    log = named(graph, "dev-kept", "aws:ec2/flowLog:FlowLog")
    delivery = next(each for each in graph.of_type("aws:iam/rolePolicy:RolePolicy"))
    needed = next(each for each in graph.of_type(RULE["egress"]) if each.name == "dev-reviewer/egress/internet/tcp-443")
    drift = drifted(
        graph, plan,
        Changed("changed", vpc, ("tags",)),
        Changed("changed", firewall, ("deleteProtection",)),
        Changed("gone", log),
        Changed("gone", needed),
        Changed("changed", delivery, ("policy",)),
        rule(graph, "ingress", cidrIpv4="0.0.0.0/0", ipProtocol="tcp", fromPort=22, toPort=22),
    )  # fmt: skip
    assert [(each.effect, each.name) for each in drift.changes] == [
        ("widened", "dev-reviewer: ingress"),
        ("permissions", delivery.name),
        ("narrowed", needed.name),
        ("unwatched", "dev-kept"),
        ("setting", "dev-firewall"),
        ("cosmetic", "dev-vpc"),
    ]
    assert {each.effect for each in drift.changes} < MEANINGS.keys()
    text = drift_text(drift)
    assert text.index("widened: ") < text.index("narrowed: ") < text.index("cosmetic: ")
    assert json.loads(drift_json(drift))["changes"][0]["effect"] == "widened"


def test_what_two_do_only_together_is_said_of_both(graph: ResourceGraph, plan: Plan) -> None:
    """A wider rule of the group alone is stopped by the NACL, and the other way round."""
    acl = named(graph, "dev-reviewer", "aws:ec2/networkAcl:NetworkAcl")
    entry = {
        "networkAclId": acl.id, "egress": True, "ruleNumber": 2, "ruleAction": "allow", "protocol": "6",
        "cidrBlock": "0.0.0.0/0", "fromPort": 8443, "toPort": 8443,
    }  # fmt: skip
    opened = Changed("added", Resource(f"{acl.urn}::egress 2", ENTRY, "dev-reviewer: egress 2", entry))
    wide = rule(graph, "egress", cidrIpv4="0.0.0.0/0", ipProtocol="tcp", fromPort=8443, toPort=8443)
    drift = drifted(graph, plan, opened, wide)
    assert {each.effect for each in drift.changes} == {"weakened"}
    assert any(each.kind == "more than declared" and "8443" in each.traffic for each in drift.together)
    assert "together: what no change does alone" in drift_text(drift)


@pytest.mark.parametrize(
    ("kind", "inputs", "command"),
    [
        (
            RULE["egress"],
            {"securityGroupId": "sg-1", "ipProtocol": "-1", "referencedSecurityGroupId": "sg-2"},
            "pulumi up --stack dev --refresh",
        ),
        (
            ENTRY,
            {"networkAclId": "acl-1", "egress": True, "ruleNumber": 7},
            "aws ec2 delete-network-acl-entry --network-acl-id acl-1 --egress --rule-number 7",
        ),
        (
            ROUTE,
            {"routeTableId": "rtb-1", "destinationIpv6CidrBlock": "::/0"},
            "aws ec2 delete-route --route-table-id rtb-1 --destination-ipv6-cidr-block ::/0",
        ),
    ],
)
def test_what_was_added_is_removed_by_the_command_that_is_printed(
    kind: str, inputs: dict[str, str | int | bool], command: str, graph: ResourceGraph, plan: Plan
) -> None:
    (only,) = drifted(graph, plan, Changed("added", Resource("urn:by-hand", kind, "by hand", inputs))).changes
    assert only.mend == (command,)


def test_what_was_changed_or_is_gone_is_deployed_again(graph: ResourceGraph, plan: Plan) -> None:
    log = named(graph, "dev-kept", "aws:ec2/flowLog:FlowLog")
    (only,) = drifted(graph, plan, Changed("gone", log)).changes
    assert only.mend == ("pulumi up --stack dev --refresh",)
