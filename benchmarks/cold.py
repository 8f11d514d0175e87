"""One process from its start to its end: seconds and the most memory that it held."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Run:
    """``seconds`` of wall time, ``memory`` in MiB (the largest resident set), and what it printed."""

    seconds: float
    memory: float
    output: str


def run(*command: str) -> Run:
    """Run a command to its end; raises `RuntimeError` with what it said where it fails."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}\n{errors.read()[-4000:]}")
        # Linux counts in KiB, macOS in octets.
        unit = 1024 * 1024 if sys.platform == "darwin" else 1024
        return Run(seconds, usage.ru_maxrss / unit, output.read())


def best(times: int, *command: str) -> Run:
    """The fastest of some runs: what else the machine does only ever adds."""
    return min((run(*command) for _ in range(times)), key=lambda each: each.seconds)


def python(*arguments: str, times: int = 1) -> Run:
    """A module or program of this environment, in an interpreter of its own."""
    return best(times, sys.executable, *arguments)


def task(name: str, folder: Path, times: int = 1) -> tuple[Run, Any]:
    """A task of `benchmarks.work`, and its result."""
    done = python("-m", "benchmarks.work", name, str(folder), times=times)
    return done, json.loads(done.output)
