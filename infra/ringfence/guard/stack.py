"""A stack's resources held to what its profiles declare: proved, and nothing beside them that opens a way; and the
stacks of workloads, held to the segments of their agents.
"""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ringfence.aws.allocation_file import allocation_of
from ringfence.aws.enforcement.enforce import enforce
from ringfence.aws.enforcement.resource_counts import resource_counts
from ringfence.guard.way import opened
from ringfence.plan import plan_environment
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Tree
from ringfence.verify.finding import Finding
from ringfence.verify.graph import ResourceGraph, Value
from ringfence.verify.proof import prove
from ringfence.verify.settings import Settings
from ringfence.verify.workload import workload_differences

COMPONENT = "ringfence:"
"""How the types of Ringfence's own components begin; what they register stands below them in the URN."""


@dataclass(frozen=True, slots=True)
class Violation:
    """What must not be: a message that says which traffic, and the URN of the resource, empty where there is none."""

    message: str
    urn: str = ""


def violations(graph: ResourceGraph, tree: Tree, environment: str, day: datetime.date) -> tuple[Violation, ...]:
    """Where a stack's resources differ from what the environment declares, or say more than its program registers.

    Raises `InputError` where the environment cannot be compiled.
    """
    findings = Findings()
    plan = plan_environment(tree, environment, day, findings)
    allocation = allocation_of(plan, tree, findings)
    findings.raise_if_failed()
    proof = prove(graph, plan.effective, Settings.of(plan.environment))
    found = [_of_proof(finding, graph) for finding in proof.findings]
    return (*found, *_too_many(graph, resource_counts(enforce(plan, allocation))))


def misplaced(
    workload: ResourceGraph, deployed: ResourceGraph, tree: Tree, environment: str, day: datetime.date
) -> tuple[Violation, ...]:
    """Where a workload's own stack places an agent elsewhere than in its segment of an environment as ``deployed``.

    Raises `InputError` where the environment cannot be compiled.
    """
    plan = plan_environment(tree, environment, day, Findings())
    found = workload_differences(workload, deployed, plan.effective.agents)
    return tuple(_of_proof(finding, workload) for finding in found)


def beside(urn: str, kind: str, inputs: Mapping[str, Value], project: str) -> tuple[str, ...]:
    """What a resource opens that is none of Ringfence's own, in words: refused, whatever the rest of its stack says.

    ``project`` is the name of Ringfence's own: in another one a component of that name makes nothing its own.
    """
    return () if urn.split("::")[1] == project and is_own(urn) else opened(kind, inputs)


def is_own(urn: str) -> bool:
    """Whether a resource stands below one of Ringfence's components, by its URN."""
    return any(each.startswith(COMPONENT) for each in urn.split("::")[2].split("$")[:-1])


def _of_proof(finding: Finding, graph: ResourceGraph) -> Violation:
    return Violation(str(finding), finding.resource if graph.get(finding.resource) else "")


def _too_many(graph: ResourceGraph, expected: Mapping[str, int]) -> Iterator[Violation]:
    """More resources that open ways, below Ringfence's components, than its program registers of their type."""
    for kind, count in graph.counts().items():
        most = expected.get(kind, 0)
        if count <= most:
            continue
        for resource in graph.of_type(kind):
            if is_own(resource.urn) and (ways := opened(kind, resource.inputs)):
                message = f"{', '.join(ways)}: the stack has {count} of {kind}, and this environment {most}"
                yield Violation(message, resource.urn)
