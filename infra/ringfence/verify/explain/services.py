"""VPC endpoints, asked about one API call, or about a connection to a name that they answer."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ringfence.policy.flow import Service
from ringfence.policy.span import Span
from ringfence.verify.endpoint import Endpoint
from ringfence.verify.explain.inside import between
from ringfence.verify.explain.packets import Packet, Peer, group_step, out_and_back
from ringfence.verify.explain.step import Answer, Step, together
from ringfence.verify.explain.ways import rank
from ringfence.verify.language.expression import ANYTHING, contains
from ringfence.verify.network import Network, Subnet
from ringfence.verify.packet import PUBLIC, Group
from ringfence.verify.permission import LAYER, Permission, PolicyError, read_policy
from ringfence.verify.resolver import service_names

PORT = 443

_PREFIXES: dict[str, str] = {
    "bedrock-agent": "bedrock",
    "bedrock-agent-runtime": "bedrock",
    "bedrock-runtime": "bedrock",
    "dynamodb-streams": "dynamodb",
    "kinesis-streams": "kinesis",
    "monitoring": "cloudwatch",
}
"""Endpoint suffixes whose actions begin otherwise than the suffix up to its first dot
(https://docs.aws.amazon.com/service-authorization/latest/reference/, and the AWS CDK's vpc-endpoint.ts)."""


def action_prefix(service: str) -> str:
    """What the actions of an endpoint's service begin with: ``ecr`` for ``ecr.api``."""
    return _PREFIXES.get(service, service.partition(".")[0])


def answers_to(endpoint: Endpoint, name: str, region: str, account: str) -> bool:
    """Whether a name is one of the service's."""
    access = Service(endpoint.suffix, (), ("*",), "*")
    return contains(service_names(access, region, account), name.lower().encode())


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the ARNs of an agent's roles, each with what it is for."""

    roles: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """An API call as an endpoint's policy judges it."""

    action: str
    resource: str


def judges(endpoint: Endpoint, call: Call) -> bool:
    """Whether an endpoint is one of the call's service: by its name, or because its policy speaks of the action."""
    if action_prefix(endpoint.suffix) == call.action.partition(":")[0].lower():
        return True
    try:
        permissions = read_policy(endpoint.policy or "{}")
    except PolicyError:
        return False
    return any(each.actions is not ANYTHING and contains(each.actions, call.action.encode()) for each in permissions)


def way_to_endpoint(
    network: Network, group: Group, subnet: Subnet, endpoint: Endpoint, packet: Packet
) -> tuple[Step, ...]:
    """Groups, NACLs and routes between a subnet and an endpoint: to one interface of an endpoint that lets it in."""
    if endpoint.is_gateway:
        return tuple(_to_gateway(network, group, subnet, endpoint, packet))
    there = [network.subnets[urn] for urn in endpoint.subnets if urn in network.subnets]
    if not there:
        return (Step(LAYER, Answer.UNKNOWN, endpoint.name, "its subnets are not here", endpoint.urn, packet.declared),)
    ways = (between(network, group, subnet, other, frozenset(endpoint.groups), packet) for other in there)
    return min(ways, key=lambda steps: rank(together(steps)))


def _to_gateway(network: Network, group: Group, subnet: Subnet, endpoint: Endpoint, packet: Packet) -> Iterator[Step]:
    address = (PUBLIC - network.cidrs).first
    peer = Peer(f"the addresses of {endpoint.suffix}", address, prefix_list=endpoint.urn)
    yield group_step(network, group, "egress", packet, peer)
    there, back = out_and_back(network, subnet, packet, peer)
    yield there
    leads = subnet.table in endpoint.tables
    rule = f"the route table has {'a' if leads else 'no'} route to {endpoint.name}"
    answer = Answer.ALLOW if leads else Answer.DENY
    yield Step("route", answer, f"{endpoint.suffix} from {subnet.name}", rule, subnet.table, packet.declared)
    yield back


def policy_step(endpoint: Endpoint, caller: Caller, call: Call | None, declared: tuple[Span, ...]) -> Step:
    """What an endpoint's policy says of a call by any of the agent's roles; of None: whether it lets them call at all.

    A denial in the policy goes before what is allowed; what nothing allows is denied
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
    """
    of = f"{call.action} on {call.resource}" if call else f"any call of {endpoint.suffix}"
    if endpoint.policy is None:
        return Step(LAYER, Answer.ALLOW, of, f"{endpoint.name} has no policy: full access", endpoint.urn, declared)
    try:
        permissions = read_policy(endpoint.policy)
    except PolicyError as error:
        return Step(LAYER, Answer.UNKNOWN, of, f"the policy of {endpoint.name}: {error}", endpoint.urn, declared)
    names = _statement_names(endpoint.policy)
    denied = ""
    for role, arn in caller.roles:
        matching = [
            (names[index], each) for index, each in enumerate(permissions) if _speaks_of(each, arn.encode(), call)
        ]
        if refusing := [name for name, each in matching if not each.allows and call is not None]:
            denied = f"{refusing[0]} of {endpoint.name} denies it to the {role}"
        elif allowing := [name for name, each in matching if each.allows]:
            return Step(
                LAYER, Answer.ALLOW, of, f"{allowing[0]} of {endpoint.name}, as the {role}", endpoint.urn, declared
            )
    reason = denied or f"no statement of {endpoint.name} allows it to {' or '.join(arn for _, arn in caller.roles)}"
    return Step(LAYER, Answer.DENY, of, reason, endpoint.urn, declared)


def _speaks_of(permission: Permission, principal: bytes, call: Call | None) -> bool:
    if not contains(permission.principals, principal):
        return False
    return call is None or (
        contains(permission.actions, call.action.encode()) and contains(permission.resources, call.resource.encode())
    )


def _statement_names(policy: str) -> Sequence[str]:
    """Statements as people find them: by their Sid, else by their number."""
    statements: Any = cast("dict[str, Any]", json.loads(policy)).get("Statement", [])
    several = cast("list[dict[str, Any]]", statements if isinstance(statements, list) else [statements])
    return [f"statement {each.get('Sid') or number}" for number, each in enumerate(several, start=1)]
