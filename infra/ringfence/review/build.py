"""From a plan and its enforcement to the report."""

from collections.abc import Iterable, Iterator

from ringfence.aws.allocation import Allocation
from ringfence.aws.enforcement.billing import billed_units
from ringfence.aws.enforcement.layers import Layers
from ringfence.aws.enforcement.model import AgentPlace, Enforcement
from ringfence.aws.enforcement.quotas import usages
from ringfence.aws.enforcement.resource_counts import resource_counts
from ringfence.plan import Plan
from ringfence.policy.flow import Access, AgentCall, Flow, Grant, Https, Internet, Service, Tls, Transport
from ringfence.policy.policy import Agent
from ringfence.profile.fleet import Fleet, classes_of
from ringfence.profile.model import Need as DeclaredNeed
from ringfence.profile.written import WrittenProfile
from ringfence.review.report import (
    Accepted,
    AgentReview,
    Count,
    Expired,
    Left,
    Need,
    QuarantineReview,
    QuotaUse,
    Reach,
    Report,
)
from ringfence.review.risk import PUBLIC_WRITE, risks_of
from ringfence.source.document import Document

FORMAT_VERSION = 1
"""Of the JSON: a field is added without a new version; one is renamed or removed only with it."""


def build_report(plan: Plan, enforcement: Enforcement, allocation: Allocation) -> Report:
    """The review of a plan; the enforcement is the plan's own, and the allocation the one that it was made with."""
    environment = plan.environment.environment
    layers = Layers.of(enforcement)
    places = {place.agent: place for place in enforcement.places}
    return Report(
        format_version=FORMAT_VERSION,
        environment=plan.environment.name,
        region=plan.environment.region,
        inspection=environment.inspection,
        http2=environment.http2,
        as_of=plan.declared.as_of,
        allocation="provisional" if allocation.provisional else "current" if allocation.current else "stale",
        observed=tuple(agent.name for agent in plan.declared.agents if agent.mode == "observe"),
        agents=tuple(_agent(agent, places[agent.name], plan, layers) for agent in plan.declared.agents),
        risks=risks_of(plan),
        residuals=tuple(
            Left(
                left.code,
                str(left.kind),
                left.agent,
                left.subject,
                left.reason,
                str(left.declared) if left.declared else None,
            )
            for left in plan.effective.residuals
        ),
        quotas=tuple(
            QuotaUse(
                use.quota, use.used, use.limit, use.default, use.adjustable, use.exceeded, use.subject, use.mend,
                use.source,
            )
            for use in usages(enforcement, environment)
        ),
        resources=_counts(resource_counts(enforcement).items()),
        billed=_counts(billed_units(enforcement).items()),
        elsewhere=plan.declared.elsewhere,
    )  # fmt: skip


def _counts(items: Iterable[tuple[str, int]]) -> tuple[Count, ...]:
    return tuple(Count(name, count) for name, count in items)


def _agent(agent: Agent, place: AgentPlace, plan: Plan, layers: Layers) -> AgentReview:
    profile = plan.fleet.profiles[agent.name].profile
    cut = agent.quarantine
    return AgentReview(
        name=agent.name,
        owner=agent.owner,
        purpose=agent.purpose,
        platform=agent.platform,
        declared=str(agent.declared),
        mode=agent.mode,
        quarantine=cut and QuarantineReview(cut.because, cut.ticket, cut.since),
        inspected=place.inspected,
        provisional=place.provisional,
        serves=agent.serves,
        networks=tuple(map(str, place.networks)),
        access_digest=place.access_digest,
        needs=tuple(_needs(plan.declared.of(agent.name), plan.effective.of(agent.name), layers)),
        expired=tuple(_expired(plan.fleet, plan.fleet.profiles[agent.name], plan)),
        accepted=tuple(
            Accepted(each.risk, each.because, each.approved_by, each.until)
            for each in profile.accepts
            if not each.environments or plan.environment.name in each.environments
        ),
    )


def _needs(declared: tuple[Flow, ...], effective: tuple[Flow, ...], layers: Layers) -> Iterator[Need]:
    """An agent's flows by the need that they come from: its own first, then its classes', then the platform's."""
    passing: dict[Grant, list[Access]] = {}
    for flow in effective:
        passing.setdefault(flow.grant, []).append(flow.access)
    needs: dict[tuple[int, str, int, int, str], list[tuple[Flow, Access]]] = {}
    for flow in declared:
        access = _passes(flow.access, passing[flow.grant])
        grant, place = flow.grant, flow.grant.declared
        key = (_rank(grant), place.path, place.line, place.column, grant.capability)
        needs.setdefault(key, []).append((flow, access))
    for key in sorted(needs):
        flows = needs[key]
        grant = flows[0][0].grant
        yield Need(
            capability=grant.capability,
            origin=grant.origin,
            because=grant.because,
            ticket=grant.ticket,
            approved_by=grant.approved_by,
            until=grant.until,
            break_glass=grant.break_glass,
            declared=str(grant.declared),
            catalogue=str(grant.catalogue),
            unconfirmed=grant.unconfirmed,
            reaches=tuple(_reach(flow, access, layers) for flow, access in flows),
        )


def _rank(grant: Grant) -> int:
    return {"profile": 0, "platform": 2}.get(grant.origin, 1)


def _passes(declared: Access, passing: list[Access]) -> Access:
    """What a declared access has become in the effective policy; it is taken from ``passing``, so that each is once."""
    candidates: list[Access] = [declared]
    if isinstance(declared, Https):
        candidates.append(Https(declared.host, declared.port, ()))
    if isinstance(declared, Https | Tls):
        candidates.append(Internet(declared.port))
    for candidate in candidates:
        if candidate in passing:
            passing.remove(candidate)
            return candidate
    raise AssertionError(f"{declared} is declared and in no form effective")


def _reach(flow: Flow, effective: Access, layers: Layers) -> Reach:
    access = flow.access
    service = access if isinstance(access, Service) else None
    return Reach(
        kind=_kind(access),
        destination=_destination(access),
        requests=tuple(map(str, access.requests)) if isinstance(access, Https) else (),
        actions=service.actions if service else (),
        resources=service.resources if service else (),
        principal=service.principal if service else None,
        effective=None if effective == access else _wider(effective),
        layers=layers.enforcing(Flow(flow.agent, effective, flow.grant)),
        public_write=PUBLIC_WRITE in flow.grant.risks,
        risks=flow.grant.risks,
    )


def _kind(access: Access) -> str:
    match access:
        case Https():
            return "https"
        case Tls():
            return "tls"
        case Transport():
            return "transport"
        case AgentCall():
            return "agent"
        case Service():
            return "service"
        case Internet():
            raise AssertionError("no profile declares the whole internet")


def _destination(access: Access) -> str:
    return access.service if isinstance(access, Service) else str(access)


def _wider(access: Access) -> str:
    return f"any request to {access}" if isinstance(access, Https) else str(access)


def _expired(fleet: Fleet, written: WrittenProfile, plan: Plan) -> Iterator[Expired]:
    """The agent's own needs and its classes' that have ended, in the order of their files."""
    classes = [fleet.classes[name] for name in classes_of(fleet, written.profile.extends)]
    sources: list[tuple[Document, tuple[DeclaredNeed, ...]]] = [(written.document, written.profile.needs)]
    sources += [(class_.document, class_.class_.needs) for class_ in classes]
    for document, needs in sources:
        for index, need in enumerate(needs):
            if need.until is not None and need.until < plan.declared.as_of:
                place = document.key_span(("needs", index, need.capability))
                yield Expired(need.capability, need.until, str(place))
