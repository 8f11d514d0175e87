"""A deployment that is interrupted anywhere goes on from there, and ends where one that was not would have ended."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deployment import Deployment
from two_agents import ENVIRONMENT, two_agents
from world.account import Fault, Held
from world.graph import canonical
from world.schema import TYPES, WORKLOADS

pytestmark = [pytest.mark.pulumi_cli, pytest.mark.slow]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    folder = tmp_path_factory.mktemp("two-agents")
    deployment = Deployment(folder / "stack", two_agents(folder / "project"), ENVIRONMENT)
    deployment.init()
    up = deployment.up(parallel=1)
    assert up.code == 0, up.said
    assert {held.type for held in deployment.world.resources()} == TYPES - WORKLOADS
    return deployment


@pytest.fixture
def empty(uninterrupted: Deployment, tmp_path: Path) -> Iterator[Deployment]:
    """The same project on an empty stack in an empty world."""
    deployment = Deployment(tmp_path / "stack", uninterrupted.project, ENVIRONMENT)
    deployment.init()
    yield deployment
    deployment.world.close()


def assert_whole(deployment: Deployment, uninterrupted: Deployment) -> None:
    """The next deployment completes; what is there then is what would be, Pulumi knows all of it, and is content."""
    last = deployment.up(parallel=1)
    assert last.code == 0, last.said
    assert deployment.world.faults() == []
    assert canonical(deployment.world) == canonical(uninterrupted.world)
    assert orphans(deployment) == []
    again = deployment.up("--expect-no-changes")
    assert (again.code, again.operations) == (0, ()), again.said


def orphans(deployment: Deployment) -> list[Held]:
    """What is there and Pulumi does not know."""
    state = json.loads(deployment.export())["deployment"].get("resources") or []
    known = {(resource["type"], resource.get("id")) for resource in state}
    return [held for held in deployment.world.resources() if (held.type, held.id) not in known]


@pytest.mark.parametrize("half", [0, 1], ids=["one half", "the other half"])
def test_after_an_error_at_any_operation_the_next_deployment_goes_on(
    half: int, empty: Deployment, uninterrupted: Deployment, record_property: Callable[[str, object], None]
) -> None:
    """Each resource's first operation fails; where AWS was only busy, the provider has asked again in vain."""
    every = uninterrupted.world.resources()
    first_of_type = {held.type: held.urn for held in reversed(every)}
    for held in every[half::2]:
        kind = "throttled" if held.urn == first_of_type[held.type] else "error"
        empty.world.fault(Fault(kind, type=held.type, name=held.name))
    failed = 0
    while (ran := empty.up(parallel=1)).code != 0:
        errors = [operation for operation in ran.operations if not operation.done]
        assert len(errors) == 1, ran.said
        (error,) = errors
        assert error.error in ran.said
        failed += 1
    assert failed == len(every[half::2])
    assert_whole(empty, uninterrupted)
    record_property("counts", f"interruption: {failed} of {len(every)} operations failed, one in each deployment")


@pytest.mark.parametrize("kind", ["death", "kill"])
def test_after_the_provider_or_the_command_line_died_the_documented_steps_lead_on(
    kind: str, empty: Deployment, uninterrupted: Deployment, record_property: Callable[[str, object], None]
) -> None:
    """At one operation of each type: before AWS was asked, or after it had done it and before anybody knew."""
    for number, each in enumerate(sorted(TYPES - WORKLOADS)):
        empty.world.fault(Fault(kind, type=each, late=(number + (kind == "kill")) % 2 == 0))
    interrupted = left = 0
    while (ran := empty.up(parallel=1, checkpoints=kind == "kill")).code != 0:
        interrupted += 1
        if kind == "kill":
            assert ran.code == -signal.SIGKILL
        left += recover(empty, killed=kind == "kill")
    assert interrupted == len(TYPES - WORKLOADS)
    assert_whole(empty, uninterrupted)
    record_property("counts", f"interruption: {interrupted} times {kind}, {left} left in AWS and found")


def recover(deployment: Deployment, killed: bool) -> int:
    """What docs/deploying.md says to do; how many things AWS had made that Pulumi did not know."""
    if killed:
        locked = deployment.up()
        assert "the stack is currently locked" in locked.said
        assert deployment.pulumi("cancel", "--yes", ENVIRONMENT, alone=True).code == 0
    unknown = orphans(deployment)
    for held in unknown:
        deployment.world.delete_by_hand(held)
    if killed:
        refreshed = deployment.refresh("--clear-pending-creates")
        assert refreshed.code == 0, refreshed.said
        assert pending(deployment) == []
    return len(unknown)


def pending(deployment: Deployment) -> list[str]:
    """What Pulumi wrote down before it asked for it, and never heard of again."""
    return [
        operation["resource"]["urn"].rpartition("::")[2]
        for operation in json.loads(deployment.export())["deployment"].get("pending_operations") or ()
    ]
