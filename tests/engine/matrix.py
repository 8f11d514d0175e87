"""All evasions at once: one engine start for every case and its twin, and what came of it."""

import dataclasses
import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import evasions_connection
import evasions_http2
import evasions_protocols
import evasions_request
import evasions_tls
from evasions import FORBIDDEN, Case
from ringfence.engine.configuration import Setting
from ringfence.engine.flow import Conversation, Side
from ringfence.engine.suricata import Engine, Verdict

GROUPS = {
    "request": evasions_request.cases,
    "connection": evasions_connection.cases,
    "http2": evasions_http2.cases,
    "tls": evasions_tls.cases,
    "protocols": evasions_protocols.cases,
}


@functools.cache
def all_cases() -> tuple[Case, ...]:
    return tuple(case for cases in GROUPS.values() for case in cases())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an engine did with the cases. ``octets`` is the most of any stopped request that reached a server."""

    stopped: tuple[Case, ...]
    residual: tuple[Case, ...]
    passed: tuple[tuple[Case, Verdict], ...]
    refused: tuple[tuple[Case, Verdict], ...]
    mechanisms: int
    octets: int

    def line(self, title: str) -> str:
        bound = max((case.bound or 0 for case in self.residual), default=0)
        cases = len(self.stopped) + len(self.residual) + len(self.passed)
        return (
            f"{title}: {self.mechanisms} mechanisms, {cases} cases: {len(self.stopped)} stopped "
            f"(at most {self.octets} octets of one before it was), {len(self.residual)} passing as a stated residual "
            f"(at most {bound} octets), {len(self.passed)} passed; {len(self.refused)} legitimate twins refused"
        )


def run(engine: Engine, rules: str, setting: Setting, cases: Sequence[Case], *, persistent: bool = False) -> Outcome:
    """Judge every case and every distinct twin in one run."""
    twins = list(dict.fromkeys(case.twin for case in cases))

    def as_sent(conversations: Iterable[Conversation]) -> list[Conversation]:
        return [dataclasses.replace(conversation, persistent=persistent) for conversation in conversations]

    verdicts = engine.judge(rules, [*as_sent(case.forbidden for case in cases), *as_sent(twins)], setting)
    of_twin = dict(zip(twins, verdicts[len(cases) :], strict=True))
    stopped: list[Case] = []
    residual: list[Case] = []
    passed: list[tuple[Case, Verdict]] = []
    octets = 0
    for case, verdict in zip(cases, verdicts[: len(cases)], strict=True):
        parts = [step for step in verdict.steps if step.label == FORBIDDEN]
        if not all(part.passed for part in parts):
            stopped.append(case)
            octets = max(octets, sum(part.octets for part in parts))
        elif case.residual and _is_bounded(case, verdict):
            residual.append(case)
        else:
            passed.append((case, verdict))
    refused = tuple((case, of_twin[case.twin]) for case in cases if not of_twin[case.twin].completed)
    return Outcome(
        tuple(stopped), tuple(residual), tuple(passed), refused, len({case.mechanism for case in cases}), octets
    )


def _is_bounded(case: Case, verdict: Verdict) -> bool:
    """Whether the client got no more than the bound through from there on, though it tried, and no answer came back."""
    if case.bound is None:
        return True
    index = next(index for index, step in enumerate(verdict.steps) if step.label == FORBIDDEN)
    later = verdict.steps[index:]
    tried = sum(len(step.data) for step in case.forbidden.steps[index:] if step.sender is Side.CLIENT)
    through = sum(step.octets for step in later if step.sender is Side.CLIENT)
    answered = sum(step.octets for step in later if step.sender is Side.SERVER)
    return through <= case.bound < tried and answered == 0
