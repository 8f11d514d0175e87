"""A workload's own stack, held against the environment that it is placed in.

Whose workload something is, its role says: the profile names that. Read are ECS services with their task definitions
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html) and Lambda functions
(https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html). Of every other type it is known only what it
names: one that names something of the environment's network is not proved.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from ringfence.policy.policy import Agent
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.graph import UNKNOWN, Resource, ResourceGraph, Value
from ringfence.verify.network import read_network
from ringfence.verify.references import References, table, text, texts

LAYER = "workload"
SERVICE = "aws:ecs/service:Service"
TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
FUNCTION = "aws:lambda/function:Function"

_STACK_REFERENCE = "pulumi:pulumi:StackReference"
_NETWORK_TYPES = ("aws:ec2", "aws:vpc", "aws:networkfirewall", "aws:route53")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a stack puts a workload: texts as they stand there, `UNKNOWN` among them where a deployment decides."""

    resource: Resource
    platform: str
    role: str
    subnets: tuple[str, ...]
    groups: tuple[str, ...]
    public: Value

    def open_questions(self) -> Iterator[str]:
        """What only a deployment decides."""
        for name, values in (
            ("its role", (self.role,)), ("its subnets", self.subnets), ("its security groups", self.groups),
            ("whether it has a public address", (self.public,)),
        ):  # fmt: skip
            if UNKNOWN in values:
                yield name


@dataclass(frozen=True, slots=True)
class _Ground:
    """The environment as it was deployed: the agent of each subnet by id, each agent's group, and all ids there."""

    subnets: Mapping[str, str]
    groups: Mapping[str, str]
    named: Mapping[str, str]


def workload_differences(
    stack: ResourceGraph, environment: ResourceGraph, agents: Sequence[Agent]
) -> Iterator[Finding]:
    """Every workload of a stack that is not where its agent belongs, and whatever else touches the environment.

    ``environment`` has to hold ids: from an export, or read from AWS. A stack that places no agent is itself a
    finding: nothing was proved of one.
    """
    for what in stack.unread:
        yield Finding(Kind.NOT_PROVED, "", LAYER, what, "it could not be read")
    ground, missing = _ground(environment)
    if missing:
        names = ", ".join(sorted(missing))
        yield Finding(Kind.NOT_PROVED, "", LAYER, f"where a workload is, beside {names}", "no id is known of these")
        return
    references = References.of(stack)
    places = list(_places(stack, references))
    by_role = {agent.role: agent for agent in agents}
    placed = False
    for place in places:
        if agent := by_role.get(place.role):
            placed = True
            yield from _of_agent(place, agent, ground)
        else:
            yield from _of_nobody(place, ground)
    yield from _without_service(stack, references, by_role)
    for resource in stack.resources:
        if resource.type not in (SERVICE, TASK_DEFINITION, FUNCTION, _STACK_REFERENCE) and resource.custom:
            yield from _not_read(resource, stack, ground, by_role)
    if not placed:
        yield Finding(
            Kind.NOT_PROVED, "", LAYER, f"a workload in the stack {stack.project}/{stack.stack}",
            "none of its services and functions has the role of an agent",
        )  # fmt: skip


def _ground(environment: ResourceGraph) -> tuple[_Ground, set[str]]:
    """The environment's ids, and the names of subnets and groups that have none yet."""
    network = read_network(environment)
    subnets: dict[str, str] = {}
    groups: dict[str, str] = {}
    missing: set[str] = set()
    holders = [(urn, subnet.agent, subnets) for urn, subnet in network.subnets.items()]
    for urn, agent, known in (*holders, *((urn, agent, groups) for agent, urn in network.group_of.items())):
        resource = environment.get(urn)
        if resource is None or not resource.id or resource.id == UNKNOWN:
            missing.add(resource.name if resource else urn)
        elif known is groups:
            groups[agent] = resource.id
        else:
            subnets[resource.id] = agent
    named = {
        identity: resource.name
        for resource in environment.resources
        if resource.type.startswith(_NETWORK_TYPES)
        for identity in (resource.id, text(resource.outputs.get("arn")))
        if identity and identity != UNKNOWN
    }
    return _Ground(subnets, groups, named), missing


def _places(stack: ResourceGraph, references: References) -> Iterator[_Place]:
    for service in stack.of_type(SERVICE):
        definition = _definition(service, references)
        role = text(definition.inputs.get("taskRoleArn")) if definition else UNKNOWN
        settings = service.inputs.get("networkConfiguration")
        yield _Place(
            service, "ecs", role, _texts(settings, "subnets"), _texts(settings, "securityGroups"),
            UNKNOWN if settings == UNKNOWN else table(settings).get("assignPublicIp"),
        )  # fmt: skip
    for function in stack.of_type(FUNCTION):
        settings = function.inputs.get("vpcConfig")
        role = text(function.inputs.get("role"))
        yield _Place(
            function, "lambda", role, _texts(settings, "subnetIds"), _texts(settings, "securityGroupIds"), public=None
        )


def _definition(service: Resource, references: References) -> Resource | None:
    """The task definition that a service runs, where it is of the same stack.

    A preview shows what does not change without its ARN; then it is what the value comes from, of the same family.
    """
    found = references.one(service, "taskDefinition")
    if isinstance(found, Resource):
        return found
    for definition in references.depends_on(service, "taskDefinition") if found else ():
        family = text(definition.inputs.get("family"))
        if found and definition.type == TASK_DEFINITION and family == found.rpartition("/")[2].partition(":")[0]:
            return definition
    return None


