"""The example environments are proved; and what breaks them is found, named and placed."""

import ast
import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from registered_examples import ROOT, Example
from ringfence.policy.effective import inspected_agents
from ringfence.policy.flow import Https
from ringfence.verify.finding import Finding, Kind, Verdict
from ringfence.verify.graph import Resource, ResourceGraph

GROUP_RULE = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


def test_every_example_environment_is_proved_as_deployed_and_as_previewed(example: Example) -> None:
    for graph in (example.deployed, example.previewed):
        proof = example.prove(graph)
        assert proof.findings == ()
        assert {proof.verdict(agent) for agent in proof.agents} == {Verdict.PROVED}
        assert len(proof.agents) >= 7


def changed(graph: ResourceGraph, kind: str, name: str, change: Callable[[dict[str, Any]], object]) -> ResourceGraph:
    """The graph with one resource's inputs changed; ``name`` is a part of its name."""
    found = next(resource for resource in graph.of_type(kind) if name in resource.name)
    inputs = json.loads(json.dumps(found.inputs))
    change(inputs)
    others = [resource for resource in graph.resources if resource is not found]
    return ResourceGraph(graph.project, graph.stack, (*others, dataclasses.replace(found, inputs=inputs)))


def findings(example: Example, graph: ResourceGraph) -> list[Finding]:
    return list(example.prove(graph).findings)


def test_a_private_destination_that_a_group_widens_is_more_than_declared_with_its_example(
    examples: dict[str, Example],
) -> None:
    prod = examples["prod"]
    rule = next(
        resource
        for resource in prod.deployed.of_type(GROUP_RULE)
        if "private/" in resource.name and resource.inputs.get("cidrIpv4")
    )
    graph = changed(prod.deployed, rule.type, rule.name, lambda inputs: inputs.update(fromPort=22))
    found = findings(prod, graph)
    assert {finding.layer for finding in found} == {"sg"}
    assert all(finding.traffic.startswith("tcp 22-") for finding in found)
    assert all(
        finding.resource in {group.urn for group in graph.of_type("aws:ec2/securityGroup:SecurityGroup")}
        for finding in found
    )
    # The NACL still holds the other ports back, so the two layers do not say the same.
    assert {finding.kind for finding in found} == {Kind.INCONSISTENT}
    assert all(finding.declared for finding in found)


def test_a_rule_dropped_from_the_firewall_lets_named_traffic_through(examples: dict[str, Example]) -> None:
    prod = examples["prod"]

    def without_hosts(inputs: dict[str, Any]) -> None:
        source = inputs["ruleGroup"]["rulesSource"]
        lines = source["rulesString"].splitlines(keepends=True)
        kept = [line for line in lines if not ("ringfence http-host " in line and " host=github.com " in line)]
        assert len(kept) == len(lines) - 1
        source["rulesString"] = "".join(kept)

    kind = "aws:networkfirewall/ruleGroup:RuleGroup"
    found = findings(prod, changed(prod.deployed, kind, "agents", without_hosts))
    assert {finding.kind for finding in found} == {Kind.MORE}
    has_it = {
        flow.agent
        for flow in prod.effective.flows
        if isinstance(flow.access, Https) and str(flow.access.host) in ("github.com", "*.github.com")
    }
    inspected = inspected_agents(prod.effective)
    assert {finding.agent for finding in found} == inspected - has_it != set()
    assert any("https://github.com" in finding.traffic and finding.layer == "firewall" for finding in found)


def test_a_request_granted_and_refused_is_less_than_declared_with_the_rule_that_refuses(
    examples: dict[str, Example],
) -> None:
    prod = examples["prod"]

    def refuse_all(inputs: dict[str, Any]) -> None:
        source = inputs["ruleGroup"]["rulesSource"]
        source["rulesString"] += (
            'reject http any any -> any any (msg:"odd"; flow:to_server; http.method; content:"GET"; sid:7;)\n'
        )

    kind = "aws:networkfirewall/ruleGroup:RuleGroup"
    found = findings(prod, changed(prod.deployed, kind, "agents", refuse_all))
    assert {finding.kind for finding in found} == {Kind.LESS}
    assert all("sid 7 (odd)" in finding.rule and "GET https://" in finding.traffic for finding in found)
    assert all(finding.declared for finding in found)


@pytest.mark.parametrize(
    "option", ["threshold:type limit, track by_src, count 1, seconds 60", "lua:x", "iprep:dst,CnC,>,1"]
)
def test_a_keyword_that_is_not_read_proves_nothing_and_names_its_rule(
    examples: dict[str, Example], option: str
) -> None:
    dev = examples["dev"]

    def add(inputs: dict[str, Any]) -> None:
        inputs["ruleGroup"]["rulesSource"]["rulesString"] += (
            f'drop tcp any any -> any any (msg:"x"; {option}; sid:9;)\n'
        )

    proof = dev.prove(changed(dev.deployed, "aws:networkfirewall/ruleGroup:RuleGroup", "agents", add))
    assert {proof.verdict(agent) for agent in proof.agents} == {Verdict.NOT_PROVED}
    assert any("sid 9 (x)" in finding.rule and finding.kind is Kind.NOT_PROVED for finding in proof.findings)


@pytest.mark.parametrize(
    "kind",
    [
        "aws:ec2/securityGroupRule:SecurityGroupRule",
        "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
        "aws:lambda/function:Function",
    ],
)
def test_a_resource_of_a_type_that_is_not_known_is_a_finding(examples: dict[str, Example], kind: str) -> None:
    dev = examples["dev"]
    extra = Resource(f"urn:pulumi:dev::ringfence::{kind}::x", kind, "x", {})
    graph = ResourceGraph(dev.deployed.project, dev.deployed.stack, (*dev.deployed.resources, extra))
    found = findings(dev, graph)
    assert [(finding.kind, finding.resource) for finding in found] == [(Kind.NOT_PROVED, extra.urn)]


def test_what_could_not_be_read_proves_nothing_by_name(examples: dict[str, Example]) -> None:
    dev = examples["dev"]
    unread = "the rules of a group: ec2:DescribeSecurityGroupRules answers UnauthorizedOperation"
    proof = dev.prove(dataclasses.replace(dev.deployed, unread=(unread,)))
    assert [(each.kind, each.traffic) for each in proof.findings] == [(Kind.NOT_PROVED, unread)]
    assert {proof.verdict(agent) for agent in proof.agents} == {Verdict.NOT_PROVED}


def test_without_the_default_denial_everything_that_no_rule_names_passes(examples: dict[str, Example]) -> None:
    dev = examples["dev"]

    def emptied(inputs: dict[str, Any]) -> None:
        inputs["ruleGroup"]["rulesSource"]["rulesString"] = "# nothing\n"

    kind = "aws:networkfirewall/ruleGroup:RuleGroup"
    found = findings(dev, changed(dev.deployed, kind, "default", emptied))
    traffic = " ".join(finding.traffic for finding in found if finding.kind is Kind.MORE)
    for what in ("HTTP without TLS", "TLS without a server name", "SSH"):
        assert what in traffic


def test_a_starred_principal_is_found_with_an_action_and_a_resource(examples: dict[str, Example]) -> None:
    dev = examples["dev"]

    def star(inputs: dict[str, Any]) -> None:
        policy = json.loads(inputs["policy"])
        del policy["Statement"][0]["Condition"]
        inputs["policy"] = json.dumps(policy)

    found = findings(dev, changed(dev.deployed, "aws:ec2/vpcEndpoint:VpcEndpoint", "dynamodb", star))
    assert {(finding.kind, finding.layer) for finding in found} == {(Kind.MORE, "endpoint")}
    assert all("dynamodb:" in finding.traffic and "arn:aws:dynamodb" in finding.traffic for finding in found)


def test_a_name_that_dns_allows_and_nobody_needs_is_found(examples: dict[str, Example]) -> None:
    dev = examples["dev"]
    kind = "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList"
    graph = changed(dev.deployed, kind, "allow", lambda inputs: inputs["domains"].append("evil.example"))
    found = findings(dev, graph)
    assert [(finding.kind, finding.traffic) for finding in found] == [(Kind.MORE, "dns evil.example")]


def added(graph: ResourceGraph, kind: str, name: str, **inputs: Any) -> ResourceGraph:
    """The graph with one more resource, made after one that is there; ``name`` is a part of that one's."""
    model = next(resource for resource in graph.of_type(kind) if name in resource.name)
    made = dataclasses.replace(
        model, urn=f"{model.urn}-added", name=f"{model.name}-added", id=None, inputs={**model.inputs, **inputs}
    )
    return ResourceGraph(graph.project, graph.stack, (*graph.resources, made))


def test_a_port_that_a_group_opens_and_no_one_needs_is_found_where_another_layer_stops_it(
    examples: dict[str, Example],
) -> None:
    dev = examples["dev"]
    graph = added(dev.deployed, GROUP_RULE, "egress/internet/tcp-443", fromPort=8443, toPort=8443)
    found = [each for each in findings(dev, graph) if each.layer == "sg"]
    assert [each.kind for each in found] == [Kind.INCONSISTENT] * 2
    opened, unlisted = sorted(found, key=lambda each: "list" in each.traffic)
    assert opened.traffic.startswith("tcp 8443 to ")
    assert unlisted.rule.endswith("-added is left out")


