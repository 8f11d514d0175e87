"""The resources that the first steps name are those that the program registers, and nobody else's."""

import pytest
from quarantined import AGENT, DAY, cut_off, enforced
from ringfence.aws.resources.graph import registered_graph
from ringfence.operate.pulumi_steps import Step, cut_off_steps, project_name
from ringfence.source.tree import Overlay


def steps(tree: Overlay, environment: str, *, whole: bool = True) -> tuple[Step, ...]:
    return cut_off_steps(enforced(tree, environment), AGENT, project_name(tree), whole=whole)


def targets(step: Step) -> list[str]:
    return [word for before, word in zip(step.words, step.words[1:], strict=False) if before == "--target"]


@pytest.mark.parametrize(("environment", "attached"), [("dev", False), ("prod", True)])
def test_the_first_step_is_two_nacl_entries_and_the_next_the_role(environment: str, attached: bool) -> None:
    tree = cut_off()
    graph = registered_graph(tree, environment, DAY)
    first, *others = steps(tree, environment)
    entries = [graph.get(urn) for urn in targets(first)]
    assert [
        (
            entry and entry.type.rpartition(":")[2],
            entry and entry.inputs["ruleAction"],
            entry and entry.inputs["egress"],
        )
        for entry in entries
    ] == [("NetworkAclRule", "deny", True), ("NetworkAclRule", "deny", False)]
    named = [graph.get(urn) for step in others for urn in targets(step)]
    assert [each and each.type for each in named] == (["aws:iam/rolePolicy:RolePolicy"] if attached else [])
    assert targets(others[-1]) == [], "the last step is the whole environment"


def test_a_tree_that_is_not_whole_is_not_deployed_as_a_whole() -> None:
    assert all(targets(step) for step in steps(cut_off(), "prod", whole=False))


def test_a_step_is_printed_as_it_is_run() -> None:
    step = Step("p", ("up", "--target", "urn:pulumi:dev::p::a$b::n x"))
    assert str(step) == "pulumi up --target 'urn:pulumi:dev::p::a$b::n x'"
