"""A proof as plain values, and as text, JSON and SARIF."""

import datetime
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from ringfence.policy.policy import Policy
from ringfence.policy.span import Span
from ringfence.review.sarif import Level, Result, Rule, sarif_of
from ringfence.source.diagnostic import visible
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.proof import NOT_COVERED, ONLY_LIVE, Proof
from ringfence.verify.role import Beyond, Permissions

FORMAT_VERSION = 1
SHOWN = 20
"""How many findings of one agent the text shows; the rest is counted, and in the JSON."""
PERMISSIONS_SHOWN = 4
"""How many actions and resources of one statement the text names."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Where the resources and the effective policy differ, with traffic that shows it.

    ``kind`` is one of `Kind`; ``agent`` null where it is the environment's; ``rule`` let the traffic through or
    stopped it, ``resource`` says where that stands (a URN); ``declared`` are the profile lines that speak of it.
    """

    kind: str
    agent: str | None
    layer: str
    traffic: str
    rule: str
    resource: str | None
    declared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProofReport:
    """What `verify` found in one environment as of a day.

    ``source`` is what was read; ``agents`` gives each one's verdict; ``residuals`` counts what the effective policy
    holds beyond the declared one; ``not_covered`` is what the proof says nothing about. ``permissions`` are what roles
    may do beyond their profiles, null where roles were not read.
    """

    format_version: int
    environment: str
    source: str
    as_of: datetime.date
    proved: bool
    agents: Mapping[str, str]
    residuals: int
    findings: tuple[Counterexample, ...]
    not_covered: tuple[str, ...]
    permissions: Permissions | None


_ADAPTER = TypeAdapter(ProofReport)


def proof_report(proof: Proof, effective: Policy, source: str, permissions: Permissions | None) -> ProofReport:
    """A proof of an environment's resources; ``permissions`` are None where the roles were not read."""
    return ProofReport(
        format_version=FORMAT_VERSION,
        environment=effective.environment,
        source=source,
        as_of=effective.as_of,
        proved=proof.proved,
        agents={agent: str(proof.verdict(agent)) for agent in proof.agents},
        residuals=len(effective.residuals),
        findings=tuple(map(counterexample, proof.findings)),
        not_covered=tuple(each for each in NOT_COVERED if permissions is None or each != ONLY_LIVE),
        permissions=permissions,
    )


def counterexample(finding: Finding) -> Counterexample:
    """A finding as it is reported."""
    return Counterexample(
        str(finding.kind), finding.agent or None, finding.layer, finding.traffic, finding.rule,
        finding.resource or None, tuple(map(str, finding.declared)),
    )  # fmt: skip


def proof_json(report: ProofReport) -> str:
    """The report as JSON in ASCII, keys in a fixed order, a newline at the end."""
    return json.dumps(_ADAPTER.dump_python(report, mode="json"), indent=2) + "\n"


def proof_schema() -> dict[str, Any]:
    """The JSON Schema of `proof_json` as pydantic writes it (2020-12)."""
    return _ADAPTER.json_schema(mode="serialization")


# Text

_MARKS = {str(Kind.MORE): "+", str(Kind.LESS): "-", str(Kind.NOT_PROVED): "?", str(Kind.INCONSISTENT): "~"}


def proof_text(report: ProofReport) -> str:
    """The report as lines of text, a newline at the end; control and direction characters are shown as escapes."""
    return "".join(f"{visible(line)}\n" for line in _lines(report))


def _lines(report: ProofReport) -> Iterator[str]:
    yield (f"{report.environment} · {len(report.agents)} agents · read from {report.source} · as of {report.as_of}")
    for agent, verdict in report.agents.items():
        yield f"{agent}: {verdict}"
        yield from _listed([each for each in report.findings if each.agent == agent])
    if of_nobody := [each for each in report.findings if each.agent is None]:
        yield "environment"
        yield from _listed(of_nobody)
    if (permissions := report.permissions) is not None:
        count = f"{len(permissions.beyond)} statements" if permissions.beyond else "none"
        yield f"permissions of the agents' roles beyond their profiles: {count}"
        for each in permissions.beyond:
            yield f"  {each.agent}: {_permission(each)}"
        if permissions.without_role:
            yield "no role is there yet of " + ", ".join(permissions.without_role)
    review = f"`ringfence review --env {report.environment}` lists them"
    yield f"{report.residuals} residuals are part of the effective policy: {review}"
    yield "not part of this proof: " + "; ".join(report.not_covered)


