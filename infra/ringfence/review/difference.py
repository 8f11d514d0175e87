"""What a change opens and closes, as plain values: what text, Markdown, HTML, JSON and SARIF are all written from.

The change leads from what it is compared with (*before*) to the working tree (*after*). Texts are as people wrote
them: making them harmless is each rendering's own duty. Places are ``path:line``; a rendering writes those of
*before* with `Against.prefix`: ``8f3c1d2e4b5a:profiles/agents/reader.yaml:7``.
"""

import datetime
from dataclasses import dataclass

from ringfence.review.report import Count, Risk


@dataclass(frozen=True, slots=True)
class Against:
    """What the working tree is compared with.

    ``kind`` is "revision", "directory" or "export"; ``name`` what was asked for, as a reader knows it; ``commit`` the
    whole name of a revision's commit, null for the others.
    """

    kind: str
    name: str
    commit: str | None

    @property
    def prefix(self) -> str:
        """What stands before the places of *before*: a commit's first digits, as `git show` takes them, or the name."""
        return self.name if self.commit is None else self.commit[:12]


@dataclass(frozen=True, slots=True)
class Totals:
    """How much there is on one side, or null numbers where that cannot be read from an export."""

    agents: int
    flows: int | None
    residuals: int | None
    public_writes: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the input, and where it stands on each side.

    ``kind`` is "agent", "need", "class", "catalogue", "environment", "expiry", "state", "call", or "deployed" (what a
    stack holds, with a resource for its place); ``text`` says what was written before and what is now. ``before`` is
    null for what is new, ``after`` for what is gone.
    """

    kind: str
    text: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Approval:
    """Why an access is there, who answers for it, until when, as declared at ``declared``.

    ``break_glass`` is when it was opened, of what was opened in an emergency.
    """

    capability: str
    because: str | None
    ticket: str | None
    approved_by: str | None
    until: datetime.date | None
    break_glass: datetime.datetime | None
    declared: str


@dataclass(frozen=True, slots=True)
class AccessChange:
    """Traffic of some agents to one destination that one side lets through and the other does not, exactly.

    It is all of ``what`` without all of ``besides``, which both sides let through. ``kind`` is "https", "tls",
    "internet", "transport", "agent", "service", "principal" (the ARN that services are called as), "names" (that
    resolve in the VPC), or "traffic" (a counterexample from an export, which stands for more like it). ``except_hosts``
    are names that a wildcard destination has and this change has not. ``example`` is a shortest target of it, in the
    grammar of `expect` where that can say it. ``risks`` are the catalogue's, and "writes-in-public" also where any
    request passes because nothing here judges requests. ``approvals`` come from the side that lets it through.
    """

    agents: tuple[str, ...]
    kind: str
    destination: str
    except_hosts: tuple[str, ...]
    what: tuple[str, ...]
    besides: tuple[str, ...]
    example: str
    risks: tuple[str, ...]
    approvals: tuple[Approval, ...]


@dataclass(frozen=True, slots=True)
class AccessEntry:
    """All that opens, or closes, through the same changes: one entry, however many agents it reaches.

    ``through`` are all changes without which it would not be so; ``agents`` those of ``accesses`` together.
    """

    through: tuple[Change, ...]
    agents: tuple[str, ...]
    accesses: tuple[AccessChange, ...]


@dataclass(frozen=True, slots=True)
class ResidualChange:
    """A residual that only one side has, with the agents that have it there."""

    code: str
    kind: str
    subject: str
    reason: str
    agents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """Who answers for something, why or until when, said otherwise on the two sides.

    ``subject`` is a capability, "owner", or an accepted risk; ``field`` the key that changed; texts are null where
    nothing is said.
    """

    agents: tuple[str, ...]
    subject: str
    field: str
    before: str | None
    after: str | None
    place_before: str | None
    place_after: str | None


@dataclass(frozen=True, slots=True)
class Renamed:
    """An agent that has another name and the same access."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Interruption:
    """Traffic that both sides allow and deploying the change stops: whose, by what, how, and what to do about it."""

    agents: tuple[str, ...]
    cause: str
    effect: str
    mend: str


@dataclass(frozen=True, slots=True)
class Outliving:
    """Connections that narrowed access no more allows, and that go on where they were open before: whose, and whereto.

    ``layer`` is what keeps them, "firewall" or "sg"; ``idle_seconds`` how long one may send nothing until it is
    forgotten, by the limit of what ``limit`` names. Nothing bounds one that is in use. ``command`` ends them, once the
    change is deployed; null where none does but cutting the agent off.
    """

    agents: tuple[str, ...]
    destinations: tuple[str, ...]
    layer: str
    idle_seconds: int
    limit: str
    command: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference in access of one environment, both sides as of one day.

    ``before`` or ``after`` is null where that side has no such environment. ``completed`` are risky combinations
    that only *after* has, ``resolved`` those that only *before* had. ``without_access`` counts what changed and
    changes no access. ``interruptions`` and ``outliving`` are null against an export, where they are not looked for.
    ``unread`` is what of an export could not be read, so that nothing is known of it.
    """

    format_version: int
    environment: str
    as_of: datetime.date
    against: Against
    before: Totals | None
    after: Totals | None
    added: tuple[str, ...]
    removed: tuple[str, ...]
    renamed: tuple[Renamed, ...]
    widened: tuple[AccessEntry, ...]
    narrowed: tuple[AccessEntry, ...]
    completed: tuple[Risk, ...]
    resolved: tuple[Risk, ...]
    residuals_came: tuple[ResidualChange, ...]
    residuals_went: tuple[ResidualChange, ...]
    answers: tuple[AnswerChange, ...]
    interruptions: tuple[Interruption, ...] | None
    outliving: tuple[Outliving, ...] | None
    without_access: tuple[Count, ...]
    unread: tuple[str, ...]


QUIET_RISKS = frozenset({"long-idle"})
"""Marks of the catalogue that are about connections, not about what may be done with an access."""


def is_risky(difference: Difference) -> bool:
    """Whether a widening carries a risk of the catalogue or completes a risky combination, or could not be read."""
    risks = {risk for entry in difference.widened for access in entry.accesses for risk in access.risks}
    return bool(risks - QUIET_RISKS or difference.completed or difference.unread)
