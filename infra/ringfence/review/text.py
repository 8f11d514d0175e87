"""The review as text, for a terminal and for the README."""

import textwrap
from collections.abc import Iterator, Sequence

from ringfence.review.merged import (
    KINDS,
    Cause,
    causes,
    cut_off,
    headline,
    in_emergency,
    merged_requests,
    summary,
    unconfirmed,
    whose,
)
from ringfence.review.report import AgentReview, Need, Reach, Report, Risk
from ringfence.source.diagnostic import visible

WIDTH = 118
"""Columns that lines are broken at; a single word may be longer."""

_NO_BREAK = "\x00"
"""Stands for a blank at which a line is not broken; `visible` leaves none of its own."""

_TITLES = {
    "not enforceable here": "residual: declared narrower than this environment can enforce",
    "AWS always": "residual: what AWS lets through whatever one writes",
    "content": "residual: what granted requests may themselves carry",
}


def text_of(report: Report) -> str:
    """The report as lines of text, a newline at the end; control and direction characters are shown as escapes."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield " · ".join(map(visible, headline(report)))
    yield summary(report)
    for parts in in_emergency(report):
        yield from wrapped(" · ".join(["BREAK-GLASS", *parts]), "", "    ")
    for agent in report.agents:
        yield ""
        yield from _agent(agent)
    if report.risks:
        yield ""
        yield "risks: combinations that are worth more than their parts"
        for risk in report.risks:
            yield from risk_lines(risk)
    for kind in KINDS:
        found = [cause for cause in causes(report) if cause.kind == kind]
        if found:
            yield ""
            yield _TITLES[kind]
            for cause in found:
                yield from _cause(cause, len(report.agents))
    if texts := unconfirmed(report):
        yield ""
        yield "unconfirmed: not read in a vendor's source"
        for capability, text, agents in texts:
            yield from wrapped(f"{capability}: {text} · {whose(agents, len(report.agents))}", "  ", "      ")
    yield ""
    yield from _account(report)
    if report.elsewhere:
        yield ""
        yield from wrapped(f"not in {report.environment}: {', '.join(report.elsewhere)}", "", "    ")


def _agent(agent: AgentReview) -> Iterator[str]:
    networks = " ".join(agent.networks) + (" (provisional)" if agent.provisional else "")
    states = [
        *(["QUARANTINED"] if agent.quarantine else []),
        *(["observed, not enforced"] if agent.mode == "observe" else []),
        *(["TLS decrypted"] if agent.inspected else []),
        *([f"serves on {agent.serves}"] if agent.serves else []),
    ]
    yield from wrapped(" · ".join([agent.name, agent.owner, networks, *states]), "", "    ")
    yield from wrapped(agent.purpose, "  ", "  ")
    if agent.quarantine is not None:
        yield from wrapped(cut_off(agent.quarantine), "  ", "      ")
    for need in agent.needs:
        yield from _need(need)
    for expired in agent.expired:
        yield visible(f"  {expired.capability} ended on {expired.until} and opens nothing · {expired.declared}")
    for accepted in agent.accepted:
        yield from wrapped(
            f"accepted: {accepted.risk} · {accepted.because} · {accepted.approved_by} until {accepted.until}",
            "  ",
            "      ",
        )
    if not agent.needs:
        yield "  reaches nothing"


def _need(need: Need) -> Iterator[str]:
    for reach in need.reaches:
        yield from _reach(reach)
    approval = [need.approved_by, f"until {need.until}" if need.until else None]
    origin = need.capability if need.origin in {"profile", "platform"} else f"{need.capability} of class {need.origin}"
    parts = [origin, need.because, need.ticket, " ".join(filter(None, approval)), need.declared]
    yield from wrapped(" · ".join(filter(None, parts)), "      ", "        ")


def _reach(reach: Reach) -> Iterator[str]:
    layers = " ".join(reach.layers)
    tail = f"{layers}  PUBLIC WRITE" if reach.public_write else layers
    asked = _asked(reach)
    line = f"  {visible(reach.destination):<34} {visible(' '.join(asked))}{'  ' if asked else ''}"
    if len(line) + len(tail) <= WIDTH:
        yield line + tail
        return
    yield f"  {visible(reach.destination):<34} {tail}"
    unbroken = " ".join(visible(word).replace(" ", _NO_BREAK) for word in asked)
    for part in textwrap.wrap(unbroken, WIDTH - 6, break_long_words=False, break_on_hyphens=False):
        yield "      " + part.replace(_NO_BREAK, " ")


def _asked(reach: Reach) -> list[str]:
    """What may be asked, as words between which a line may be broken."""
    match reach.kind:
        case "service":
            principal = [] if reach.principal is None else ["as", reach.principal.rpartition("/")[2]]
            return [*_listed(reach.actions), "on", *_listed(reach.resources), *principal]
        case "https":
            return _listed(merged_requests(reach.requests)) or ["any request"]
        case "tls":
            return ["anything inside TLS"]
        case _:
            return []


def _listed(texts: Sequence[str]) -> list[str]:
    return [*(f"{text}," for text in texts[:-1]), *texts[-1:]]


def _cause(cause: Cause, everybody: int) -> Iterator[str]:
    if len(cause.subjects) == 1:
        ((subject, agents),) = cause.subjects.items()
        yield from wrapped(f"{cause.code} {subject}: {cause.reason} · {whose(agents, everybody)}", "  ", "      ")
        return
    yield from wrapped(f"{cause.code} {cause.reason}", "  ", "      ")
    for subject, agents in cause.subjects.items():
        yield from wrapped(f"{subject} · {whose(agents, everybody)}", "      ", "          ")


def _account(report: Report) -> Iterator[str]:
    yield "quotas"
    for use in report.quotas:
        raised = "" if use.limit == use.default else f" (AWS's default is {use.default})"
        yield visible(f"  {use.quota:<34} {use.used:>6} of {use.limit}{raised} · {use.subject}")
        if use.exceeded:
            yield from wrapped(f"EXCEEDED: {use.mend}", "      ", "      ")
    yield ""
    total = sum(count.count for count in report.resources)
    kinds = ", ".join(f"{count.count} {count.name.rpartition(':')[2]}" for count in report.resources)
    yield from wrapped(f"{total} resources: {kinds}", "", "    ")
    billed = ", ".join(f"{count.count} {count.name}" for count in report.billed)
    yield from wrapped(f"billed by the hour or piece: {billed}; traffic, queries and stored logs on top", "", "    ")


def risk_lines(risk: Risk) -> Iterator[str]:
    """A risky combination: what, what shows it, the mend, and where others name it."""
    yield from wrapped(f"{risk.risk}: {risk.summary}", "  ", "      ")
    if len(risk.path) > 1:
        yield from wrapped(f"by {' → '.join(risk.path)}", "      ", "        ")
    for evidence in risk.evidence:
        place = f" · {evidence.declared}" if evidence.declared else ""
        yield from wrapped(f"{evidence.text}{place}", "      ", "        ")
    if risk.accepted is not None:
        answer = risk.accepted
        yield from wrapped(
            f"accepted: {answer.because} · {answer.approved_by} until {answer.until}", "      ", "        "
        )
    else:
        yield from wrapped(
            f"NOT ACCEPTED: {risk.mend}; or say under `accepts` who answers for it", "      ", "        "
        )
    numbers = [reference.number for reference in (*risk.techniques, *risk.controls)]
    yield from wrapped(", ".join(numbers), "      ", "        ")


def wrapped(text: str, first: str, later: str) -> list[str]:
    """A text on as many lines as it takes, never broken within a word."""
    return textwrap.wrap(
        visible(text),
        WIDTH,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )
