"""What the page shows, as plain JSON: a review, the rules behind it, and a difference where one was asked for.

What many agents share stands once and is named by its number, so that a page of a thousand agents stays small; what
is empty is left out. Every text is made visible (`source.diagnostic.visible`): the page itself only shows text.
"""

import datetime
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, cast

from ringfence.aws.enforcement.layers import LAYERS
from ringfence.aws.enforcement.model import Enforcement
from ringfence.policy.policy import Policy
from ringfence.profile.model import moment_text
from ringfence.review.difference import AccessChange, AccessEntry, Change, Difference, is_risky
from ringfence.review.difference_markdown import command
from ringfence.review.difference_text import agents as agents_of
from ringfence.review.difference_text import approval_text, end_text, kept_text, residual_text, totals
from ringfence.review.difference_text import headline as difference_headline
from ringfence.review.difference_text import summary as difference_summary
from ringfence.review.merged import KINDS, cut_off, headline, in_emergency, merged_requests, needs, summary, unconfirmed
from ringfence.review.page.rules import (
    AgentRules,
    NeedKey,
    Rule,
    SharedRule,
    endpoint_statements,
    firewall_rules,
    shared_guards,
)
from ringfence.review.report import AgentReview, Need, Reach, Report, Risk
from ringfence.source.diagnostic import visible

Line = Callable[[str], str | None]
"""The text of a line, by its place as ``path:line``; None where it cannot be read."""


class _Shared:
    """Values that stand once, by their numbers."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[Hashable, int] = {}

    def number(self, key: Hashable, value: Callable[[], Any]) -> int:
        """The number of a value, made now where it is new."""
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.values)
            self.values.append(value())
        return number


def page_data(
    report: Report,
    policy: Policy,
    enforcement: Enforcement,
    line: Line,
    difference: Difference | None = None,
    source_url: str | None = None,
) -> dict[str, Any]:
    """All of the page. ``policy`` is the declared one, ``enforcement`` its own; ``line`` shows where needs stand.

    ``source_url`` has ``{path}`` and ``{line}``, and leads to a profile's line where the page is read.
    """
    reaches, lines, residuals = _Shared(), dict[str, str](), _Shared()
    rules = _Rules(report, policy, enforcement)
    agents = [_agent(agent, report, rules, reaches, residuals) for agent in report.agents]
    for _, need in needs(report):
        if need.declared not in lines and (text := line(need.declared)) is not None:
            lines[need.declared] = text.strip()
    return _visible(
        {
            "environment": report.environment,
            "headline": headline(report)[1:],
            "summary": summary(report),
            "observed": list(report.observed),
            "emergencies": in_emergency(report),
            "sourceUrl": source_url,
            "layers": list(LAYERS),
            "kinds": list(KINDS),
            "agents": agents,
            "reaches": reaches.values,
            "residuals": residuals.values,
            "risks": [_risk(risk) for risk in report.risks],
            "lines": lines,
            "firewall": [[rule.group, rule.text] for rule in rules.firewall],
            "endpoints": [[rule.group, rule.text] for rule in rules.endpoints],
            "default": [number for number, rule in enumerate(rules.firewall) if not rule.agents],
            "guards": [[rule.group, rule.text] for rule in shared_guards(enforcement)],
            "unconfirmed": [[name, text, sorted(whose)] for name, text, whose in unconfirmed(report)],
            "quotas": [
                [use.quota, use.used, use.limit, use.subject, use.mend if use.exceeded else None]
                for use in report.quotas
            ],
            "resources": [[count.name, count.count] for count in report.resources],
            "billed": [[count.name, count.count] for count in report.billed],
            "elsewhere": list(report.elsewhere),
            "difference": None if difference is None else _difference(difference),
        }
    )


def _visible(value: Any) -> Any:
    """A value with every text of it made visible, keys too."""
    match value:
        case str():
            return visible(value)
        case dict():
            fields = cast("dict[Any, Any]", value)
            return {visible(str(key)): _visible(each) for key, each in fields.items()}
        case list() | tuple():
            return [_visible(each) for each in cast("Iterable[Any]", value)]
        case datetime.date():
            return str(value)
        case _:
            return value


def _filled(**fields: Any) -> dict[str, Any]:
    """The fields that hold something."""
    return {name: value for name, value in fields.items() if value not in (None, False, "", [], (), {})}


# One agent


class _Rules:
    """The generated rules by agent; the shared ones by number."""

    def __init__(self, report: Report, policy: Policy, enforcement: Enforcement) -> None:
        self.own = AgentRules(policy, enforcement)
        self.firewall = list(firewall_rules(policy, enforcement))
        self.endpoints = list(endpoint_statements(policy, enforcement))
        self.numbers: Mapping[str, Mapping[NeedKey, int]] = {
            agent.name: {
                (need.declared, need.capability, reach.destination): number
                for number, need in enumerate(agent.needs)
                for reach in need.reaches
            }
            for agent in report.agents
        }
        self.firewall_of = self._by_agent(self.firewall)
        self.endpoints_of = self._by_agent(self.endpoints)

    def _by_agent(self, rules: Iterable[SharedRule]) -> dict[str, list[list[Any]]]:
        found: dict[str, list[list[Any]]] = {}
        for number, rule in enumerate(rules):
            for agent, keys in rule.agents.items():
                found.setdefault(agent, []).append([number, self.needs(agent, keys)])
        return found

    def needs(self, agent: str, keys: Iterable[NeedKey]) -> list[int]:
        """The numbers of an agent's needs."""
        numbers = self.numbers.get(agent, {})
        return sorted({numbers[key] for key in keys if key in numbers})

    def written(self, agent: str, rule: Rule) -> list[Any]:
        """A rule with the needs that it is there for; whose they are, where they are another agent's."""
        return [rule.text, self.needs(rule.agent, rule.needs), *([rule.agent] if rule.agent != agent else [])]


