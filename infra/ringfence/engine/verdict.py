"""Verdicts: an engine's events read as what became of each message.

The engine replays one capture as if it stood in the path (``--simulate-ips``) and writes an event for each packet that
it drops, with the packet's number in the capture; a reject is a drop with a reset. Once a rule drops a flow, each later
packet of it is dropped too and reported with the reason ``flow drop``. A packet without such an event has passed: only
what is shown to be stopped counts as stopped. A step has passed when each of its decisive octets arrived in some packet
that did, whatever was dropped before: not every rule drops the flow, one that looks at packets drops the packet alone,
and a client may send it again.

The signature that decided is the one in the event of the first dropped packet; for what was inside a tunnel or put
together from fragments, the first that blocked on that packet. Both versions write these events alike; 7.0 leaves
``flow.action`` out where only packets were dropped, so it is not read.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ringfence.engine.flow import Conversation, Side, Step
from ringfence.engine.packets import Packet


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


def read_verdicts(
    members: list[tuple[int, Conversation]], packets: list[Packet], events: Iterable[dict[str, Any]], rules: str
) -> dict[int, Verdict]:
    """The verdict on each conversation, by its index, from the events of one run over these packets."""
    actions = _actions(rules)
    dropped: dict[int, dict[str, Any]] = {}
    blocking: dict[int, dict[str, Any]] = {}
    alerts: dict[int, list[Alert]] = {}
    for event in events:
        # What is inside a tunnel or put together from fragments has no number of its own: its last packet's counts.
        number: int | None = event.get("pcap_cnt") or event.get("tunnel", {}).get("pcap_cnt")
        if number is None:
            continue
        packet = packets[number - 1]
        if event["event_type"] == "drop":
            dropped.setdefault(number - 1, event)
        elif event["event_type"] == "alert":
            signature: dict[str, Any] = event["alert"]
            if signature["action"] == "blocked":
                blocking.setdefault(number - 1, signature)
            alerts.setdefault(packet.conversation, []).append(
                Alert(
                    signature["signature_id"],
                    signature["signature"],
                    signature["action"] == "blocked",
                    packet.carries[0].step if packet.carries else None,
                )
            )
    for number, event in dropped.items():
        event.setdefault("alert", blocking.get(number, {}))
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
    signature: dict[str, Any] = first["alert"]
    sid: int | None = signature.get("signature_id")
    return Verdict(
        conversation,
        tuple(steps),
        connected,
        sid,
        signature.get("signature"),
        actions.get(sid, "drop") if sid else "drop",
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


def _actions(rules: str) -> dict[int, str]:
    """Each signature's own action: the events say only that a packet was blocked."""
    written = re.findall(r"^\s*(\w+)\s.*?\bsid:\s*(\d+)\s*;", rules, re.MULTILINE)
    return {int(sid): action for action, sid in written}
