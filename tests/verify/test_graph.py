"""The resource graph as plain data: canonical, unambiguous, and the same again after JSON."""

import json

import pytest
from ringfence.verify.graph import FORMAT_VERSION, GraphError, Resource, ResourceGraph


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::ringfence::{kind}::{name}"


VPC = Resource(
    urn("aws:ec2/vpc:Vpc", "b"),
    "aws:ec2/vpc:Vpc",
    "b",
    {"cidrBlock": "10.0.0.0/16", "tags": {"Name": "Zürich"}, "enableDnsSupport": True},
    id="vpc-1",
)
SUBNET = Resource(
    urn("aws:ec2/subnet:Subnet", "a"),
    "aws:ec2/subnet:Subnet",
    "a",
    {"vpcId": "vpc-1"},
    dependencies=(VPC.urn,),
    property_dependencies={"vpcId": (VPC.urn,)},
    protect=True,
)
COMPONENT = Resource(urn("ringfence:network:Network", "dev"), "ringfence:network:Network", "dev", {}, custom=False)
STACK = Resource(urn("pulumi:pulumi:Stack", "ringfence-dev"), "pulumi:pulumi:Stack", "ringfence-dev", {}, custom=False)


def test_order_of_registration_does_not_show() -> None:
    one = ResourceGraph("ringfence", "dev", (VPC, SUBNET))
    other = ResourceGraph("ringfence", "dev", (SUBNET, VPC))
    assert one == other
    assert one.to_json() == other.to_json()
    assert [resource.name for resource in one.resources] == ["a", "b"]


def test_two_resources_of_one_urn_are_refused_by_name() -> None:
    with pytest.raises(GraphError, match=r"one URN.*::aws:ec2/vpc:Vpc::b$"):
        ResourceGraph("ringfence", "dev", (VPC, SUBNET, VPC))


def test_a_resource_is_found_by_urn_and_by_type() -> None:
    graph = ResourceGraph("ringfence", "dev", (VPC, SUBNET))
    assert graph.get(VPC.urn) == VPC
    assert graph.get(urn("aws:ec2/vpc:Vpc", "c")) is None
    assert graph.of_type("aws:ec2/subnet:Subnet", "aws:ec2/eip:Eip") == (SUBNET,)


def test_components_and_the_stack_itself_are_not_counted() -> None:
    graph = ResourceGraph("ringfence", "dev", (VPC, SUBNET, COMPONENT, STACK))
    assert graph.counts() == {"aws:ec2/subnet:Subnet": 1, "aws:ec2/vpc:Vpc": 1}


def test_json_gives_the_same_graph_again() -> None:
    graph = ResourceGraph("ringfence", "dev", (VPC, SUBNET, COMPONENT), {"vpc": "vpc-1"}, ("a list",))
    assert ResourceGraph.from_json(graph.to_json()) == graph


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not a resource graph: JSONDecodeError"),
        ("[]", "not a resource graph: TypeError"),
        ("{}", "not a resource graph: KeyError"),
        (json.dumps({"format_version": FORMAT_VERSION + 1}), f"format {FORMAT_VERSION + 1}; this reads"),
        (
            json.dumps({
                "format_version": FORMAT_VERSION,
                "project": "p",
                "stack": "s",
                "outputs": {},
                "resources": [{"property_dependencies": {}, "dependencies": [], "surprise": 1}],
            }),
            "surprise",
        ),
    ],
)  # fmt: skip
def test_any_other_text_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(GraphError, match=reason):
        ResourceGraph.from_json(text)