def _listed(findings: list[Counterexample]) -> Iterator[str]:
    for each in findings[:SHOWN]:
        where = f" · {each.resource.rpartition('::')[2]}" if each.resource else ""
        lines = f" · {', '.join(each.declared)}" if each.declared else ""
        yield f"  {_MARKS[each.kind]} {each.traffic}"
        yield f"      {each.layer}: {each.rule}{where}{lines}"
    if len(findings) > SHOWN:
        left = Counter(each.kind for each in findings[SHOWN:])
        yield "  and " + ", ".join(f"{count} {kind}" for kind, count in sorted(left.items()))


def _permission(beyond: Beyond) -> str:
    """What a statement permits beyond a profile, in one line."""
    where = f"{beyond.policy} of {beyond.role}"
    if beyond.problem:
        return f"{where} is not read: {beyond.problem}"
    actions, resources = (_some(texts) for texts in (beyond.actions, beyond.resources))
    return f"{actions} on {resources} · {where}" + (" · under conditions" if beyond.conditional else "")


def _some(texts: tuple[str, ...]) -> str:
    left = len(texts) - PERMISSIONS_SHOWN
    return ", ".join(texts[:PERMISSIONS_SHOWN]) + (f" and {left} more" if left > 0 else "")


# SARIF

_RULES: dict[Kind, tuple[Rule, Level]] = {
    Kind.MORE: (
        Rule(
            "V101", "MoreThanDeclared", "traffic passes that no profile asks for",
            "remove what lets it through, or declare it in the agent's profile and have it approved", ("network",),
        ),
        Level.ERROR,
    ),
    Kind.LESS: (
        Rule(
            "V102", "LessThanDeclared", "traffic that a profile asks for is stopped",
            "deploy what the profiles declare: `pulumi up`; what was changed by hand is put back", ("network",),
        ),
        Level.ERROR,
    ),
    Kind.NOT_PROVED: (
        Rule(
            "V103", "NotProved", "something is not read, so nothing is known of what it decides",
            "remove it, or look at it yourself: the proof says nothing of it", ("network",),
        ),
        Level.ERROR,
    ),
    Kind.INCONSISTENT: (
        Rule(
            "V104", "Inconsistent", "layers do not say the same; no traffic differs by it",
            "deploy what the profiles declare: `pulumi up`", ("network",),
        ),
        Level.WARNING,
    ),
}  # fmt: skip
_PERMISSION = Rule(
    "V105", "PermissionBeyondProfile", "a role may do more than its agent's profile asks for",
    "narrow the role's policy to what the profile needs", ("permissions",),
)  # fmt: skip


def proof_sarif(report: ProofReport, proof: Proof, effective: Policy) -> str:
    """The findings as SARIF, each at a profile line that speaks of it, else at the agent, else at the stack's file."""
    places = {agent.name: agent.declared for agent in effective.agents}
    stack = Span(f"Pulumi.{effective.environment}.yaml")
    results = [_result(finding, places.get(finding.agent, stack), report.environment) for finding in proof.findings]
    results += [
        Result(
            _PERMISSION, Level.WARNING, f"{each.agent}: {_permission(each)}", places.get(each.agent, stack),
            identity=(report.environment, each.agent, each.role, each.policy, *each.actions, *each.resources),
        )
        for each in (report.permissions.beyond if report.permissions else ())
    ]  # fmt: skip
    return sarif_of(
        results,
        category=f"verify/{report.environment}",
        rules=[rule for rule, _ in _RULES.values()],
        properties={
            "as_of": str(report.as_of),
            "source": report.source.rpartition("/")[2],
            "agents": report.agents,
            "notCovered": report.not_covered,
        },
    )


def _result(finding: Finding, otherwise: Span, environment: str) -> Result:
    rule, level = _RULES[finding.kind]
    first, *others = (*finding.declared, otherwise)
    resource = f" in {finding.resource.rpartition('::')[2]}" if finding.resource else ""
    message = f"{finding.agent or environment}: {finding.traffic} ({finding.layer}: {finding.rule}{resource})"
    return Result(
        rule, level, message, first, tuple((span, "declared here") for span in others if span in finding.declared),
        {"environment": environment, "layer": finding.layer, "resource": finding.resource or None},
        (environment, finding.agent, finding.layer, finding.traffic, finding.rule, finding.resource),
    )  # fmt: skip
