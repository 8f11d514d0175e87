"""The difference in access as Markdown, for a pull request: a short summary, the details folded.

Whatever a person wrote stands in a code span. What does not fit into a comment is counted, with the command that
shows it, and never left out in silence.
"""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ringfence.review.difference import AccessChange, AccessEntry, Against, AnswerChange, Change, Difference, is_risky
from ringfence.review.difference_text import against, agents, approval_text, end_text, kept_text, summary, totals
from ringfence.review.markdown import code, risk_lines
from ringfence.review.report import Risk

LIMIT = 65_536
"""Octets of a comment, counted in UTF-8, so that it fits however a forge counts: GitHub takes as many characters
(https://github.com/renovatebot/renovate/issues/2032 has its answer), GitLab a megabyte (https://docs.gitlab.com/ee/
development/issuable-like-models)."""

_RESERVED = 512
"""Octets that stay free in each section for the line that says what is not shown."""
_NAMED = 8
"""How many agents or places a line of the summary names; the others are counted, and named in the details."""


@dataclass(slots=True)
class _Section:
    """A heading, a line for each item, and each item's details as lines that are folded."""

    title: str
    items: list[tuple[str, list[str]]]
    of: str
    shown: list[str] = field(default_factory=list[str])
    details: list[str] = field(default_factory=list[str])


def difference_markdown(difference: Difference) -> str:
    """The difference as Markdown (GitHub's and GitLab's), at most `LIMIT` octets, a newline at the end."""
    head = list(_head(difference))
    sections = [section for section in _sections(difference) if section.items]
    room = LIMIT - _size(head) - sum(_size([section.title]) + 2 * _RESERVED for section in sections)
    # Lines of every section come before details of any: a reader sees first that there is more.
    for section in sections:
        for line, _ in section.items:
            if (room := room - _size([line])) < 0:
                break
            section.shown.append(line)
    for section in sections:
        for _, lines in section.items[: len(section.shown)] if room > 0 else ():
            if (room := room - _size(lines)) < 0:
                break
            section.details += lines
    lines = [*head]
    for section in sections:
        lines += _written(section, command(difference))
    return "".join(f"{line}\n" for line in lines)


def command(difference: Difference) -> str:
    """The command that shows all of it."""
    options = {"revision": "--against", "directory": "--against-dir", "export": "--against-export"}
    other = shlex.quote(difference.against.name)
    words = f"ringfence diff --env {difference.environment} {options[difference.against.kind]} {other}"
    return f"{words} --as-of {difference.as_of}"


