"""Completion, asked as a shell asks: bash itself reads the script and says what could follow."""

import functools
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from commanding import ROOT, ringfence, write_project
from ringfence.cli import _COMMANDS


@functools.cache
def script() -> str:
    return ringfence("completion", "bash").out


def completed(line: str, cwd: Path = ROOT) -> list[str]:
    """What bash offers behind a line; the last word is the one that is being typed."""
    words = line.split(" ")
    program = (
        f"{script()}\n"
        f"COMP_WORDS=({' '.join(map(shlex.quote, words))})\n"
        f"COMP_CWORD={len(words) - 1}\n"
        "_ringfence_completion ringfence\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    ran = subprocess.run(
        ["bash", "--norc", "-c", program], cwd=cwd, env={**os.environ, "PATH": path}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert ran.stderr == ""
    return ran.stdout.split()


def test_commands() -> None:
    assert completed("ringfence ") == list(_COMMANDS)
    assert completed("ringfence ex") == ["expiring", "explain"]


def test_options() -> None:
    assert {"--against", "--against-dir", "--against-export"} == set(completed("ringfence diff --ag"))


@pytest.mark.parametrize("command", ["review", "check", "diff", "verify", "quarantine reviewer", "flush", "init x"])
def test_environments(command: str) -> None:
    assert completed(f"ringfence {command} --env ") == ["dev", "prod", "staging"]
    assert completed(f"ringfence {command} --env s") == ["staging"]


@pytest.mark.parametrize("command", ["explain", "quarantine", "flush", "flush orchestrator", "open"])
def test_agents(command: str) -> None:
    assert completed(f"ringfence {command} re") == ["research-assistant", "reviewer"]


def test_capabilities_and_the_projects_own() -> None:
    assert completed("ringfence catalogue github.repo") == ["github.repository"]
    assert "acme.wiki" in completed("ringfence catalogue acme.")
    assert completed("ringfence catalogue platform.") == []


def test_of_the_project_that_is_named(tmp_path: Path) -> None:
    root = write_project(tmp_path / "there")
    assert completed(f"ringfence review --root {root} --env ", tmp_path) == ["dev"]


def test_where_there_is_no_project_nothing_is_offered(tmp_path: Path) -> None:
    assert completed("ringfence review --env ", tmp_path) == []
    assert completed("ringfence explain ", tmp_path) == []
    assert completed("ringfence catalogue github.repo", tmp_path) == ["github.repository"]


@pytest.mark.parametrize(
    ("shell", "said"), [("zsh", "#compdef ringfence"), ("fish", "complete --no-files --command ringfence")]
)
def test_other_shells_have_their_script(shell: str, said: str) -> None:
    ran = ringfence("completion", shell)
    assert (ran.code, ran.err) == (0, "")
    assert said in ran.out
    assert f"_RINGFENCE_COMPLETE={shell}_complete" in ran.out


def test_a_shell_that_is_not_known_is_refused() -> None:
    assert ringfence("completion", "csh").code == 2
