"""Progress on a real terminal: shown after a second, wiped before anything else is written, and nowhere else."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from commanding import ROOT, ringfence, write_project

SLOW = (
    "import sys, time\n"
    "import click\n"
    "from ringfence.cli.progress import progress, step\n"
    "with progress('ringfence slow'):\n"
    "    time.sleep({before})\n"
    "    step('at the second part')\n"
    "    time.sleep({after})\n"
    "    click.echo('the result')\n"
    "    time.sleep({then})\n"
)


def on_terminal(program: list[str], **environment: str) -> str:
    """All that a program writes to a terminal."""
    master, slave = pty.openpty()
    settings = {name: value for name, value in os.environ.items() if name != "CI"} | {"TERM": "xterm"} | environment
    process = subprocess.Popen(program, cwd=ROOT, stdin=slave, stdout=slave, stderr=slave, env=settings)
    os.close(slave)
    said = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        said += part
    os.close(master)
    assert process.wait(10) == 0
    return said.decode()


def slow(before: float, after: float, then: float = 0.0) -> list[str]:
    return [sys.executable, "-c", SLOW.format(before=before, after=after, then=then)]


def test_after_a_second_it_says_what_it_is_at_and_leaves_nothing_behind() -> None:
    said = on_terminal(slow(2.5, 2.0))
    assert re.search(r"\rringfence slow · [1-9]\d* s", said)
    assert re.search(r"\rat the second part · [1-9]\d* s", said)
    shown, result = said.split("the result")
    assert re.search(r"\r +\r$", shown)
    assert result == "\r\n"


def test_once_something_is_written_it_does_not_come_back() -> None:
    said = on_terminal(slow(2.0, 0.0, 2.0))
    assert said.endswith("the result\r\n")


def test_what_is_quick_shows_nothing() -> None:
    assert on_terminal(slow(0.0, 0.0)) == "the result\r\n"


@pytest.mark.parametrize("environment", [{"CI": "true"}, {"TERM": "dumb"}])
def test_it_is_off_in_ci_and_where_a_terminal_cannot_go_back(environment: dict[str, str]) -> None:
    assert on_terminal(slow(1.3, 0.0), **environment) == "the result\r\n"


def test_it_is_off_where_standard_error_is_no_terminal() -> None:
    ran = subprocess.run(slow(1.3, 0.0), cwd=ROOT, capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("the result\n", "")


def test_there_are_no_colours_with_or_without_no_color() -> None:
    for environment in ({}, {"NO_COLOR": "1"}):
        assert "\x1b" not in on_terminal(slow(1.3, 0.0), **environment)


def test_a_command_writes_to_a_terminal_what_it_writes_to_a_pipe(tmp_path: Path) -> None:
    words = ["review", "--env", "dev", "--as-of", "2026-11-23", "--root", str(write_project(tmp_path))]
    program = [sys.executable, "-c", "from ringfence.cli import main; main()", *words]
    assert on_terminal(program).replace("\r\n", "\n").endswith(ringfence(*words).out)
