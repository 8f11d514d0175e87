"""The difference in access as text: what opened first, then what closed, then the rest."""

from collections.abc import Iterable, Iterator

from ringfence.profile.model import moment_text
from ringfence.review.difference import (
    QUIET_RISKS,
    AccessChange,
    AccessEntry,
    Against,
    AnswerChange,
    Approval,
    Change,
    Difference,
    Outliving,
    ResidualChange,
)
from ringfence.review.merged import counted
from ringfence.review.text import risk_lines, wrapped


def difference_text(difference: Difference) -> str:
    """The difference as lines of text, a newline at the end; control and direction characters are shown as escapes."""
    return "".join(f"{line}\n" for line in _lines(difference))


def headline(difference: Difference) -> list[str]:
    """The parts of the first line: where, compared with what, as of when."""
    return [difference.environment, f"against {against(difference.against)}", f"as of {difference.as_of}"]


def against(what: Against) -> str:
    """What the working tree is compared with, in words; a commit by its first digits."""
    match what.kind:
        case "revision":
            return f"commit {what.prefix}" if what.name == what.commit else f"{what.name} ({what.prefix})"
        case "export":
            return f"the deployed stack ({what.name})"
        case _:
            return what.name


def summary(difference: Difference) -> list[str]:
    """What a reviewer must know, each part in few words; the first says whether anything opened."""
    widened, narrowed = (_sum(entries) for entries in (difference.widened, difference.narrowed))
    parts = [
        f"{accesses(widened)} widened" if widened else "nothing opens",
        f"{accesses(narrowed)} narrowed" if narrowed else "nothing closes",
    ]
    risky = sum(bool({*access.risks} - QUIET_RISKS) for entry in difference.widened for access in entry.accesses)
    if risky:
        parts.append(f"{risky} of the widened risky")
    if difference.interruptions:
        parts.append(counted(len(difference.interruptions), "interruption"))
    if difference.completed:
        parts.append(f"{counted(len(difference.completed), 'risky combination')} completed")
    return parts


def accesses(number: int) -> str:
    """``1 access``, ``2 accesses``."""
    return f"{number} access{'' if number == 1 else 'es'}"


def _sum(entries: Iterable[AccessEntry]) -> int:
    return sum(len(entry.accesses) for entry in entries)


def totals(difference: Difference) -> str:
    """Agents, flows, public writes and residuals, before and after."""
    before, after = difference.before, difference.after
    parts = [
        _from_to(name, *(None if side is None else getattr(side, name.replace(" ", "_")) for side in (before, after)))
        for name in ("agents", "flows", "public writes", "residuals")
    ]
    return " · ".join(part for part in parts if part)


def _from_to(name: str, before: int | None, after: int | None) -> str:
    if before is None or after is None:
        return "" if before is after else f"{before if after is None else after} {name}"
    return f"{after} {name}" if before == after else f"{before} → {after} {name}"


def _lines(difference: Difference) -> Iterator[str]:
    yield from wrapped(" · ".join(headline(difference)), "", "    ")
    yield " · ".join(summary(difference))
    yield totals(difference)
    yield from wrapped(", ".join(agents(difference)), "", "    ")
    where = difference.against
    for title, entries in (("WIDENED", difference.widened), ("narrowed", difference.narrowed)):
        if entries:
            yield ""
            yield title
        for entry in entries:
            yield from _entry(entry, where)
    if difference.interruptions:
        yield ""
        yield "INTERRUPTED by deploying it, though both sides allow it"
        for each in difference.interruptions:
            yield from wrapped(f"{each.cause} · {', '.join(each.agents)}", "  ", "      ")
            yield from wrapped(f"{each.effect}; {each.mend}", "      ", "      ")
    if difference.outliving:
        yield ""
        yield "OUTLIVES the deployment: what was open before goes on"
        for each in difference.outliving:
            yield from wrapped(f"{', '.join(each.destinations)} · {', '.join(each.agents)}", "  ", "      ")
            yield from wrapped(f"{kept_text(each)}; {end_text(each)}", "      ", "      ")
    for title, risks in (("RISKS COMPLETED", difference.completed), ("risks resolved", difference.resolved)):
        if risks:
            yield ""
            yield title
        for risk in risks:
            yield from risk_lines(risk)
    for title, residuals in (
        ("residuals that came", difference.residuals_came),
        ("residuals that went", difference.residuals_went),
    ):
        if residuals:
            yield ""
            yield title
        for residual in residuals:
            yield from wrapped(residual_text(residual), "  ", "      ")
    if difference.answers:
        yield ""
        yield "who answers, why, until when"
        for answer in difference.answers:
            yield from wrapped(answer_text(answer, where), "  ", "      ")
    if difference.without_access:
        yield ""
        counts = ", ".join(f"{count.name}: {count.count}" for count in difference.without_access)
        yield from wrapped(f"without a change of access: {counts}", "", "    ")
    if difference.unread:
        yield ""
        yield "NOT READ, so nothing is known of it"
        for text in difference.unread:
            yield from wrapped(text, "  ", "      ")


