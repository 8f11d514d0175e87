"""Workloads of a stack that reads one of Ringfence's: each in one agent's segment, with its group and no other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ringfence.aws.outputs import StackOutputs
from ringfence.guard.stack import Violation
from ringfence.guard.way import opened
from ringfence.verify.graph import UNKNOWN, Resource, ResourceGraph
from ringfence.verify.references import table, texts

_PLACED: Mapping[str, tuple[str, str, str]] = {
    "aws:ec2/instance:Instance": ("", "subnetId", "vpcSecurityGroupIds"),
    "aws:ec2/networkInterface:NetworkInterface": ("", "subnetId", "securityGroups"),
    "aws:ecs/service:Service": ("networkConfiguration", "subnets", "securityGroups"),
    "aws:ecs/taskSet:TaskSet": ("networkConfiguration", "subnets", "securityGroups"),
    "aws:lambda/function:Function": ("vpcConfig", "subnetIds", "securityGroupIds"),
}
"""What runs in a VPC: where its placement stands, its subnets there, and its groups."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """An agent's place, as a stack of Ringfence's exports it."""

    agent: str
    subnets: frozenset[str]
    group: str

    def __str__(self) -> str:
        return f"`{self.agent}`"


def misplaced(graph: ResourceGraph, outputs: StackOutputs) -> tuple[Violation, ...]:
    """Workloads that stand in no agent's segment, in more than one, with another group, or with a public address.

    ``outputs`` are those of the stack of Ringfence that holds the segments.
    """
    segments = [
        _Segment(agent, frozenset(subnet.id for subnet in place.subnets), place.security_group)
        for agent, place in outputs.agents.items()
    ]
    return tuple(
        Violation(f"{workload.name}: {problem}", workload.urn)
        for workload in graph.of_type(*_PLACED)
        for problem in _problems(workload, segments)
    )


def _problems(workload: Resource, segments: Sequence[_Segment]) -> Iterator[str]:
    where, subnets_in, groups_in = _PLACED[workload.type]
    placement = table(workload.inputs.get(where)) if where else workload.inputs
    subnets, groups = texts(placement.get(subnets_in)), texts(placement.get(groups_in))
    if UNKNOWN in (*subnets, *groups, workload.inputs.get(where)):
        yield "where it will stand is not known yet; read it by stack reference"
        return
    home = [segment for segment in segments if segment.subnets & set(subnets)]
    if not home:
        yield f"stands in no agent's segment ({', '.join(subnets) or 'in no subnet'})"
    if len(home) > 1:
        yield f"stands in the segments of {' and '.join(map(str, home))}"
    if len(home) == 1:
        (segment,) = home
        if strange := sorted(set(subnets) - segment.subnets):
            yield f"stands in the segment of {segment}, and beside it in {', '.join(strange)}"
        if segment.group not in groups:
            yield f"is without the group of {segment}"
    own = {segment.group for segment in home}
    for group in groups:
        if group not in own:
            owner = next((segment for segment in segments if segment.group == group), None)
            yield f"has the further group {group}" + (f", which is that of {owner}" if owner else "")
    yield from (f"opens {way}" for way in opened(workload.type, workload.inputs))
