"""The README's steps of a deployment, typed as they stand there."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from deployment import ROOT, Deployment, copy_of_the_project
from proving import prove_graph
from world.graph import graph_of

pytestmark = [pytest.mark.pulumi_cli, pytest.mark.slow]

DEPLOY = re.compile(r"\*\*Deploy\.\*\*[\s\S]*?\n((?:    .+\n)+)")


def test_the_steps_of_the_readme_deploy_an_environment(tmp_path: Path) -> None:
    (steps,) = DEPLOY.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    commands = [shlex.split(line, comments=True) for line in steps.splitlines()]
    assert [words[:2] for words in commands] == [
        [".venv/bin/ringfence", "allocate"], ["pulumi", "stack"], ["pulumi", "up"],
    ]  # fmt: skip
    project = copy_of_the_project(tmp_path / "project")
    deployment = Deployment(tmp_path / "stack", project, "dev")
    # The state is written at the end only, which saves a minute.
    variables = {**deployment.variables, "PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
    for words in commands:
        # Nobody is there to say yes.
        asked = [*words, "--yes", "--non-interactive"] if words[:2] == ["pulumi", "up"] else words
        ran = subprocess.run(
            asked, cwd=project, env=variables, capture_output=True, text=True, check=False, timeout=300
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
    graph = graph_of(deployment.world.resources(), "dev")
    assert prove_graph(graph, project, "dev").findings == ()
    assert deployment.up("--expect-no-changes").code == 0
    deployment.world.close()
