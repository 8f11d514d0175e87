"""The ceiling: what no agent of the organisation may have, whatever its profile asks for.

It is checked on the declared policy, exactly, as sets: a need that shares a single request with a limit is refused.
What only passes because an environment enforces less than is declared is no fault of a need's; it is a residual.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ringfence.catalogue.model import VARIABLE, Risk
from ringfence.policy.bound import Bound, BoundError, meets, parse_bound
from ringfence.policy.flow import Flow, Https, Internet
from ringfence.policy.policy import Policy
from ringfence.policy.request import RequestPattern
from ringfence.policy.residual import Residual, ResidualKind
from ringfence.policy.span import Span
from ringfence.profile.model import Name, Text
from ringfence.source.diagnostic import Findings
from ringfence.source.document import Document
from ringfence.source.model import Complaint, Strict

PATH = "profiles/ceiling.yaml"
"""Where the ceiling stands in a tree; who may change it is for the forge to say (CODEOWNERS)."""

FORBIDDEN = "RF181"
"""The diagnostic of a need that the ceiling forbids; its related place is the limit."""


def _is_bound(text: str) -> bool:
    try:
        parse_bound(text)
    except BoundError:
        return False
    return True


class Limit(Strict):
    """What no agent may have, in every environment or in some: traffic (`policy/bound.py`), a capability, or a risk."""

    target: str | None = None
    capability: str | None = None
    risk: Risk | None = None
    because: Text
    environments: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> "Limit":
        if sum(each is not None for each in (self.target, self.capability, self.risk)) != 1:
            raise Complaint("a limit is a `target`, a `capability` or a `risk`", "write one of the three")
        if self.target is not None:
            try:
                parse_bound(self.target)
            except BoundError as error:
                # a variable may stand in any place; what it stands for is read with the environment
                if not any(_is_bound(VARIABLE.sub(sample, self.target)) for sample in ("x", "x.example")):
                    raise Complaint(str(error), error.mend, at=("target",)) from error
        return self

    @property
    def what(self) -> str:
        """What is meant, in words."""
        return self.target or (f"the capability `{self.capability}`" if self.capability else f"the risk `{self.risk}`")


class Ceiling(Strict):
    """What stands in the file."""

    format_version: Literal[1]
    never: Annotated[tuple[Limit, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class WrittenCeiling:
    """A ceiling with the document that holds it."""

    document: Document = field(repr=False)
    ceiling: Ceiling


@dataclass(frozen=True, slots=True)
class _Placed:
    """A limit that holds in an environment: where it stands, and its bound where it speaks of traffic."""

    limit: Limit
    place: Span
    bound: Bound | None

    def forbids(self, flow: Flow) -> bool:
        if self.bound is not None:
            return meets(flow.access, self.bound, _overlap)
        return flow.grant.capability == self.limit.capability or self.limit.risk in flow.grant.risks


@functools.lru_cache(maxsize=262144)
def _overlap(one: RequestPattern, other: RequestPattern) -> bool:
    """Whether two patterns share a plain target. Not decided is decided towards less access."""
    from ringfence.verify.granted import targets  # only a tree with a ceiling needs languages
    from ringfence.verify.language.piece import LanguageError

    if one.query != other.query and "*" not in (one.query, other.query):
        return False
    try:
        return not (targets((one,)) & targets((other,))).is_empty()
    except LanguageError:
        return True


def _limits(written: WrittenCeiling, environment: str, known: dict[str, str], findings: Findings) -> Iterator[_Placed]:
    from ringfence.profile.grants import NeedError, substitute

    for index, limit in enumerate(written.ceiling.never):
        if limit.environments and environment not in limit.environments:
            continue
        if limit.target is None:
            key = "capability" if limit.capability else "risk"
            yield _Placed(limit, written.document.span(("never", index, key)), None)
            continue
        place = written.document.span(("never", index, "target"))
        try:
            yield _Placed(limit, place, parse_bound(substitute(limit.target, known)))
        except (NeedError, BoundError) as error:
            findings.error(place, "RF180", f"in {environment}: {error}", error.mend)


def check_ceiling(
    written: WrittenCeiling | None, environment: str, known: dict[str, str], declared: Policy, findings: Findings
) -> None:
    """Refuse what the ceiling forbids, once for each need and limit, with every agent that would have it.

    ``known`` are the variables of the environment.
    """
    if written is None:
        return
    limits = tuple(_limits(written, environment, known, findings))
    found: dict[tuple[Span, Span], tuple[_Placed, Flow, dict[str, None]]] = {}
    for flow in declared.flows:
        for placed in limits:
            if placed.forbids(flow):
                key = (flow.grant.declared, placed.place)
                found.setdefault(key, (placed, flow, {}))[2][flow.agent] = None
    for (place, _), (placed, flow, agents) in found.items():
        names = ", ".join(f"`{agent}`" for agent in agents)
        findings.error(
            place,
            FORBIDDEN,
            f"`{flow.grant.capability}` gives {names} {_part(flow, placed)}, which no agent may have in {environment}",
            "narrow or remove the need; only the ceiling's owners can raise it",
            ((placed.place, f"{placed.limit.what}: {placed.limit.because}"),),
        )


def _part(flow: Flow, placed: _Placed) -> str:
    """What of a flow is forbidden: the first request that is, or all of it."""
    access = flow.access
    if placed.bound is not None and isinstance(access, Https):
        for request in access.requests:
            if meets(Https(access.host, access.port, (request,)), placed.bound, _overlap):
                return f"{request} on {access}"
    return str(access)


def ceiling_residuals(
    written: WrittenCeiling | None, environment: str, known: dict[str, str], declared: Policy, effective: Policy
) -> tuple[Residual, ...]:
    """What the ceiling forbids and an environment lets through all the same, since it enforces less than declared."""
    if written is None:
        return ()
    asked = {(flow.agent, flow.access) for flow in declared.flows}
    widened = [
        flow
        for flow in effective.flows
        if isinstance(flow.access, Https | Internet) and (flow.agent, flow.access) not in asked
    ]
    found: dict[tuple[str, str], Residual] = {}
    for placed in _limits(written, environment, known, Findings()):
        for flow in widened:
            if placed.bound is not None and placed.forbids(flow):
                reason = f"the ceiling forbids it, and {flow.access} passes unjudged here"
                residual = Residual(
                    "R107", ResidualKind.NOT_ENFORCEABLE, flow.agent, placed.limit.what, reason, placed.place
                )
                found.setdefault((flow.agent, placed.limit.what), residual)
    return tuple(found.values())
