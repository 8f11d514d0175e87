"""What somebody does in the console is found, told in terms of access, and undone by what is printed with it."""

import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from commanding import Ran, ringfence
from deployment import ENVIRONMENTS, Deployment
from world.account import Held
from world.graph import canonical

pytestmark = pytest.mark.pulumi_cli

ACL = "aws:ec2/networkAcl:NetworkAcl"
ENTRY = "aws:ec2/networkAclRule:NetworkAclRule"
ROUTE = "aws:ec2/route:Route"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


def drift(deployment: Deployment, *words: str) -> Ran:
    """The command as a person runs it, which starts Pulumi."""
    named = ("drift", "--env", deployment.environment)
    return ringfence(*named, *words, cwd=deployment.project, timeout=300, **deployment.variables)


def by_hand(deployment: Deployment) -> dict[str, tuple[str, str]]:
    """Do what people do; for each resource's name, how it is and what that does."""
    world = deployment.world
    environment = deployment.environment
    group = world.named(f"{environment}-reviewer", "SecurityGroup")
    world.make_by_hand(
        INGRESS, "sgr-by-hand", securityGroupId=group.id, cidrIpv4="0.0.0.0/0", ipProtocol="tcp", fromPort=22, toPort=22
    )
    acl = world.named(f"{environment}-orchestrator", "NetworkAcl")
    world.make_by_hand(
        ENTRY, "nacl-by-hand", networkAclId=acl.id, egress=False, ruleNumber=2, ruleAction="allow", protocol="-1",
        cidrBlock="10.0.0.0/8",
    )  # fmt: skip
    table = next(each for each in world.resources("aws:ec2/routeTable:RouteTable") if "reviewer" in each.name)
    world.make_by_hand(
        ROUTE, "r-by-hand", routeTableId=table.id, destinationCidrBlock="192.0.2.0/24", natGatewayId="nat-1"
    )
    rules = next(
        each
        for each in world.resources("aws:networkfirewall/ruleGroup:RuleGroup")
        if "pypi.org" in json.dumps(each.inputs)
    )
    world.edit_by_hand(rules, ruleGroup=_replaced(rules.inputs["ruleGroup"], "pypi.org", "evil.example"))
    endpoint = next(
        each
        for each in world.resources("aws:ec2/vpcEndpoint:VpcEndpoint")
        if each.inputs["vpcEndpointType"] == "Interface" and '"Allow"' in each.inputs["policy"]
    )
    everything = [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]
    world.edit_by_hand(endpoint, policy=json.dumps({"Version": "2012-10-17", "Statement": everything}))
    one, other = (world.named(f"{environment}-{name}", "NetworkAcl") for name in ("reviewer", "research-assistant"))
    moved = one.inputs["subnetIds"][:1]
    world.edit_by_hand(one, subnetIds=one.inputs["subnetIds"][1:])
    world.edit_by_hand(other, subnetIds=[*other.inputs["subnetIds"], *moved])
    (resolver,) = world.resources("aws:route53/resolverFirewallConfig:ResolverFirewallConfig")
    world.edit_by_hand(resolver, firewallFailOpen="ENABLED")
    log = world.named(f"{environment}-kept", "FlowLog")
    world.delete_by_hand(log)
    vpc = world.named(f"{environment}-vpc")
    world.edit_by_hand(vpc, tags={**vpc.inputs["tags"], "Name": "mine"})
    return {
        f"{group.name}: ingress tcp 22 0.0.0.0/0": ("added", "widened"),
        f"{acl.name}: ingress 2 allow": ("added", "weakened"),
        f"{table.name}: 192.0.2.0/24": ("added", "widened"),
        # In staging the firewall only observes: what its rules say is what is logged.
        rules.name: ("changed", "unwatched" if environment == "staging" else "widened"),
        endpoint.name: ("changed", "widened"),
        one.name: ("changed", "narrowed"),
        other.name: ("changed", "narrowed"),
        resolver.name: ("changed", "widened"),
        log.name: ("gone", "unwatched"),
        vpc.name: ("changed", "cosmetic"),
    }


def _replaced(value: Any, old: str, new: str) -> Any:
    return json.loads(json.dumps(value).replace(old, new))


@pytest.mark.slow
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_change_by_hand_is_found_told_and_undone(
    environment: str, deployed: Callable[[str], Deployment], record_property: Callable[[str, object], None]
) -> None:
    deployment = deployed(environment)
    before, state = canonical(deployment.world), deployment.export()
    quiet = drift(deployment)
    assert (quiet.code, quiet.err) == (0, ""), quiet.err
    assert quiet.out == f"{environment} · nothing was changed by hand · as of 2026-11-23\n"

    expected = by_hand(deployment)
    number = deployment.world.now
    ran = drift(deployment, "--format", "json")
    assert ran.code == 1, ran.err
    report = json.loads(ran.out)
    assert {each["name"]: (each["was"], each["effect"]) for each in report["changes"]} == expected
    assert report["together"] == []
    for each in report["changes"]:
        assert bool(each["findings"]) == (each["effect"] in ("widened", "weakened", "narrowed")), each
    assert (deployment.world.now, deployment.export()) == (number, state), "nothing was changed"

    for command in {command for each in report["changes"] for command in each["mend"]}:
        undo(deployment, shlex.split(command))
    assert canonical(deployment.world) == before
    revoked = [each.held.id for each in deployment.world.operations(number) if each.kind == "delete by the provider"]
    assert revoked == ["sgr-by-hand"], "a refresh shows the rule to Pulumi itself"
    assert drift(deployment).code == 0
    record_property("counts", f"{environment}: {len(expected)} changes by hand found and undone")


def undo(deployment: Deployment, words: list[str]) -> None:
    """Do in the world what a printed command does in AWS."""
    if words[0] == "pulumi":
        assert words[:4] == ["pulumi", "up", "--stack", deployment.environment]
        up = deployment.up(*words[4:])
        assert up.code == 0, up.said
        return
    call, options = words[2], dict(zip(words[3::2], words[4::2], strict=False))
    match call:
        case "delete-network-acl-entry":
            assert words[5:] == ["--ingress", "--rule-number", "2"]
            deployment.world.delete_by_hand(_only(deployment, ENTRY, networkAclId=words[4], ruleNumber=2))
        case "delete-route":
            cidr = options["--destination-cidr-block"]
            deployment.world.delete_by_hand(
                _only(deployment, ROUTE, routeTableId=options["--route-table-id"], destinationCidrBlock=cidr)
            )
        case other:
            raise AssertionError(other)


def _only(deployment: Deployment, kind: str, **inputs: object) -> Held:
    (found,) = (held for held in deployment.world.resources(kind) if inputs.items() <= held.inputs.items())
    return found
