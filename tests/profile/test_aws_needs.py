"""AWS capabilities as needs: no wildcard where AWS can limit, and every one-edit neighbour of a fixture is refused."""

import functools
import re

import pytest
from ringfence.catalogue.load import Catalogue, WrittenCapability, load_catalogue
from ringfence.catalogue.model import Fixture
from ringfence.policy.flow import Flow, Grant, Service
from ringfence.policy.span import Span
from ringfence.policy.target import parse_target
from ringfence.policy.verdict import judge
from ringfence.profile.grants import open_need, variables
from ringfence.profile.model import Environment
from ringfence.profile.written import WrittenEnvironment
from ringfence.source.diagnostic import Findings
from ringfence.source.document import parse_document

WITHOUT_RESOURCE = {
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:ListMetrics",
    "ecr:GetAuthorizationToken",
    "sts:GetCallerIdentity",
}
"""Actions granted on `*`: AWS judges them without a resource, or (DescribeAlarms) lists with them."""


@functools.cache
def catalogue() -> Catalogue:
    findings = Findings()
    loaded = load_catalogue(None, findings, {"aws", "platform"})
    assert findings.sorted() == ()
    return loaded


@functools.cache
def environment() -> WrittenEnvironment:
    document = parse_document("Pulumi.dev.yaml", b"config: {}\n", Findings())
    assert document is not None
    return WrittenEnvironment(
        document,
        "dev",
        "eu-west-1",
        Environment.model_validate({"account": "111111111111", "cidrs": ["10.0.0.0/16"], "zones": ["eu-west-1a"]}),
    )


def fixtures() -> list[tuple[str, int]]:
    return [
        (name, index)
        for name, written in catalogue().capabilities.items()
        for index in range(len(written.capability.fixtures))
    ]


def opened(name: str, index: int) -> tuple[tuple[Flow, ...], Fixture]:
    written: WrittenCapability = catalogue().capabilities[name]
    fixture = written.capability.fixtures[index]
    grant = Grant(name, "profile", Span("x"), written.span)
    found = open_need(written, fixture.with_, environment(), variables(environment(), "agent"))
    return tuple(Flow("agent", granted.access, grant) for granted in found.granted), fixture


def test_there_are_the_services_that_agents_use() -> None:
    names = {name for name in catalogue().capabilities if name.startswith("aws.")}
    assert len(names) >= 15
    platforms = {name for name in catalogue().capabilities if name.startswith("platform.")}
    assert platforms == {"platform.ec2", "platform.ecs", "platform.eks", "platform.lambda"}


def test_every_capability_that_opens_something_has_fixtures_both_ways() -> None:
    for name, written in catalogue().capabilities.items():
        if written.capability.grants:
            assert written.capability.fixtures, name
        for fixture in written.capability.fixtures:
            assert fixture.allow, name
            assert fixture.deny, name


@pytest.mark.parametrize(("name", "index"), fixtures())
def test_what_a_fixture_allows_and_denies_is_so(name: str, index: int) -> None:
    flows, fixture = opened(name, index)
    for target in fixture.allow:
        found = judge(flows, parse_target(target))
        assert found.allowed, (target, found.reason)
    for target in fixture.deny:
        found = judge(flows, parse_target(target))
        assert not found.allowed, (target, found.reason)


@pytest.mark.parametrize(("name", "index"), fixtures())
def test_no_action_is_a_wildcard_and_only_those_without_a_resource_are_granted_on_all(name: str, index: int) -> None:
    flows, _ = opened(name, index)
    for flow in flows:
        assert isinstance(flow.access, Service)
        assert not [action for action in flow.access.actions if "*" in action or "?" in action]
        for resource in flow.access.resources:
            if resource == "*":
                assert set(flow.access.actions) <= WITHOUT_RESOURCE
            else:
                # a wildcard is never in the parts that name service, region and account
                assert re.match(r"arn:aws:[a-z0-9-]+:[a-z0-9-]*:\d*:[^*?]", resource), resource


@pytest.mark.parametrize(("name", "index"), fixtures())
def test_the_same_action_in_another_account_is_refused(name: str, index: int) -> None:
    flows, fixture = opened(name, index)
    for target in fixture.allow:
        action = target.partition(" ")[0]
        if ":111111111111:" in target and action not in WITHOUT_RESOURCE:
            found = judge(flows, parse_target(target.replace(":111111111111:", ":222222222222:")))
            assert not found.allowed, (target, found.reason)


@pytest.mark.parametrize(("name", "index"), fixtures())
def test_the_same_action_in_another_region_is_refused(name: str, index: int) -> None:
    flows, fixture = opened(name, index)
    for target in fixture.allow:
        action = target.partition(" ")[0]
        if "eu-west-1" in target and action not in WITHOUT_RESOURCE:
            found = judge(flows, parse_target(target.replace("eu-west-1", "ap-south-1")))
            assert not found.allowed, (target, found.reason)


@pytest.mark.parametrize(("name", "index"), fixtures())
def test_another_action_of_the_service_on_the_same_resource_is_refused(name: str, index: int) -> None:
    flows, fixture = opened(name, index)
    for target in fixture.allow:
        action, _, resource = target.partition(" ")
        for neighbour in (f"{action}X", f"{action[:-1]}", f"{action.partition(':')[0]}:TagResource"):
            found = judge(flows, parse_target(f"{neighbour} {resource}"))
            assert not found.allowed, (neighbour, resource, found.reason)
