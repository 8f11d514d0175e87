"""From profiles and the catalogue to the declared policy of one environment."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field

from ringfence.catalogue.load import WrittenCapability
from ringfence.policy.effective import inspected_agents
from ringfence.policy.flow import AgentCall, Flow, Grant, Tls
from ringfence.policy.policy import Agent, Policy, Quarantine
from ringfence.policy.span import Span
from ringfence.profile.fleet import Fleet, classes_of
from ringfence.profile.grants import NeedError, Opened, open_need, substitute, variables, with_principal
from ringfence.profile.model import ANSWERED, Need, Profile
from ringfence.profile.written import WrittenClass, WrittenEnvironment, WrittenProfile
from ringfence.source.diagnostic import Findings

_Asked = tuple[str, frozenset[tuple[str, str | int | tuple[str | int, ...]]]]
"""What a need asks for: its capability, with its parameters in any order."""

EXPIRES_SOON = datetime.timedelta(days=30)
"""How long before its last day a grant is warned of."""

UNANSWERED = "RF072"
"""The code of a risky grant that nobody answers for."""


def declared_policy(
    fleet: Fleet, environment: str, as_of: datetime.date, findings: Findings, *, strict: bool = False
) -> Policy:
    """All flows that the profiles ask for in an environment, after catalogue, classes, approvals and expiry.

    ``as_of`` is the day that decides what has expired (``until`` is the last day that counts). Problems go to
    ``findings``; what has one is left out, which is less access.
    """
    expansion = _Expansion(fleet, fleet.environments[environment], as_of, strict, findings)
    here = [written for written in fleet.profiles.values() if environment in written.profile.environments]
    elsewhere = tuple(
        name for name, written in fleet.profiles.items() if environment not in written.profile.environments
    )
    agents = tuple(expansion.agent(written) for written in here)
    flows = [
        flow
        for written, agent in zip(here, agents, strict=True)
        if not agent.quarantined
        for flow in expansion.flows(written, agent)
    ]
    return Policy(environment, as_of, agents, Policy.sorted_flows(flows), (), elsewhere)


@dataclass(slots=True)
class _Expansion:
    fleet: Fleet
    environment: WrittenEnvironment
    as_of: datetime.date
    strict: bool
    findings: Findings
    opened: dict[_Asked, Opened] = field(default_factory=dict[_Asked, Opened])
    expired: set[Span] = field(default_factory=set[Span])

    def agent(self, written: WrittenProfile) -> Agent:
        profile = written.profile
        known = variables(self.environment, profile.agent)
        workload = profile.workload
        return Agent(
            name=profile.agent,
            owner=profile.owner,
            purpose=profile.purpose,
            platform=workload.platform,
            role=self._filled(written, workload.role, known, "role"),
            execution_role=workload.execution_role
            and self._filled(written, workload.execution_role, known, "execution_role"),
            peak=workload.peak,
            serves=profile.serves.port if profile.serves else None,
            mode=profile.mode or self.environment.environment.mode,
            quarantine=self.quarantine(profile),
            declared=written.span("agent"),
            sessions_since=profile.sessions_since,
        )

    def quarantine(self, profile: Profile) -> Quarantine | None:
        cut = profile.quarantine_in(self.environment.name)
        return cut and Quarantine(cut.because, cut.ticket, cut.since, self.environment.name in cut.direct)

    def _filled(self, written: WrittenProfile, text: str, known: dict[str, str], key: str) -> str:
        try:
            return substitute(text, known)
        except NeedError as error:
            self.findings.error(written.span("workload", key), error.code, str(error), error.mend)
            return text

    def flows(self, written: WrittenProfile, agent: Agent) -> Iterator[Flow]:
        needs = written.profile.needs
        own = self.asked(written, needs)
        for index, (need, asked) in enumerate(zip(needs, own, strict=True)):
            yield from self.need(written, index, need, asked, agent, "profile")
        for name in classes_of(self.fleet, written.profile.extends):
            class_ = self.fleet.classes[name]
            theirs = self.asked(class_, class_.class_.needs)
            for asked in dict.fromkeys(theirs):
                if asked in own:
                    index, first = own.index(asked), theirs.index(asked)
                    inherited = class_.document.key_span(("needs", first, asked[0]))
                    self.warn_twice(written, index, needs[index], inherited)
            for index, (need, asked) in enumerate(zip(class_.class_.needs, theirs, strict=True)):
                yield from self.need(class_, index, need, asked, agent, name)
        yield from self.platform(written, agent)
        yield from self.calls(written, agent)

    def asked(self, written: WrittenProfile | WrittenClass, needs: tuple[Need, ...]) -> list[_Asked]:
        """What each need of one file asks for; one that stands twice is warned of."""
        asked = [(need.capability, frozenset(need.parameters.items())) for need in needs]
        if len(set(asked)) != len(asked):
            for index, need in enumerate(needs):
                first = asked.index(asked[index])
                if first != index:
                    self.warn_twice(written, index, need, written.document.key_span(("needs", first, need.capability)))
        return asked

    def warn_twice(self, written: WrittenProfile | WrittenClass, index: int, need: Need, first: Span) -> None:
        self.findings.warning(
            written.document.key_span(("needs", index, need.capability)),
            "RF077",
            f"`{need.capability}` with these parameters is needed twice",
            "keep the one whose reasons are right; nothing more is opened by both",
            ((first, "here too"),),
        )

    def need(
        self, written: WrittenProfile | WrittenClass, index: int, need: Need, asked: _Asked, agent: Agent, origin: str
    ) -> Iterator[Flow]:
        capability = self.fleet.catalogue.get(need.capability)
        if capability is None or not self._is_here(need) or self._has_expired(written, index, need):
            return
        location = ("needs", index, need.capability)
        if capability.capability.platform:
            self.findings.error(
                written.document.key_span(location),
                "RF069",
                f"`{need.capability}` is what a platform needs, not an agent",
                "remove it: `workload: {platform: ...}` brings it",
            )
            return
        try:
            opened = self.opened.get(asked) or self.open(capability, need, asked, agent)
        except NeedError as error:
            for each in (error, *error.also):
                place = _place(written, need, capability, location, each)
                self.findings.error(place, each.code, str(each), each.mend)
            return
        declared = written.document.key_span(location)
        if need.break_glass is not None:
            self.findings.warning(
                declared,
                "RF078",
                f"`{need.capability}` is open in an emergency until {need.until}",
                "remove it when the emergency is over, or declare it as a need like any other",
            )
        if opened.needs_approval and not self._is_approved(need, declared):
            return
        for granted in opened.granted:
            access = with_principal(granted.access, agent.role, agent.execution_role)
            if access is not None:
                yield Flow(
                    agent.name,
                    access,
                    Grant(
                        capability=need.capability,
                        origin=origin,
                        declared=declared,
                        catalogue=capability.span,
                        because=need.because,
                        ticket=need.ticket,
                        approved_by=need.approved_by,
                        until=need.until,
                        break_glass=need.break_glass.since if need.break_glass else None,
                        risks=granted.risks,
                        carries=opened.carries,
                        unconfirmed=opened.unconfirmed,
                    ),
                )

    def open(self, capability: WrittenCapability, need: Need, asked: _Asked, agent: Agent) -> Opened:
        """What a need opens: for all agents that ask for it, unless it speaks of the agent."""
        opened = open_need(capability, need.parameters, self.environment, variables(self.environment, agent.name))
        if not capability.speaks_of_agent and "${agent}" not in str(need.parameters):
            self.opened[asked] = opened
        return opened

    def _is_here(self, need: Need) -> bool:
        """Whether a need holds in this environment: what was opened in an emergency may be for some only."""
        opened = need.break_glass
        return opened is None or not opened.environments or self.environment.name in opened.environments

    def _has_expired(self, written: WrittenProfile | WrittenClass, index: int, need: Need) -> bool:
        if need.until is None or need.until >= self.as_of + EXPIRES_SOON:
            return False
        place = written.span("needs", index, "until")
        expired = need.until < self.as_of
        if place not in self.expired:
            self.expired.add(place)
            if not expired and need.break_glass is None:  # of that RF078 says so
                self.findings.warning(
                    place,
                    "RF070",
                    f"`{need.capability}` ends on {need.until}",
                    "have it approved anew, or remove it",
                )
            if expired:
                report = self.findings.error if self.strict else self.findings.warning
                message = f"`{need.capability}` ended on {need.until} and opens nothing (as of {self.as_of})"
                report(place, "RF071", message, "have it approved anew, or remove it")
        return expired

    def _is_approved(self, need: Need, declared: Span) -> bool:
        missing = [key for key in ANSWERED if getattr(need, key) is None]
        if missing:
            self.findings.error(
                declared,
                UNANSWERED,
                f"`{need.capability}` is risky as granted here, so it needs {', '.join(missing)}",
                "say beside it why, who approved it, and until when: `because:`, `approved_by:`, `until:`",
            )
        return not missing

    def platform(self, written: WrittenProfile, agent: Agent) -> Iterator[Flow]:
        """What the platform itself needs before the agent runs a line."""
        name = f"platform.{agent.platform}"
        capability = self.fleet.catalogue.get(name)
        if capability is None:
            return
        workload = written.profile.workload
        parameters = {
            "image": workload.image or agent.name,
            "log_group": workload.log_group or f"/agents/{agent.name}",
            "role": agent.role,
            **({"execution_role": agent.execution_role} if agent.execution_role else {}),
        }
        given = {key: value for key, value in parameters.items() if key in capability.capability.parameters}
        declared = written.span("workload", "platform")
        try:
            opened = open_need(capability, given, self.environment, variables(self.environment, agent.name))
        except NeedError as error:
            self.findings.error(declared, error.code, str(error), error.mend)
            return
        for granted in opened.granted:
            access = with_principal(granted.access, agent.role, agent.execution_role)
            if access is not None:
                grant = Grant(
                    name,
                    "platform",
                    declared,
                    capability.span,
                    risks=granted.risks,
                    unconfirmed=opened.unconfirmed,
                )
                yield Flow(agent.name, access, grant)

    def calls(self, written: WrittenProfile, agent: Agent) -> Iterator[Flow]:
        for index, name in enumerate(written.profile.calls):
            callee = self.fleet.profiles.get(name)
            if callee is None or callee.profile.serves is None:
                continue
            if callee.profile.quarantine_in(self.environment.name):
                continue
            place = written.span("calls", index)
            if self.environment.name not in callee.profile.environments:
                self.findings.warning(
                    place, "RF073", f"`{name}` is not in {self.environment.name}, so this call opens nothing there",
                    f"add {self.environment.name} to its environments, or remove the call",
                )  # fmt: skip
                continue
            grant = Grant("agent.call", "profile", place, callee.span("serves"))
            yield Flow(agent.name, AgentCall(name, callee.profile.serves.port), grant)


def _place(
    written: WrittenProfile | WrittenClass,
    need: Need,
    capability: WrittenCapability,
    location: tuple[str | int, ...],
    error: NeedError,
) -> Span:
    """Where an error of a need stands: its parameter, or the capability where the parameter is not written."""
    if error.parameter not in need.parameters:
        return written.document.key_span(location)
    if error.parameter not in capability.capability.parameters:
        return written.document.key_span((*location, error.parameter))
    item = () if error.index is None else (error.index,)
    return written.document.span((*location, error.parameter, *item))


def pinned_conflicts(policy: Policy, findings: Findings) -> None:
    """Refuse agents that are to be inspected and hold TLS that must not be decrypted: one address, one or the other."""
    inspected = inspected_agents(policy)
    for flow in policy.flows:
        if isinstance(flow.access, Tls) and flow.agent in inspected:
            findings.error(
                flow.grant.declared,
                "RF074",
                f"`{flow.agent}` is inspected for its other needs, and TLS to {flow.access.host} cannot be decrypted",
                "give this need to an agent of its own, or declare it as `https`",
            )
