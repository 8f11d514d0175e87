"""Real engines: what is found on this machine, and what they say of conversations.

How a verdict is read. The engine replays one capture as if it stood in the path (``--simulate-ips``) and writes an
event for each packet that it drops, with the packet's number in the capture; a reject is a drop with a reset. Once
a rule drops a flow, each later packet of it is dropped too and reported with the reason ``flow drop``. A packet
without such an event has passed: only what is shown to be stopped counts as stopped. A step has passed when each of
its decisive octets arrived in some packet that did, whatever was dropped before: not every rule drops the flow, one
that looks at packets drops the packet alone, and a client may send it again.

The signature that decided is that of the first dropped packet's own event; where a whole flow is dropped by rules
that do not log, it is unknown. Both versions write these events alike; 7.0 leaves ``flow.action`` out where only
packets were dropped, so it is not read.
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
from ringfence.engine.flow import Conversation, Side, Step
from ringfence.engine.packets import Packet, batches, build, capture

VERSIONS = (7, 8)
"""The major versions that every rule set is held against; AWS runs 8.0.3."""

HOW_TO_GET = "run `make suricata`, or set RINGFENCE_SURICATA_7 and RINGFENCE_SURICATA_8 to the two executables"

_RUN_LIMIT = 600  # seconds; a run takes less than one for thousands of conversations


class EngineError(RuntimeError):
    """The engine did not run: a rule that it refuses, or a failure of its own; the message is what it said."""


@dataclass(frozen=True, slots=True)
class StepVerdict:
    """One step: whether it reached the other side, and how many of its octets did before anything was stopped."""

    label: str
    sender: Side
    passed: bool
    octets: int


@dataclass(frozen=True, slots=True)
class Alert:
    """A signature that matched, the capture's packet being that of ``step`` (None for handshake and end)."""

    sid: int
    message: str
    blocked: bool
    step: int | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an engine did with a conversation.

    ``sid`` and ``message`` name the signature that first dropped a packet, ``reason`` the engine's own word for
    why (``rules``; others are not a rule's doing); all are None where nothing was dropped.
    """

    conversation: Conversation
    steps: tuple[StepVerdict, ...]
    connected: bool
    sid: int | None
    message: str | None
    action: str | None
    reason: str | None
    alerts: tuple[Alert, ...]

    @property
    def passed(self) -> bool:
        """Whether everything that the client sent reached the server."""
        return self.connected and all(step.passed for step in self.steps if step.sender is Side.CLIENT)

    @property
    def completed(self) -> bool:
        """Whether both sides' steps all arrived, and nothing was dropped at all."""
        return self.reason is None

    @property
    def octets(self) -> int:
        """How many payload octets of the client reached the server."""
        return sum(step.octets for step in self.steps if step.sender is Side.CLIENT)

    def step(self, label: str) -> StepVerdict:
        """The first step with this label; raises KeyError."""
        for step in self.steps:
            if step.label == label:
                return step
        raise KeyError(label)

    @property
    def sids(self) -> tuple[int, ...]:
        """The signatures that matched, in the order of their packets, once each."""
        return tuple(dict.fromkeys(alert.sid for alert in self.alerts))

    def __str__(self) -> str:
        outcome = "passed" if self.passed else f"stopped by {self.sid} {self.message!r} ({self.action}, {self.reason})"
        return f"{self.conversation.name}: {outcome}; " + ", ".join(
            f"{step.label or step.sender.value} {'passed' if step.passed else 'stopped'} ({step.octets})"
            for step in self.steps
        )


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
        verdicts: dict[int, Verdict] = {}
        for members in batches(conversations):
            packets = build(members)
            with tempfile.TemporaryDirectory(prefix="ringfence-engine-") as name:
                folder = Path(name)
                (folder / "traffic.pcap").write_bytes(capture(packets))
                finished = self._start(
                    folder, rules, setting, "-r", f"{folder}/traffic.pcap", "--simulate-ips", "--runmode", "single"
                )
                if finished.returncode != 0:
                    raise EngineError("\n".join(_complaints(finished.stderr)) or f"exit {finished.returncode}")
                events = _events(folder / "eve.json")
            verdicts.update(_verdicts(members, packets, events, _actions(rules)))
        return tuple(verdicts[index] for index in range(len(conversations)))

    def _start(self, folder: Path, rules: str, setting: Setting, *arguments: str) -> subprocess.CompletedProcess[str]:
        for name in ("classification.config", "reference.config", "threshold.config"):
            (folder / name).touch()
        (folder / "suricata.yaml").write_text(render(setting, self.major, str(folder)))
        (folder / "rules").write_text(narrowed(rules) if setting.http1_only else rules)
        return subprocess.run(  # noqa: S603 - an executable that the user names or `make suricata` made
            [
                str(self.path), "-c", f"{folder}/suricata.yaml", "-S", f"{folder}/rules", "-l", str(folder),
                "--init-errors-fatal", "-k", "none", *arguments,
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


def _actions(rules: str) -> dict[int, str]:
    """Each signature's own action: the events say only that a packet was blocked."""
    written = re.findall(r"^\s*(\w+)\s.*?\bsid:\s*(\d+)\s*;", rules, re.MULTILINE)
    return {int(sid): action for action, sid in written}


def _events(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", errors="replace") as lines:
        return [json.loads(line) for line in lines if '"event_type":"flow"' not in line]


def _verdicts(
    members: list[tuple[int, Conversation]],
    packets: list[Packet],
    events: list[dict[str, Any]],
    actions: dict[int, str],
) -> dict[int, Verdict]:
    dropped: dict[int, dict[str, Any]] = {}
    alerts: dict[int, list[Alert]] = {}
    for event in events:
        number: int | None = event.get("pcap_cnt")
        if number is None:
            continue
        packet = packets[number - 1]
        if event["event_type"] == "drop":
            dropped.setdefault(number - 1, event)
        elif event["event_type"] == "alert":
            signature = event["alert"]
            alerts.setdefault(packet.conversation, []).append(
                Alert(
                    signature["signature_id"],
                    signature["signature"],
                    signature["action"] == "blocked",
                    packet.carries[0].step if packet.carries else None,
                )
            )
    of: dict[int, list[int]] = {index: [] for index, _ in members}
    for number, packet in enumerate(packets):
        of[packet.conversation].append(number)
    return {
        index: _verdict(conversation, of[index], packets, dropped, actions, tuple(alerts.get(index, ())))
        for index, conversation in members
    }


def _verdict(
    conversation: Conversation,
    numbers: list[int],
    packets: list[Packet],
    dropped: dict[int, dict[str, Any]],
    actions: dict[int, str],
    alerts: tuple[Alert, ...],
) -> Verdict:
    lost = {packets[number].unit for number in numbers if number in dropped}
    delivered: list[list[tuple[int, int]]] = [[] for _ in conversation.steps]
    connected = True
    sent = False
    for number in numbers:
        packet = packets[number]
        sent = sent or bool(packet.carries)
        if packet.unit not in lost:
            for carried in packet.carries:
                delivered[carried.step].append((carried.start, carried.end))
        elif not sent:
            connected = False
    steps = [_step_verdict(step, spans) for step, spans in zip(conversation.steps, delivered, strict=True)]
    first = next((dropped[number] for number in numbers if number in dropped), None)
    if first is None:
        return Verdict(conversation, tuple(steps), connected, None, None, None, None, alerts)
    signature = first.get("alert", {})
    sid = signature.get("signature_id")
    return Verdict(
        conversation,
        tuple(steps),
        connected,
        sid,
        signature.get("signature"),
        actions.get(sid, "drop"),
        first["drop"].get("reason"),
        alerts,
    )


def _step_verdict(step: Step, delivered: list[tuple[int, int]]) -> StepVerdict:
    """The octets that arrived without a gap before them; a later copy fills the gap of an earlier one."""
    octets = 0
    for start, end in sorted(delivered):
        if start > octets:
            break
        octets = max(octets, end)
    enough = len(step.data) if step.decisive is None else step.decisive
    return StepVerdict(step.label, step.sender, bool(delivered) and octets >= enough, octets)
