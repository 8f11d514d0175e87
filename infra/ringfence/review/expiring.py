"""What ends soon, or has ended: approvals of needs and accepted risks, over all environments."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.profile.fleet import Fleet, classes_of
from ringfence.profile.written import WrittenProfile
from ringfence.review.through import needs_in

FORMAT_VERSION = 1

NOT_KNOWN = (
    "a CA certificate's last day (`ca_certificate_arn`): ACM knows it, no file here does",
    "credentials that agents hold: their services know when those end",
)
"""What expires too, and stands in no file; said with every list."""


@dataclass(frozen=True, slots=True)
class Ending:
    """One thing that ends; ``kind`` is "approval" or "risk", ``what`` the capability or the risk.

    ``until`` is the last day that counts, ``days`` how many are left with it, negative when it is over.
    """

    kind: str
    what: str
    agents: tuple[str, ...]
    environments: tuple[str, ...]
    because: str | None
    ticket: str | None
    approved_by: str | None
    until: datetime.date
    days: int
    declared: str


@dataclass(frozen=True, slots=True)
class Endings:
    """Everything that ends by a day, the first first, and what is not known."""

    format_version: int
    as_of: datetime.date
    within_days: int
    endings: tuple[Ending, ...]
    not_known: tuple[str, ...]


def endings(fleet: Fleet, as_of: datetime.date, within_days: int) -> Endings:
    """What ends at most so many days after ``as_of``, or has ended, in the order of its last day."""
    last = as_of + datetime.timedelta(days=within_days)
    found: dict[tuple[str, str, str], Ending] = {}
    for each in _all(fleet, as_of):
        if each.until <= last:
            key = (each.declared, each.kind, each.what)
            known = found.get(key)
            found[key] = each if known is None else _together(known, each)
    ordered = sorted(found.values(), key=lambda each: (each.until, each.declared, each.what))
    return Endings(FORMAT_VERSION, as_of, within_days, tuple(ordered), NOT_KNOWN)


def _together(one: Ending, other: Ending) -> Ending:
    """One need of a class, as all agents that extend it have it."""
    return Ending(
        one.kind, one.what, tuple(sorted({*one.agents, *other.agents})),
        tuple(sorted({*one.environments, *other.environments})),
        one.because, one.ticket, one.approved_by, one.until, one.days, one.declared,
    )  # fmt: skip


def _all(fleet: Fleet, as_of: datetime.date) -> Iterator[Ending]:
    for written in fleet.profiles.values():
        classes = (fleet.classes[name] for name in classes_of(fleet, written.profile.extends))
        for holder in (written, *classes):
            for need in needs_in(holder):
                until = need.need.until
                if until is not None:
                    yield Ending(
                        "approval", need.need.capability, (written.profile.agent,), written.profile.environments,
                        need.need.because, need.need.ticket, need.need.approved_by, until, (until - as_of).days,
                        str(need.reason_place("until")),
                    )  # fmt: skip
        yield from _accepted(written, as_of)


def _accepted(written: WrittenProfile, as_of: datetime.date) -> Iterator[Ending]:
    for index, each in enumerate(written.profile.accepts):
        yield Ending(
            "risk", each.risk, (written.profile.agent,), each.environments or written.profile.environments,
            each.because, None, each.approved_by, each.until, (each.until - as_of).days,
            str(written.span("accepts", index, "until")),
        )  # fmt: skip


def endings_text(found: Endings) -> list[str]:
    """The list as lines of text."""
    from ringfence.review.merged import counted
    from ringfence.review.text import wrapped

    by = found.as_of + datetime.timedelta(days=found.within_days)
    lines = [f"{counted(len(found.endings), 'ending')} by {by} · as of {found.as_of}"]
    for each in found.endings:
        left = "ENDED" if each.days < 0 else f"{counted(each.days, 'day')} left"
        lines += wrapped(f"{each.until} {left} · {each.what} · {', '.join(each.agents)}", "", "    ")
        who = " · ".join(filter(None, (each.because, each.ticket, each.approved_by)))
        lines += wrapped(
            f"{who} · {', '.join(each.environments)} · {each.declared}".removeprefix(" · "), "    ", "      "
        )
    lines += wrapped(f"not known here: {'; '.join(found.not_known)}", "", "    ")
    return lines
