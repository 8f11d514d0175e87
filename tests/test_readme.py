"""Every command that the README shows with its output is run, and prints what it shows."""

import dataclasses
import datetime
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from ringfence.aws.resources.graph import registered_graph
from ringfence.source.tree import Directory
from ringfence.verify.graph import Resource, ResourceGraph, Value

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
SHOWN = [
    (command, output.splitlines())
    for block in BLOCKS
    for command, output in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the commands read, with this environment as `.venv`."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("profiles", "infra", "Makefile", "requirements.lock", "pyproject.toml"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / BY_HAND).write_text(changed_by_hand().to_json(), encoding="utf-8")
    return folder


BY_HAND = "by-hand.json"


def changed_by_hand() -> ResourceGraph:
    """Production without the rule that judges one agent's requests to one host."""
    graph = registered_graph(Directory(ROOT), "prod", datetime.date(2026, 11, 23))
    changed = [_without(resource, "ringfence http-request", "agent=pr-contributor", "host=api.github.com")
               for resource in graph.resources]  # fmt: skip
    assert sum(one != other for one, other in zip(graph.resources, changed, strict=True)) == 1
    return ResourceGraph(graph.project, graph.stack, tuple(changed))


def _without(resource: Resource, *words: str) -> Resource:
    def less(value: Value) -> Value:
        if isinstance(value, dict):
            return {name: less(each) for name, each in value.items()}
        if not isinstance(value, str):
            return value
        return "".join(line for line in value.splitlines(keepends=True) if not all(word in line for word in words))

    if not resource.type.endswith(":RuleGroup"):
        return resource
    return dataclasses.replace(resource, inputs={name: less(value) for name, value in resource.inputs.items()})


@pytest.mark.parametrize(("command", "shown"), SHOWN, ids=[command for command, _ in SHOWN])
def test_a_command_prints_what_the_readme_shows(command: str, shown: list[str], clone: Path) -> None:
    words = shlex.split(command)
    if words[0] == "make":
        words[1:1] = ["--assume-old", ".venv/.complete"]  # the environment is the one that runs this test
    # As a person's shell runs it, though `make` may have started this test.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    run = subprocess.run(words, cwd=clone, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == (1 if BY_HAND in words else 0), run.stderr
    printed = run.stdout.splitlines()
    position = 0
    anywhere = False
    for line in shown:
        if line == "...":
            anywhere = True
            continue
        if anywhere:
            assert line in printed[position:], line
            position = printed.index(line, position)
            anywhere = False
        assert printed[position : position + 1] == [line]
        position += 1
    assert anywhere or printed[position:] == []


def test_the_readme_shows_the_review_first() -> None:
    assert SHOWN[0][0].startswith("make review")
    assert len(SHOWN) >= 4


def test_the_picture_of_the_page_is_there_and_small() -> None:
    assert (
        "![The page: what a change widens, then who reaches what](docs/review.png)" in (ROOT / "README.md").read_text()
    )
    picture = (ROOT / "docs" / "review.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n")
    assert len(picture) < 300_000
