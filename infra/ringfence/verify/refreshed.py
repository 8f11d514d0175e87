"""What a refresh finds: a stack's export before and after it, as two graphs and what differs.

A refresh asks the provider for each resource that the state holds. What somebody has made beside them shows only where
a resource of the state lists it: the provider reads all rules of a group, all entries of a NACL and all routes of a
table into that resource's outputs, whoever made them (its ``Read`` functions; the properties are computed where the
program does not set them).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ringfence.verify.exclusive import EXCLUSIVE, RULE
from ringfence.verify.graph import GraphError, Resource, ResourceGraph, Value
from ringfence.verify.references import number, tables, text, texts
from ringfence.verify.state import read_state

GROUP = "aws:ec2/securityGroup:SecurityGroup"
ACL = "aws:ec2/networkAcl:NetworkAcl"
TABLE = "aws:ec2/routeTable:RouteTable"
ENTRY = "aws:ec2/networkAclRule:NetworkAclRule"
ROUTE = "aws:ec2/route:Route"
DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": ("ingress", "egress"),
    "aws:ec2/defaultRouteTable:DefaultRouteTable": ("routes",),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ("ingress", "egress"),
}
"""What a VPC came with, emptied by the program: whatever stands in it now somebody has put there."""

_TARGETS = (
    "carrierGatewayId", "coreNetworkArn", "egressOnlyGatewayId", "gatewayId", "localGatewayId", "natGatewayId",
    "networkInterfaceId", "transitGatewayId", "vpcEndpointId", "vpcPeeringConnectionId",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Changed:
    """One resource that is otherwise than the state says: ``kind`` is "changed", "gone" or "added".

    ``properties`` are those of its inputs that differ, sorted. What was added is in no state; its ``urn`` names the
    resource that lists it.
    """

    kind: str
    resource: Resource
    properties: tuple[str, ...] = ()

    @property
    def is_cosmetic(self) -> bool:
        """Whether nothing but tags and texts for people changed."""
        return self.kind == "changed" and set(self.properties) <= {"tags", "tagsAll", "description", "alarmDescription"}


@dataclass(frozen=True, slots=True)
class Refreshed:
    """``before`` is what the state holds, ``after`` what is there, ``changes`` lead from one to the other."""

    before: ResourceGraph
    after: ResourceGraph
    changes: tuple[Changed, ...]

    def with_only(self, changes: Iterable[Changed]) -> ResourceGraph:
        """What the state holds with some of the changes."""
        resources = {resource.urn: resource for resource in self.before.resources}
        for change in changes:
            if change.kind == "gone":
                resources.pop(change.resource.urn, None)
            else:
                resources[change.resource.urn] = change.resource
        return replace(self.before, resources=tuple(resources.values()))


def read_refresh(before: str, after: str) -> Refreshed:
    """Read the exports of a stack before and after a refresh; raises `GraphError` for anything else."""
    held, found = read_state(before), read_state(after)
    if (held.project, held.stack) != (found.project, found.stack):
        raise GraphError(f"exports of two stacks: {held.project}/{held.stack} and {found.project}/{found.stack}")
    # What is listed as all rules of a group its rules say themselves, and what is added to them the group.
    held, found = (replace(each, resources=tuple(_without_lists(each))) for each in (held, found))
    opened = replace(found, resources=tuple(map(_opened_defaults, found.resources)))
    changes = [*_changes(held, opened), *(Changed("added", resource) for resource in _added(opened))]
    added = tuple(change.resource for change in changes if change.kind == "added")
    return Refreshed(held, replace(opened, resources=(*opened.resources, *added)), tuple(changes))


def _changes(before: ResourceGraph, after: ResourceGraph) -> Iterator[Changed]:
    for old in before.resources:
        new = after.get(old.urn)
        if new is None:
            yield Changed("gone", old)
            continue
        names = sorted(
            name for name in {*old.inputs, *new.inputs} if meant(old.inputs.get(name)) != meant(new.inputs.get(name))
        )
        if names:
            yield Changed("changed", new, tuple(names))


def meant(value: Value) -> object:
    """A value as AWS understands it: unset, empty and absent are one, lists have no order, documents no layout."""
    match value:
        case str():
            if value.startswith(("{", "[")):
                try:
                    return meant(json.loads(value))
                except json.JSONDecodeError:
                    return value
            return value or None
        case Mapping():
            return {name: held for name, each in value.items() if (held := meant(each)) is not None} or None
        case Sequence():
            return sorted((meant(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True)) or None
        case _:
            return value


def _without_lists(graph: ResourceGraph) -> Iterator[Resource]:
    return (resource for resource in graph.resources if resource.type != EXCLUSIVE)


def _opened_defaults(resource: Resource) -> Resource:
    """What the VPC came with, as it stands: where the program says nothing, what was read counts."""
    listed = {name: resource.outputs[name] for name in DEFAULTS.get(resource.type, ()) if resource.outputs.get(name)}
    return replace(resource, inputs={**resource.inputs, **listed}) if listed else resource


# What nobody's resource is


def _added(after: ResourceGraph) -> Iterator[Resource]:
    for group in after.of_type(GROUP):
        for direction, kind in RULE.items():
            rules = after.of_type(kind)
            known = {_rule_key(rule.inputs) for rule in rules if rule.inputs.get("securityGroupId") == group.id}
            for inputs in _rules(group, direction):
                if _rule_key(inputs) not in known:
                    yield _by_hand(group, kind, f"{direction} {_rule_name(inputs)}", inputs)
    for acl in after.of_type(ACL):
        known = {
            (bool(entry.inputs.get("egress")), number(entry.inputs.get("ruleNumber")))
            for entry in after.of_type(ENTRY)
            if entry.inputs.get("networkAclId") == acl.id
        }
        for direction in ("ingress", "egress"):
            for entry in tables(acl.outputs.get(direction)):
                if (direction == "egress", number(entry.get("ruleNo"))) not in known:
                    inputs = _entry(acl, direction, entry)
                    yield _by_hand(acl, ENTRY, f"{direction} {inputs['ruleNumber']} {inputs['ruleAction']}", inputs)
    for made in after.of_type(TABLE):
        known = {
            text(route.inputs.get("destinationCidrBlock"))
            for route in after.of_type(ROUTE)
            if route.inputs.get("routeTableId") == made.id
        }
        for route in tables(made.outputs.get("routes")):
            if text(route.get("cidrBlock")) not in known or not route.get("cidrBlock"):
                yield _by_hand(made, ROUTE, _destination(route), _route(made, route))


def _by_hand(owner: Resource, kind: str, what: str, inputs: Mapping[str, Value]) -> Resource:
    return Resource(f"{owner.urn}::{what}", kind, f"{owner.name}: {what}", inputs, custom=True)


def _rules(group: Resource, direction: str) -> Iterator[dict[str, Value]]:
    """AWS gives rules of one protocol and ports together; here each has one peer, as the resources have."""
    for rule in tables(group.outputs.get(direction)):
        protocol = text(rule.get("protocol"))
        ports: dict[str, Value] = {}
        if protocol != "-1":
            ports = {"fromPort": number(rule.get("fromPort")), "toPort": number(rule.get("toPort"))}
        peers = [
            *(("cidrIpv4", each) for each in texts(rule.get("cidrBlocks"))),
            *(("cidrIpv6", each) for each in texts(rule.get("ipv6CidrBlocks"))),
            *(("prefixListId", each) for each in texts(rule.get("prefixListIds"))),
            *(("referencedSecurityGroupId", each) for each in texts(rule.get("securityGroups"))),
            *((("referencedSecurityGroupId", group.id),) if rule.get("self") else ()),
        ]
        for name, peer in peers:
            yield {"securityGroupId": group.id, "ipProtocol": protocol, **ports, name: peer}


def _rule_key(inputs: Mapping[str, Value]) -> tuple[Value, ...]:
    protocol = text(inputs.get("ipProtocol"))
    ports = (None, None) if protocol == "-1" else (number(inputs.get("fromPort")), number(inputs.get("toPort")))
    peers = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
    return (protocol, *ports, *(inputs.get(name) or None for name in peers))


def _rule_name(inputs: Mapping[str, Value]) -> str:
    protocol, first, last, *peers = _rule_key(inputs)
    ports = "" if first is None else f" {first}" if first == last else f" {first}-{last}"
    return f"{'all' if protocol == '-1' else protocol}{ports} {next(peer for peer in peers if peer)}"


def _entry(acl: Resource, direction: str, entry: Mapping[str, Value]) -> dict[str, Value]:
    inputs: dict[str, Value] = {
        "networkAclId": acl.id,
        "egress": direction == "egress",
        "ruleNumber": number(entry.get("ruleNo")),
        "ruleAction": text(entry.get("action")),
        "protocol": text(entry.get("protocol")),
        "cidrBlock": text(entry.get("cidrBlock")),
        "ipv6CidrBlock": text(entry.get("ipv6CidrBlock")),
        "fromPort": entry.get("fromPort"),
        "toPort": entry.get("toPort"),
    }
    return {name: value for name, value in inputs.items() if value not in ("", None)}


def _destination(route: Mapping[str, Value]) -> str:
    names = ("cidrBlock", "ipv6CidrBlock", "destinationPrefixListId")
    return next((text(route.get(name)) for name in names if route.get(name)), "")


def _route(made: Resource, route: Mapping[str, Value]) -> dict[str, Value]:
    inputs: dict[str, Value] = {
        "routeTableId": made.id,
        "destinationCidrBlock": text(route.get("cidrBlock")),
        "destinationIpv6CidrBlock": text(route.get("ipv6CidrBlock")),
        "destinationPrefixListId": text(route.get("destinationPrefixListId")),
        **{name: text(route.get(name)) for name in _TARGETS},
    }
    return {name: value for name, value in inputs.items() if value}
