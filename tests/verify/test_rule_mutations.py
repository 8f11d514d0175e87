"""Single changes of the firewall's rule text: each is reported by the proof, or both engines judge as before.

What nothing reports says the same in other words, or another rule says it too; that is shown by traffic, every evasion
and its legitimate twin, which are sent to the very environment whose rules are changed (`confined_example`).

Of the agents' rules every change is made. Of the group that denies by default, whose rules come in series that differ
in a number or a text, a run makes one of each kind in each form; with RINGFENCE_EVERY_CHANGE=1 it makes them all.
"""

import copy
import dataclasses
import itertools
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import pytest
from confined_example import confined_example
from registered_examples import Example
from ringfence.engine.suricata import HOW_TO_GET, EngineError, find_engines, missing_versions
from ringfence.verify.graph import Resource, ResourceGraph
from rule_judging import Judges
from rule_mutation import RuleMutant, of_each_kind, rule_mutants

KIND = "aws:networkfirewall/ruleGroup:RuleGroup"
SHARDS = {"agents": 2, "default": 6}
OF_EACH_KIND = 1
REFUSALS = ("error parsing signature", "compile error")
"""What engines say of rules that they do not load."""
FOUND_BY_ONE_READING = (
    ("not-request-8: destinations any -> 0.0.0.0/1", ""),
    ("not-request-64: option 9 content: content shorter", "|47||45||54|"),
    ("not-request-64: option 18 depth: place", "depth:6; content:!"),
    ("not-request-128: option 18 depth dropped", ""),
    ("long-hello: protocol tcp -> tls", ""),
    ("line-ending: option 2 http.header.raw dropped", ""),
    ("long-line-ahead: option 1 flow: flow word", "no_stream"),
    ("line-begun: option 1 flow: flow word", "no_stream"),
    ("line-begun: option 2 flowbits: bit name", "isset,ringfence.seen"),
    ("caught-up: option 3 dsize dropped", ""),
)
"""Changes of the default group that one reading of the proof finds and no other: any octets a connection begins with,
octets that outrun others, bodies of lines, small packets, one packet for two requests, acknowledgements."""


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    return confined_example(tmp_path_factory.mktemp("confined"))


def text_of(group: Resource) -> str:
    return group.inputs["ruleGroup"]["rulesSource"]["rulesString"]


def groups_of(example: Example) -> dict[str, Resource]:
    """The group that denies by default, and the agents'; in the order in which an engine is given them."""
    default, agents = sorted(example.deployed.of_type(KIND), key=lambda group: "agents" in group.name)
    return {"default": default, "agents": agents}


def with_text(example: Example, group: Resource, text: str) -> ResourceGraph:
    inputs = copy.deepcopy(dict(group.inputs))
    inputs["ruleGroup"]["rulesSource"]["rulesString"] = text
    changed = dataclasses.replace(group, inputs=inputs)
    others = (changed if resource is group else resource for resource in example.deployed.resources)
    return ResourceGraph(example.deployed.project, example.deployed.stack, tuple(others))


def mutants_of(example: Example, which: str) -> list[RuleMutant]:
    mutants = rule_mutants(text_of(groups_of(example)[which]))
    if which == "agents" or os.environ.get("RINGFENCE_EVERY_CHANGE") == "1":
        return list(mutants)
    return of_each_kind(mutants, OF_EACH_KIND)


def missed(
    example: Example, judges: Sequence[Judges], which: str, chosen: Sequence[RuleMutant]
) -> tuple[list[str], Counter[str]]:
    """The mutants that nothing reports and an engine judges otherwise, and how many there are of each outcome."""
    groups = groups_of(example)
    counted: Counter[str] = Counter()
    wrong: list[str] = []
    for mutant in chosen:
        findings = example.prove(with_text(example, groups[which], mutant.rules)).findings
        if findings:
            counted[str(min(findings).kind)] += 1
            continue
        texts = {name: text_of(group) for name, group in groups.items()} | {which: mutant.rules}
        try:
            changed = [name for judge in judges for name in judge.changed(mutant.rule, "".join(texts.values()))]
        except EngineError as error:
            if not any(each in str(error) for each in REFUSALS):
                raise
            counted["refused by an engine"] += 1
            continue
        if changed:
            wrong.append(f"{mutant.what} ({changed[0]})")
        else:
            counted["judged as before"] += 1
    return wrong, counted


@pytest.fixture(scope="module")
def judges(example: Example) -> list[Judges]:
    engines = find_engines()
    if missing_versions(engines):
        pytest.skip(HOW_TO_GET)
    rules = "".join(text_of(group) for group in groups_of(example).values())
    return [Judges.of(engine, rules) for engine in engines]


@pytest.mark.parametrize(("what", "words"), FOUND_BY_ONE_READING)
def test_a_change_that_one_reading_finds_is_reported(example: Example, what: str, words: str) -> None:
    group = groups_of(example)["default"]
    mutants = [each for each in rule_mutants(text_of(group)) if each.what == f"ringfence {what}"]
    changed = [each for each in mutants if words in next(set_apart(each.rules, text_of(group)))]
    assert changed
    for mutant in changed:
        findings = example.prove(with_text(example, group, mutant.rules)).findings
        assert {finding.layer for finding in findings} == {"firewall"}, mutant.what


def set_apart(changed: str, rules: str) -> Iterator[str]:
    """The lines of a text that another one does not have."""
    known = set(rules.splitlines())
    return (line for line in changed.splitlines() if line not in known)


@pytest.mark.slow
@pytest.mark.suricata
@pytest.mark.parametrize(("which", "shard"), [(which, shard) for which in SHARDS for shard in range(SHARDS[which])])
def test_single_changes_are_reported_or_change_no_verdict(
    example: Example,
    judges: list[Judges],
    which: str,
    shard: int,
    record_property: Callable[[str, object], None],
) -> None:
    chosen = list(itertools.islice(mutants_of(example, which), shard, None, SHARDS[which]))
    wrong, counted = missed(example, judges, which, chosen)
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(counted.items()))
    part = f"{shard + 1} of {SHARDS[which]}"
    record_property("counts", f"changes of {which} rules, {part}: {len(chosen)}, {len(wrong)} missed; {kinds}")
    assert example.prove().proved
    assert wrong == []
    assert counted["more than declared"]
    assert counted["less than declared"]
    assert counted["refused by an engine"] < len(chosen) / 20
