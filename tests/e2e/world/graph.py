"""A world as a resource graph: what the verifier would read of AWS itself."""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence

from ringfence.verify.graph import Resource, ResourceGraph

from world.account import Held, Operation, World
from world.schema import WORKLOADS

_ACL = "aws:ec2/networkAcl:NetworkAcl"
_ENTRY = "aws:ec2/networkAclRule:NetworkAclRule"
_CLOSED = ("aws:ec2/defaultNetworkAcl:DefaultNetworkAcl", "aws:ec2/defaultRouteTable:DefaultRouteTable")


def graph_of(held: Iterable[Held], environment: str) -> ResourceGraph:
    """What is there as a graph. What a VPC came with is in it as what it is: a NACL of all other subnets."""
    resources = list(held)
    network = [each for each in resources if each.type not in WORKLOADS]
    made = [*map(_resource, network), *_default_acls(network)]
    made += [interface for each in resources for interface in _interfaces(each)]
    # While one is replaced there are two of a URN.
    urns: dict[str, int] = {}
    unique: list[Resource] = []
    for resource in made:
        urns[resource.urn] = urns.get(resource.urn, 0) + 1
        copy = urns[resource.urn]
        unique.append(resource if copy == 1 else dataclasses.replace(resource, urn=f"{resource.urn}#{copy}"))
    return ResourceGraph("ringfence", environment, tuple(unique))


def states(before: Sequence[Held], operations: Iterable[Operation]) -> Iterator[tuple[Operation, list[Held]]]:
    """Every operation that changed something, with what was there after it."""
    there = {(held.type, held.id): held for held in before}
    for operation in operations:
        if not operation.done:
            continue
        held = operation.held
        if operation.kind.startswith("delete"):
            there.pop((held.type, held.id), None)
        else:
            there[held.type, held.id] = held
        yield operation, list(there.values())


def canonical(world: World) -> dict[str, object]:
    """Everything that is there by name, ids and given names replaced by what they name: equal for equal worlds."""
    resources = world.resources()
    named: dict[str, str] = {}
    for held in resources:
        for value in (held.id, *(value for value in held.outputs.values() if isinstance(value, str)), _given(held)):
            if value:
                named.setdefault(value, f"<{held.name}>")
    for held in resources:
        for status in held.outputs.get("firewallStatuses", ()):
            for state in status["syncStates"]:
                for attachment in state["attachments"]:
                    named[attachment["endpointId"]] = f"<{held.name} {state['availabilityZone']}>"
    longest = sorted(named, key=len, reverse=True)

    def renamed(value: object) -> object:
        match value:
            case str():
                for old in longest:
                    if old in value:
                        value = value.replace(old, named[old])
                return value
            case dict():
                return {name: renamed(item) for name, item in value.items() if name != "__defaults"}
            case list():
                return sorted((renamed(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
            case _:
                return value

    return {held.urn or f"by hand {held.id}": renamed(held.inputs) for held in resources}


def _given(held: Held) -> str:
    """A name that the provider gave."""
    return next((str(held.inputs[name]) for name in held.inputs.get("__defaults") or ()), "")


def _resource(held: Held) -> Resource:
    return Resource(
        urn=held.urn or f"by hand::{held.type}::{held.id}",
        type=held.type,
        name=held.name,
        inputs={name: value for name, value in held.inputs.items() if name != "__defaults"},
        outputs={**held.inputs, **held.outputs},
        id=held.id,
    )


def _interfaces(workload: Held) -> Iterator[Resource]:
    """What EC2 says of a workload's interfaces, one a subnet (DescribeNetworkInterfaces)."""
    account = next((part for part in str(workload.outputs.get("arn")).split(":") if part.isdecimal()), "")
    match workload.type:
        case "aws:ecs/service:Service":
            place = workload.inputs["networkConfiguration"]
            subnets, groups = place["subnets"], place["securityGroups"]
            is_public, kind = bool(place.get("assignPublicIp")), "interface"
            description = f"{str(workload.outputs['arn']).partition(':service/')[0]}:attachment/{workload.name}"
        case "aws:lambda/function:Function" if workload.inputs.get("vpcConfig"):
            place = workload.inputs["vpcConfig"]
            subnets, groups = place["subnetIds"], place["securityGroupIds"]
            is_public, kind = False, "lambda"
            description = f"AWS Lambda VPC ENI-{workload.name}"
        case _:
            return
    for subnet in subnets:
        inputs = {
            "subnetId": subnet, "securityGroups": groups, "interfaceType": kind, "description": description,
            "sourceDestCheck": True,
        }  # fmt: skip
        outputs = {"ownerId": account, **({"association": {"publicIp": "198.51.100.9"}} if is_public else {})}
        name = f"{workload.name} in {subnet}"
        yield Resource(f"by AWS::{name}", "aws:ec2/networkInterface:NetworkInterface", name, inputs, outputs)


def _default_acls(resources: Sequence[Held]) -> Iterator[Resource]:
    """Each VPC's own NACL, which has every subnet that no other has; it lets everything pass until it is emptied."""
    taken = {subnet for acl in resources if acl.type == _ACL for subnet in acl.inputs.get("subnetIds") or ()}
    emptied = {held.id for held in resources if held.type == _CLOSED[0]}
    for vpc in (held for held in resources if held.type == "aws:ec2/vpc:Vpc"):
        left = [
            held.id
            for held in resources
            if held.type == "aws:ec2/subnet:Subnet" and held.inputs["vpcId"] == vpc.id and held.id not in taken
        ]
        if not left:
            continue
        identity = vpc.outputs["defaultNetworkAclId"]
        urn = f"came with::{vpc.id}::{identity}"
        yield Resource(urn, _ACL, "the VPC's own NACL", {"vpcId": vpc.id, "subnetIds": left}, id=identity)
        for egress in (False, True) if identity not in emptied else ():
            everything = {
                "networkAclId": identity, "egress": egress, "ruleNumber": 100, "ruleAction": "allow", "protocol": "-1",
                "cidrBlock": "0.0.0.0/0", "fromPort": 0, "toPort": 0,
            }  # fmt: skip
            yield Resource(f"{urn}::{egress}", _ENTRY, "everything", everything, id=f"{identity}-{egress}")
