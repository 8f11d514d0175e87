"""The review as Markdown, for a pull request.

Whatever a person wrote stands in a code span: no mention, link, HTML or emphasis can come out of a profile.
"""

import re
from collections.abc import Iterable, Iterator

from ringfence.review.merged import (
    KINDS,
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


def markdown_of(report: Report) -> str:
    """The report as Markdown (GitHub's and GitLab's), a newline at the end."""
    return "".join(f"{line}\n" for line in _lines(report))


def code(text: str) -> str:
    """A text as a code span that nothing in it can end (CommonMark 0.31, 6.1)."""
    shown = visible(text)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if not shown.strip(" ") or shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _codes(texts: Iterable[str]) -> str:
    return ", ".join(map(code, texts))


def _lines(report: Report) -> Iterator[str]:
    name, *rest = headline(report)
    yield f"## {code(name)}: " + " · ".join(map(_plain, rest))
    yield ""
    yield summary(report)
    if opened := in_emergency(report):
        yield ""
    for parts in opened:
        yield f"- **break-glass**: {' · '.join(map(code, parts))}"
    for agent in report.agents:
        yield ""
        yield from _agent(agent)
    if report.risks:
        yield ""
        yield "### Risks: combinations that are worth more than their parts"
        yield ""
    for risk in report.risks:
        line, details = risk_lines(risk)
        yield line
        yield from (f"  {detail}" for detail in details)
    for kind in KINDS:
        found = [cause for cause in causes(report) if cause.kind == kind]
        if found:
            yield ""
            yield f"### Residual: {kind}"
            yield ""
        for cause in found:
            for subject, agents in cause.subjects.items():
                who = code(whose(agents, len(report.agents)))
                yield f"- {cause.code} {code(subject)}: {code(cause.reason)} · {who}"
    if texts := unconfirmed(report):
        yield ""
        yield "### Unconfirmed: not read in a vendor's source"
        yield ""
        for capability, text, agents in texts:
            yield f"- {code(capability)}: {code(text)} · {code(whose(agents, len(report.agents)))}"
    yield ""
    yield from _account(report)
    if report.elsewhere:
        yield ""
        yield f"Not in {code(report.environment)}: {_codes(report.elsewhere)}"


def _plain(text: str) -> str:
    """A part of the headline: words of ours, but for the names of agents."""
    return text if re.fullmatch(r"[A-Za-z0-9 ,:.()`-]*", text) else code(text)


def _agent(agent: AgentReview) -> Iterator[str]:
    yield f"### {code(agent.name)}"
    yield ""
    states = [
        code(agent.owner),
        _codes(agent.networks) + (" (provisional)" if agent.provisional else ""),
        *([f"**quarantined**: {code(cut_off(agent.quarantine))}"] if agent.quarantine else []),
        *(["**observed, not enforced**"] if agent.mode == "observe" else []),
        *(["TLS decrypted"] if agent.inspected else []),
        *([f"serves on {agent.serves}"] if agent.serves else []),
    ]
    yield f"{code(agent.purpose)} · " + " · ".join(states)
    yield ""
    for need in agent.needs:
        yield from _need(need)
    for expired in agent.expired:
        yield f"- {code(expired.capability)} ended on {expired.until} and opens nothing · {code(expired.declared)}"
    for accepted in agent.accepted:
        reasons = f"{code(accepted.because)} · {code(accepted.approved_by)} until {accepted.until}"
        yield f"- accepted: {code(accepted.risk)} · {reasons}"
    if not agent.needs:
        yield "- reaches nothing"


def _need(need: Need) -> Iterator[str]:
    parts = [code(need.capability)]
    if need.origin not in {"profile", "platform"}:
        parts.append(f"class {code(need.origin)}")
    parts += [code(text) for text in (need.because, need.ticket, need.approved_by) if text]
    parts += [f"until {need.until}"] if need.until else []
    yield "- " + " · ".join([*parts, code(need.declared)])
    for reach in need.reaches:
        yield f"  - {_reach(reach)}"


def _reach(reach: Reach) -> str:
    parts = [code(reach.destination)]
    if reach.kind == "service":
        parts.append(f"{_codes(reach.actions)} on {_codes(reach.resources)}")
        parts += [f"as {code(reach.principal)}"] if reach.principal else []
    elif reach.kind == "https":
        parts.append(_codes(merged_requests(reach.requests)) or "any request")
    parts.append(f"*{' '.join(reach.layers)}*")
    return " · ".join([*parts, *(["**public write**"] if reach.public_write else [])])


def risk_lines(risk: Risk) -> tuple[str, list[str]]:
    """A risky combination as a list item, and what shows it as items below."""
    way = f" by {code(' → '.join(risk.path))}" if len(risk.path) > 1 else ""
    answer = risk.accepted
    if answer is None:
        said = f"**not accepted**: {code(risk.mend)}"
    else:
        said = f"accepted: {code(answer.because)} · {code(answer.approved_by)} until {answer.until}"
    lines = [f"- {code(each.text)}{f' · {code(each.declared)}' if each.declared else ''}" for each in risk.evidence]
    lines += [f"- [{each.number}]({each.page}) {each.name}" for each in (*risk.techniques, *risk.controls)]
    return f"- **{risk.risk}**: {code(risk.summary)}{way} · {said}", lines


def _account(report: Report) -> Iterator[str]:
    yield "<details><summary>Quotas, resources, what is billed</summary>"
    yield ""
    for use in report.quotas:
        exceeded = f" · **exceeded**: {code(use.mend)}" if use.exceeded else ""
        yield f"- {code(use.quota)}: {use.used} of {use.limit} · {code(use.subject)}{exceeded}"
    yield ""
    for count in report.resources:
        yield f"- {count.count} {code(count.name)}"
    yield ""
    for count in report.billed:
        yield f"- billed: {count.count} {count.name}"
    yield ""
    yield "</details>"