def _size(lines: Iterable[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def _written(section: _Section, full: str) -> Iterator[str]:
    yield ""
    yield section.title
    yield ""
    yield from section.shown
    left = len(section.items) - len(section.shown)
    if left:
        yield f"- and {left} more {section.of}, not shown here: {code(full)}"
    wanted = sum(bool(lines) for _, lines in section.items)
    if not wanted:
        return
    yield ""
    if not section.details:
        yield f"Details of {wanted} {section.of} do not fit here: {code(full)}"
        return
    given = 0
    rest = section.details
    for _, lines in section.items[: len(section.shown)]:
        if lines and rest[: len(lines)] == lines:
            given, rest = given + 1, rest[len(lines) :]
    yield "<details><summary>Details</summary>"
    yield ""
    yield from section.details
    if given < wanted:
        yield f"- details of {wanted - given} more {section.of} do not fit here: {code(full)}"
    yield ""
    yield "</details>"


def _head(difference: Difference) -> Iterator[str]:
    mark = "⚠️ " if is_risky(difference) else ""
    yield f"## {mark}{code(difference.environment)}: {', '.join(summary(difference))}"
    yield ""
    yield f"Against {code(against(difference.against))}, as of {difference.as_of} · {totals(difference)}"
    if parts := agents(difference):
        yield ""
        yield _few(parts, "more")
    if difference.without_access:
        yield ""
        counts = ", ".join(f"{count.name}: {count.count}" for count in difference.without_access)
        yield f"Without a change of access: {counts}."


def _few(texts: Iterable[str], of: str = "more") -> str:
    texts = list(texts)
    shown = ", ".join(map(code, texts[:_NAMED]))
    return shown if len(texts) <= _NAMED else f"{shown} and {len(texts) - _NAMED} {of}"


def _sections(difference: Difference) -> Iterator[_Section]:
    where = difference.against
    if difference.unread:
        yield _Section(
            "### Not read, so nothing is known of it", [(f"- {code(text)}", []) for text in difference.unread], "parts"
        )
    yield _Section("### Widened", [_entry(entry, where) for entry in difference.widened], "changes")
    interrupted: list[tuple[str, list[str]]] = [
        (
            f"- {code(each.cause)} · {_few(each.agents)}",
            [f"- {code(each.effect)} · {code(each.mend)} · {_all(each.agents)}"],
        )
        for each in difference.interruptions or ()
    ]
    yield _Section("### Interrupted by deploying it, though both sides allow it", interrupted, "interruptions")
    yield _Section("### Risky combinations completed", [_risk(risk) for risk in difference.completed], "combinations")
    yield _Section("### Narrowed", [_entry(entry, where) for entry in difference.narrowed], "changes")
    outliving: list[tuple[str, list[str]]] = [
        (
            f"- {_few(each.destinations, 'more destinations')} · {_few(each.agents)} · {code(end_text(each))}",
            [f"- {_all(each.destinations)} · {_all(each.agents)}: {code(kept_text(each))}"],
        )
        for each in difference.outliving or ()
    ]
    yield _Section("### Outlives the deployment: what was open before goes on", outliving, "layers")
    yield _Section("### Risky combinations resolved", [_risk(risk) for risk in difference.resolved], "combinations")
    for title, residuals in (("came", difference.residuals_came), ("went", difference.residuals_went)):
        items: list[tuple[str, list[str]]] = [
            (
                f"- {each.code} {code(each.subject)} · {_few(each.agents)}",
                [f"- {each.code} {code(each.subject)}: {code(each.reason)} · {_all(each.agents)}"],
            )
            for each in residuals
        ]
        yield _Section(f"### Residuals that {title}", items, "residuals")
    answers = [(_answer(answer, where), list[str]()) for answer in difference.answers]
    yield _Section("### Who answers, why, until when", answers, "answers")


def _all(texts: Iterable[str]) -> str:
    return ", ".join(map(code, texts))


def _entry(entry: AccessEntry, where: Against) -> tuple[str, list[str]]:
    risks = sorted({risk for access in entry.accesses for risk in access.risks})
    marks = f" · **{', '.join(risks)}**" if risks else ""
    destinations = dict.fromkeys(access.destination for access in entry.accesses)
    through = "; ".join(_change(change, where) for change in entry.through[:2])
    more = f" and {len(entry.through) - 2} more changes" if len(entry.through) > 2 else ""
    line = f"- {_few(entry.agents, 'more agents')} → {_few(destinations, 'more destinations')}{marks} · {through}{more}"
    return line, list(_details(entry, where))


def _change(change: Change, where: Against) -> str:
    before = None if change.before is None else f"{where.prefix}:{change.before}"
    places = " → ".join(code(place) for place in (before, change.after) if place is not None)
    return f"{code(change.text)} {places}".rstrip()


def _details(entry: AccessEntry, where: Against) -> Iterator[str]:
    yield f"- {_all(entry.agents)}"
    for change in entry.through:
        yield f"  - through {_change(change, where)}"
    for access in entry.accesses:
        yield from _access(access, entry)


def _access(access: AccessChange, entry: AccessEntry) -> Iterator[str]:
    whose = "" if access.agents == entry.agents else f"{_all(access.agents)} → "
    excepted = f" except {_all(access.except_hosts)}" if access.except_hosts else ""
    risks = f" · **{', '.join(access.risks)}**" if access.risks else ""
    yield f"  - {whose}{code(access.destination)}{excepted}: {_all(access.what)}{risks}"
    if access.besides:
        yield f"    - passes on both sides: {_all(access.besides)}"
    yield f"    - such as {code(access.example)}"
    for approval in access.approvals:
        if text := approval_text(approval):
            yield f"    - {code(text)} · {code(approval.declared)}"


def _risk(risk: Risk) -> tuple[str, list[str]]:
    line, details = risk_lines(risk)
    return line, [f"- {code(risk.summary)}", *(f"  {detail}" for detail in details)]


def _answer(answer: AnswerChange, where: Against) -> str:
    said = f"{code(answer.before or 'nothing')} → {code(answer.after or 'nothing')}"
    places = _change(Change("answer", answer.field, answer.place_before, answer.place_after), where)
    return f"- {code(answer.subject)}: {said} · {_few(answer.agents, 'more agents')} · {places}"
