"""Deployments on Pulumi's real engine, in the small AWS that the tests have: ratios, since that world takes no time.

What AWS itself takes comes on top, and is the same for whoever asks it. `python -m benchmarks.deployment` prints the
rows; ``--agents`` are the fleets to which one agent is added, ``--preview`` the one that is previewed.
"""

import argparse
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from benchmarks.cold import ROOT
from benchmarks.engine import Row
from benchmarks.fleet import ENVIRONMENT, write_fleet

# The engine, the stand-in for AWS and the project's copies are the tests' own.
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "tests" / "aws" / "resources")]


def measure(root: Path, agents: Sequence[int], previewed: int) -> Iterator[Row]:
    """The rows; one that says why where there is no Pulumi CLI."""
    from deployment import HOW_TO_GET, find_cli

    if find_cli() is None:
        yield "deployments", f"skipped: {HOW_TO_GET}"
        return
    yield from _beside_bare_resources(root / "example")
    for size in agents:
        yield from _one_more(root / f"fleet-{size}", size)
    yield from _preview(root / f"preview-{previewed}", previewed)


def _beside_bare_resources(folder: Path) -> Iterator[Row]:
    """The example environment dev, and as many resources of NACLs with their entries, as `benchmarks.program` has."""
    import pulumi_aws as aws
    from deployment import Deployment, copy_of_the_project

    folder.mkdir(parents=True)
    ours = Deployment(folder / "ours", copy_of_the_project(folder / "project"), "dev")
    ours.init()
    seconds, operations = _up(ours)

    def bare() -> None:
        vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
        for number in range(1, operations):
            if number % 37 == 1:
                acl = aws.ec2.NetworkAcl(f"acl-{number}", vpc_id=vpc.id)
                continue
            place = number % 37 - 2
            aws.ec2.NetworkAclRule(
                f"rule-{number}", network_acl_id=acl.id, rule_number=1 + place // 2, protocol="6", rule_action="allow",
                egress=place % 2 == 0, cidr_block="0.0.0.0/0", from_port=443, to_port=443,
            )  # fmt: skip

    beside = Deployment(folder / "bare", ours.project, "dev")
    beside.init()
    beside.program = bare
    alone, made = _up(beside)
    yield (
        f"up of the example environment dev, {operations} resources",
        f"{seconds:.1f} s, {made} bare resources {alone:.1f} s: {seconds / alone:.2f} times",
    )


def _one_more(folder: Path, agents: int) -> Iterator[Row]:
    """A fleet as a whole, and one agent more."""
    deployment = _fleet(folder, agents)
    whole, all_of_it = _up(deployment)
    write_fleet(folder / "project", agents + 1)
    more, operations = _up(deployment)
    yield (
        f"one agent more in a fleet of {agents:,}",
        f"{operations} operations, {more:.1f} s; the whole {all_of_it:,}, {whole:.1f} s: {more / whole:.2f} of it",
    )
    deployment.world.close()


def _preview(folder: Path, agents: int) -> Iterator[Row]:
    """Started as at a shell, so that the largest process is the program's or the engine's."""
    deployment = _fleet(folder, agents)
    start = time.perf_counter()
    ran = deployment.preview(cold=True)
    if ran.code:
        raise RuntimeError(ran.said[-4000:])
    seconds = time.perf_counter() - start
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit
    yield f"preview of {agents:,} agents", f"{seconds:.0f} s, {memory:.0f} MiB in its largest process"
    deployment.world.close()


def _fleet(folder: Path, agents: int) -> "Deployment":  # noqa: F821 - imported where the engine is used
    """A stack of a fleet, in a world with every quota raised."""
    from deployment import Deployment
    from world.account import World
    from world.table import QUOTAS

    project = folder / "project"
    write_fleet(project, agents)
    shutil.copytree(ROOT / "infra", project / "infra", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Pulumi.yaml", project)
    (project / ".venv").symlink_to(ROOT / ".venv")
    written = yaml.safe_load((project / f"Pulumi.{ENVIRONMENT}.yaml").read_text())["config"]
    setting, region = written["ringfence:environment"], written["aws:region"]
    world = World.create(
        folder / "world", setting["account"], region, [f"{region}{letter}" for letter in "abc"],
        [setting["ca_certificate_arn"]], **dict.fromkeys(QUOTAS, 10**9),
    )  # fmt: skip
    deployment = Deployment(folder / "stack", project, ENVIRONMENT, world)
    deployment.init()
    return deployment


def _up(deployment: "Deployment") -> tuple[float, int]:  # noqa: F821 - imported where the engine is used
    """Seconds and operations of a deployment."""
    start = time.perf_counter()
    ran = deployment.up()
    if ran.code:
        raise RuntimeError(ran.said[-4000:])
    return time.perf_counter() - start, sum(operation.done for operation in ran.operations)


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deployment", description="Deployments, as ratios.")
    parser.add_argument("--agents", default="10,100", help="fleets to which one agent is added")
    parser.add_argument("--preview", type=int, default=1000, help="the fleet that is previewed")
    given = parser.parse_args()
    print("| measured | result |\n| --- | --- |")
    with tempfile.TemporaryDirectory(prefix="ringfence-benchmarks-") as name:
        for label, value in measure(Path(name), [int(size) for size in given.agents.split(",")], given.preview):
            print(f"| {label} | {value} |", flush=True)


if __name__ == "__main__":
    main()
