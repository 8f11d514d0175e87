"""Stacks of the example environments on the real engine: each deployed once, and copied for every test."""

import fcntl
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "aws" / "resources"))  # the calls that a world checks inputs as
sys.path.append(str(Path(__file__).parents[1] / "cli"))  # the command as a person runs it

from deployment import HOW_TO_GET, Base, Deployment, copy_of_the_project, find_cli


def pytest_report_header() -> str:
    return f"pulumi: {find_cli() or HOW_TO_GET}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the engine are marked for it, and skipped where there is none."""
    missing = pytest.mark.skip(reason=HOW_TO_GET)
    for item in items:
        if item.get_closest_marker("pulumi_cli") and find_cli() is None:
            item.add_marker(missing)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[[str], Base]:
    """Deploys an example environment on an empty stack, whoever asks first in whichever process."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent

    def deployed(environment: str) -> Base:
        folder = shared / f"base-{environment}"
        with (shared / f"base-{environment}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "up.txt").exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                deployment = Deployment(folder, copy_of_the_project(folder / "project"), environment)
                deployment.init()
                preview = deployment.preview("--json")
                assert preview.code == 0, preview.said
                (folder / "preview.json").write_text(preview.said, encoding="utf-8")
                up = deployment.up()
                assert up.code == 0, up.said
                deployment.world.close()
                (folder / "up.txt").write_text(up.said, encoding="utf-8")
        return Base(
            Deployment(folder, folder / "project", environment),
            (folder / "preview.json").read_text(encoding="utf-8"),
            (folder / "up.txt").read_text(encoding="utf-8"),
        )

    return deployed


@pytest.fixture
def deployed(base: Callable[[str], Base], tmp_path: Path) -> Iterator[Callable[[str], Deployment]]:
    """A deployed example environment that a test may change: its stack, its world and its project are copies."""
    made: list[Deployment] = []

    def copy(environment: str) -> Deployment:
        first = base(environment).deployment
        project = tmp_path / f"{environment}-{len(made)}-project"
        shutil.copytree(first.project, project, symlinks=True)
        made.append(first.copy(tmp_path / f"{environment}-{len(made)}", project))
        return made[-1]

    yield copy
    for deployment in made:
        deployment.world.close()
