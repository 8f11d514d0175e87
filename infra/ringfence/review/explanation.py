"""One target explained, as plain values: what passes, what the profiles say, every layer, and what would change it."""

import dataclasses
import datetime
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ringfence.plan import Plan
from ringfence.policy.flow import Access, Flow, Https, Internet, Service
from ringfence.policy.policy import Agent
from ringfence.policy.residual import Residual, ResidualKind
from ringfence.policy.target import AgentTarget, NameTarget, Target, TransportTarget
from ringfence.policy.verdict import judge
from ringfence.profile.remedy import Refusal, Suggestion
from ringfence.review.report import Left
from ringfence.verify.explain.declared import flows_about
from ringfence.verify.explain.step import Answer, Explanation
from ringfence.verify.language.expression import contains
from ringfence.verify.resolver import service_names

FORMAT_VERSION = 1
JUDGED_BY = "our model of the layers; no engine and no AWS was asked"


@dataclass(frozen=True, slots=True)
class Said:
    """What a policy says of the target: ``allow`` or ``deny``, why, and the profile line that grants it."""

    answer: str
    reason: str
    declared: str | None


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's answer: ``allow``, ``deny``, ``not known``, ``not read`` or ``not on the way``.

    ``of`` is what is asked there, ``rule`` what decided, ``resource`` where that stands (a URN); ``decides`` is false
    of a layer that a client can go without.
    """

    layer: str
    answer: str
    of: str
    rule: str
    resource: str | None
    declared: tuple[str, ...]
    decides: bool


@dataclass(frozen=True, slots=True)
class Need:
    """YAML that would allow the target, for the profile ``path``, and what it would open besides.

    ``missing`` are the keys that somebody must still fill in: until then it does not compile.
    """

    path: str
    yaml: str
    missing: tuple[str, ...]
    opens: tuple[str, ...]
    risks: tuple[str, ...]
    carries: tuple[str, ...]
    residuals: tuple[Left, ...]
    beside: str | None


@dataclass(frozen=True, slots=True)
class NoNeed:
    """Why no need would allow the target, or why none is wanted; ``place`` where there is something to change."""

    reason: str
    mend: str
    place: str | None


@dataclass(frozen=True, slots=True)
class ExplanationReport:
    """The answer to one target of one agent.

    ``reach`` is what the resources let through: ``allow``, ``deny`` or ``not known``. ``agree`` tells whether the
    effective policy says the same, or ``because`` names the residual that makes the difference. ``need`` or
    ``no_need`` stand where the profiles deny the target.
    """

    format_version: int
    environment: str
    agent: str
    target: str
    source: str
    as_of: datetime.date
    judged_by: str
    reach: str
    agree: bool
    because: str | None
    declared: Said
    effective: Said
    destination: str
    layers: tuple[Layer, ...]
    notes: tuple[str, ...]
    unread: tuple[str, ...]
    residuals: tuple[Left, ...]
    need: Need | None
    no_need: NoNeed | None


def explanation_json(report: ExplanationReport) -> str:
    """The report as JSON in ASCII, keys in a fixed order, a newline at the end."""
    return json.dumps(dataclasses.asdict(report), indent=2, default=str) + "\n"  # the day is all that is no JSON


def explanation_schema() -> dict[str, Any]:
    """The JSON Schema of `explanation_json` as pydantic writes it (2020-12)."""
    from pydantic import TypeAdapter  # building what reads such a report takes longer than writing one

    return TypeAdapter(ExplanationReport).json_schema(mode="serialization")


def explanation_report(
    plan: Plan, agent: Agent, target: Target, written: str, source: str, found: Explanation,
    remedy: Suggestion | Refusal | None,
) -> ExplanationReport:  # fmt: skip
    """The report of a target, as ``written`` by who asks; ``remedy`` is None where the profiles allow it."""
    declared = _said(plan.declared.of(agent.name), target, found.destination)
    effective = _said(plan.effective.of(agent.name), target, found.destination)
    because = _because(plan, agent, target, found, effective)
    return ExplanationReport(
        format_version=FORMAT_VERSION,
        environment=plan.effective.environment,
        agent=agent.name,
        target=written,
        source=source,
        as_of=plan.effective.as_of,
        judged_by=JUDGED_BY,
        reach=str(found.answer),
        agree=str(found.answer) == effective.answer or because is not None,
        because=because,
        declared=declared,
        effective=effective,
        destination=found.destination,
        layers=tuple(
            Layer(
                step.layer, str(step.answer), step.of, step.rule, step.resource or None,
                tuple(map(str, step.declared)), step.decides,
            )
            for step in found.steps
        ),
        notes=found.notes,
        unread=tuple(f"{finding.traffic}: {finding.rule}" for finding in found.unread),
        residuals=tuple(map(_left, _concerning(plan, agent, target))),
        need=_need(remedy) if isinstance(remedy, Suggestion) else None,
        no_need=_no_need(remedy) if isinstance(remedy, Refusal) else None,
    )  # fmt: skip


def _said(flows: tuple[Flow, ...], target: Target, destination: str) -> Said:
    verdict = judge(flows, target)
    flow = verdict.flow or _by_destination(flows, target, destination)
    if flow is None:
        return Said("deny", verdict.reason, None)
    reason = flow.grant.capability if verdict.flow else f"{flow.grant.capability}, as {destination}"
    return Said("allow", reason, str(flow.grant.declared))


def _by_destination(flows: tuple[Flow, ...], target: Target, destination: str) -> Flow | None:
    """The flow to what stands at an address, or answers to a name: policies know agents and services by name only."""
    kind, _, name = destination.partition(" ")
    if kind == "endpoint" and not isinstance(target, NameTarget):
        asked_by_name = not hasattr(target, "action")
        services = (flow for flow in flows if isinstance(flow.access, Service) and flow.access.service == name)
        return next(services, None) if asked_by_name else None
    if kind == "agent" and isinstance(target, TransportTarget):
        called = judge(flows, AgentTarget(name)).flow
        return called if called and getattr(called.access, "port", None) == target.port else None
    return None


def _because(plan: Plan, agent: Agent, target: Target, found: Explanation, effective: Said) -> str | None:
    """The residual by which more passes than the effective policy grants; None where there is none, or no more does."""
    if found.answer is not Answer.ALLOW or effective.answer == "allow":
        return None
    known = {left.code: left for left in plan.effective.residuals if left.agent == agent.name}
    codes: tuple[str, ...] = ()
    if found.destination == "aws":
        codes = ("R202", "R203")
    elif isinstance(target, NameTarget) and _resolves_for_others(plan, target):
        codes = ("R201",)
    elif isinstance(target, NameTarget) and any(isinstance(flow.access, Internet) for flow in plan.effective.flows):
        codes = ("R103", "R104")
    named = [f"{code} {known[code].reason}" for code in codes if code in known]
    if not named and codes and isinstance(target, NameTarget):
        return "names are only watched in this environment: another agent is not enforced there"
    return named[0] if named else None


def _resolves_for_others(plan: Plan, target: NameTarget) -> bool:
    if judge(plan.effective.flows, target).allowed:
        return True
    region, account = plan.environment.region, plan.environment.environment.account
    name = target.name.encode()
    return any(
        contains(service_names(flow.access, region, account), name)
        for flow in plan.effective.flows
        if isinstance(flow.access, Service)
    )


def _concerning(plan: Plan, agent: Agent, target: Target) -> Iterator[Residual]:
    """The residuals of the agent's flows to the target's destination, and those that are always of its kind."""
    about = flows_about(plan.declared.of(agent.name), target)
    subjects = {(str(flow.access), flow.grant.declared) for flow in about}
    subjects |= {(flow.grant.capability, flow.grant.declared) for flow in about}
    always = {"R201"} if isinstance(target, NameTarget) else {"R202", "R203"} if _is_link_local(target) else set[str]()
    for left in plan.effective.residuals:
        if left.agent == agent.name and (
            (left.subject, left.declared) in subjects or (left.kind is ResidualKind.AWS_ALWAYS and left.code in always)
        ):
            yield left


def _is_link_local(target: Target) -> bool:
    return isinstance(target, TransportTarget) and getattr(target.destination, "is_link_local", False)


def _left(residual: Residual) -> Left:
    return Left(
        residual.code, str(residual.kind), residual.agent, residual.subject, residual.reason,
        str(residual.declared) if residual.declared else None,
    )  # fmt: skip


def _need(found: Suggestion) -> Need:
    return Need(
        path=found.path,
        yaml="\n".join(found.yaml) + "\n",
        missing=found.missing,
        opens=tuple(_opened(found.opens)),
        risks=found.risks,
        carries=found.carries,
        residuals=tuple(map(_left, found.residuals)),
        beside=str(found.beside) if found.beside else None,
    )


def _opened(accesses: Iterable[Access]) -> Iterator[str]:
    for access in accesses:
        match access:
            case Https(_, _, requests) if requests:
                yield from (f"{access} {request}" for request in requests)
            case Https():
                yield f"{access} any request"
            case Service(_, _, resources, _):
                yield f"{access} on {', '.join(resources)}"
            case _:
                yield str(access)


def _no_need(found: Refusal) -> NoNeed:
    return NoNeed(found.reason, found.mend, str(found.place) if found.place else None)
