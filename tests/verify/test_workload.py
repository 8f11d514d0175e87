"""Workloads' stacks: whatever sits elsewhere than its agent's segment is a finding, and what is not read is one too."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from registered_examples import Example
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.graph import UNKNOWN, Resource, ResourceGraph
from ringfence.verify.network import read_network
from ringfence.verify.workload import FUNCTION, SERVICE, TASK_DEFINITION, workload_differences

ROLE = "arn:aws:iam::111111111111:role/"
REFERENCE = "pulumi:pulumi:StackReference"


def resource(kind: str, inputs: Mapping[str, Any], name: str = "it", **fields: Any) -> Resource:
    return Resource(f"urn:pulumi:dev::workload::{kind}::{name}", kind, name, inputs, **fields)


def differences(example: Example, *resources: Resource) -> list[Finding]:
    stack = ResourceGraph("workload", "dev", resources)
    return list(workload_differences(stack, example.deployed, example.effective.agents))


@pytest.fixture
def dev(examples: dict[str, Example]) -> Example:
    return examples["dev"]


def segment(example: Example, agent: str) -> tuple[list[str], str]:
    """An agent's subnets and group, by id."""
    graph, network = example.deployed, read_network(example.deployed)
    subnets = [graph.get(subnet.urn) for subnet in network.of_agent(agent)]
    group = graph.get(network.group_of[agent])
    return [str(each.id) for each in subnets if each], str(group.id if group else "")


def tasks(
    example: Example, agent: str = "reviewer", role: str = "reviewer", more: Sequence[str] = (), **settings: Any
) -> tuple[Resource, Resource]:
    """A service in an agent's segment with a task definition, as a preview shows them."""
    subnets, group = segment(example, agent)
    definition = resource(TASK_DEFINITION, {"family": "it", "taskRoleArn": f"{ROLE}{role}"})
    network = {"subnets": subnets, "securityGroups": [group, *more], "assignPublicIp": False, **settings}
    service = resource(
        SERVICE, {"taskDefinition": UNKNOWN, "networkConfiguration": network},
        property_dependencies={"taskDefinition": (definition.urn,)},
    )  # fmt: skip
    return definition, service


def function(example: Example, agent: str = "support-triage", role: str = "support-triage") -> Resource:
    subnets, group = segment(example, agent)
    placed = {"subnetIds": subnets, "securityGroupIds": [group]}
    return resource(FUNCTION, {"role": f"{ROLE}{role}", "vpcConfig": placed})


def test_a_workload_in_its_segment_is_no_finding(dev: Example) -> None:
    assert differences(dev, *tasks(dev)) == []
    assert differences(dev, function(dev)) == []


def test_another_agents_segment_gives_what_that_one_may_reach(dev: Example) -> None:
    found = differences(dev, *tasks(dev, agent="orchestrator"))
    subnets, group = segment(dev, "orchestrator")
    more = [each for each in found if each.kind == Kind.MORE]
    assert {each.rule for each in more} == {
        *(f"{subnet} is of `orchestrator`" for subnet in subnets), "a further security group",
    }  # fmt: skip
    assert {each.agent for each in found} == {"reviewer"}
    (without,) = [each for each in found if each.kind == Kind.INCONSISTENT]
    assert without.traffic == "Service it is without the agent's group"
    assert group not in without.rule


def test_a_further_group_and_a_public_address_are_two_ways_more(dev: Example) -> None:
    found = differences(dev, *tasks(dev, more=["sg-0123456789abcdef0"], assignPublicIp=True))
    assert [(each.kind, each.rule) for each in found] == [
        (Kind.MORE, "a further security group"), (Kind.MORE, "a public address"),
    ]  # fmt: skip
    assert found[0].traffic == "whatever sg-0123456789abcdef0 lets in and out at Service it"


def test_a_subnet_elsewhere_and_one_of_the_environments_own_are_not_the_agents(dev: Example) -> None:
    own, _ = segment(dev, "reviewer")
    network = read_network(dev.deployed)
    (shared, *_) = (subnet for subnet in network.subnets.values() if not subnet.agent)
    there = dev.deployed.get(shared.urn)
    assert there is not None
    found = differences(dev, *tasks(dev, subnets=[own[0], "subnet-0123456789abcdef0", there.id]))
    assert [(each.kind, each.rule) for each in found] == [
        (Kind.MORE, "a subnet that is none of the environment's"),
        (Kind.MORE, f"{there.id} is the environment's own"),
    ]


