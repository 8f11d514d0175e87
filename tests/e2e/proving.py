"""The verifier on a project's environment, and on every state between two of them."""

import dataclasses
import datetime
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deployment import DAY
from ringfence.plan import Plan, plan_environment
from ringfence.policy.flow import Access, Flow, Https, Service
from ringfence.policy.policy import Policy
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.graph import ResourceGraph
from ringfence.verify.inventory import READ
from ringfence.verify.network import Network, read_network
from ringfence.verify.proof import Proof, prove
from ringfence.verify.settings import Settings
from world.account import Held, Operation
from world.graph import graph_of, states
from world.outputs import EXCLUSIVE


def plan_of(project: Path, environment: str) -> Plan:
    return plan_environment(Directory(project), environment, datetime.date.fromisoformat(DAY), Findings())


def without_agents(plan: Plan) -> Plan:
    """The same environment as it is before anybody is in it, and after everybody has left."""
    return dataclasses.replace(plan, effective=dataclasses.replace(plan.effective, agents=(), flows=()))


def prove_graph(graph: ResourceGraph, project: Path, environment: str) -> Proof:
    """The proof of a graph against the effective policy that a project's files declare."""
    plan = plan_of(project, environment)
    return prove(graph, plan.effective, Settings.of(plan.environment))


_SUBNET = "aws:ec2/subnet:Subnet"
_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
_ACCESS = READ - {EXCLUSIVE}
"""What an operation may change access by: what a list of rules takes away are operations on these."""


@dataclass(frozen=True)
class Passage:
    """One state on the way from one policy to another: what passes there that neither allows, or is not known not to,
    and what both allow and does not pass. ``after`` is the operation that led there.
    """

    after: str
    more: tuple[Finding, ...]
    less: tuple[Finding, ...]


def passages(before: Sequence[Held], operations: Iterable[Operation], old: Plan, new: Plan) -> Iterator[Passage]:
    """Every state after an operation that may change access, read by the verifier as it stands in the world.

    An operation on one agent's own resources is looked at for that agent, and for what agents share; every other
    operation for all agents. What both allow is looked for in the subnets that are there before and after: in one that
    comes or goes nothing runs. A way to where an endpoint is before or after is one that either allows.
    """
    on_the_way = list(states(before, operations))
    after = on_the_way[-1][1] if on_the_way else before
    stay = _subnets(before) & _subnets(after)
    places = _places((*before, *after))
    either, both = _either(old.effective, new.effective), _both(old.effective, new.effective)
    environment, settings = new.environment.name, Settings.of(new.environment)
    names = [agent.name for agent in either.agents]
    for operation, there in on_the_way:
        if operation.held.type not in _ACCESS:
            continue
        own = operation.held.name.removeprefix(f"{environment}-").partition("/")[0]
        touched = [own] if own in names else names
        used = [held for held in there if held.type != _SUBNET or held.id in stay]
        yield Passage(
            str(operation),
            _found(graph_of(_in_places(there, places), environment), _only(either, touched), settings, Kind.MORE),
            # Where nobody stays, nothing can be missing.
            _found(graph_of(used, environment), _only(both, touched), settings, Kind.LESS) if both.agents else (),
        )


def _subnets(resources: Iterable[Held]) -> set[str]:
    return {held.id for held in resources if held.type == _SUBNET}


def _places(resources: Sequence[Held]) -> dict[str, list[Held]]:
    """The subnets of each endpoint, by its name."""
    subnets = {held.id: held for held in resources if held.type == _SUBNET}
    found: dict[str, dict[str, Held]] = defaultdict(dict)
    for held in resources:
        if held.type == _ENDPOINT:
            found[held.name].update((each, subnets[each]) for each in held.inputs.get("subnetIds") or ())
    return {name: list(places.values()) for name, places in found.items()}


