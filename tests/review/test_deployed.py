"""A deployed stack against the working tree: what deploying the tree opens and closes, in the same terms."""

import dataclasses
import functools
from collections.abc import Mapping

from comparing import DAY, FILES, Memory, files_with, state_of
from ringfence.aws.resources.graph import registered_graph
from ringfence.review.deployed import EVERYBODY, compare_deployed
from ringfence.review.difference import Against, Difference, is_risky
from ringfence.verify.graph import ResourceGraph

EXPORT = Against("export", "stack.json", None)
READER = {
    "profiles/agents/reader.yaml": (
        "agent: reader\nowner: o\npurpose: p\n"
        'workload: {platform: lambda, role: "arn:aws:iam::${account}:role/reader"}\n'
        "environments: [dev]\nneeds:\n  - https: {host: example.com, methods: [GET]}\n"
    )
}


@functools.lru_cache(maxsize=8)
def deployed(*edits: str) -> ResourceGraph:
    return registered_graph(Memory(files_with(*edits)), "dev", DAY)


def against(graph: ResourceGraph, files: Mapping[str, str] = FILES) -> Difference:
    plan = state_of(dict(files)).plan
    assert plan is not None
    return compare_deployed(graph, plan, EXPORT)


def test_what_is_deployed_as_declared_has_no_difference() -> None:
    difference = against(deployed())
    assert (difference.widened, difference.narrowed, difference.unread, difference.answers) == ((), (), (), ())
    assert (difference.added, difference.removed, difference.without_access) == ((), (), ())
    assert difference.before is not None
    assert (difference.before.agents, difference.before.flows) == (7, None)


def test_a_need_that_is_not_deployed_is_widened_at_its_line() -> None:
    difference = against(deployed(), files_with("a need"))
    assert difference.narrowed == ()
    lines = {change.after for entry in difference.widened for change in entry.through}
    assert "profiles/agents/pr-contributor.yaml:28" in lines
    assert {access.example for entry in difference.widened for access in entry.accesses} >= {"dns docs.acme.example"}


def test_a_need_that_is_still_deployed_is_narrowed_with_its_resource() -> None:
    difference = against(deployed("a need"))
    assert difference.widened == ()
    assert {change.kind for entry in difference.narrowed for change in entry.through} == {"deployed"}
    assert {change.before for entry in difference.narrowed for change in entry.through} == {"dev-dns", "dev-firewall"}
    assert {entry.agents for entry in difference.narrowed} == {("pr-contributor",), (EVERYBODY,)}
    assert (difference.interruptions, difference.outliving) == (None, None)


def test_an_inspection_that_differs_is_found_both_ways() -> None:
    opened = against(deployed(), files_with("inspection"))
    assert is_risky(opened)
    assert opened.narrowed == ()
    closed = against(deployed("inspection"))
    agents = {agent for entry in closed.narrowed for agent in entry.agents}
    assert agents >= {"code-sandbox", "pr-contributor", "research-assistant", "reviewer", "support-triage"}


def test_an_agent_that_is_not_deployed_yet_is_all_new() -> None:
    difference = against(deployed(), {**FILES, **READER})
    assert (difference.added, difference.removed, difference.unread) == (("reader",), (), ())
    entry = next(each for each in difference.widened if each.agents == ("reader",))
    assert [(change.text, change.after) for change in entry.through] == [
        ("the agent is not deployed yet", "profiles/agents/reader.yaml:1")
    ]
    assert [access.destination for access in entry.accesses] == ["example.com:443"]


def test_an_agent_that_is_deployed_and_declared_no_more_goes_with_its_segment() -> None:
    graph = registered_graph(Memory({**FILES, **READER}), "dev", DAY)
    difference = against(graph)
    assert (difference.added, difference.removed, difference.unread) == ((), ("reader",), ())
    assert difference.widened == ()
    entry = next(each for each in difference.narrowed if each.agents == ("reader",))
    assert entry.accesses[0].what == ("whatever its segment lets through",)


def test_an_owner_is_told_by_the_tags_of_the_subnets() -> None:
    (answer,) = against(deployed(), files_with("an owner")).answers
    assert (answer.agents, answer.before, answer.after) == (("support-triage",), "support", "helpdesk")
    assert answer.place_after == "profiles/agents/support-triage.yaml:4"


def test_what_cannot_be_read_is_said_and_never_safe() -> None:
    graph = deployed()
    rule = next(each for each in graph.resources if each.type.endswith(":SecurityGroupEgressRule"))
    odd = dataclasses.replace(rule, urn=f"{rule.urn}-odd", type="aws:ec2/internetGateway2:InternetGateway2")
    difference = against(ResourceGraph(graph.project, graph.stack, (*graph.resources, odd), graph.outputs))
    assert [text for text in difference.unread if "InternetGateway2" in text]
    assert is_risky(difference)
