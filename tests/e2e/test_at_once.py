"""Deployments at once: of several environments from one clone, and of two people on one stack."""

import functools
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from deployment import Base, Deployment, Ran, new_world
from proving import prove_graph
from two_agents import ENVIRONMENT, two_agents
from world.account import Fault
from world.graph import canonical, graph_of

pytestmark = [pytest.mark.pulumi_cli, pytest.mark.slow]


def in_a_thread(act: Callable[[], Ran]) -> Callable[[], Ran]:
    """Do something meanwhile; what is given waits for it."""
    done: list[Ran] = []
    thread = threading.Thread(target=lambda: done.append(act()))
    thread.start()

    def wait() -> Ran:
        thread.join(timeout=300)
        (ran,) = done
        return ran

    return wait


def test_environments_of_one_clone_and_one_backend_do_not_disturb_each_other(
    base: Callable[[str], Base], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """As for people at their shells: each command starts its own program and provider."""
    project = tmp_path / "project"
    shutil.copytree(base("dev").deployment.project, project, symlinks=True)
    (tmp_path / "shared").mkdir()
    deployments = []
    for environment in ("dev", "staging"):
        world = new_world(tmp_path / "shared" / f"world-{environment}", project, environment)
        deployments.append(Deployment(tmp_path / "shared", project, environment, world))
        deployments[-1].init()
    waiting = [in_a_thread(functools.partial(each.up, cold=True)) for each in deployments]
    for deployment, wait in zip(deployments, waiting, strict=True):
        ran = wait()
        assert ran.code == 0, ran.said
        record_property("counts", f"at once: {deployment.environment} beside another, {len(ran.operations)} operations")
    for deployment in deployments:
        environment = deployment.environment
        alone = base(environment).deployment
        assert canonical(deployment.world) == canonical(alone.world)
        assert prove_graph(graph_of(deployment.world.resources(), environment), project, environment).proved
        deployment.world.close()
        alone.world.close()


def test_two_people_on_one_stack_are_kept_apart(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    mine = Deployment(tmp_path / "stack", two_agents(tmp_path / "project"), ENVIRONMENT)
    mine.init()
    mine.world.fault(Fault("hang", after=20))
    wait = in_a_thread(lambda: mine.up(parallel=1))  # one operation at a time, so that all waits for the one that hangs
    hanging = Path(f"{mine.world.path}.hangs")
    while not hanging.exists():
        time.sleep(0.05)
    other = Deployment(tmp_path / "stack", two_agents(tmp_path / "other"), ENVIRONMENT)
    before = other.world.now
    refused = other.up()
    assert refused.code != 0
    assert "the stack is currently locked by 1 lock(s)" in refused.said
    assert other.world.now == before
    mine.kill()
    assert wait().code != 0
    assert other.pulumi("cancel", "--yes", ENVIRONMENT, alone=True).code == 0
    refreshed = other.refresh("--clear-pending-creates")
    assert refreshed.code == 0, refreshed.said
    for deployment in (mine, other):
        deployment.world.close()
    record_property("counts", f"at once: the second of two people refused after {before} operations of the first")
