"""Risky combinations: accesses that are worth more together than each is alone.

They are looked for in what passes here, not in what is declared: an environment that judges no requests makes an
agent that may only read able to reach arbitrary hosts. Writing in public is taken as the catalogue marks it.
Agents hand data to those that they call and get answers, so a combination may be complete only along calls.
"""

import functools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ringfence.plan import Plan
from ringfence.policy.flow import AgentCall, Flow, Https, Internet, Service, Tls
from ringfence.policy.host import HostPattern, registered_domain
from ringfence.policy.request import RequestPattern, any_request
from ringfence.policy.risk import RISKS
from ringfence.profile.grants import SAFE_METHODS
from ringfence.review.report import Accepted, Evidence, Reference, Risk
from ringfence.verify.granted import targets
from ringfence.verify.language.decide import are_disjoint
from ringfence.verify.language.piece import LanguageError
from ringfence.verify.permission import pattern

PUBLIC_WRITE = "writes-in-public"
PRIVATE_READ = "reads-private-data"
EXECUTION = "executes-code"

_SECRETS = (
    "secretsmanager:GetSecretValue",
    "secretsmanager:BatchGetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "ssm:GetParameterHistory",
    "kms:Decrypt",
)
"""Actions that return a secret, or open one (docs.aws.amazon.com/service-authorization/latest/reference/
list_awssecretsmanager.html, list_awssystemsmanager.html, list_awskeymanagementservice.html)."""

_MAPPINGS = "https://center-for-threat-informed-defense.github.io/mappings-explorer"
_SAFEGUARDS = "https://controls-assessment-specification.readthedocs.io/en/stable"

WEB_SERVICE = Reference(
    "T1567", "Exfiltration Over Web Service", f"{_MAPPINGS}/attack/attack-8.2/domain-enterprise/techniques/T1567"
)
OTHER_PROTOCOL = Reference(
    "T1048",
    "Exfiltration Over Alternative Protocol",
    f"{_MAPPINGS}/attack/attack-16.1/domain-enterprise/techniques/T1048",
)
CREDENTIALS = Reference(
    "T1552", "Unsecured Credentials", f"{_MAPPINGS}/attack/attack-14.1/domain-enterprise/techniques/T1552"
)
FLOW_ENFORCEMENT = Reference(
    "NIST 800-53 AC-4", "Information Flow Enforcement", "https://www.stigviewer.com/controls/nist-800-53/AC-4"
)
BOUNDARY = Reference(
    "NIST 800-53 SC-7", "Boundary Protection", "https://csf.tools/reference/nist-sp-800-53/r5/sc/sc-7/"
)
LEAST_PRIVILEGE = Reference("NIST 800-53 AC-6", "Least Privilege", CREDENTIALS.page)
ACCESS_LISTS = Reference("CIS 3.3", "Configure Data Access Control Lists", f"{_SAFEGUARDS}/control-3/control-3.3.html")
SEGMENTS = Reference(
    "CIS 13.4", "Perform Traffic Filtering Between Network Segments", f"{_SAFEGUARDS}/control-13/control-13.4.html"
)
APPLICATION_LAYER = Reference(
    "CIS 13.10",
    "Perform Application Layer Filtering",
    "https://controls-assessment-specification.readthedocs.io/en/latest/control-13/control-13.10.html",
)
"""Techniques of MITRE ATT&CK and controls, each named as the page beside it has it."""


@dataclass(frozen=True, slots=True)
class _Combination:
    """Two halves, by the names of what shows them, and what to do about both in one hand."""

    risk: str
    first: str
    second: str
    mend: str
    technique: Reference
    controls: tuple[Reference, ...]


_COMBINATIONS = (
    _Combination(
        "private-to-public", "private", "public", "give the reading and the writing to two agents that do not call "
        "each other, or drop one of them", WEB_SERVICE, (FLOW_ENFORCEMENT, BOUNDARY, ACCESS_LISTS),
    ),
    _Combination(
        "private-to-anywhere", "private", "anywhere", "judge its requests (`inspection: requests`), or give what "
        "reaches the internet to an agent without private data", OTHER_PROTOCOL,
        (FLOW_ENFORCEMENT, BOUNDARY, APPLICATION_LAYER),
    ),
    _Combination(
        "code-with-secrets", "code", "secrets", "execute code in an agent that holds no secret", CREDENTIALS,
        (LEAST_PRIVILEGE, FLOW_ENFORCEMENT, ACCESS_LISTS),
    ),
)  # fmt: skip


