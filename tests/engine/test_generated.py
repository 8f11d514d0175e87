"""Ten thousand random pairs of policy and traffic on each engine, and every disagreement that was ever found."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import generated
import pytest
from ringfence.engine.configuration import ActionOrder, Setting
from ringfence.engine.suricata import Engine, shuffled

pytestmark = pytest.mark.suricata

FIXTURES = Path(__file__).parent / "disagreements.json"
AGENTS, EACH = 60, 43
BATCHES = ((1, "requests"), (2, "names"), (3, "requests"), (4, "requests"))
"""Seeds, and what is inspected: 10,320 pairs."""


def explained(engine: Engine, found: list[generated.Pair], pairs: list[generated.Pair]) -> str:
    smallest = generated.shrink(engine, found[0], pairs)
    return f"{len(found)} disagreements, one made small: {smallest}\n{json.dumps(generated.as_json(smallest))}"


def test_the_engine_does_what_the_policy_means(engine: Engine, record_property: Callable[[str, object], None]) -> None:
    allowed = edited = total = 0
    for seed, inspection in BATCHES:
        pairs = generated.generate(seed, inspection, AGENTS, EACH)
        order = ActionOrder.PASS_LAST if seed % 2 else ActionOrder.PASS_FIRST
        found = generated.disagreements(engine, pairs, lambda text: shuffled(text, 7), Setting(action_order=order))
        assert not found, explained(engine, found, pairs)
        total += len(pairs)
        allowed += sum(pair.allowed for pair in pairs)
        edited += sum(pair.edited for pair in pairs)
    line = f"generated, {engine}: {total} pairs, {allowed / total:.0%} allowed, {edited / total:.0%} one edit away"
    record_property("counts", f"{line} from what is granted, 0 disagreements")
    assert total >= 10_000
    assert allowed >= 0.3 * total
    assert edited >= 0.3 * total


def test_disagreements_that_were_found_stay_settled(engine: Engine) -> None:
    pairs = generated.read_fixtures(FIXTURES)
    assert len(pairs) == len(json.loads(FIXTURES.read_text(encoding="utf-8"))) > 0
    found = generated.disagreements(engine, pairs, apart=True)
    assert not found, [str(pair) for pair in found]


def without_rule(text: str, form: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if f"ringfence {form}" not in line)


PLANTED: dict[str, Callable[[str], str]] = {
    "a path without its end": lambda text: text.replace(r" HTTP\/1\.1\z/", "/"),
    "a host without its start": lambda text: text.replace("startswith; endswith", "endswith"),
    "no segments of dots": lambda text: without_rule(text, "dot-segment"),
    "no check of encodings": lambda text: without_rule(text, "path-encoding"),
}


@pytest.mark.slow
@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_fault_is_found_and_made_small(engine: Engine, planted: str) -> None:
    pairs = generated.generate(5, "requests", 25, 40)
    found = generated.disagreements(engine, pairs, PLANTED[planted])
    assert found, planted
    smallest = generated.shrink(engine, found[0], pairs, PLANTED[planted])
    assert generated.disagreements(engine, [smallest], PLANTED[planted])
    assert not generated.disagreements(engine, [smallest])
    assert len(smallest.flows) <= len(found[0].flows)
    assert len(smallest.beside) <= 2, str(smallest)


def test_a_kept_disagreement_reads_as_it_was_written(tmp_path: Path) -> None:
    pairs = generated.generate(6, "requests", 6, 5)
    path = tmp_path / "kept.json"
    pairs = [dataclasses.replace(pair, beside=other.flows) for pair, other in zip(pairs, reversed(pairs), strict=True)]
    path.write_text(json.dumps([generated.as_json(pair) for pair in pairs]))
    for pair, read in zip(pairs, generated.read_fixtures(path), strict=True):
        assert [flow.access for flow in read.beside] == [flow.access for flow in pair.beside]
        assert (read.target, read.allowed, read.inspection) == (pair.target, pair.allowed, pair.inspection)
        assert [flow.access for flow in read.flows] == [flow.access for flow in pair.flows]