def test_the_agents_role_outside_the_vpc_is_more(dev: Example) -> None:
    (found,) = differences(dev, resource(FUNCTION, {"role": f"{ROLE}support-triage"}))
    assert (found.kind, found.rule) == (Kind.MORE, "the agent's role outside the VPC: it names no subnets")


@pytest.mark.parametrize("role", ["stranger", "orchestrator"])
def test_a_role_that_is_not_the_segments_agents_is_more(dev: Example, role: str) -> None:
    found = differences(dev, *tasks(dev, role=role))
    assert Kind.MORE in {each.kind for each in found}
    assert any("reviewer" in f"{each.agent} {each.rule}" for each in found)


def test_another_platform_than_the_profiles_is_a_stranger(dev: Example) -> None:
    (found,) = differences(dev, function(dev, agent="reviewer", role="reviewer"))
    assert (found.kind, found.rule) == (Kind.MORE, "it is of lambda, and the profile says ecs")


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("subnets", "its subnets"),
        ("securityGroups", "its security groups"),
        ("assignPublicIp", "whether it has a public address"),
    ],
)
def test_what_only_a_deployment_decides_is_not_proved(dev: Example, name: str, question: str) -> None:
    value = UNKNOWN if name == "assignPublicIp" else [UNKNOWN]
    (found,) = differences(dev, *tasks(dev, **{name: value}))
    assert (found.kind, found.traffic) == (Kind.NOT_PROVED, f"Service it: {question}")


def test_a_task_definition_of_elsewhere_hides_whose_workload_it_is(dev: Example) -> None:
    _, service = tasks(dev)
    found = differences(dev, service, function(dev))
    (hidden,) = found
    assert (hidden.kind, hidden.agent, hidden.rule) == (Kind.NOT_PROVED, "reviewer", "its role is not known")


@pytest.mark.parametrize(("family", "read"), [("it", True), ("other", False)])
def test_a_definition_that_does_not_change_is_known_by_its_family(dev: Example, family: str, read: bool) -> None:
    definition, service = tasks(dev)
    arn = f"arn:aws:ecs:eu-west-1:111111111111:task-definition/{family}:7"
    found = differences(dev, definition, dataclasses.replace(service, inputs={**service.inputs, "taskDefinition": arn}))
    assert (found == []) == read


def test_a_task_definition_without_a_service_is_not_proved(dev: Example) -> None:
    definition, _ = tasks(dev)
    found = differences(dev, definition, function(dev))
    assert [(each.kind, each.agent, each.rule) for each in found] == [
        (Kind.NOT_PROVED, "reviewer", "no service of this stack runs them")
    ]


def test_what_is_not_read_and_touches_the_network_is_not_proved(dev: Example) -> None:
    subnets, group = segment(dev, "reviewer")
    instance = resource("aws:ec2/instance:Instance", {"networkInterfaces": [{"subnetId": subnets[0]}]})
    rule = resource("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", {"securityGroupId": group})
    schedule = resource("aws:scheduler/schedule:Schedule", {"target": {"roleArn": f"{ROLE}reviewer"}})
    reference = resource(REFERENCE, {"name": "organization/ringfence/dev"})
    later = resource("aws:ec2/eip:Eip", {"instance": UNKNOWN}, property_dependencies={"instance": (reference.urn,)})
    bucket = resource("aws:s3/bucket:Bucket", {"bucket": "results"})
    found = differences(dev, function(dev), instance, rule, schedule, reference, later, bucket)
    assert {each.kind for each in found} == {Kind.NOT_PROVED}
    assert {each.resource for each in found} == {instance.urn, rule.urn, schedule.urn, later.urn}


def test_a_stack_that_places_no_agent_proves_nothing(dev: Example) -> None:
    (found,) = differences(dev, resource("aws:s3/bucket:Bucket", {"bucket": "results"}))
    assert (found.kind, found.rule) == (Kind.NOT_PROVED, "none of its services and functions has the role of an agent")


def test_an_environment_without_ids_proves_nothing(dev: Example) -> None:
    stack = ResourceGraph("workload", "dev", (function(dev),))
    (found,) = workload_differences(stack, dev.previewed, dev.effective.agents)
    assert (found.kind, found.rule) == (Kind.NOT_PROVED, "no id is known of these")
