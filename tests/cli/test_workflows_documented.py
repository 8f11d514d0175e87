"""The workflows in `docs/review.md` are YAML, and their steps run in a clone as they stand there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from commanding import DAY, ROOT

PAGE = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
WORKFLOWS = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))
GITHUB = yaml.safe_load(WORKFLOWS[".github/workflows/network-review.yaml"])
GITLAB = yaml.safe_load(WORKFLOWS[".gitlab-ci.yml"])
ENVIRONMENTS = ["dev", "staging", "prod"]
HARMLESS = ("needs:\n", "needs:\n  - https: {host: docs.acme.example, methods: [GET]}\n")
RISKY = ("extends: [thinks-on-bedrock]", "extends: [thinks-on-bedrock, coder]")


def git(root: Path, *words: str) -> str:
    who = ("-c", "user.name=Lee", "-c", "user.email=lee@acme.example")
    return subprocess.run(
        ["git", *who, *words], cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()  # fmt: skip


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The project with one commit on its main line, this environment as `.venv`, and a day that does not move."""
    root = tmp_path / "clone"
    for name in ("profiles", "infra", "Makefile", "requirements.lock", "pyproject.toml"):
        source = ROOT / name
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    for file in ROOT.glob("Pulumi*.yaml"):
        text = file.read_text(encoding="utf-8")
        (root / file.name).write_text(text.replace("config:\n", f'config:\n  ringfence:as_of: "{DAY}"\n'), "utf-8")
    (root / "CODEOWNERS").write_text("* @kim @ines @lee\n", encoding="utf-8")
    (root / ".gitignore").write_text(".venv\nreview/\n", encoding="utf-8")
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "the fleet")
    (root / ".venv").mkdir()
    (root / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    for name in ("requirements.lock", "pyproject.toml"):
        os.utime(root / name, (0, 0))
    (root / ".venv" / ".complete").touch()  # newer than both, so that `make` installs nothing
    return root


def change(root: Path, edit: tuple[str, str]) -> str:
    """Commit a change on a branch; the commit that it is compared with."""
    base = git(root, "rev-parse", "HEAD")
    git(root, "switch", "--quiet", "--create", "change")
    profile = root / "profiles" / "agents" / "support-triage.yaml"
    text = profile.read_text(encoding="utf-8")
    assert edit[0] in text
    profile.write_text(text.replace(*edit, 1), encoding="utf-8")
    git(root, "commit", "--quiet", "--all", "-m", "a change")
    return base


def run(root: Path, script: str, **environment: str) -> int:
    settings = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")} | environment
    return subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=root, env=settings, check=False).returncode


def github(root: Path, base: str) -> dict[str, int]:
    """The exit codes of the steps that run something, by their names; a step after a failure runs too, to be seen."""
    job = GITHUB["jobs"]["review"]
    known = {
        "matrix.env": "prod", "github.event.pull_request.base.sha": base, "github.server_url": "https://git.example",
        "github.repository": "acme/network", "github.sha": "0" * 40,
    }  # fmt: skip

    def filled(text: str) -> str:
        return re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: known[found.group(1)], text)

    environment = {name: filled(text) for name, text in job["env"].items()}
    environment["GITHUB_STEP_SUMMARY"] = str(root.parent / "summary.md")
    steps = [step for step in job["steps"] if "run" in step]
    assert not any("${{" in step["run"] for step in steps), "what a fork names must not become a script"
    return {step.get("name", step["run"]): run(root, step["run"], **environment) for step in steps}


def gitlab(root: Path, base: str) -> list[int]:
    job = GITLAB["network review"]
    known = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "CI_PROJECT_URL": "https://git.example", "CI_COMMIT_SHA": "0" * 40}
    environment = {
        name: re.sub(r"\$([A-Z_]+)", lambda found: known[found.group(1)], text)
        for name, text in job["variables"].items()
    }
    return [run(root, line, ENV="prod", **environment) for line in job["script"]]


@pytest.mark.parametrize("workflow", [GITHUB["jobs"]["review"]["strategy"], GITLAB["network review"]["parallel"]])
def test_every_environment_is_reviewed(workflow: dict[str, Any]) -> None:
    matrix = workflow["matrix"]
    names = matrix["env"] if isinstance(matrix, dict) else matrix[0]["ENV"]
    assert names == ENVIRONMENTS
    assert sorted(names) == sorted(path.name.split(".")[1] for path in ROOT.glob("Pulumi.*.yaml"))


def test_the_workflows_can_only_read_and_have_the_history() -> None:
    assert GITHUB[True] == {"pull_request": {"paths": ["profiles/**", "Pulumi.*.yaml"]}}  # YAML 1.1 reads `on` as true
    assert GITHUB["permissions"] == {"contents": "read"}
    checkout = next(step for step in GITHUB["jobs"]["review"]["steps"] if "checkout" in step.get("uses", ""))
    assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}
    assert GITLAB["network review"]["variables"]["GIT_DEPTH"] == "0"


@pytest.mark.slow
def test_a_harmless_widening_passes_and_is_shown(clone: Path) -> None:
    base = change(clone, HARMLESS)
    assert set(github(clone, base).values()) == {0}
    summary = (clone.parent / "summary.md").read_text(encoding="utf-8")
    assert summary.startswith("## `prod`: 2 accesses widened, nothing closes")
    page = (clone / "review" / "index.html").read_text(encoding="utf-8")
    assert '"opens":true' in page
    assert "https://git.example/acme/network/blob/" in page
    shutil.rmtree(clone / "review")
    assert set(gitlab(clone, base)) == {0}
    assert (clone / "review" / "review.md").read_text(encoding="utf-8") == summary
    assert (clone / "review" / "index.html").is_file()


@pytest.mark.slow
def test_a_risky_widening_is_shown_and_refused(clone: Path) -> None:
    base = change(clone, RISKY)
    codes = github(clone, base)
    assert codes["refuse what is risky, and approvals that cannot be true"] == 1
    assert {code for name, code in codes.items() if not name.startswith(("refuse", "show"))} == {0}
    assert (clone / "review" / "index.html").is_file()
    assert gitlab(clone, base)[-1] == 1