def risks_of(plan: Plan) -> tuple[Risk, ...]:
    """Every risky combination of an environment, by agent, then in the order of `RISKS`."""
    shown = {
        agent.name: _shown(plan.declared.of(agent.name), plan.effective.of(agent.name))
        for agent in plan.effective.agents
    }
    calls = {
        agent.name: sorted(
            {flow.access.callee for flow in plan.effective.of(agent.name) if isinstance(flow.access, AgentCall)}
        )
        for agent in plan.effective.agents
    }
    found: list[Risk] = []
    for agent in plan.effective.agents:
        ways = _ways(agent.name, calls)
        for combination in _COMBINATIONS:
            found += _combined(agent.name, combination, shown, ways)
        found += _siblings(agent.name, plan.effective.of(agent.name))
    order = list(RISKS)
    ordered = sorted(found, key=lambda risk: (risk.agent, order.index(risk.risk), risk.summary))
    return tuple(_accepted(risk, plan) for risk in ordered)


def unaccepted(risks: Iterable[Risk]) -> tuple[Risk, ...]:
    """Those that nobody answers for."""
    return tuple(risk for risk in risks if risk.accepted is None)


def _accepted(risk: Risk, plan: Plan) -> Risk:
    for accepted in plan.fleet.profiles[risk.agent].profile.accepts:
        here = not accepted.environments or plan.environment.name in accepted.environments
        if accepted.risk == risk.risk and here and accepted.until >= plan.declared.as_of:
            answer = Accepted(accepted.risk, accepted.because, accepted.approved_by, accepted.until)
            return Risk(
                risk.risk, risk.agent, risk.summary, risk.path, risk.evidence, risk.mend, risk.techniques,
                risk.controls, answer,
            )  # fmt: skip
    return risk


# What an agent can, and what shows it


def _shown(declared: Iterable[Flow], effective: Iterable[Flow]) -> dict[str, tuple[Evidence, ...]]:
    """What shows each half: the catalogue's marks where they are declared, hosts and actions as they pass here."""
    found: dict[str, dict[Evidence, None]] = {name: {} for name in ("private", "public", "anywhere", "code", "secrets")}

    def show(name: str, flow: Flow, text: str) -> None:
        found[name].setdefault(Evidence(text, str(flow.grant.declared)))

    for flow in declared:
        where = flow.access.service if isinstance(flow.access, Service) else str(flow.access)
        for risk, name, words in _MARKS:
            if risk in flow.grant.risks:
                show(name, flow, f"{flow.grant.capability} {words}: {where}")
        if isinstance(flow.access, Service) and (secret := _secret(flow.access.actions)) is not None:
            show("secrets", flow, f"{flow.grant.capability} returns secrets: {secret}")
    effective = tuple(effective)
    inspected = any(isinstance(flow.access, Https) and flow.access.requests for flow in effective)
    for flow in effective:
        if isinstance(flow.access, Internet):
            show("anywhere", flow, f"{flow.grant.capability}: {flow.access} passes")
        elif isinstance(flow.access, Tls) or (isinstance(flow.access, Https) and not inspected):
            text = f"{flow.grant.capability}: {flow.access} passes to any address, since a name is a claim (R102)"
            show("anywhere", flow, text)
    return {name: tuple(sorted(each, key=lambda one: (one.declared or "", one.text))) for name, each in found.items()}


_MARKS = (
    (PRIVATE_READ, "private", "reads private data"),
    (PUBLIC_WRITE, "public", "writes in public"),
    (EXECUTION, "code", "executes code"),
)


@functools.lru_cache(maxsize=4096)
def _secret(actions: tuple[str, ...]) -> str | None:
    """An action of `_SECRETS` that some actions allow; None where there is none."""
    for action in _SECRETS:
        asked = pattern(action, any_case=True)
        if any(not are_disjoint(pattern(allowed, any_case=True), asked) for allowed in actions):
            return action
    return None


# Combinations, in one agent and along calls