def test_a_nacl_entry_that_no_packet_reaches_is_found(examples: dict[str, Example]) -> None:
    dev = examples["dev"]
    kind = "aws:ec2/networkAclRule:NetworkAclRule"
    graph = added(dev.deployed, kind, "egress/allow/tcp-443/0.0.0.0-0", ruleNumber=32_001)
    (found,) = findings(dev, graph)
    assert (found.kind, found.layer, found.rule[-6:]) == (Kind.INCONSISTENT, "nacl", "-added")
    assert found.traffic == "no packet reaches an entry (egress): earlier ones decide all of its"


def test_a_dns_rule_that_no_query_reaches_is_found(examples: dict[str, Example]) -> None:
    dev = examples["dev"]
    kind = "aws:route53/resolverFirewallRule:ResolverFirewallRule"
    graph = added(dev.deployed, kind, "allow", priority=9_000)
    (found,) = findings(dev, graph)
    assert (found.kind, found.layer, found.rule[-6:]) == (Kind.INCONSISTENT, "dns", "-added")


def test_a_rule_of_the_firewall_about_nobody_is_found(examples: dict[str, Example]) -> None:
    dev = examples["dev"]
    rule = 'reject tls 10.40.240.0/28 any -> any any (msg:"left over"; flow:to_server; tls.sni; content:"a"; sid:7;)\n'

    def leave(inputs: dict[str, Any]) -> None:
        inputs["ruleGroup"]["rulesSource"]["rulesString"] += rule

    (found,) = findings(dev, changed(dev.deployed, "aws:networkfirewall/ruleGroup:RuleGroup", "agents", leave))
    assert (found.kind, found.layer) == (Kind.INCONSISTENT, "firewall")
    assert found.traffic == "no packet reaches a rule: no agent has an address that it speaks of"
    assert "sid 7 (left over)" in found.rule


@pytest.mark.parametrize(
    ("rule", "is_reached"),
    [
        ('pass udp any any -> any 53 (msg:"late"; sid:7;)', False),
        ('pass tcp 10.48.0.0/26 any -> any 22 (msg:"late"; flow:to_server; sid:7;)', False),
        ('pass tls any any -> any 8443 (msg:"late"; flow:to_server; tls.sni; content:"x.example"; sid:7;)', False),
        ('pass http any any -> any 443 (msg:"late"; flow:to_server; http.uri.raw; bsize:>4000; sid:7;)', False),
        ('pass http any any -> any 443 (msg:"late"; flow:to_server; http.uri.raw; bsize:>2000; sid:7;)', True),
        ('pass tls 10.48.0.0/26 any -> any 443 (msg:"late"; flow:to_server; tls.sni; content:"x"; sid:7;)', True),
    ],
)
def test_a_rule_that_passes_what_is_refused_before_it_is_found(
    examples: dict[str, Example], rule: str, is_reached: bool
) -> None:
    prod = examples["prod"]

    def add(inputs: dict[str, Any]) -> None:
        inputs["ruleGroup"]["rulesSource"]["rulesString"] += f"{rule}\n"

    graph = changed(prod.deployed, "aws:networkfirewall/ruleGroup:RuleGroup", "default", add)
    found = [each for each in findings(prod, graph) if "decides all of its before" in each.traffic]
    assert {(each.kind, each.layer, "sid 7 (late)" in each.rule) for each in found} == (
        set() if is_reached else {(Kind.INCONSISTENT, "firewall", True)}
    )


def test_what_passes_is_found_where_it_is_first(examples: dict[str, Example]) -> None:
    """The same rule before the refusals takes their traffic: then one of them is what no packet reaches."""
    prod = examples["prod"]

    def add(inputs: dict[str, Any]) -> None:
        source = inputs["ruleGroup"]["rulesSource"]
        source["rulesString"] = f'pass udp any any -> any any (msg:"first"; sid:7;)\n{source["rulesString"]}'

    found = findings(prod, changed(prod.deployed, "aws:networkfirewall/ruleGroup:RuleGroup", "default", add))
    (late,) = (each for each in found if "decides all of its before" in each.traffic)
    assert "(ringfence udp)" in late.rule
    assert "sid 7 (first)" in late.traffic


def test_the_proof_imports_nothing_of_what_writes_the_rules() -> None:
    for path in sorted((ROOT / "infra" / "ringfence" / "verify").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert name is not None
                assert not name.startswith(("ringfence.aws", "pulumi", "boto", "ringfence.engine")), (path, name)


def test_the_proof_calls_none_of_the_policys_own_matchers() -> None:
    """It takes values from ``policy``: what decides there must not decide here."""
    for path in sorted((ROOT / "infra" / "ringfence" / "verify").rglob("*.py")):
        tree = ast.parse(path.read_text())
        imported = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ringfence.policy")
            for alias in node.names
        }
        assert "judge" not in imported, path
        called = {
            node.func.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not called & {"matches"}, path