def _agent(agent: AgentReview, report: Report, rules: _Rules, reaches: _Shared, residuals: _Shared) -> dict[str, Any]:
    name = agent.name
    return _filled(
        name=name,
        owner=agent.owner,
        purpose=agent.purpose,
        platform=agent.platform,
        declared=agent.declared,
        observed=agent.mode == "observe",
        quarantine=cut_off(agent.quarantine) if agent.quarantine else None,
        inspected=agent.inspected,
        provisional=agent.provisional,
        serves=agent.serves,
        networks=agent.networks,
        digest=agent.access_digest,
        needs=[_need(need, reaches) for need in agent.needs],
        expired=[[each.capability, each.until, each.declared] for each in agent.expired],
        accepted=[[each.risk, each.because, each.approved_by, each.until] for each in agent.accepted],
        risks=[number for number, risk in enumerate(report.risks) if risk.agent == name],
        residuals=[
            [
                residuals.number(
                    (left.code, left.kind, left.subject, left.reason),
                    lambda left=left: [left.code, left.kind, left.subject, left.reason],
                ),
                left.declared,
            ]
            for left in report.residuals
            if left.agent == name
        ],
        groups=[rules.written(name, rule) for rule in rules.own.security_group(name)],
        acls=[rules.written(name, rule) for rule in rules.own.network_acl(name)],
        firewall=rules.firewall_of.get(name, []),
        endpoints=rules.endpoints_of.get(name, []),
    )


def _need(need: Need, reaches: _Shared) -> dict[str, Any]:
    return _filled(
        capability=need.capability,
        origin=need.origin if need.origin != "profile" else None,
        because=need.because,
        ticket=need.ticket,
        approvedBy=need.approved_by,
        until=need.until,
        breakGlass=need.break_glass and moment_text(need.break_glass),
        declared=need.declared,
        catalogue=need.catalogue,
        reaches=[reaches.number(reach, lambda reach=reach: _reach(reach)) for reach in need.reaches],
    )


def _reach(reach: Reach) -> dict[str, Any]:
    return _filled(
        kind=reach.kind,
        destination=reach.destination,
        requests=merged_requests(reach.requests),
        actions=reach.actions,
        resources=reach.resources,
        principal=reach.principal,
        effective=reach.effective,
        layers=reach.layers,
        publicWrite=reach.public_write,
        risks=reach.risks,
    )


def _risk(risk: Risk) -> dict[str, Any]:
    answer = risk.accepted
    return _filled(
        risk=risk.risk,
        agent=risk.agent,
        summary=risk.summary,
        path=risk.path if len(risk.path) > 1 else (),
        evidence=[[each.text, each.declared] for each in risk.evidence],
        mend=risk.mend,
        references=[[each.number, each.name, each.page] for each in (*risk.techniques, *risk.controls)],
        accepted=answer and f"{answer.because} · {answer.approved_by} until {answer.until}",
    )


# The difference


def _difference(difference: Difference) -> dict[str, Any]:
    prefix = difference.against.prefix
    return {
        "headline": difference_headline(difference)[1:],
        "summary": difference_summary(difference),
        "totals": totals(difference),
        "risky": is_risky(difference),
        "opens": bool(difference.widened),
        "command": command(difference),
        "agents": agents_of(difference),
        "unread": list(difference.unread),
        "interruptions": [[each.agents, each.cause, each.effect, each.mend] for each in difference.interruptions or ()],
        "outliving": [
            [each.agents, each.destinations, kept_text(each), end_text(each)] for each in difference.outliving or ()
        ],
        "widened": [_entry(entry, prefix) for entry in difference.widened],
        "narrowed": [_entry(entry, prefix) for entry in difference.narrowed],
        "completed": [_risk(risk) for risk in difference.completed],
        "resolved": [_risk(risk) for risk in difference.resolved],
        "came": [residual_text(each) for each in difference.residuals_came],
        "went": [residual_text(each) for each in difference.residuals_went],
        "answers": [
            _filled(
                agents=each.agents,
                subject=each.subject,
                field=each.field,
                before=each.before,
                after=each.after,
                placeBefore=None if each.place_before is None else f"{prefix}:{each.place_before}",
                placeAfter=each.place_after,
            )
            for each in difference.answers
        ],
        "withoutAccess": [[count.name, count.count] for count in difference.without_access],
    }


def _entry(entry: AccessEntry, prefix: str) -> dict[str, Any]:
    return {
        "agents": entry.agents,
        "through": [_change(change, prefix) for change in entry.through],
        "accesses": [_access(access, entry) for access in entry.accesses],
    }


def _change(change: Change, prefix: str) -> dict[str, Any]:
    before = None if change.before is None else f"{prefix}:{change.before}"
    return _filled(text=change.text, before=before, after=change.after)


def _access(access: AccessChange, entry: AccessEntry) -> dict[str, Any]:
    return _filled(
        agents=access.agents if access.agents != entry.agents else (),
        kind=access.kind,
        destination=access.destination,
        exceptHosts=access.except_hosts,
        what=access.what,
        besides=access.besides,
        example=access.example,
        risks=access.risks,
        breakGlass=any(approval.break_glass for approval in access.approvals),
        approvals=[[approval.capability, approval_text(approval), approval.declared] for approval in access.approvals],
    )
