"""The first deployment of each environment: what is done is what is shown, and what is shown is what is reviewed."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from changes import narrow_a_need
from commanding import ringfence
from deployment import DAY, EACH_ENVIRONMENT, Base, Deployment
from example_fleet import compiled, registered_from
from proving import passages, plan_of, prove_graph, without_agents
from ringfence.aws.enforcement.resource_counts import resource_counts
from ringfence.aws.outputs import StackOutputs
from ringfence.verify.graph import UNKNOWN, Resource, ResourceGraph
from ringfence.verify.state import read_state
from world import table
from world.graph import graph_of

pytestmark = [pytest.mark.pulumi_cli, pytest.mark.parametrize("environment", EACH_ENVIRONMENT)]


def managed(graph: ResourceGraph) -> dict[str, Resource]:
    return {resource.urn: resource for resource in graph.resources if resource.type.startswith("aws:")}


def asked(resource: Resource, automatic: bool) -> dict[str, Any]:
    """A resource's inputs as the program gave them: without marks of defaults, and the name that the provider gave."""
    named, _ = table.NAMED.get(resource.type, ("", ""))
    left_out = {"__defaults"} | ({named} if automatic else set())
    return {name: value for name, value in resource.inputs.items() if name not in left_out}


def agrees(shown: Any, expected: Any) -> bool:
    """Whether a value is what the in-process run gives; where that leaves it open, the engine may know a name."""
    if expected == UNKNOWN:
        return True
    if isinstance(expected, dict):
        return shown.keys() == expected.keys() and all(agrees(shown[name], expected[name]) for name in expected)
    if isinstance(expected, list):
        return len(shown) == len(expected) and all(map(agrees, shown, expected))
    return bool(shown == expected)


def test_a_preview_on_an_empty_stack_shows_the_reviewed_resources_and_no_other(
    environment: str, base: Callable[[str], Base]
) -> None:
    first = base(environment)
    shown = read_state(first.preview)
    reviewed = registered_from(first.deployment.project, environment)
    assert {step["op"] for step in json.loads(first.preview)["steps"]} == {"create"}
    assert shown.counts() == resource_counts(reviewed.enforcement)
    expected = managed(reviewed.previewed)
    assert managed(shown).keys() == expected.keys()
    for urn, resource in managed(shown).items():
        named, _ = table.NAMED.get(resource.type, ("", ""))
        automatic = bool(named) and named not in expected[urn].inputs
        assert agrees(asked(resource, automatic), dict(expected[urn].inputs)), urn
        assert dict(resource.property_dependencies) == dict(expected[urn].property_dependencies), urn
        assert resource.protect == expected[urn].protect, urn


def test_what_is_previewed_is_proved_before_anything_is_deployed(environment: str, base: Callable[[str], Base]) -> None:
    first = base(environment)
    assert prove_graph(read_state(first.preview), first.deployment.project, environment).findings == ()


def test_after_the_first_deployment_there_is_what_was_reviewed_and_it_is_proved(
    environment: str, base: Callable[[str], Base], record_property: Callable[[str, object], None]
) -> None:
    deployment = base(environment).deployment
    there = graph_of(deployment.world.resources(), environment)
    state = read_state(deployment.export())
    assert there.counts() == resource_counts(compiled(deployment.project, environment))
    assert managed(there).keys() == managed(state).keys()
    for urn, resource in managed(state).items():
        held = managed(there)[urn]
        assert asked(resource, automatic=False) == dict(held.inputs), urn
        assert resource.id == held.id, urn
    for graph in (there, state):
        assert prove_graph(graph, deployment.project, environment).findings == ()
    outputs = StackOutputs.model_validate(state.outputs)
    assert {agent.security_group for agent in outputs.agents.values()} <= {held.id for held in managed(there).values()}
    record_property(
        "counts", f"{environment}: {len(managed(there))} resources made in {deployment.world.now} operations"
    )


@pytest.mark.slow
def test_on_the_way_of_the_first_deployment_nothing_passes_that_is_not_declared(
    environment: str, base: Callable[[str], Base], record_property: Callable[[str, object], None]
) -> None:
    deployment = base(environment).deployment
    new = plan_of(deployment.project, environment)
    states = 0
    for passage in passages((), deployment.world.operations(), without_agents(new), new):
        states += 1
        assert [str(finding) for finding in passage.more] == [], passage.after
    record_property("counts", f"{environment}: first deployment: {states} states on the way")


def test_a_preview_of_what_is_deployed_is_proved_whole_and_refused_in_part(
    environment: str, deployed: Callable[[str], Deployment], tmp_path: Path
) -> None:
    deployment, path = deployed(environment), tmp_path / "preview.json"
    asked = ("verify", "--root", str(deployment.project), "--env", environment, "--as-of", DAY, "--preview", str(path))
    for change in (None, narrow_a_need):  # nothing stays out of a preview, then all but a few resources do
        if change is not None:
            change(deployment.project, environment)
        path.write_text(deployment.preview("--json").said, encoding="utf-8")
        refused = ringfence(*asked)
        assert (refused.code, refused.out) == (2, "")
        assert re.search(r"RF120 .*leaves out \d+ resources .*: run `pulumi preview --json --show-sames`", refused.err)
        path.write_text(deployment.preview("--json", "--show-sames").said, encoding="utf-8")
        proved = ringfence(*asked)
        assert (proved.code, proved.err) == (0, ""), proved.out


def test_a_second_deployment_changes_nothing(environment: str, deployed: Callable[[str], Deployment]) -> None:
    deployment = deployed(environment)
    again = deployment.up("--expect-no-changes")
    assert (again.code, again.operations) == (0, ()), again.said
    refreshed = deployment.refresh("--expect-no-changes")
    assert (refreshed.code, refreshed.operations) == (0, ()), refreshed.said
