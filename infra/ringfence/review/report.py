"""A review as plain values: what text, Markdown and JSON are all written from.

Every flow of the effective policy is one `Reach`, every residual one `Left`; a test compares both with the policy.
Texts are as people wrote them: making them harmless is each rendering's own duty.
"""

import datetime
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reach:
    """One flow: what is declared, what passes, and the layers that hold it.

    ``kind`` is "https", "tls", "transport", "agent" or "service". ``requests`` are the declared requests, all when
    there are none; ``actions`` and ``resources`` belong to a service, called as ``principal``. ``effective`` says
    what passes where that is more than declared, else it is null. ``layers`` enforce the flow, in order.
    """

    kind: str
    destination: str
    requests: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principal: str | None
    effective: str | None
    layers: tuple[str, ...]
    public_write: bool
    risks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """One need of an agent, why it is there and until when, and all that it opens.

    ``origin`` is "profile", "platform" or the class that brings it; ``declared`` and ``catalogue`` are places as
    ``path:line``. ``unconfirmed`` is what the catalogue could not read in a vendor's source. ``break_glass`` is when it
    was opened, of what was opened in an emergency.
    """

    capability: str
    origin: str
    because: str | None
    ticket: str | None
    approved_by: str | None
    until: datetime.date | None
    break_glass: datetime.datetime | None
    declared: str
    catalogue: str
    unconfirmed: tuple[str, ...]
    reaches: tuple[Reach, ...]


@dataclass(frozen=True, slots=True)
class Expired:
    """A need that opens nothing any more."""

    capability: str
    until: datetime.date
    declared: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that somebody answers for."""

    risk: str
    because: str
    approved_by: str
    until: datetime.date


@dataclass(frozen=True, slots=True)
class Evidence:
    """What shows one part of a risky combination: in words, and the line that declares it, null where none does."""

    text: str
    declared: str | None


@dataclass(frozen=True, slots=True)
class Reference:
    """A technique or control by its number and name, with the page that was read."""

    number: str
    name: str
    page: str


@dataclass(frozen=True, slots=True)
class Risk:
    """A combination of accesses that is worth more than its parts.

    ``risk`` is its stable name (``private-to-public``), which `accepts` uses; ``path`` leads by calls from the agent
    to the one that completes it, and is the agent alone where it needs nobody. ``accepted`` says who answers for it.
    """

    risk: str
    agent: str
    summary: str
    path: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    mend: str
    techniques: tuple[Reference, ...]
    controls: tuple[Reference, ...]
    accepted: Accepted | None


@dataclass(frozen=True, slots=True)
class QuarantineReview:
    """Why an agent is cut off, and since when, as its profile says."""

    because: str | None
    ticket: str | None
    since: datetime.datetime | None


@dataclass(frozen=True, slots=True)
class AgentReview:
    """One agent: where it is, and what it may reach.

    ``mode`` is "enforce" or "observe"; ``quarantine`` is there where it is cut off; ``inspected`` tells whether its
    TLS is decrypted; ``provisional`` that its networks stand in no allocation yet. ``access_digest`` changes with its
    access and with nothing else.
    """

    name: str
    owner: str
    purpose: str
    platform: str
    declared: str
    mode: str
    quarantine: QuarantineReview | None
    inspected: bool
    provisional: bool
    serves: int | None
    networks: tuple[str, ...]
    access_digest: str
    needs: tuple[Need, ...]
    expired: tuple[Expired, ...]
    accepted: tuple[Accepted, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """One residual: traffic that passes, or content that a request may carry, though no profile asks for it.

    ``kind`` is "not enforceable here", "AWS always" or "content"; ``declared`` the place of what is not as declared.
    """

    code: str
    kind: str
    agent: str
    subject: str
    reason: str
    declared: str | None


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """How much of one AWS quota the environment uses; ``subject`` is what uses most of it."""

    quota: str
    used: int
    limit: int
    default: int
    adjustable: bool
    exceeded: bool
    subject: str
    mend: str
    source: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are of something."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """The review of one environment as of a day.

    ``allocation`` is "current", "stale" or "provisional"; ``observed`` names the agents whose refusals are only
    logged, ``elsewhere`` the agents that run in other environments. ``resources`` are counted by Pulumi's type,
    ``billed`` by what AWS bills; traffic, queries and stored logs come on top.
    """

    format_version: int
    environment: str
    region: str
    inspection: str
    http2: str
    as_of: datetime.date
    allocation: str
    observed: tuple[str, ...]
    agents: tuple[AgentReview, ...]
    risks: tuple[Risk, ...]
    residuals: tuple[Left, ...]
    quotas: tuple[QuotaUse, ...]
    resources: tuple[Count, ...]
    billed: tuple[Count, ...]
    elsewhere: tuple[str, ...]
