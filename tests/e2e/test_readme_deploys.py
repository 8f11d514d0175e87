"""What the README says to type for a deployment, typed: the real command line deploys the example environment."""

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from deployment import ROOT, Base, Deployment, copy_of_the_project
from proving import prove_graph
from ringfence.aws.outputs import StackOutputs
from ringfence.verify.state import read_state
from world.graph import canonical, graph_of

pytestmark = [pytest.mark.pulumi_cli, pytest.mark.slow]

SECTION = re.compile(r"^\*\*Deploy\.\*\*.*?^((?:    [^\n]+\n)+)", re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """The indented lines of the section, without their comments."""
    block = SECTION.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert block is not None
    return [shlex.split(line, comments=True) for line in block[1].splitlines()]


def test_the_readmes_commands_deploy_what_was_reviewed(base: Callable[[str], Base], tmp_path: Path) -> None:
    """As they stand there, but that the day is pinned in the stack's file, and that ``--yes`` answers the question that
    a terminal would ask. Account and provider are the tests' own, as in all of them.
    """
    typed = commands()
    assert [words[:2] for words in typed] == [
        [".venv/bin/ringfence", "allocate"], ["pulumi", "stack"], ["pulumi", "up"],
    ]  # fmt: skip
    environment = typed[-1][-1]
    project = copy_of_the_project(tmp_path / "clone")
    deployment = Deployment(tmp_path / "stack", project, environment)
    for words in typed:
        answer = ["--yes"] if words[:2] == ["pulumi", "up"] else []
        ran = subprocess.run(
            [*words, *answer], cwd=project, env=deployment.variables, capture_output=True, text=True, check=False,
            timeout=300,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert canonical(deployment.world) == canonical(base(environment).deployment.world)
    there = graph_of(deployment.world.resources(), environment)
    assert prove_graph(there, project, environment).findings == ()
    assert StackOutputs.model_validate(read_state(deployment.export()).outputs).environment.name == environment
    deployment.world.close()
