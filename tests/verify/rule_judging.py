"""What engines say of a changed rule: whether the traffic that a change can touch is judged as before.

Up to the first packet on which the rule matches and its change does not, or the other way round, both rule sets do the
same. So only those conversations are sent again in which the rule itself matched, and those that nothing stopped; all
where the rule says nothing of its matches (`noalert`). A refusal that comes earlier in what is refused anyway is not
looked for.
"""

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Sequence

from evasions import FORBIDDEN
from matrix import all_cases
from ringfence.engine.configuration import ActionOrder, Setting
from ringfence.engine.flow import Conversation, Side
from ringfence.engine.packets import Capture, Packet, batches, build, capture
from ringfence.engine.suricata import Engine
from ringfence.engine.verdict import Verdict
from ringfence.verify.suricata.rule import Rule

FIRST_PORT = 20000
ORDERS = (ActionOrder.PASS_FIRST, ActionOrder.PASS_LAST)
"""No engine here has AWS's strict order. What is let through or stopped in one of these only is the order's doing."""

Passed = tuple[tuple[str, bool], ...]
"""The labels of a conversation's steps, and which of them pass."""


@functools.cache
def traffic() -> tuple[tuple[Conversation, bool], ...]:
    """All evasions and their twins, each with its name and whether it is an evasion.

    Not fragments of packets, nor packets outside a connection: the proof does not speak of them.
    """
    evasions = [(dataclasses.replace(case.forbidden, name=case.name), True) for case in all_cases()]
    twins = {case.twin: dataclasses.replace(case.twin, name=f"the twin of {case.name}") for case in all_cases()}
    both = (*evasions, *((twin, False) for twin in twins.values()))
    spoken_of = [each for each in both if each[0].handshake and not each[0].fragment]
    return tuple(
        (_from_port(FIRST_PORT + number, told), is_evasion) for number, (told, is_evasion) in enumerate(spoken_of)
    )


def _from_port(port: int, conversation: Conversation) -> Conversation:
    """The same from a port of its own, so that its packets are the same in whatever company they are sent."""
    return conversation if conversation.client_port else dataclasses.replace(conversation, client_port=port)


@functools.cache
def _packets(index: int) -> tuple[Packet, ...]:
    return tuple(build([(index, traffic()[index][0])]))


@functools.lru_cache(maxsize=4)
def _captured(chosen: tuple[int, ...]) -> tuple[Capture, ...]:
    """Captured once for the changes of one rule, which follow each other."""
    return tuple(_batches(chosen))


def _batches(chosen: Sequence[int]) -> Iterator[Capture]:
    for batch in batches(traffic()[index][0] for index in chosen):
        members = [(chosen[number], conversation) for number, conversation in batch]
        packets = [packet for index, _ in members for packet in _packets(index)]
        yield Capture(members, packets, capture(packets))


class Judge:
    """One engine with one order of actions, and what it says of all traffic under the unchanged rules."""

    def __init__(self, engine: Engine, order: ActionOrder, rules: str) -> None:
        self.engine = engine
        self.setting = Setting(action_order=order)
        verdicts = engine.replay(rules, _captured(tuple(range(len(traffic())))), self.setting)
        self.before = [steps(verdict) for verdict in verdicts]
        self.untouched = {index for index, verdict in enumerate(verdicts) if verdict.completed}
        self.matched: dict[int, set[int]] = {}
        for index, verdict in enumerate(verdicts):
            for sid in verdict.sids:
                self.matched.setdefault(sid, set()).add(index)

    def touched(self, rule: Rule) -> tuple[int, ...]:
        """The conversations that a change of this rule can touch."""
        if any(option.keyword == "noalert" for option in rule.options):
            return tuple(range(len(self.before)))
        return tuple(sorted(self.untouched | self.matched.get(rule.sid, set())))

    def changed(self, rule: Rule, rules: str) -> set[str]:
        """What a change of one rule lets through of the evasions, or stops of their twins; raises `EngineError`.

        An evasion that passes as a residual is no loss where it is stopped.
        """
        chosen = self.touched(rule)
        verdicts = self.engine.replay(rules, _captured(chosen), self.setting)
        found: set[str] = set()
        for index, after in zip(chosen, map(steps, verdicts), strict=True):
            (conversation, is_evasion), before = traffic()[index], self.before[index]
            if forbidden(after) > forbidden(before) if is_evasion else after != before:
                found.add(f"{self.engine}: {conversation.name}")
        return found


@dataclasses.dataclass(frozen=True)
class Judges:
    """An engine in each order."""

    each: tuple[Judge, ...]

    @staticmethod
    def of(engine: Engine, rules: str) -> "Judges":
        return Judges(tuple(Judge(engine, order, rules) for order in ORDERS))

    def changed(self, rule: Rule, rules: str) -> list[str]:
        """What a change lets through or stops in every order."""
        first, *others = self.each
        found = first.changed(rule, rules)
        for judge in others:
            found = found and found & judge.changed(rule, rules)
        return sorted(found)


def steps(verdict: Verdict) -> Passed:
    """Which steps of a conversation pass until one is refused: what comes after it is no conversation.

    From the client's first step on: traffic is sent whatever is refused, so a server speaks first here also where the
    packet that opens the connection was refused before.
    """
    sent = itertools.dropwhile(lambda step: step.sender is not Side.CLIENT, verdict.steps)
    passed = [(step.label, step.passed) for step in sent]
    refused = next((index for index, (_, each) in enumerate(passed) if not each), len(passed))
    return tuple(passed[: refused + 1])


def forbidden(passed: Passed) -> int:
    """How many steps pass from the forbidden one on: what leads up to it is granted."""
    return sum(each for _, each in itertools.dropwhile(lambda step: step[0] != FORBIDDEN, passed))
