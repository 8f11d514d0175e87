"""Single-step changes of a resource graph, enumerated from the graph's own fields: nothing here is chosen by hand.

A step changes one scalar, drops one element of a list, drops one resource, or moves one reference to another
resource of its type. What a scalar becomes follows from what it is: a network grows and shrinks, a port moves, a word
becomes another word of its vocabulary, a policy's action is starred. Fields that say nothing about access are in
`NEUTRAL`, each with the reason.
"""

import copy
import dataclasses
import ipaddress
import json
import re
from collections.abc import Iterator
from typing import Any

from ringfence.verify.graph import Resource, ResourceGraph

NEUTRAL: dict[str, str] = {
    "tags": "names and owners; whose a subnet or a group is, by its tag, is changed apart",
    "description": "text for people",
    "capacity": "room for rules: AWS refuses a group that has more",
    "name": "a name; what refers to it does so by its ARN",
    "deleteProtection": "who may delete",
    "subnetChangeProtection": "who may change",
    "firewallPolicyChangeProtection": "who may change",
    "mutationProtection": "who may change",
    "revokeRulesOnDelete": "what happens when a group goes",
    "allocationId": "under which address the internet sees a NAT gateway",
}
"""By the name of the field. `test_mutations` changes each once, and the proof stays as it is."""

WORDS: tuple[tuple[str, ...], ...] = (
    ("allow", "deny"),
    ("tcp", "udp", "-1"),
    ("ALLOW", "BLOCK"),
    ("ENABLED", "DISABLED"),
    ("STRICT_ORDER", "DEFAULT_ACTION_ORDER"),
    ("aws:forward_to_sfe", "aws:pass", "aws:drop"),
    ("STATEFUL", "STATELESS"),
    ("Allow", "Deny"),
    ("Gateway", "Interface", "GatewayLoadBalancer"),
    ("REJECT", "DROP", "CONTINUE"),
    ("TRUST_REDIRECTION_DOMAIN", "INSPECT_REDIRECTION_DOMAIN"),
    ("NODATA", "NXDOMAIN", "OVERRIDE"),
    ("IPV4", "DUALSTACK", "IPV6"),
    ("public", "private"),
)

_ORDERS = {"ruleNumber": (2, 32_000), "priority": (1, 2_000_000)}
"""Where something is moved: before all others, and behind them. Only an order among some that differ says anything."""

_OWNER = "ringfence:agent"
_OWNED = (
    "aws:ec2/networkAcl:NetworkAcl", "aws:ec2/securityGroup:SecurityGroup", "aws:ec2/subnet:Subnet",
)  # fmt: skip
"""Where that tag says whose something is; elsewhere nothing reads it."""

TYPES = (
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/networkAcl:NetworkAcl", "aws:ec2/networkAclRule:NetworkAclRule", "aws:ec2/route:Route",
    "aws:ec2/routeTableAssociation:RouteTableAssociation", "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/subnet:Subnet", "aws:ec2/vpc:Vpc", "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
    "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive",
    "aws:networkfirewall/firewall:Firewall", "aws:networkfirewall/firewallPolicy:FirewallPolicy",
    "aws:networkfirewall/ruleGroup:RuleGroup",
    "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration",
    "aws:route53/resolverFirewallConfig:ResolverFirewallConfig",
    "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList",
    "aws:route53/resolverFirewallRule:ResolverFirewallRule",
    "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup",
    "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
)  # fmt: skip
"""The types whose meaning for access is read; rule text is changed apart."""


@dataclasses.dataclass(frozen=True)
class Mutant:
    what: str
    graph: ResourceGraph


def mutants(graph: ResourceGraph) -> Iterator[Mutant]:
    for resource in graph.resources:
        if resource.type not in TYPES:
            continue
        short = f"{resource.type.rpartition(':')[2]} {resource.name}"
        yield Mutant(f"{short}: dropped", _with(graph, resource, None))
        for what, inputs in _changes(graph, resource):
            yield Mutant(f"{short}: {what}", _with(graph, resource, dataclasses.replace(resource, inputs=inputs)))


def _with(graph: ResourceGraph, old: Resource, new: Resource | None) -> ResourceGraph:
    others = [resource for resource in graph.resources if resource is not old]
    return ResourceGraph(graph.project, graph.stack, tuple(others if new is None else [*others, new]))


def _changes(graph: ResourceGraph, resource: Resource) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, value in _scalars(resource.inputs, ()):
        if path[-1] in ("fromPort", "toPort") and resource.inputs.get("protocol") == "-1":
            continue  # an entry for every protocol has no ports
        if path[-1] in _ORDERS:
            for place in _ORDERS[path[-1]]:
                inputs = copy.deepcopy(dict(resource.inputs))
                _set(inputs, path, place)
                yield f"{'.'.join(map(str, path))} {value} -> {place}", inputs
            continue
        if path[-1] == _OWNER and resource.type in _OWNED:
            inputs = copy.deepcopy(dict(resource.inputs))
            _set(inputs, path, _another_agent(graph, value))
            yield f"{_OWNER} {value}, another's", inputs
        if any(str(part) in NEUTRAL for part in path) or (path[-1] == "rulesString"):
            continue
        for changed in _other_values(graph, resource, value):
            inputs = copy.deepcopy(dict(resource.inputs))
            _set(inputs, path, changed)
            yield f"{'.'.join(map(str, path))} {str(value)[:40]} -> {str(changed)[:60]}", inputs
    for path, length in _lists(resource.inputs, ()):
        if any(str(part) in NEUTRAL for part in path):
            continue
        for index in range(length):
            inputs = copy.deepcopy(dict(resource.inputs))
            _get(inputs, path).pop(index)
            yield f"{'.'.join(map(str, path))} without {index}", inputs


