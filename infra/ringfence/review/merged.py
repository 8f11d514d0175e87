"""Reading a report in fewer lines, with nothing left out: requests by path, residuals by reason."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ringfence.policy.request import METHODS
from ringfence.profile.model import moment_text
from ringfence.review.report import AgentReview, Need, QuarantineReview, Report

KINDS = ("not enforceable here", "AWS always", "content")
"""The kinds of residuals, in the order in which they are shown."""


def cut_off(quarantine: QuarantineReview) -> str:
    """Since when and why an agent is cut off, as far as its profile says."""
    since = f"cut off since {moment_text(quarantine.since)}" if quarantine.since else "cut off"
    return " · ".join(filter(None, (since, quarantine.because, quarantine.ticket)))


def in_emergency(report: Report) -> list[list[str]]:
    """What was opened in an emergency, each as its parts: every review shows it before all else."""
    found: list[list[str]] = []
    for agent, need in needs(report):
        if need.break_glass is not None:
            destinations = ", ".join(dict.fromkeys(reach.destination for reach in need.reaches))
            since = f"since {moment_text(need.break_glass)}"
            reasons = [need.because, need.ticket, f"{need.approved_by} until {need.until}"]
            found.append(
                [agent.name, f"{need.capability} to {destinations}", *filter(None, reasons), since, need.declared]
            )
    return found


def merged_requests(requests: Iterable[str]) -> list[str]:
    """Requests with the methods of one target written together; ``any`` stands for every grantable method."""
    methods: dict[str, list[str]] = {}
    for request in requests:
        method, _, target = request.partition(" ")
        methods.setdefault(target, []).append(method)
    return [f"{'any' if set(METHODS) <= set(names) else '|'.join(names)} {path}" for path, names in methods.items()]


@dataclass(frozen=True, slots=True)
class Cause:
    """All residuals of one reason: by subject, the agents that have it, and how many times each."""

    code: str
    kind: str
    reason: str
    subjects: Mapping[str, Counter[str]]


def causes(report: Report) -> list[Cause]:
    """The residuals by reason, in the order of `KINDS` and codes, then of subjects; every residual is counted once."""
    found: dict[tuple[str, str, str], dict[str, Counter[str]]] = {}
    for left in sorted(report.residuals, key=lambda left: (KINDS.index(left.kind), left.code, left.subject)):
        key = (left.code, left.kind, left.reason)
        found.setdefault(key, {}).setdefault(left.subject, Counter())[left.agent] += 1
    return [Cause(code, kind, reason, subjects) for (code, kind, reason), subjects in found.items()]


def whose(agents: Counter[str], everybody: int) -> str:
    """Agents in words: names, with a count where one has the same residual from several places, or all of them."""
    if everybody > 3 and len(agents) == everybody and set(agents.values()) == {1}:
        return f"all {everybody} agents"
    return ", ".join(name if times == 1 else f"{name} ({times} places)" for name, times in sorted(agents.items()))


def unconfirmed(report: Report) -> list[tuple[str, str, Counter[str]]]:
    """What the catalogue could not confirm: capability, text, and the agents that use it, once each."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for agent, need in needs(report):
        for text in need.unconfirmed:
            found.setdefault((need.capability, text), Counter())[agent.name] = 1
    return [(capability, text, agents) for (capability, text), agents in sorted(found.items())]


def needs(report: Report) -> Iterable[tuple[AgentReview, Need]]:
    """Every need with its agent."""
    return ((agent, need) for agent in report.agents for need in agent.needs)


def summary(report: Report) -> str:
    """How much there is of what a reviewer looks for."""
    reaches = [reach for _, need in needs(report) for reach in need.reaches]
    kinds: Counter[str] = Counter(left.kind for left in report.residuals)
    return " · ".join(
        [
            counted(len(reaches), "flow"),
            counted(sum(reach.public_write for reach in reaches), "public write"),
            f"{counted(len(report.residuals), 'residual')}, {kinds[KINDS[0]]} of them {KINDS[0]}",
        ]
    )


def headline(report: Report) -> list[str]:
    """The parts of the first line; that something is only observed comes right after the environment's name."""
    parts = [report.environment]
    if report.observed:
        everybody = len(report.observed) == len(report.agents)
        subject = "NOTHING IS ENFORCED" if everybody else f"NOT ENFORCED FOR {', '.join(report.observed)}"
        parts.append(f"{subject} by firewall and DNS Firewall (mode: observe)")
    parts += [counted(len(report.agents), "agent"), f"inspection {report.inspection}", f"as of {report.as_of}"]
    allocations = {
        "current": "allocation current",
        "stale": "allocation to be written anew (`ringfence allocate`)",
        "provisional": "addresses provisional (`ringfence allocate` keeps them)",
    }
    return [*parts, allocations[report.allocation]]


def counted(number: int, thing: str) -> str:
    """``1 agent``, ``2 agents``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