def _texts(settings: Value, name: str) -> tuple[str, ...]:
    """A list within settings; where all of them are unknown, so is it."""
    return (UNKNOWN,) if settings == UNKNOWN else texts(table(settings).get(name))


def _of_agent(place: _Place, agent: Agent, ground: _Ground) -> Iterator[Finding]:
    """A workload that has an agent's role."""
    what = _shown(place.resource)
    if place.platform != agent.platform:
        yield _finding(
            Kind.MORE, agent.name, place, f"what the agent may reach, for {what}",
            f"it is of {place.platform}, and the profile says {agent.platform}",
        )  # fmt: skip
    for question in place.open_questions():
        yield _finding(Kind.NOT_PROVED, agent.name, place, f"{what}: {question}", "only a deployment decides it")
    if not place.subnets:
        yield _finding(
            Kind.MORE, agent.name, place, f"whatever is not stopped, from {what}",
            "the agent's role outside the VPC: it names no subnets",
        )  # fmt: skip
    for subnet in place.subnets:
        if subnet == UNKNOWN or ground.subnets.get(subnet) == agent.name:
            continue
        if subnet not in ground.subnets:
            yield _finding(
                Kind.MORE, agent.name, place, f"whatever {subnet} lets through, from {what}",
                "a subnet that is none of the environment's",
            )  # fmt: skip
        elif other := ground.subnets[subnet]:
            yield _finding(
                Kind.MORE, agent.name, place, f"what `{other}` may reach, from {what}", f"{subnet} is of `{other}`"
            )
        else:
            yield _finding(
                Kind.MORE, agent.name, place, f"whatever {ground.named[subnet]} lets through, from {what}",
                f"{subnet} is the environment's own",
            )  # fmt: skip
    own = ground.groups.get(agent.name, "")
    if further := sorted({group for group in place.groups if group not in (own, UNKNOWN)}):
        names = ", ".join(ground.named.get(group, group) for group in further)
        yield _finding(
            Kind.MORE, agent.name, place, f"whatever {names} lets in and out at {what}", "a further security group"
        )
    if place.subnets and own not in place.groups and UNKNOWN not in place.groups:
        yield _finding(Kind.INCONSISTENT, agent.name, place, f"{what} is without the agent's group", own)
    if place.public not in (None, False, UNKNOWN):
        yield _finding(Kind.MORE, agent.name, place, f"the internet to and from {what}", "a public address")


def _of_nobody(place: _Place, ground: _Ground) -> Iterator[Finding]:
    """A workload whose role is no agent's, or not known: it has no business in the environment."""
    what = _shown(place.resource)
    holders = {group: agent for agent, group in ground.groups.items()}
    touched = {ground.subnets[subnet] for subnet in place.subnets if subnet in ground.subnets}
    touched |= {holders[group] for group in place.groups if group in holders}
    open_questions = list(place.open_questions())
    kind = Kind.NOT_PROVED if open_questions else Kind.MORE
    reason = "its role is not known" if place.role == UNKNOWN else f"its role is {place.role or 'none'}, no agent's"
    for agent in sorted(touched):
        reach = "what the agent may reach" if agent else "what the environment's own subnets reach"
        yield _finding(kind, agent, place, f"{reach}, for {what}", reason)
    if open_questions and not touched:
        names = " and ".join(open_questions)
        yield _finding(Kind.NOT_PROVED, "", place, f"whose workload {what} is: {names}", "this file does not say")


def _without_service(stack: ResourceGraph, references: References, by_role: Mapping[str, Agent]) -> Iterator[Finding]:
    """Task definitions that no service of the stack runs: whoever does says where."""
    run = {found.urn for service in stack.of_type(SERVICE) if (found := _definition(service, references))}
    for definition in stack.of_type(TASK_DEFINITION):
        agent = by_role.get(text(definition.inputs.get("taskRoleArn")))
        if agent is not None and definition.urn not in run:
            yield Finding(
                Kind.NOT_PROVED, agent.name, LAYER, f"where tasks of {_shown(definition)} run",
                "no service of this stack runs them", definition.urn,
            )  # fmt: skip


def _not_read(
    resource: Resource, stack: ResourceGraph, ground: _Ground, by_role: Mapping[str, Agent]
) -> Iterator[Finding]:
    """A resource of a type that is not read here, by what it names."""
    names = set(_strings(resource.inputs))
    touched = {ground.named[name] for name in names & ground.named.keys()}
    if not resource.type.startswith("aws:iam/"):  # what a role may do, the endpoints and the role's policy hold
        touched |= {f"the role of `{by_role[name].name}`" for name in names & by_role.keys()}
    from_elsewhere = {
        urn
        for urns in resource.property_dependencies.values()
        for urn in urns
        if (other := stack.get(urn)) is not None and other.type == _STACK_REFERENCE
    }
    if UNKNOWN in names and from_elsewhere:
        touched.add("something of another stack that is not known yet")
    for name in sorted(touched):
        yield Finding(
            Kind.NOT_PROVED, "", LAYER, f"what {_shown(resource)} does with {name}",
            f"resources of type {resource.type} are not read", resource.urn,
        )  # fmt: skip


def _strings(value: Value) -> Iterator[str]:
    """Every text within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in cast("Mapping[str, Value]", value).values():
            yield from _strings(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from _strings(item)


def _shown(resource: Resource) -> str:
    return f"{resource.type.rpartition(':')[2]} {resource.name}"


def _finding(kind: Kind, agent: str, place: _Place, traffic: str, rule: str) -> Finding:
    return Finding(kind, agent, LAYER, traffic, rule, place.resource.urn)