def neutral_changes(graph: ResourceGraph) -> Iterator[Mutant]:
    """Of each field that is `NEUTRAL`, and of each tag of these, one change in each type that has it."""
    seen: set[tuple[str, object]] = set()
    for resource in graph.resources:
        for path, value in _scalars(resource.inputs, ()) if resource.type in TYPES else ():
            field = next((part for part in path if part in NEUTRAL), None)
            owns = path[-1] == _OWNER and resource.type in _OWNED
            if field is None or owns or (resource.type, path[-1]) in seen:
                continue
            seen.add((resource.type, path[-1]))
            inputs = copy.deepcopy(dict(resource.inputs))
            _set(inputs, path, value + 1 if isinstance(value, int) and not isinstance(value, bool) else _unlike(value))
            what = f"{resource.type.rpartition(':')[2]} {resource.name}: {'.'.join(map(str, path))}"
            yield Mutant(what, _with(graph, resource, dataclasses.replace(resource, inputs=inputs)))


def _unlike(value: bool | str) -> bool | str:
    return not value if isinstance(value, bool) else f"{value}-other"


def _another_agent(graph: ResourceGraph, agent: str) -> str:
    tags = [group.inputs.get("tags") or {} for group in graph.of_type("aws:ec2/securityGroup:SecurityGroup")]
    return min({str(each[_OWNER]) for each in tags if isinstance(each, dict) and _OWNER in each} - {agent})


def _scalars(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _scalars(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _scalars(inner, (*path, index))
    else:
        yield path, value


def _lists(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], int]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _lists(inner, (*path, key))
    elif isinstance(value, list):
        yield path, len(value)
        for index, inner in enumerate(value):
            yield from _lists(inner, (*path, index))


def _get(inputs: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        inputs = inputs[part]
    return inputs


def _set(inputs: Any, path: tuple[Any, ...], value: Any) -> None:
    _get(inputs, path[:-1])[path[-1]] = value


def _other_values(graph: ResourceGraph, resource: Resource, value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (other for other in (value - 1, value + 1) if 0 <= other <= 65535)
    elif isinstance(value, str):
        if value.startswith("{"):
            yield from _other_policies(value)
        for words in WORDS:
            if value in words:
                yield from (word for word in words if word != value)
        yield from _other_networks(value)
        yield from _other_references(graph, value)
        if resource.type.endswith("DomainList") and not value.startswith("*"):
            yield f"*.{value}"
            yield value[1:]


def _other_networks(value: str) -> Iterator[str]:
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError:
        return
    if network.prefixlen:
        yield str(network.supernet())
        yield "0.0.0.0/0"
    if network.prefixlen < 32:
        yield str(next(network.subnets()))


def _other_references(graph: ResourceGraph, value: str) -> Iterator[str]:
    """Another of its type, or one that is not here: of the VPC there is no other, of what is outside neither."""
    if re.fullmatch(r"vpc-[0-9a-f]+|arn:aws:acm:.+", value):
        yield f"{value[:-1]}{'0' if value[-1] != '0' else '1'}"
        return
    if re.fullmatch(r"[a-z]{2}-[a-z]+-[0-9][a-z]", value):
        zones = {text for subnet in graph.of_type("aws:ec2/subnet:Subnet") if (text := zone_of(subnet)) != value}
        yield from sorted(zones)[:1]
        return
    named = next((other for other in graph.resources if value in (other.id, other.outputs.get("arn"))), None)
    if named is None:
        return
    field = "id" if named.id == value else "arn"
    for other in graph.of_type(named.type):
        found = other.id if field == "id" else other.outputs.get("arn")
        if found and found != value:
            yield str(found)
            break


def zone_of(subnet: Resource) -> str:
    return str(subnet.inputs["availabilityZone"])


def _other_policies(value: str) -> Iterator[str]:
    document = json.loads(value)
    for index, statement in enumerate(document["Statement"]):

        def changed(**parts: Any) -> str:
            other = copy.deepcopy(document)
            other["Statement"][index].update(parts)  # noqa: B023 - used at once
            return json.dumps(other)

        yield changed(Action="*")
        if statement["Resource"] != "*":
            yield changed(Resource="*")
        for part in ("Action", "Resource"):
            texts = statement[part] if isinstance(statement[part], list) else [statement[part]]
            if len(texts) > 1:
                for dropped in texts:
                    yield changed(**{part: [text for text in texts if text != dropped]})
            for text in texts:
                if not text.endswith("*"):
                    yield changed(**{part: [*(other for other in texts if other != text), f"{text}*"]})
        if "Condition" in statement:
            without = copy.deepcopy(document)
            del without["Statement"][index]["Condition"]
            yield json.dumps(without)
            roles = statement["Condition"]["StringEquals"]["aws:PrincipalArn"]
            roles = roles if isinstance(roles, list) else [roles]
            for role in roles if len(roles) > 1 else ():
                fewer = [other for other in roles if other != role]
                yield changed(Condition={"StringEquals": {"aws:PrincipalArn": fewer}})
            yield changed(Condition={"StringLike": {"aws:PrincipalArn": [*roles[1:], f"{roles[0]}*"]}})
        yield json.dumps(
            {**document, "Statement": [*document["Statement"][:index], *document["Statement"][index + 1 :]]}
        )