def agents(difference: Difference) -> list[str]:
    """Agents and environments that only one side has."""
    parts = [f"+ {name}" for name in difference.added] + [f"- {name}" for name in difference.removed]
    parts += [f"{pair.before} → {pair.after}" for pair in difference.renamed]
    if difference.before is None:
        parts.insert(0, "the environment is new")
    if difference.after is None:
        parts.insert(0, "the environment is gone")
    return parts


def _entry(entry: AccessEntry, where: Against) -> Iterator[str]:
    for change in entry.through:
        yield from wrapped(change_text(change, where), "  ", "      ")
    shared = all(access.agents == entry.agents for access in entry.accesses)
    if shared:
        yield from wrapped(", ".join(entry.agents), "    ", "        ")
    for access in entry.accesses:
        if not shared:
            yield from wrapped(", ".join(access.agents), "    ", "        ")
        yield from _access(access)


def _access(access: AccessChange) -> Iterator[str]:
    marks = [risk.replace("-", " ").upper() for risk in access.risks]
    excepted = f" except {', '.join(access.except_hosts)}" if access.except_hosts else ""
    yield from wrapped(f"{access.destination}{excepted}  {'  '.join(marks)}".rstrip(), "      ", "          ")
    yield from wrapped(", ".join(access.what), "          ", "          ")
    if access.besides:
        yield from wrapped(f"passes on both sides: {', '.join(access.besides)}", "          ", "          ")
    yield from wrapped(f"such as {access.example}", "          ", "          ")
    for approval in access.approvals:
        text = approval_text(approval)
        if text:
            yield from wrapped(text, "          ", "            ")


def change_text(change: Change, where: Against) -> str:
    """One change with its places; those of the other side carry its name."""
    before = None if change.before is None else f"{where.prefix}:{change.before}"
    places = " → ".join(place for place in (before, change.after) if place is not None)
    return f"{change.text} · {places}"


def approval_text(approval: Approval) -> str:
    """Reason, ticket and who approved; empty where nothing is said."""
    until = f"until {approval.until}" if approval.until else None
    who = " ".join(part for part in (approval.approved_by, until) if part)
    opened = f"BREAK-GLASS since {moment_text(approval.break_glass)}" if approval.break_glass else None
    return " · ".join(part for part in (opened, approval.because, approval.ticket, who) if part)


def kept_text(outliving: Outliving) -> str:
    """What keeps connections, and how long."""
    idle = f"until {outliving.idle_seconds} s without a packet (idle limit of {outliving.limit})"
    return f"{_KEEPS[outliving.layer]} keeps it as long as it is in use, {idle}"


def end_text(outliving: Outliving) -> str:
    """What ends connections, after the deployment."""
    if outliving.command is None:
        return "a new start of the workload ends it, or a quarantine"
    return f"after the deployment: {outliving.command}"


_KEEPS = {"firewall": "the firewall", "sg": "the security group"}


def residual_text(residual: ResidualChange) -> str:
    """A residual on one line."""
    return f"{residual.code} {residual.subject}: {residual.reason} · {', '.join(residual.agents)}"


def answer_text(answer: AnswerChange, where: Against) -> str:
    """What was said and is said now, on one line."""
    change = Change("answer", "", answer.place_before, answer.place_after)
    said = f"{answer.before or 'nothing'} → {answer.after or 'nothing'}"
    return f"{answer.subject}: {answer.field} {said} · {', '.join(answer.agents)}{change_text(change, where)}"
