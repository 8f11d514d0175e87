"""What a walk says of a target agrees with the policy and with the proof: about every flow of the example fleet."""

import copy
import dataclasses
import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import Mutant, mutants
from neighbours import targets_around
from registered_examples import AS_OF, ENVIRONMENTS, ROOT, Example
from ringfence.aws.enforcement.services import private_names
from ringfence.plan import plan_environment
from ringfence.policy.flow import Internet, Service
from ringfence.policy.host import HostPattern
from ringfence.policy.policy import Agent, Policy
from ringfence.policy.target import (
    ActionTarget,
    NameTarget,
    RequestTarget,
    Target,
    TlsTarget,
    TransportTarget,
)
from ringfence.policy.verdict import judge
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory
from ringfence.verify.explain.reading import Reading
from ringfence.verify.explain.step import Answer, Explanation
from ringfence.verify.explain.walk import explain
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.graph import ResourceGraph


@dataclass(frozen=True)
class Fleet:
    """One environment read once, what it declares, and every target around it."""

    example: Example
    reading: Reading
    around: tuple[tuple[Agent, Target], ...]
    service_names: tuple[str, ...]


def fleet_of(environment: str, example: Example) -> Fleet:
    declared = plan_environment(Directory(ROOT), environment, AS_OF, Findings()).declared
    agents = {agent.name: agent for agent in declared.agents}
    around = {
        (agents[flow.agent], target): None for flow in declared.flows for target in targets_around(flow, tuple(agents))
    }
    names = {
        name
        for flow in declared.flows
        if isinstance(access := flow.access, Service)
        for name in private_names(access.service, example.settings.region, example.settings.account, access.resources)
    }
    reading = Reading.of(example.deployed, example.settings)
    return Fleet(example, reading, tuple(around), tuple(sorted(names)))


@pytest.fixture(scope="module")
def fleets(examples: dict[str, Example]) -> dict[str, Fleet]:
    return {environment: fleet_of(environment, example) for environment, example in examples.items()}


def says(effective: Policy, fleet: Fleet, agent: Agent, target: Target) -> bool:
    """The policy's own verdict; of names, that of the whole VPC, whose resolver does not know agents (R201)."""
    if not isinstance(target, NameTarget):
        return judge(effective.of(agent.name), target).allowed
    if any(isinstance(flow.access, Internet) for flow in effective.flows):
        return True  # names are only watched (R103, R104)
    return judge(effective.flows, target).allowed or is_of_a_service(fleet, target.name)


def is_of_a_service(fleet: Fleet, host: str) -> bool:
    return any(HostPattern.parse(name).matches(host) for name in fleet.service_names)


def disagreement(fleet: Fleet, agent: Agent, target: Target) -> str | None:
    if isinstance(target, RequestTarget | TlsTarget) and is_of_a_service(fleet, target.host):
        return None  # a service's host leads to its endpoint, whose policy judges calls
    effective = fleet.example.effective
    found = explain(fleet.reading, effective, agent, target)
    wanted = Answer.ALLOW if says(effective, fleet, agent, target) else Answer.DENY
    return None if found.answer is wanted else f"{agent.name} {target}: {found.answer}, not {wanted}"


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_the_walk_agrees_with_the_policy_around_every_flow(fleets: dict[str, Fleet], data: st.DataObject) -> None:
    fleet = fleets[data.draw(st.sampled_from(ENVIRONMENTS))]
    agent, target = data.draw(st.sampled_from(fleet.around))
    assert disagreement(fleet, agent, target) is None


@pytest.mark.slow
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_walk_agrees_with_the_policy_on_all_of_them(
    environment: str, fleets: dict[str, Fleet], record_property: Callable[[str, object], None]
) -> None:
    fleet = fleets[environment]
    found = [wrong for agent, target in fleet.around if (wrong := disagreement(fleet, agent, target))]
    record_property("counts", f"explained in {environment}: {len(fleet.around)} targets")
    assert found == []


def asked_by(finding: Finding) -> Target | None:
    """The target that a counterexample is about, where it is one that can be written."""
    traffic = re.sub(r" from [\d.]+ to port (\d+)$", r" \1", finding.traffic)
    if found := re.fullmatch(r"(?:on a connection in use, )?([A-Z]+) https://(\S+?)(/\S*) (\d+)", traffic):
        method, host, path, port = found.groups()
        return RequestTarget(method, host, int(port), path)
    if found := re.fullmatch(r"TLS to ([\w.-]+) (\d+)", traffic):
        return TlsTarget(found.group(1), int(found.group(2)))
    if found := re.fullmatch(r"(tcp|udp) (\d+)(?:-\d+)?(?:, [\d, -]+)? to ([\d.]+)", traffic):
        return TransportTarget(found.group(1), ipaddress.IPv4Network(found.group(3)), int(found.group(2)))
    if found := re.fullmatch(r"dns (\S+)", traffic):
        return NameTarget(found.group(1))
    if found := re.fullmatch(r"(\S+:\S+) on (\S+) as \S+", traffic):
        return ActionTarget(found.group(1), found.group(2))
    return None


RULES = "aws:networkfirewall/ruleGroup:RuleGroup"


