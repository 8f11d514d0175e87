"""What the provider knows of each type's properties, read from the classes that it generates for Python.

`pulumi_aws` is made from the provider's own schema: an `Args` class holds every property that can be set, with its
type, and a property is required exactly where its constructor has no default for it.
"""

import collections.abc
import functools
import importlib
import inspect
import keyword
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi import _types  # how the SDK itself translates these classes; there is no public way

WORKLOADS = frozenset(
    {
        "aws:ecs/cluster:Cluster",
        "aws:ecs/service:Service",
        "aws:ecs/taskDefinition:TaskDefinition",
        "aws:lambda/function:Function",
    }
)
"""The types of which workloads' own stacks are made, and no environment's."""

TYPES = WORKLOADS | frozenset(
    {
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl",
        "aws:ec2/defaultRouteTable:DefaultRouteTable",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "aws:ec2/eip:Eip",
        "aws:ec2/flowLog:FlowLog",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/natGateway:NatGateway",
        "aws:ec2/networkAcl:NetworkAcl",
        "aws:ec2/networkAclRule:NetworkAclRule",
        "aws:ec2/route:Route",
        "aws:ec2/routeTable:RouteTable",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/vpc:Vpc",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
        "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation",
        "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive",
        "aws:ec2transitgateway/vpcAttachment:VpcAttachment",
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:networkfirewall/firewall:Firewall",
        "aws:networkfirewall/firewallPolicy:FirewallPolicy",
        "aws:networkfirewall/loggingConfiguration:LoggingConfiguration",
        "aws:networkfirewall/ruleGroup:RuleGroup",
        "aws:networkfirewall/tlsInspectionConfiguration:TlsInspectionConfiguration",
        "aws:route53/resolverFirewallConfig:ResolverFirewallConfig",
        "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList",
        "aws:route53/resolverFirewallRule:ResolverFirewallRule",
        "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup",
        "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation",
        "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig",
        "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation",
        "aws:s3/bucket:Bucket",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:sns/topic:Topic",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    }
)
"""The types that this world knows."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The engine's mark of a value that only a deployment decides."""


@dataclass(frozen=True)
class Structure:
    """The properties of a type or of a value within one: their kinds by name, and those that must be given."""

    kinds: Mapping[str, Any]
    required: frozenset[str]


@functools.cache
def structure(kind: str) -> Structure:
    """What can be set of a resource type; raises `LookupError` for one that this world does not know."""
    if kind not in TYPES:
        raise LookupError(f"this world knows no {kind}")
    _, module, name = kind.split(":")
    package = module.partition("/")[0]
    # Python has no module of a keyword's name.
    service = importlib.import_module(f"pulumi_aws.{package}{'_' if keyword.iskeyword(package) else ''}")
    # The class is sought in the resource's own module: a structure within another resource may have its name.
    own = importlib.import_module(getattr(service, name).__module__)
    return _read(next(getattr(own, each) for each in (f"{name}InitArgs", f"{name}Args") if hasattr(own, each)))


@functools.cache
def _read(arguments: type) -> Structure:
    names = _types.input_type_py_to_pulumi_names(arguments)
    parameters = inspect.signature(arguments.__init__).parameters
    required = {names[name] for name, each in parameters.items() if name in names and each.default is each.empty}
    return Structure(_types.input_type_types(arguments), frozenset(required))


def problems(kind: str, inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where inputs are not what the provider's schema says, each with its property and a reason."""
    return list(_structure(structure(kind), inputs, ""))


def _structure(wanted: Structure, value: Any, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping):
        yield path, f"{value!r} is no table"
        return
    for name in sorted(wanted.required - value.keys()):
        yield f"{path}{name}", "is required and missing"
    for name, item in value.items():
        if name == "__defaults" or item is None:
            continue
        if name not in wanted.kinds:
            yield f"{path}{name}", "is no property of this type"
        else:
            yield from _value(wanted.kinds[name], item, f"{path}{name}")


def _value(kind: Any, value: Any, path: str) -> Iterator[tuple[str, str]]:
    if value == UNKNOWN:
        return
    origin = typing.get_origin(kind)
    if origin is typing.Union:
        # What Python takes besides, such as a document's class for its text, is the text by now.
        yield from _value(typing.get_args(kind)[0], value, path)
    elif origin is collections.abc.Sequence:
        if not isinstance(value, list):
            yield path, f"{value!r} is no list"
            return
        for index, item in enumerate(value):
            yield from _value(typing.get_args(kind)[0], item, f"{path}[{index}]")
    elif origin is collections.abc.Mapping:
        if not isinstance(value, Mapping):
            yield path, f"{value!r} is no table"
            return
        for name, item in value.items():
            yield from _value(typing.get_args(kind)[1], item, f"{path}.{name}")
    elif _types.is_input_type(kind):
        yield from _structure(_read(kind), value, f"{path}.")
    elif not _is(kind, value):
        yield path, f"{value!r} is no {kind.__name__}"


def _is(kind: type, value: Any) -> bool:
    """Whether a scalar has a type; on the wire every number is a float."""
    match kind():
        case bool():
            return isinstance(value, bool)
        case int():
            return isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
        case float():
            return isinstance(value, int | float) and not isinstance(value, bool)
        case _:
            return isinstance(value, str)
