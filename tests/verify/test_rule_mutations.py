"""Single changes of the text of agents' rules: each is reported by the proof, or both engines judge as before.

What nothing reports says the same in other words, or another rule says it too; that is shown by traffic, every evasion
and its legitimate twin, which are sent to the very environment whose rules are changed (`confined_example`).
"""

import copy
import dataclasses
import itertools
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from confined_example import confined_example
from matrix import all_cases
from registered_examples import Example
from ringfence.engine.configuration import ActionOrder, Setting
from ringfence.engine.flow import Conversation, Side
from ringfence.engine.suricata import HOW_TO_GET, Engine, EngineError, find_engines, missing_versions
from ringfence.verify.graph import Resource, ResourceGraph
from rule_mutation import RuleMutant, rule_mutants

KIND = "aws:networkfirewall/ruleGroup:RuleGroup"
SHARDS = 4
QUICK = 40
"""One of so many mutants in the quick test."""


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    return confined_example(tmp_path_factory.mktemp("confined"))


def text_of(group: Resource) -> str:
    return group.inputs["ruleGroup"]["rulesSource"]["rulesString"]


def groups_of(example: Example) -> tuple[Resource, Resource]:
    """The group that denies by default, and the agents'."""
    default, agents = sorted(example.deployed.of_type(KIND), key=lambda group: "agents" in group.name)
    return default, agents


def with_text(example: Example, group: Resource, text: str) -> ResourceGraph:
    inputs = copy.deepcopy(dict(group.inputs))
    inputs["ruleGroup"]["rulesSource"]["rulesString"] = text
    changed = dataclasses.replace(group, inputs=inputs)
    others = (changed if resource is group else resource for resource in example.deployed.resources)
    return ResourceGraph(example.deployed.project, example.deployed.stack, tuple(others))


def traffic() -> list[Conversation]:
    """A third of all evasions, spread over all of them, and their twins."""
    cases = all_cases()[::3]
    return [*(case.forbidden for case in cases), *dict.fromkeys(case.twin for case in cases)]


Judged = list[tuple[bool, ...]]

LAST = Setting(action_order=ActionOrder.PASS_LAST)
"""No engine here has AWS's strict order, in which the default group's refusals come first; so they do in this one."""


def judged(engine: Engine, rules: str, conversations: Sequence[Conversation]) -> Judged:
    """Of each conversation, which of its steps pass until one is refused: what comes after it is no conversation.

    From the client's first step on: traffic is sent whatever is refused, so a server speaks first here also where the
    packet that opens the connection was refused before.
    """
    found: Judged = []
    for verdict in engine.judge(rules, conversations, LAST):
        steps = itertools.dropwhile(lambda step: step.sender is not Side.CLIENT, verdict.steps)
        passed = [step.passed for step in steps]
        found.append(tuple(passed[: passed.index(False) + 1] if False in passed else passed))
    return found


def missed(example: Example, engines: Sequence[Engine], chosen: Sequence[RuleMutant]) -> tuple[list[str], Counter[str]]:
    """The mutants that nothing reports and an engine judges otherwise, and how many there are of each outcome."""
    default, agents = groups_of(example)
    sent = traffic()
    before = [judged(engine, text_of(default) + text_of(agents), sent) for engine in engines]
    counted: Counter[str] = Counter()
    wrong: list[str] = []
    for mutant in chosen:
        findings = example.prove(with_text(example, agents, mutant.rules)).findings
        if findings:
            counted[str(min(findings).kind)] += 1
            continue
        try:
            after = [judged(engine, text_of(default) + mutant.rules, sent) for engine in engines]
        except EngineError as error:
            if "error parsing signature" not in str(error):
                raise
            counted["refused by an engine"] += 1
            continue
        if after == before:
            counted["judged as before"] += 1
        else:
            wrong.append(mutant.what)
    return wrong, counted


def agents_mutants(example: Example) -> list[RuleMutant]:
    return list(rule_mutants(text_of(groups_of(example)[1])))


@pytest.fixture(scope="module")
def engines() -> list[Engine]:
    found = find_engines()
    if missing_versions(found):
        pytest.skip(HOW_TO_GET)
    return list(found)


@pytest.mark.suricata
def test_a_part_of_all_single_changes_is_reported_or_changes_no_verdict(
    example: Example, engines: list[Engine]
) -> None:
    assert example.prove().proved
    wrong, counted = missed(example, engines, agents_mutants(example)[::QUICK])
    assert wrong == []
    assert counted["more than declared"]
    assert counted["less than declared"]


@pytest.mark.slow
@pytest.mark.suricata
@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_single_change_is_reported_or_changes_no_verdict(
    example: Example, engines: list[Engine], shard: int, record_property: Callable[[str, object], None]
) -> None:
    chosen = list(itertools.islice(agents_mutants(example), shard, None, SHARDS))
    wrong, counted = missed(example, engines, chosen)
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(counted.items()))
    record_property(
        "counts", f"changes of agents' rules, {shard + 1} of {SHARDS}: {len(chosen)}, {len(wrong)} missed; {kinds}"
    )
    assert wrong == []
    assert counted["refused by an engine"] < len(chosen) / 20