def _ways(agent: str, calls: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """A shortest way by calls to every agent that can be reached, itself first; nearer ones first."""
    ways: dict[str, tuple[str, ...]] = {agent: (agent,)}
    waiting = deque([agent])
    while waiting:
        here = waiting.popleft()
        for callee in calls.get(here, ()):
            if callee not in ways:
                ways[callee] = (*ways[here], callee)
                waiting.append(callee)
    return ways


def _combined(
    agent: str,
    combination: _Combination,
    shown: Mapping[str, Mapping[str, tuple[Evidence, ...]]],
    ways: Mapping[str, tuple[str, ...]],
) -> Iterator[Risk]:
    first = [name for name in ways if shown[name][combination.first]]
    second = [name for name in ways if shown[name][combination.second]]
    if not first or not second:
        return
    alone = agent in first and agent in second
    # What one agent that can be called has both of is nearer than halves of two.
    both = next((name for name in first if name in second), None)
    one, other = (both, both) if both is not None else (first[0], second[0])
    name = combination.risk if alone else f"{combination.risk}-by-calls"
    path = max(ways[one], ways[other], key=len)
    evidence = [
        Evidence(f"{each.text}{_by(agent, ways[place])}", each.declared)
        for place, half in ((one, combination.first), (other, combination.second))
        for each in shown[place][half][:_EVIDENCE_MAX]
    ]
    yield Risk(
        risk=name,
        agent=agent,
        summary=f"{agent} {RISKS[name]}",
        path=(agent,) if alone else path,
        evidence=tuple(evidence),
        mend=combination.mend if alone else f"call fewer agents, or {combination.mend}",
        techniques=(combination.technique,),
        controls=combination.controls if alone else (*combination.controls, SEGMENTS),
        accepted=None,
    )


_EVIDENCE_MAX = 3
"""How many lines show each half; one would do, more say how deep it goes."""


def _by(agent: str, way: tuple[str, ...]) -> str:
    return "" if way == (agent,) else f" (by {' → '.join(way)})"


# Siblings


def _siblings(agent: str, flows: Iterable[Flow]) -> Iterator[Risk]:
    """Names of one registered domain of which one may only be read and another is open."""
    open_ones: dict[HostPattern, Flow] = {}
    asked: dict[HostPattern, set[str]] = {}
    flows = tuple(flows)
    inspected = any(isinstance(flow.access, Https) and flow.access.requests for flow in flows)
    if not inspected:
        return  # nothing is read-only here, which R101 to R104 say
    lines: dict[HostPattern, Flow] = {}
    for flow in flows:
        access = flow.access
        if isinstance(access, Tls) or (isinstance(access, Https) and _is_open(access)):
            open_ones.setdefault(access.host, flow)
        if isinstance(access, Https):
            lines.setdefault(access.host, flow)
            methods = {request.method for request in access.requests or any_request()}
            asked.setdefault(access.host, set()).update(methods)
    for host in sorted(host for host, methods in asked.items() if methods <= SAFE_METHODS and host not in open_ones):
        domain = registered_domain(host.name)
        for sibling, flow in sorted(open_ones.items()):
            if domain is not None and registered_domain(sibling.name) == domain:
                yield Risk(
                    risk="open-sibling",
                    agent=agent,
                    summary=f"{agent} is read-only on {host} while {sibling} stays open",
                    path=(agent,),
                    evidence=(
                        Evidence(f"only reads: {host}", str(lines[host].grant.declared)),
                        Evidence(f"any write passes: {sibling}", str(flow.grant.declared)),
                    ),
                    mend=f"narrow {sibling} to the methods and paths that are needed",
                    techniques=(WEB_SERVICE,),
                    controls=(FLOW_ENFORCEMENT, BOUNDARY, APPLICATION_LAYER),
                    accepted=None,
                )
                break


def _is_open(access: Https) -> bool:
    """Whether some method that writes passes for every path and query."""
    if not access.requests:
        return True
    return any(
        _is_everything(tuple(request for request in access.requests if request.method == method))
        for method in sorted({request.method for request in access.requests} - SAFE_METHODS)
    )


@functools.lru_cache(maxsize=4096)
def _is_everything(requests: tuple[RequestPattern, ...]) -> bool:
    """Whether some patterns of one method have every plain target."""
    try:
        return (targets(any_request((requests[0].method,))) - targets(requests)).is_empty()
    except LanguageError:
        return True  # not decided, so it is shown
