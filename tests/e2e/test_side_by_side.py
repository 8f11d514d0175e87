"""Several at once: environments of one clone do not meet, and two people on one stack are kept apart by its lock."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from deployment import Base, Deployment, copy_of_the_project
from proving import prove_graph
from two_agents import ENVIRONMENT, two_agents
from world.account import Fault
from world.graph import canonical, graph_of

pytestmark = pytest.mark.pulumi_cli

HANGS_WITHIN = 60
"""Seconds within which a deployment comes to its hanging operation; far beyond what it takes."""


@pytest.mark.slow
def test_two_environments_deployed_at_once_from_one_clone_are_as_if_alone(
    base: Callable[[str], Base], tmp_path: Path
) -> None:
    project = copy_of_the_project(tmp_path / "clone")
    before = files(project)
    deployments = [Deployment(tmp_path / name, project, name) for name in ("dev", "staging")]
    for deployment in deployments[1:]:
        for shared in ("PULUMI_BACKEND_URL", "PULUMI_HOME"):
            deployment.variables[shared] = deployments[0].variables[shared]
    for deployment in deployments:
        deployment.init()
    before |= {name: text for name, text in files(project).items() if name.startswith("Pulumi.")}  # a stack's salt
    with ThreadPoolExecutor() as people:
        # Each starts the program and the provider in processes of its own, as two people at two shells do.
        ups = list(people.map(lambda deployment: deployment.up(cold=True), deployments))
    for deployment, up in zip(deployments, ups, strict=True):
        assert up.code == 0, up.said
        assert canonical(deployment.world) == canonical(base(deployment.environment).deployment.world)
        there = graph_of(deployment.world.resources(), deployment.environment)
        assert prove_graph(there, project, deployment.environment).findings == ()
        deployment.world.close()
    assert files(project) == before


def files(project: Path) -> dict[str, bytes]:
    """What stands in a clone, but for what Python compiles."""
    found = (path for path in project.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(project)): path.read_bytes() for path in found}


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Deployment]:
    """A stack on which somebody's deployment is under way: AWS lets one operation wait for ever."""
    deployment = Deployment(tmp_path / "stack", two_agents(tmp_path / "project"), ENVIRONMENT)
    deployment.init()
    deployment.world.fault(Fault("hang", after=5))
    hangs = deployment.world.path.with_name(f"{deployment.world.path.name}.hangs")
    with ThreadPoolExecutor() as first:
        under_way = first.submit(lambda: deployment.up(parallel=1))
        end = time.monotonic() + HANGS_WITHIN
        while not hangs.exists():
            assert not under_way.done(), under_way.result().said
            assert time.monotonic() < end
            time.sleep(0.1)
        yield deployment
        deployment.kill()
    deployment.world.close()


def test_a_second_person_is_refused_while_the_first_deploys(busy: Deployment) -> None:
    before, number = canonical(busy.world), busy.world.now
    assert len(before) == 5
    other = Deployment(busy.folder, busy.project, busy.environment)
    for refused in (other.up(), other.destroy(), other.refresh()):
        assert refused.code != 0
        assert "the stack is currently locked by 1 lock(s)" in refused.said
        assert "pulumi cancel" in refused.said
        assert refused.operations == ()
    assert busy.world.now == number
    assert canonical(busy.world) == before
    other.world.close()