def without_a_rule(graph: ResourceGraph) -> Iterator[Mutant]:
    """The graph without one rule of its firewall, for every rule."""
    for group in graph.of_type(RULES):
        others = tuple(each for each in graph.resources if each is not group)
        lines = group.inputs["ruleGroup"]["rulesSource"]["rulesString"].splitlines(keepends=True)
        for index, line in enumerate(lines):
            inputs = copy.deepcopy(dict(group.inputs))
            inputs["ruleGroup"]["rulesSource"]["rulesString"] = "".join((*lines[:index], *lines[index + 1 :]))
            changed = ResourceGraph(graph.project, graph.stack, (*others, dataclasses.replace(group, inputs=inputs)))
            yield Mutant(f"without {line[:80]}", changed)


ONE_REQUEST_A_CONNECTION = """\
alert http any any -> any any (flow:to_client,established; http.stat_code; content:"2"; flowbits:set,once; sid:1;)
reject http any any -> any any (flow:to_server,established; flowbits:isset,once; http.request_line; content:" "; sid:2;)
"""


def test_what_is_refused_on_a_connection_in_use_is_said(examples: dict[str, Example]) -> None:
    prod = examples["prod"]
    (group,) = (each for each in prod.deployed.of_type(RULES) if each.name.endswith("default"))
    inputs = copy.deepcopy(dict(group.inputs))
    inputs["ruleGroup"]["rulesSource"]["rulesString"] += ONE_REQUEST_A_CONNECTION
    others = tuple(each for each in prod.deployed.resources if each is not group)
    graph = ResourceGraph(
        prod.deployed.project, prod.deployed.stack, (*others, dataclasses.replace(group, inputs=inputs))
    )
    agents = {agent.name: agent for agent in prod.effective.agents}
    found = [each for each in prod.prove(graph).findings if each.traffic.startswith("on a connection in use, ")]
    assert {(each.kind, each.layer) for each in found} == {(Kind.LESS, "firewall")}
    reading, unchanged = Reading.of(graph, prod.settings), Reading.of(prod.deployed, prod.settings)
    for finding in found[:: len(found) // 5]:
        target = asked_by(finding)
        assert isinstance(target, RequestTarget)
        before = explain(unchanged, prod.effective, agents[finding.agent], target)
        after = explain(reading, prod.effective, agents[finding.agent], target)
        assert (before.answer, after.answer) == (Answer.ALLOW, Answer.DENY), finding
        assert [step.of.rpartition(", ")[2] for step in after.steps if step.answer is Answer.DENY] == [
            "on a connection in use"
        ]


LAYERS = {"nacl": {"nacl", "onward"}, "route": {"route", "onward"}, "firewall": {"firewall", "tls inspection"}}


def agrees(finding: Finding, found: Explanation) -> bool:
    """Whether the layer that a finding is of says the same; where only a part differs, the notes say so.

    A finding of more is of one layer at a time: another may still stop the traffic.
    """
    layers = LAYERS.get(finding.layer, {finding.layer})
    denied = any(step.answer is Answer.DENY for step in found.steps if step.layer in layers)
    if finding.kind is Kind.LESS:
        return denied or bool(found.notes)
    first = next(step for step in found.steps if step.layer in layers)
    return first.answer is not Answer.DENY or bool(found.notes)


def spread(found: Sequence[Mutant], number: int) -> list[Mutant]:
    """So many mutants at most, two or more: from the first to the last at equal steps."""
    if len(found) <= number:
        return list(found)
    return [found[index * (len(found) - 1) // (number - 1)] for index in range(number)]


def some_of_each_field(graph: ResourceGraph, number: int) -> list[Mutant]:
    """So many mutants of each field of each type of resource: no field is left out by another's having more."""
    of_field: dict[tuple[str, str], list[Mutant]] = {}
    for mutant in mutants(graph):
        resource, _, change = mutant.what.partition(": ")
        field = re.split(r"[. ]", change, maxsplit=1)[0]
        of_field.setdefault((resource.split()[0], field), []).append(mutant)
    return [mutant for found in of_field.values() for mutant in spread(found, number)]


@pytest.mark.slow
def test_the_walk_agrees_with_the_proofs_counterexamples(
    examples: dict[str, Example], record_property: Callable[[str, object], None]
) -> None:
    """Of some mutants of each field and of some rules, those whose counterexample is one target of one agent."""
    checked: Counter[tuple[Kind, str]] = Counter()
    wrong: list[str] = []
    unknown = 0
    for environment, of_a_field, of_the_rules in (("dev", 12, 40), ("prod", 2, 6)):
        example = examples[environment]
        agents = {agent.name: agent for agent in example.effective.agents}
        chosen = some_of_each_field(example.deployed, of_a_field)
        rules = spread(list(without_a_rule(example.deployed)), of_the_rules)
        for mutant in (*chosen, *rules):
            reading = Reading.of(mutant.graph, example.settings)
            for finding in example.prove(mutant.graph).findings[:3]:
                target = asked_by(finding)
                agent = agents.get(finding.agent) or next(iter(agents.values()))
                by_another = finding.layer == "endpoint" and not finding.agent
                if target is None or by_another or finding.kind not in (Kind.MORE, Kind.LESS):
                    continue
                found = explain(reading, example.effective, agent, target)
                if found.answer is Answer.UNKNOWN:
                    unknown += 1  # what the mutant left there is not read
                    continue
                checked[finding.kind, finding.layer] += 1
                if not agrees(finding, found):
                    wrong.append(f"{mutant.what}: {finding}: {found}")
    record_property("counts", f"counterexamples explained: {sum(checked.values())}, not known {unknown}")
    assert wrong == []
    assert unknown < sum(checked.values()) / 5
    assert {kind for kind, _ in checked} == {Kind.MORE, Kind.LESS}
    assert {layer for _, layer in checked} >= {"sg", "nacl", "endpoint", "dns", "firewall"}