def _in_places(there: Sequence[Held], places: Mapping[str, Sequence[Held]]) -> Iterator[Held]:
    """What is there, with the endpoints in all their places."""
    known = _subnets(there)
    for held in there:
        if held.type != _ENDPOINT or not places[held.name]:
            yield held
            continue
        yield dataclasses.replace(held, inputs={**held.inputs, "subnetIds": [each.id for each in places[held.name]]})
        yield from (each for each in places[held.name] if each.id not in known)
        known.update(each.id for each in places[held.name])


_DECIDING = ("firewall", "dns", "endpoint")
_BY_GROUP = re.compile(r"(?P<protocol>\w+) .+ (?P<way>to|from) the group (?P<peer>.+)")


def _found(graph: ResourceGraph, policy: Policy, settings: Settings, kind: Kind) -> tuple[Finding, ...]:
    found = prove(graph, policy, settings).findings
    if kind is Kind.LESS:
        return tuple(finding for finding in found if finding.kind is kind)
    network = read_network(graph)
    return tuple(finding for finding in found if _may_be_more(finding) and _is_let_in(finding, network))


def _may_be_more(finding: Finding) -> bool:
    """Whether more passes, or nobody knows what does: of subnets and groups that is said while they are half there."""
    return finding.kind is Kind.MORE or (finding.kind is Kind.NOT_PROVED and finding.layer in _DECIDING)


def _is_let_in(finding: Finding, network: Network) -> bool:
    """Whether there is somebody who could ask for a name, and another end that lets through what a group opens towards
    it. The verifier looks at each layer by itself and takes a rule between two groups that nothing needs to be open;
    while it comes or goes, one end may be shut, or have no interface yet.
    """
    if finding.layer == "dns":
        return bool(network.subnets)
    match = _BY_GROUP.fullmatch(finding.traffic)
    if finding.layer != "sg" or match is None:
        return True
    mine = network.group_of.get(finding.agent, "")
    way = "ingress" if match["way"] == "to" else "egress"
    members = {*network.group_of.values(), *(urn for endpoint in network.endpoints for urn in endpoint.groups)}
    peers = [group for group in network.groups.values() if group.name == match["peer"] and group.urn in members]
    return any(peer.ports(way, match["protocol"], None, (mine,)) for peer in peers)


def _only(policy: Policy, agents: Sequence[str]) -> Policy:
    return dataclasses.replace(policy, agents=tuple(agent for agent in policy.agents if agent.name in agents))


def _either(old: Policy, new: Policy) -> Policy:
    """What one of two policies allows."""
    agents = {agent.name: agent for agent in (*old.agents, *new.agents)}
    flows = {(flow.agent, flow.access): flow for policy in (old, new) for flow in _single(policy)}
    return _policy(new, agents, flows)


def _both(old: Policy, new: Policy) -> Policy:
    """What both allow, agents that are in both only."""
    agents = {agent.name: agent for agent in new.agents if agent.name in {other.name for other in old.agents}}
    before = {(flow.agent, flow.access) for flow in _single(old)}
    flows = {
        (flow.agent, flow.access): flow
        for flow in _single(new)
        if (flow.agent, flow.access) in before and flow.agent in agents
    }
    return _policy(new, agents, flows)


def _policy(like: Policy, agents: dict[str, object], flows: dict[tuple[str, Access], Flow]) -> Policy:
    ordered = tuple(agents[name] for name in sorted(agents))
    return dataclasses.replace(like, agents=ordered, flows=Policy.sorted_flows(flows.values()))


def _single(policy: Policy) -> Iterator[Flow]:
    """The flows with one request, or one action on one resource, each: so that two policies can be compared."""
    for flow in policy.flows:
        match flow.access:
            case Https(host, port, requests) if requests:
                accesses: list[Access] = [Https(host, port, (request,)) for request in requests]
            case Service(service, actions, resources, principal):
                accesses = [Service(service, (a,), (r,), principal) for a in actions for r in resources]
            case access:
                accesses = [access]
        for access in accesses:
            yield dataclasses.replace(flow, access=access)
