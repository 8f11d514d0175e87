"""Real engines: what is found on this machine, and what they say of conversations.

How their events become verdicts is in `ringfence.engine.verdict`.
"""

import functools
import json
import os
import random
import re
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ringfence.engine.configuration import Setting, render
from ringfence.engine.flow import Conversation
from ringfence.engine.packets import Capture, captures
from ringfence.engine.verdict import Verdict, read_verdicts

VERSIONS = (7, 8)
"""The major versions that every rule set is held against; AWS runs 8.0.3."""

HOW_TO_GET = "run `make suricata`, or set RINGFENCE_SURICATA_7 and RINGFENCE_SURICATA_8 to the two executables"

_RUN_LIMIT = 600  # seconds; a run takes less than one for thousands of conversations


class EngineError(RuntimeError):
    """The engine did not run: a rule that it refuses, or a failure of its own; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Engine:
    """One executable and the version that it says it is."""

    version: str
    path: Path

    @property
    def major(self) -> int:
        """7 or 8."""
        return int(self.version.partition(".")[0])

    def __str__(self) -> str:
        return f"Suricata {self.version}"

    def check(self, rules: str, setting: Setting = Setting()) -> tuple[str, ...]:  # noqa: B008 - frozen, no state
        """What the engine objects to in the rules, one line each; empty when it loads them all."""
        with tempfile.TemporaryDirectory(prefix="ringfence-engine-") as name:
            folder = Path(name)
            finished = self._start(folder, rules, setting, "-T")
        return () if finished.returncode == 0 else _complaints(finished.stderr) or (f"exit {finished.returncode}",)

    def judge(
        self,
        rules: str,
        conversations: Sequence[Conversation],
        setting: Setting = Setting(),  # noqa: B008 - frozen, no state
    ) -> tuple[Verdict, ...]:
        """The verdict on each conversation, in their order; raises `EngineError` when a rule does not load.

        One engine start for all conversations; further ones only for those that no port tells apart.
        """
        return self.replay(rules, captures(conversations), setting)

    def replay(
        self,
        rules: str,
        traffic: Iterable[Capture],
        setting: Setting = Setting(),  # noqa: B008 - frozen, no state
    ) -> tuple[Verdict, ...]:
        """As `judge`, of traffic that is captured once and replayed under several rule sets."""
        verdicts: dict[int, Verdict] = {}
        for each in traffic:
            with tempfile.TemporaryDirectory(prefix="ringfence-engine-") as name:
                folder = Path(name)
                (folder / "traffic.pcap").write_bytes(each.file)
                finished = self._start(
                    folder, rules, setting, "-r", f"{folder}/traffic.pcap", "--simulate-ips", "--runmode", "single"
                )
                if finished.returncode != 0:
                    raise EngineError("\n".join(_complaints(finished.stderr)) or f"exit {finished.returncode}")
                _expect_all_read(finished, len(each.packets))
                events = _events(folder / "eve.json")
            verdicts.update(read_verdicts(each.members, each.packets, events, rules))
        return tuple(verdicts[index] for index in sorted(verdicts))

    def _start(self, folder: Path, rules: str, setting: Setting, *arguments: str) -> subprocess.CompletedProcess[str]:
        (folder / "suricata.yaml").write_text(render(setting, ["rules"], str(folder)))
        (folder / "rules").write_text(narrowed(rules) if setting.http1_only else rules)
        return subprocess.run(  # noqa: S603 - an executable that the user names or `make suricata` made
            [
                str(self.path), "-c", f"{folder}/suricata.yaml", "-l", str(folder), "--init-errors-fatal", "-k", "none",
                *arguments,
            ],
            capture_output=True, text=True, check=False, timeout=_RUN_LIMIT, stdin=subprocess.DEVNULL,
        )  # fmt: skip


def find_engines() -> tuple[Engine, ...]:
    """The engines on this machine, oldest first: RINGFENCE_SURICATA_7 and _8, else those of ``make suricata``."""
    found = (_engine(major) for major in VERSIONS)
    return tuple(engine for engine in found if engine is not None)


def missing_versions(engines: Iterable[Engine]) -> tuple[int, ...]:
    """The major versions that are not among the engines."""
    present = {engine.major for engine in engines}
    return tuple(major for major in VERSIONS if major not in present)


def shuffled(rules: str, seed: int) -> str:
    """The same rules in another order: no verdict may depend on it."""
    lines = [line for line in rules.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    random.Random(seed).shuffle(lines)  # noqa: S311 - an order, not a secret
    return "".join(f"{line}\n" for line in lines)


def narrowed(rules: str) -> str:
    """The rules with ``http`` meaning HTTP/1 only, each use towards fewer matches.

    The header's ``http`` becomes ``http1``, which both versions know, and so does a positive
    ``app-layer-protocol:http``. A negated one stays: narrowing it would let a rule catch more.
    """
    header = re.compile(r"^(\s*\w+\s+)http(?=\s)", re.MULTILINE)
    return re.sub(r"(app-layer-protocol:\s*)http(?=\s*[;,])", r"\1http1", header.sub(r"\1http1", rules))


@functools.cache
def _version_of(path: Path) -> str | None:
    try:
        finished = subprocess.run([str(path), "-V"], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - as above
    except OSError:
        return None
    said = re.search(r"version (\d+\.\d+\.\d+)", finished.stdout)
    return said.group(1) if said else None


def _engine(major: int) -> Engine | None:
    cache = os.environ.get("RINGFENCE_CACHE")
    root = Path(cache) if cache else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ringfence"
    path = Path(os.environ.get(f"RINGFENCE_SURICATA_{major}") or root / "bin" / f"suricata-{major}")
    version = _version_of(path)
    return Engine(version, path) if version and version.startswith(f"{major}.") else None


def _complaints(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.splitlines() if "Error" in line or "error" in line)


def _expect_all_read(finished: subprocess.CompletedProcess[str], packets: int) -> None:
    """What the engine did not read it did not stop either, and would count as passed."""
    said = re.search(r"read \d+ files?, (\d+) packets", finished.stdout + finished.stderr)
    if not said or int(said.group(1)) != packets:
        raise EngineError(f"the engine read {said.group(1) if said else 'none'} of {packets} packets")


def _events(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", errors="replace") as lines:
        return [json.loads(line) for line in lines if '"event_type":"flow"' not in line]
