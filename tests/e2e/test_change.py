"""A change touches what it must and nothing else; on its way nothing passes that neither policy allows."""

import datetime
import re
import shlex
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import changes
import pytest
from changes import EVERYWHERE, Change
from deployment import DAY, ENVIRONMENTS, Base, Deployment, Ran
from proving import passages, plan_of, prove_graph
from ringfence.cli.against import compiled_state
from ringfence.plan import Plan
from ringfence.review.compare import compare
from ringfence.review.difference import Against, Difference
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory
from world.account import Held, Operation
from world.graph import graph_of

pytestmark = pytest.mark.pulumi_cli

GOLDENS = Path(__file__).parent / "goldens"
OF_DEV: dict[str, Change] = {
    **EVERYWHERE, "add_a_zone": changes.add_a_zone, "turn_inspection_on": changes.turn_inspection_on,
}  # fmt: skip
OF_STAGING: dict[str, Change] = {**EVERYWHERE, "turn_inspection_off": changes.turn_inspection_off}
OF_PROD: dict[str, Change] = dict(EVERYWHERE)
FAST = ("narrow_a_need",)
"""Of dev: with a plain `make test` too."""


def cases() -> Iterator[object]:
    for environment, made in zip(ENVIRONMENTS, (OF_DEV, OF_STAGING, OF_PROD), strict=True):
        for name in made:
            marks = () if environment == "dev" and name in FAST else (pytest.mark.slow,)
            yield pytest.param(environment, name, made[name], marks=marks, id=f"{environment}-{name}")


def difference_of(before: Path, after: Path, environment: str) -> Difference:
    """What `ringfence diff` says of the change."""
    day = datetime.date.fromisoformat(DAY)
    sides = [compiled_state(Directory(root), environment, day, Findings()) for root in (before, after)]
    return compare(*sides, environment, day, Against("directory", "before", None))


def golden(difference: Difference, ran: Ran) -> str:
    """What is announced and what is done, by kind of resource, as a person reads it."""
    lines = [
        f"interrupted: {each.cause} · {', '.join(each.agents)} · {each.effect}"
        for each in difference.interruptions or ()
    ] or ["interrupts nothing"]
    done: dict[tuple[str, str], list[str]] = defaultdict(list)
    for line in ran.changes:
        said = re.fullmatch(r"(.+) (\w+) (\S+)", line)
        assert said is not None, line
        verb, kind, name = said.groups()
        done[verb, kind].append(name)
    for (verb, kind), names in sorted(done.items()):
        lines += ["", f"{verb} {len(names)} {kind}", *(f"  {name}" for name in sorted(names))]
    return "".join(f"{line}\n" for line in lines)


def same_as_written(path: Path, text: str) -> None:
    """The golden; where it is another, what is now stands beside it."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        actual = path.with_suffix(".actual")
        actual.parent.mkdir(parents=True, exist_ok=True)
        actual.write_text(text, encoding="utf-8")
        written = path.read_text(encoding="utf-8") if path.exists() else ""
        assert text == written, f"if that is meant: mv {actual} {path}"


def cut(ran: Ran, staying: Iterable[str]) -> list[str]:
    """What a deployment replaces or takes away from under agents that stay."""
    own = tuple(f"-{name}/" for name in staying)
    shared = ("Firewall ", "NatGateway ", "Vpc ", "InternetGateway ", "Eip ")
    found = [line for line in ran.changes if line.startswith("replace")]
    found += [line for line in ran.changes if line.startswith("delete Subnet ") and any(name in line for name in own)]
    return found + [line for line in ran.changes if line.startswith(tuple(f"delete {kind}" for kind in shared))]


def safe_states(
    before: Sequence[Held], operations: Iterable[Operation], old: Plan, new: Plan, announced: Difference
) -> int:
    """How many states there were on the way, each safe: nothing more passes, and nothing less that is not announced."""
    states = 0
    for passage in passages(before, operations, old, new):
        states += 1
        assert passage.more == (), (passage.after, list(map(str, passage.more)))
        assert announced.interruptions or passage.less == (), (passage.after, list(map(str, passage.less)))
    return states


@pytest.mark.parametrize(("environment", "name", "change"), list(cases()))
def test_a_change_does_what_is_written_and_is_safe_on_its_way(
    environment: str,
    name: str,
    change: Change,
    deployed: Callable[[str], Deployment],
    base: Callable[[str], Base],
    record_property: Callable[[str, object], None],
) -> None:
    deployment = deployed(environment)
    original = base(environment).deployment.project
    old, before = plan_of(original, environment), deployment.world.resources()
    change(deployment.project, environment)
    difference = difference_of(original, deployment.project, environment)
    ran = deployment.up()
    assert ran.code == 0, ran.said
    new = plan_of(deployment.project, environment)
    assert prove_graph(graph_of(deployment.world.resources(), environment), deployment.project, environment).proved
    same_as_written(GOLDENS / environment / f"{name}.txt", golden(difference, ran))
    staying = {agent.name for agent in old.effective.agents} & {agent.name for agent in new.effective.agents}
    assert difference.interruptions or not cut(ran, staying)
    states = safe_states(before, ran.operations, old, new, difference)
    record_property("counts", f"{environment}: {name}: {len(ran.operations)} operations, {states} states on the way")


@pytest.mark.slow
def test_a_protected_firewall_stops_a_change_that_was_announced_and_lets_it_in_once_lifted(
    deployed: Callable[[str], Deployment], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    deployment = deployed("prod")
    protected, lifted = tmp_path / "protected", tmp_path / "lifted"
    shutil.copytree(deployment.project, protected, symlinks=True)
    changes.remove_a_zone(deployment.project, "prod")
    difference = difference_of(protected, deployment.project, "prod")
    announced = [each.cause for each in difference.interruptions or ()]
    assert announced == ["the firewall is protected (`protect: true`)", "eu-central-1c is left"]
    refused = deployment.up()
    assert refused.code != 0
    assert "the firewall is protected against a change of its subnets" in refused.said

    again = deployed("prod")
    changes.lift_protection(again.project, "prod")
    assert again.up().code == 0
    old, before, number = plan_of(again.project, "prod"), again.world.resources(), again.world.now
    shutil.copytree(again.project, lifted, symlinks=True)
    changes.remove_a_zone(again.project, "prod")
    difference = difference_of(lifted, again.project, "prod")
    (left,) = difference.interruptions or ()
    assert left.cause == "eu-central-1c is left"
    # The firewall gives no endpoint up that a route names, and Pulumi deletes last.
    (command,) = re.findall("`pulumi (destroy .+?)`", left.mend)
    routes = again.pulumi(*shlex.split(command.replace("--stack prod ", "")), "--yes")
    assert routes.code == 0, routes.said
    assert {operation.held.type for operation in routes.operations} == {"aws:ec2/route:Route"}
    assert all("eu-central-1c" in operation.held.name for operation in routes.operations)
    ran = again.up()
    assert ran.code == 0, ran.said
    assert prove_graph(graph_of(again.world.resources(), "prod"), again.project, "prod").proved
    same_as_written(GOLDENS / "prod" / "remove_a_zone.txt", golden(difference, ran))
    operations = again.world.operations(number)
    states = safe_states(before, operations, old, plan_of(again.project, "prod"), difference)
    record_property("counts", f"prod: remove_a_zone: {len(operations)} operations, {states} states on the way")
