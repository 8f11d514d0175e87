"""The benchmarks' fleet is a fleet that Ringfence takes, and their table prints; how long it takes is no test's."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from ringfence.source.tree import Directory

ROOT = Path(__file__).parents[1]


def run(*arguments: str) -> str:
    finished = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    return finished.stdout


def test_a_generated_fleet_of_ten_compiles_without_a_complaint(tmp_path: Path) -> None:
    run("-m", "benchmarks.fleet", str(tmp_path), "10")
    said = run("-c", "from ringfence.cli import main; main()", "check", "--strict", "--root", str(tmp_path))
    assert said == "bench · 10 agents · 200 flows · as of 2026-11-23\n"
    assert len(Directory(tmp_path).read("profiles/allocations/bench.yaml").splitlines()) > 10
    allocated = run(
        "-c", "from ringfence.cli import main; main()", "allocate", "--check", "--env", "bench", "--root", str(tmp_path)
    )
    assert allocated == "profiles/allocations/bench.yaml is current\n"


def test_the_same_size_gives_the_same_fleet(tmp_path: Path) -> None:
    for name in ("one", "other"):
        run("-m", "benchmarks.fleet", str(tmp_path / name), "4")
    one, other = (
        {path.name: path.read_bytes() for path in (tmp_path / name).rglob("*.yaml")} for name in ("one", "other")
    )
    assert len(one) == 7
    assert one == other


@pytest.mark.slow
def test_the_table_prints_and_no_type_of_resource_grows_with_the_fleet() -> None:
    lines = run("-m", "benchmarks", "--quick", "--sizes", "2,4", "--policy", "2,4").splitlines()
    rows = dict(line.strip("| ").split(" | ") for line in lines if line.startswith("| "))
    assert {"check + policy, 4 agents", "check + policy + enforcement, 4 agents", "`ringfence --help`"} <= set(rows)
    an_agent = {label: value for label, value in rows.items() if label.endswith(" an agent")}
    assert len(an_agent) > 10
    for label, value in an_agent.items():
        few, many = (float(part.split(" at ")[0]) for part in value.split(", "))
        assert many <= few, label


@pytest.mark.slow
def test_one_agent_more_takes_no_more_operations_in_a_larger_fleet() -> None:
    said = run("-m", "benchmarks.deployment", "--agents", "2,10", "--preview", "2")
    if "skipped: " in said:
        pytest.skip(said.partition("skipped: ")[2].rstrip(" |\n"))
    rows = re.findall(r"in a fleet of \d+ \| (\d+) operations, .+; the whole (\d+), ", said)
    (few, all_of_few), (many, all_of_many) = ((int(more), int(whole)) for more, whole in rows)
    assert all_of_many > 2 * all_of_few
    # Names that nobody had before may come with the new agent, and its share of rules that grow.
    assert abs(many - few) <= 4
    assert re.search(r"preview of 2 agents \| \d+ s, \d+ MiB", said)
