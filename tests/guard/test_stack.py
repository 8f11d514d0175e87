"""A stack's resources held to its profiles: nothing beside the program's own, and what is more shows its traffic."""

import dataclasses
import datetime
from pathlib import Path

import pytest
from ringfence.aws.resources.graph import registered_graph
from ringfence.guard.stack import beside, is_own, violations
from ringfence.source.diagnostic import InputError
from ringfence.source.tree import Directory
from ringfence.verify.graph import Resource, ResourceGraph

TREE = Directory(Path(__file__).parents[2])
DAY = datetime.date(2026, 11, 23)
OWN = "urn:pulumi:dev::ringfence::ringfence:network:Network$aws:ec2/eip:Eip::dev-nat"
FOREIGN = "urn:pulumi:dev::ringfence::aws:ec2/eip:Eip::handy"


@pytest.fixture(scope="module")
def graph() -> ResourceGraph:
    return registered_graph(TREE, "dev", DAY)


def test_what_the_program_registers_violates_nothing(graph: ResourceGraph) -> None:
    assert violations(graph, TREE, "dev", DAY) == ()


def test_a_resource_is_ringfences_own_below_its_components_only() -> None:
    assert is_own(OWN)
    assert not is_own(FOREIGN)
    assert not is_own("urn:pulumi:dev::ringfence::other:network:Network$aws:ec2/eip:Eip::ringfence:handy")


def test_what_opens_a_way_beside_them_is_named_and_their_own_is_not() -> None:
    assert beside(FOREIGN, "aws:ec2/eip:Eip", {}, "ringfence") == ("a public address",)
    assert beside(OWN, "aws:ec2/eip:Eip", {}, "ringfence") == ()


def test_a_component_of_that_name_in_another_project_makes_nothing_its_own() -> None:
    disguised = OWN.replace("::ringfence::", "::work::")
    assert beside(disguised, "aws:ec2/eip:Eip", {}, "ringfence") == ("a public address",)


def test_one_more_below_a_component_is_counted(graph: ResourceGraph) -> None:
    more = dataclasses.replace(graph, resources=(*graph.resources, Resource(OWN, "aws:ec2/eip:Eip", "dev-nat", {})))
    assert {violation.message for violation in violations(more, TREE, "dev", DAY)} == {
        "a public address: the stack has 3 of aws:ec2/eip:Eip, and this environment 2"
    }


def test_a_difference_is_told_by_its_traffic_and_at_its_resource(graph: ResourceGraph) -> None:
    (rule,) = (
        each
        for each in graph.of_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
        if each.name.startswith("dev-reviewer/") and each.inputs.get("cidrIpv4") == "0.0.0.0/0"
    )
    opened = dataclasses.replace(rule, inputs={**rule.inputs, "toPort": 444})
    kept = (each for each in graph.resources if each.urn != rule.urn)
    found = violations(dataclasses.replace(graph, resources=(*kept, opened)), TREE, "dev", DAY)
    assert [(each.message.partition(" in urn:")[0], each.urn.rpartition("::")[2]) for each in found] == [
        ("reviewer: inconsistent: tcp 444 to 0.0.0.0 [sg] dev-reviewer", "dev-reviewer")
    ]


def test_an_environment_that_is_not_declared_is_an_error_and_passes_nothing(graph: ResourceGraph) -> None:
    with pytest.raises(InputError) as raised:
        violations(graph, TREE, "nowhere", DAY)
    assert [diagnostic.code for diagnostic in raised.value.diagnostics] == ["RF050"]
