"""Network interfaces: whether only the agent's own workload stands in its segment, as the groups and routes assume.

What an interface belongs to is read from what AWS writes into it; there is no field that names the workload.
- Lambda: its type (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html).
- ECS: its description is the task's attachment (`arn:aws:ecs:REGION:ACCOUNT:attachment/ID`, as in answers of
  DescribeNetworkInterfaces). Whoever may create interfaces can write the same: then groups and addresses still hold.
- EC2 and EKS: an instance of the account holds it. A pod with a group of its own has a `branch` of the node's.
"""

import re
from collections.abc import Iterator, Sequence

from ringfence.policy.policy import Agent
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.graph import Resource, ResourceGraph
from ringfence.verify.network import Network, Subnet
from ringfence.verify.references import References, table, tables, text, texts

LAYER = "interface"
INTERFACE = "aws:ec2/networkInterface:NetworkInterface"

_ENVIRONMENTS_OWN = frozenset(
    {"gateway_load_balancer_endpoint", "natGateway", "nat_gateway", "transit_gateway", "vpc_endpoint"}
)
"""Types of what an environment itself puts into its subnets. The API's model says `natGateway`, its answers
`nat_gateway`."""


def interface_differences(
    graph: ResourceGraph, network: Network, agents: Sequence[Agent], account: str
) -> Iterator[Finding]:
    """Every interface that is not what its subnet is for; a graph without interfaces says nothing of them."""
    known = {agent.name: agent for agent in agents}
    references = References.of(graph)
    holders = {group: agent for agent, group in network.group_of.items()}
    for interface in graph.of_type(INTERFACE):
        found = references.one(interface, "subnetId")
        subnet = network.subnets.get(found.urn) if isinstance(found, Resource) else None
        groups = [
            each.urn if isinstance(each, Resource) else each for each in references.many(interface, "securityGroups")
        ]
        if subnet is None:
            yield _finding(Kind.NOT_PROVED, "", interface, f"{_shown(interface)} is in a subnet that is not here", "")
        elif subnet.agent in known:
            yield from _of_agent(interface, subnet, groups, known[subnet.agent], network, account)
        else:
            yield from _of_environment(interface, subnet, groups, holders)


def _of_agent(
    interface: Resource, subnet: Subnet, groups: list[str], agent: Agent, network: Network, account: str
) -> Iterator[Finding]:
    """One interface in an agent's segment."""
    own, what = network.group_of.get(agent.name), _shown(interface)
    if further := [network.groups[urn].name if urn in network.groups else urn for urn in groups if urn != own]:
        names = ", ".join(sorted(further))
        yield _finding(
            Kind.MORE, agent.name, interface, f"whatever {names} lets in and out at {what}", "a further security group"
        )
    if own not in groups:
        yield _finding(Kind.INCONSISTENT, agent.name, interface, f"{what} is without the agent's group", subnet.name)
    if public := text(table(interface.outputs.get("association")).get("publicIp")):
        yield _finding(
            Kind.MORE, agent.name, interface, f"the internet to and from {what}", f"the public address {public}"
        )
    if addresses := texts(interface.inputs.get("ipv6Addresses")):
        yield _finding(Kind.NOT_PROVED, agent.name, interface, f"IPv6 of {what}", addresses[0])
    if interface.inputs.get("sourceDestCheck") is False:
        yield _finding(
            Kind.MORE, agent.name, interface, f"packets in the name of other addresses from {what}",
            "no check of source and destination",
        )  # fmt: skip
    if stranger := _stranger(interface, agent.platform, account):
        yield _finding(Kind.MORE, agent.name, interface, f"what the agent may reach, for {what}", stranger)


def _of_environment(
    interface: Resource, subnet: Subnet, groups: list[str], holders: dict[str, str]
) -> Iterator[Finding]:
    """One interface in a subnet of the environment's own, or of nobody's."""
    what = _shown(interface)
    for group in groups:
        if agent := holders.get(group):
            yield _finding(
                Kind.MORE, agent, interface, f"what admits the agent's group, for {what}",
                f"the group of `{agent}` outside its segment",
            )  # fmt: skip
    kind = text(interface.inputs.get("interfaceType"))
    if kind not in _ENVIRONMENTS_OWN:
        yield _finding(
            Kind.INCONSISTENT, "", interface, f"{what} stands in {subnet.name}", f"type {kind or 'not known'}"
        )


def _stranger(interface: Resource, platform: str, account: str) -> str:
    """Why an interface is not of the agent's workload; empty when it is."""
    owner = text(interface.outputs.get("ownerId"))
    if owner != account:
        return f"it is of the account {owner or 'that is not known'}"
    kind, description = text(interface.inputs.get("interfaceType")), text(interface.inputs.get("description"))
    match platform:
        case "lambda":
            is_workload = kind == "lambda"
        case "ecs":
            is_workload = re.fullmatch(rf"arn:[a-z-]+:ecs:[a-z0-9-]+:{account}:attachment/.+", description) is not None
        case _:
            held = bool(tables(interface.outputs.get("attachments")))
            by_us = text(interface.outputs.get("instanceOwnerId")) == account
            is_branch = platform == "eks" and kind == "branch"
            is_workload = (held and by_us and not interface.outputs.get("requesterManaged")) or is_branch
    if is_workload:
        return ""
    requester = text(interface.outputs.get("requesterId"))
    said = f"type {kind or 'not known'}" + (f", made by {requester}" if requester else "")
    return f"it is none of {platform}: {said}" + (f", {description!r}" if description else "")


def _shown(interface: Resource) -> str:
    addresses = " ".join(texts(interface.inputs.get("privateIps")))
    return f"{addresses} ({interface.name})" if addresses else interface.name


def _finding(kind: Kind, agent: str, interface: Resource, traffic: str, rule: str) -> Finding:
    return Finding(kind, agent, LAYER, traffic, rule, interface.urn)
