"""Ways that a single resource opens: named for what they are, and of types and properties that the provider has."""

import importlib
import re

import pulumi_aws
import pytest
from pulumi import _types
from ringfence.guard.way import _BALANCERS, _GROUPS, _PUBLIC, _RULES, OPENED, opened
from ringfence.verify.graph import UNKNOWN, Value

RULE = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
HTTPS = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443}
EVERY_PORT = {"ipProtocol": "tcp", "fromPort": 0, "toPort": 65535}


@pytest.mark.parametrize("kind", sorted({*OPENED, *_PUBLIC, *_BALANCERS, *_GROUPS, *_RULES}))
def test_every_type_is_one_of_the_providers(kind: str) -> None:
    module, _, name = kind.removeprefix("aws:").partition(":")
    made = importlib.import_module(f"pulumi_aws.{re.sub('^lambda/', 'lambda_/', module).partition('/')[0]}")
    resource = getattr(made, name)
    assert resource.pulumi_type == kind or kind in ALIASES


ALIASES = frozenset({"aws:alb/loadBalancer:LoadBalancer"})
"""A type's earlier name, under which the provider still has it."""


@pytest.mark.parametrize(("kind", "path"), sorted(_PUBLIC.items()))
def test_every_public_address_stands_where_the_provider_reads_it(kind: str, path: tuple[str, ...]) -> None:
    written = re.fullmatch(r"aws:(\w+)/\w+:(\w+)", kind)
    assert written is not None
    module, name = written.groups()
    service = getattr(pulumi_aws, module)
    own = importlib.import_module(getattr(service, name).__module__)
    assert path[0] in _types.input_type_py_to_pulumi_names(getattr(own, f"{name}Args")).values()
    if len(path) == 2:
        held = getattr(service, f"{name}{path[0][0].upper()}{path[0][1:].removesuffix('s')}Args")
        assert path[1] in _types.input_type_py_to_pulumi_names(held).values()


@pytest.mark.parametrize(
    ("kind", "inputs", "ways"),
    [
        ("aws:ec2/eip:Eip", {}, ("a public address",)),
        ("aws:ec2/vpcPeeringConnection:VpcPeeringConnection", {}, ("a peering with another network",)),
        ("aws:ecs/service:Service", {"networkConfiguration": {"assignPublicIp": True}}, ("a public address",)),
        ("aws:ecs/service:Service", {"networkConfiguration": {"assignPublicIp": UNKNOWN}}, ("a public address",)),
        ("aws:ecs/service:Service", {"networkConfiguration": UNKNOWN}, ("a public address",)),
        ("aws:ecs/service:Service", {"networkConfiguration": {"assignPublicIp": False}}, ()),
        (
            "aws:ec2/launchTemplate:LaunchTemplate",
            {"networkInterfaces": [{}, {"associatePublicIpAddress": "true"}]},
            ("a public address",),
        ),
        ("aws:lb/loadBalancer:LoadBalancer", {}, ("a load balancer on the internet",)),
        ("aws:lb/loadBalancer:LoadBalancer", {"internal": True}, ()),
        ("aws:ec2/subnet:Subnet", {"mapPublicIpOnLaunch": True}, ("a public address",)),
        (RULE, {"cidrIpv4": "0.0.0.0/0", **HTTPS}, ("a rule for 0.0.0.0/0",)),
        (RULE, {"cidrIpv4": "10.0.0.0/8", **HTTPS}, ("a rule for 10.0.0.0/8",)),
        (RULE, {"cidrIpv4": "10.40.0.0/16", **HTTPS}, ()),
        (RULE, {"cidrIpv4": "10.40.0.0/28", "ipProtocol": "-1"}, ("a rule for every protocol and port",)),
        (RULE, {"cidrIpv4": "10.40.0.0/28", **EVERY_PORT}, ("a rule for every port",)),
        (RULE, {"cidrIpv6": "::/0", **HTTPS}, ("a rule for ::/0",)),
        (RULE, {"cidrIpv4": UNKNOWN, "ipProtocol": "tcp"}, ("a rule for addresses not known yet",)),
        ("aws:ec2/securityGroup:SecurityGroup", {}, ()),
        (
            "aws:ec2/securityGroup:SecurityGroup",
            {"egress": [{"cidrBlocks": ["0.0.0.0/0"], "protocol": "-1", "fromPort": 0, "toPort": 0}]},
            ("a rule for 0.0.0.0/0", "a rule for every protocol and port"),
        ),
        ("aws:ec2/securityGroup:SecurityGroup", {"ingress": UNKNOWN}, ("ingress that is not known yet",)),
        ("aws:s3/bucket:Bucket", {}, ()),
    ],
)  # fmt: skip
def test_what_a_resource_opens_is_said_in_words(kind: str, inputs: dict[str, Value], ways: tuple[str, ...]) -> None:
    assert opened(kind, inputs) == ways
