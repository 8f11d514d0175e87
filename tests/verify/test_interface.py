"""Interfaces: the agent's own workload is nobody's finding, whatever else stands in a segment is."""

import dataclasses
from typing import Any

import pytest
from registered_examples import Example
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.graph import Resource, ResourceGraph
from ringfence.verify.interface import INTERFACE, interface_differences
from ringfence.verify.network import read_network

ACCOUNT = "111111111111"
TASK = f"arn:aws:ecs:eu-west-1:{ACCOUNT}:attachment/f6d9fc22-dbaf-4bff-b501-a41b41f27826"


def differences(example: Example, agent: str, *, subnet: str = "", **fields: Any) -> list[Finding]:
    """What is said of one interface in an agent's segment, or in the subnet whose name holds ``subnet``."""
    graph = example.deployed
    network = read_network(graph)
    places = [each for each in graph.of_type("aws:ec2/subnet:Subnet") if (subnet or f"-{agent}/") in each.name]
    group = graph.get(network.group_of[agent])
    inputs = {
        "subnetId": places[0].id,
        "securityGroups": [group.id if group else ""],
        "privateIps": ["10.40.0.5"],
        "interfaceType": "interface",
        "sourceDestCheck": True,
    }
    outputs = {"ownerId": ACCOUNT, "requesterManaged": False, "attachments": []}
    for name, value in fields.items():
        (outputs if name in {*outputs, "association", "requesterId", "instanceOwnerId"} else inputs)[name] = value
    urn = f"urn:pulumi:dev::ringfence::{INTERFACE}::eni-1"
    interface = Resource(urn, INTERFACE, "eni-1", inputs, {**inputs, **outputs}, "eni-1")
    with_it = ResourceGraph(graph.project, graph.stack, (*graph.resources, interface))
    return list(interface_differences(with_it, network, example.effective.agents, ACCOUNT))


@pytest.fixture
def dev(examples: dict[str, Example]) -> Example:
    return examples["dev"]


HELD = {"attachments": [{"instance": "i-1"}], "instanceOwnerId": ACCOUNT}
WORKLOADS = {
    "a Fargate task": ("reviewer", {"description": TASK, "requesterManaged": True}),
    "a function": ("support-triage", {"interfaceType": "lambda"}),
    "a node": ("code-sandbox", HELD),
    "a pod of its own group": ("code-sandbox", {"interfaceType": "branch", "description": "aws-k8s-branch-eni"}),
}


@pytest.mark.parametrize("name", WORKLOADS)
def test_the_agents_own_workload_is_no_finding(dev: Example, name: str) -> None:
    agent, fields = WORKLOADS[name]
    assert differences(dev, agent, **fields) == []


STRANGERS = {
    "a function in a task's segment": ("reviewer", {"interfaceType": "lambda"}, "it is none of ecs: type lambda"),
    "a task of another account": (
        "reviewer", {"description": TASK.replace(ACCOUNT, "222222222222")}, "it is none of ecs: type interface"
    ),
    "a node in a task's segment": ("reviewer", HELD, "it is none of ecs"),
    "a task in a function's segment": ("support-triage", {"description": TASK}, "it is none of lambda"),
    "an interface that nobody holds": ("code-sandbox", {}, "it is none of eks"),
    "a service's interface": (
        "code-sandbox", {**HELD, "requesterManaged": True, "requesterId": "amazon-rds"}, "made by amazon-rds"
    ),
    "another account's node": ("code-sandbox", {**HELD, "instanceOwnerId": "222222222222"}, "it is none of eks"),
    "a NAT gateway": ("reviewer", {"interfaceType": "nat_gateway"}, "type nat_gateway"),
    "an endpoint": ("reviewer", {"interfaceType": "vpc_endpoint"}, "type vpc_endpoint"),
    "another owner's": ("reviewer", {"description": TASK, "ownerId": "222222222222"}, "of the account 222222222222"),
    "nobody knows whose": ("reviewer", {"description": TASK, "ownerId": None}, "of the account that is not known"),
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGERS)
def test_anybody_else_has_the_agents_reach(dev: Example, name: str) -> None:
    agent, fields, rule = STRANGERS[name]
    (finding,) = differences(dev, agent, **fields)
    assert (finding.kind, finding.agent, finding.layer) == (Kind.MORE, agent, "interface")
    assert finding.traffic == "what the agent may reach, for 10.40.0.5 (eni-1)"
    assert rule in finding.rule


def test_a_further_group_opens_what_it_opens(dev: Example) -> None:
    network = read_network(dev.deployed)
    groups = [dev.deployed.get(network.group_of[agent]) for agent in ("reviewer", "orchestrator")]
    ids = [group.id for group in groups if group]
    (finding,) = differences(dev, "reviewer", description=TASK, securityGroups=ids)
    assert (finding.kind, finding.rule) == (Kind.MORE, "a further security group")
    assert finding.traffic == "whatever dev-orchestrator lets in and out at 10.40.0.5 (eni-1)"
    said = differences(dev, "reviewer", description=TASK, securityGroups=["sg-elsewhere"])
    assert [(each.kind, each.traffic) for each in said] == [
        (Kind.MORE, "whatever sg-elsewhere lets in and out at 10.40.0.5 (eni-1)"),
        (Kind.INCONSISTENT, "10.40.0.5 (eni-1) is without the agent's group"),
    ]


@pytest.mark.parametrize(
    ("fields", "kind", "traffic", "rule"),
    [
        ({"association": {"publicIp": "198.51.100.7"}}, Kind.MORE, "the internet to and from", "198.51.100.7"),
        ({"ipv6Addresses": ["2001:db8::1"]}, Kind.NOT_PROVED, "IPv6 of", "2001:db8::1"),
        ({"sourceDestCheck": False}, Kind.MORE, "packets in the name of other addresses", "no check of source"),
    ],
)
def test_addresses_that_are_not_the_segments(
    dev: Example, fields: dict[str, Any], kind: Kind, traffic: str, rule: str
) -> None:
    (finding,) = differences(dev, "reviewer", description=TASK, **fields)
    assert finding.kind is kind
    assert traffic in finding.traffic
    assert rule in finding.rule


def test_the_environments_own_subnets_hold_its_own_interfaces(dev: Example) -> None:
    ours = {"securityGroups": [], "interfaceType": "nat_gateway", "sourceDestCheck": False}
    assert differences(dev, "reviewer", subnet="infrastructure/public", **ours) == []
    (finding,) = differences(dev, "reviewer", subnet="infrastructure/public", securityGroups=["sg-x"])
    assert (finding.kind, finding.agent, finding.rule) == (Kind.INCONSISTENT, "", "type interface")
    said = differences(dev, "reviewer", subnet="infrastructure/endpoints", interfaceType="vpc_endpoint")
    assert [(each.kind, each.agent, each.rule) for each in said] == [
        (Kind.MORE, "reviewer", "the group of `reviewer` outside its segment")
    ]


def test_an_interface_in_no_subnet_that_is_here(dev: Example) -> None:
    (finding,) = differences(dev, "reviewer", subnetId="subnet-elsewhere")
    assert (finding.kind, finding.traffic) == (Kind.NOT_PROVED, "10.40.0.5 (eni-1) is in a subnet that is not here")


def test_a_graph_without_interfaces_says_nothing_of_them(dev: Example) -> None:
    network = read_network(dev.deployed)
    assert list(interface_differences(dev.deployed, network, dev.effective.agents, ACCOUNT)) == []
    strangers = dataclasses.replace(dev.effective, agents=())
    assert list(interface_differences(dev.deployed, network, strangers.agents, ACCOUNT)) == []
