"""The difference between what a deployed stack lets through and the working tree, in the terms of any other.

What the stack lets through is read by the proof, from its resources alone. Deploying the working tree closes what is
more than it grants, and opens what is less. Agents that only one side has are told apart by the tags of subnets.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from ringfence.aws.enforcement.tags import tags
from ringfence.plan import Plan
from ringfence.policy.flow import Flow
from ringfence.review.access import Side, only_of
from ringfence.review.compare import FORMAT_VERSION, access_of, approvals_of, entries_of
from ringfence.review.difference import (
    AccessChange,
    AccessEntry,
    Against,
    AnswerChange,
    Change,
    Difference,
    Totals,
)
from ringfence.review.report import Count
from ringfence.review.risk import PUBLIC_WRITE
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.graph import ResourceGraph, Value
from ringfence.verify.network import AGENT_TAG, read_network
from ringfence.verify.proof import Settings, prove
from ringfence.verify.references import table, text

OWNER_TAG = "ringfence:owner"
EVERYBODY = "every agent of the environment"
"""Whose a finding is that no single agent's is."""


def compare_deployed(graph: ResourceGraph, plan: Plan, against: Against) -> Difference:
    """The difference from a stack's resources to a plan; what cannot be read of them is ``unread``."""
    network = read_network(graph)
    here = {agent.name: agent for agent in plan.effective.agents}
    deployed = {name for name in network.by_agent if name}
    added = tuple(name for name in here if name not in deployed)
    removed = tuple(sorted(deployed - here.keys()))
    findings = _findings(graph, plan, frozenset(added))
    gone = {f"a subnet of `{name}`, which the policy does not know" for name in removed}
    unread = [each for each in findings if each.kind is Kind.NOT_PROVED and each.traffic not in gone]
    flows = plan.declared.flows
    return Difference(
        format_version=FORMAT_VERSION,
        environment=plan.environment.name,
        as_of=plan.declared.as_of,
        against=against,
        before=Totals(len(deployed), None, None, None),
        after=Totals(
            len(here), len(flows), len(plan.effective.residuals),
            sum(PUBLIC_WRITE in flow.grant.risks for flow in flows),
        ),
        added=added,
        removed=removed,
        renamed=(),
        widened=(*_new(plan, added), *_entries(_of(findings, Kind.LESS), plan, opened=True)),
        narrowed=(*_gone(graph, removed), *_entries(_of(findings, Kind.MORE), plan, opened=False)),
        completed=(),
        resolved=(),
        residuals_came=(),
        residuals_went=(),
        answers=tuple(_owners(graph, plan)),
        interruptions=None,
        outliving=None,
        without_access=_without(_of(findings, Kind.INCONSISTENT)),
        unread=tuple(dict.fromkeys(f"{each.layer}: {each.traffic} ({each.rule})" for each in unread)),
    )  # fmt: skip


def _findings(graph: ResourceGraph, plan: Plan, added: frozenset[str]) -> tuple[Finding, ...]:
    """What the proof finds of the agents that are deployed; the others have no segment to look at."""
    settings = Settings.of(plan.environment)
    effective = dataclasses.replace(
        plan.effective,
        agents=tuple(agent for agent in plan.effective.agents if agent.name not in added),
        flows=tuple(flow for flow in plan.effective.flows if flow.agent not in added),
    )
    return prove(graph, effective, settings).findings


def _of(findings: Iterable[Finding], kind: Kind) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.kind is kind)


def _new(plan: Plan, added: tuple[str, ...]) -> tuple[AccessEntry, ...]:
    """All access of agents that are not deployed yet."""
    wanted = [agent for agent in plan.effective.agents if agent.name in added]
    return entries_of(
        (
            (Change("agent", "the agent is not deployed yet", None, str(agent.declared)),),
            access_of(piece, (agent.name,)),
        )
        for agent in wanted
        for piece in only_of(Side(agent, plan.effective.of(agent.name), {}), None)
    )


def _gone(graph: ResourceGraph, removed: Iterable[str]) -> tuple[AccessEntry, ...]:
    """Agents that are deployed and declared no more: their segments go, with whatever passes there."""
    found: list[tuple[tuple[Change, ...], AccessChange]] = []
    for name in removed:
        subnets = [each.name for each in graph.of_type("aws:ec2/subnet:Subnet") if _tag(each.inputs, AGENT_TAG) == name]
        through = (Change("deployed", "the agent is declared no more", ", ".join(subnets), None),)
        what = ("whatever its segment lets through",)
        access = AccessChange(
            (name,), "traffic", "its whole segment", (), what, (), "not read of a single agent", (), ()
        )
        found.append((through, access))
    return entries_of(found)


def _entries(findings: Iterable[Finding], plan: Plan, *, opened: bool) -> tuple[AccessEntry, ...]:
    by_line: dict[str, list[Flow]] = {}
    for flow in plan.effective.flows:
        by_line.setdefault(str(flow.grant.declared), []).append(flow)
    found: list[tuple[tuple[Change, ...], AccessChange]] = []
    for finding in findings:
        where = finding.resource.rpartition("::")[2] or None
        lines = [str(span) for span in finding.declared]
        flows = [flow for line in lines for flow in by_line.get(line, ()) if finding.agent in ("", flow.agent)]
        through = [Change("deployed", f"{finding.layer}: {finding.rule}", where, None)]
        if opened:
            through += [Change("need", "declared here", None, line) for line in dict.fromkeys(lines)]
        found.append((tuple(through), _traffic(finding, flows if opened else ())))
    return entries_of(found)


def _traffic(finding: Finding, flows: Iterable[Flow]) -> AccessChange:
    """A counterexample of the proof, with the risks of what it is an example of."""
    flows = tuple(flows)
    return AccessChange(
        agents=(finding.agent or EVERYBODY,),
        kind="traffic",
        destination=finding.layer,
        except_hosts=(),
        what=(finding.traffic,),
        besides=(),
        example=finding.traffic,
        risks=tuple(sorted({risk for flow in flows for risk in flow.grant.risks})),
        approvals=approvals_of(flows),
    )


def _owners(graph: ResourceGraph, plan: Plan) -> Iterator[AnswerChange]:
    """Owners as subnets are tagged, against the profiles'; a tag holds fewer characters than a profile may."""
    tagged = {
        _tag(each.inputs, AGENT_TAG): (_tag(each.inputs, OWNER_TAG), each.name)
        for each in graph.of_type("aws:ec2/subnet:Subnet")
    }
    for agent in plan.effective.agents:
        owner, subnet = tagged.get(agent.name, ("", ""))
        known = dict(tags(plan.environment.name, agent.name, owner=agent.owner))[OWNER_TAG]
        if owner and owner != known:
            yield AnswerChange((agent.name,), "owner", "owner", owner, agent.owner, subnet, str(agent.declared))


def _tag(inputs: Mapping[str, Value], name: str) -> str:
    return text(table(inputs.get("tags")).get(name))


def _without(findings: Iterable[Finding]) -> tuple[Count, ...]:
    counted = Counter("places where deployed layers do not say the same" for _ in findings)
    return tuple(Count(name, count) for name, count in counted.items())
