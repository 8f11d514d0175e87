"""`python -m benchmarks.deployments`: what a deployment costs on Pulumi's real engine, as one table.

AWS is the stand-in of the end-to-end tests, which answers at once: what is measured is the engine, the program and the
stand-in, and nothing of the minutes that a firewall takes. Each ratio is of two deployments on the same engine and
stand-in in one run. Needs the Pulumi CLI, as those tests do (`make pulumi-cli`). Numbers are read by people.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.cold import ROOT
from benchmarks.engine import Row
from benchmarks.fleet import ENVIRONMENT, write_fleet

sys.path += [str(ROOT / "tests" / name) for name in ("e2e", "aws/resources")]

import pulumi_aws as aws
from deployment import HOW_TO_GET, Deployment, Ran, copy_of_the_project, find_cli, new_world
from ringfence.aws.resources.program import run
from ringfence.source.tree import Directory
from world import table
from world.account import World

_EXAMPLE = "dev"
_NEED = "  - https: {host: one-more.example.com, methods: [GET]}\n"


def main() -> None:
    """Measure, and print each row when it is there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deployments", description="What a deployment costs.")
    parser.add_argument("--sizes", default="10,100", help="fleets to deploy and change, by number of agents")
    parser.add_argument("--preview", default="1000", help="fleets to preview; empty for none")
    arguments = parser.parse_args()
    if find_cli() is None:
        sys.exit(HOW_TO_GET)
    print("| measured | result |\n| --- | --- |")
    with tempfile.TemporaryDirectory(prefix="ringfence-benchmarks-") as name:
        root = Path(name)
        for label, value in _rows(root, *(_numbers(each) for each in (arguments.sizes, arguments.preview))):
            print(f"| {label} | {value} |", flush=True)


def _numbers(given: str) -> list[int]:
    return [int(each) for each in given.split(",") if each]


def _rows(root: Path, sizes: Sequence[int], previews: Sequence[int]) -> Iterator[Row]:
    for size in previews:  # first, since what a process took at most includes all that it did before
        yield from _preview(root / f"preview-{size}", size)
    yield from _example(root / "example")
    for size in sizes:
        yield from _change(root / str(size), size)


def _example(folder: Path) -> Iterator[Row]:
    """The example fleet, and as many log groups: a small type that refers to nothing."""
    folder.mkdir()
    project = copy_of_the_project(folder / "project")
    ours = _stack(Deployment(folder / "ours", project, _EXAMPLE))
    ran, seconds = _timed(ours.up)
    resources = len(ran.operations)

    def bare() -> None:
        for number in range(resources):
            aws.cloudwatch.LogGroup(f"log-{number}", name=f"log-{number}", retention_in_days=30)

    other = _stack(Deployment(folder / "bare", project, _EXAMPLE, program=bare))
    _, bare_seconds = _timed(other.up)
    yield (
        f"up of {_EXAMPLE}, {resources} resources",
        f"{seconds:.1f} s, as many bare ones {bare_seconds:.1f} s: {seconds / bare_seconds:.2f} times",
    )


def _change(folder: Path, agents: int) -> Iterator[Row]:
    """A full deployment of a fleet, then one more need of one of its agents."""
    deployment = _fleet(folder, agents)
    full, full_seconds = _timed(deployment.up)
    profile = deployment.project / "profiles" / "agents" / "agent-00000.yaml"
    profile.write_text(profile.read_text(encoding="utf-8") + _NEED, encoding="utf-8")
    change, seconds = _timed(deployment.up)
    yield (
        f"a change of one agent among {agents:,}, full up of {len(full.operations):,} operations",
        f"{len(change.operations)} operations; {seconds:.1f} s to {full_seconds:.1f} s: {seconds / full_seconds:.2f}",
    )


def _preview(folder: Path, agents: int) -> Iterator[Row]:
    """The memory of a preview on an empty stack: the command's; this process's, which is program and provider."""
    deployment = _fleet(folder, agents)
    _, seconds = _timed(deployment.preview)
    command, program = (
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)
    )
    yield f"preview of {agents:,} agents", f"{seconds:.1f} s, engine {command:.0f} MiB, program {program:.0f} MiB"


def _fleet(folder: Path, agents: int) -> Deployment:
    project = folder / "project"
    write_fleet(project, agents)
    folder.joinpath("stack").mkdir()
    alone = new_world(folder / "empty", project, ENVIRONMENT)
    settings: list[Any] = [alone.setting(name) for name in ("account", "region", "zones", "given")]
    world = World.create(folder / "stack" / "world", *settings, **dict.fromkeys(table.QUOTAS, 1_000_000))
    return _stack(Deployment(folder / "stack", project, ENVIRONMENT, world, program=lambda: run(Directory(project))))


def _stack(deployment: Deployment) -> Deployment:
    deployment.init()
    return deployment


def _timed(command: Callable[[], Ran]) -> tuple[Ran, float]:
    start = time.perf_counter()
    ran = command()
    if ran.code:
        sys.exit(ran.said)
    return ran, time.perf_counter() - start


if __name__ == "__main__":
    main()
