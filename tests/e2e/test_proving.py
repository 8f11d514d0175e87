"""A state on the way with something wrong in it is found, and those before and after it are not blamed."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from deployment import Deployment
from proving import passages, plan_of
from two_agents import ENVIRONMENT, two_agents
from world.account import Held, World

pytestmark = pytest.mark.pulumi_cli


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("small")
    deployment = Deployment(folder / "stack", two_agents(folder / "project"), ENVIRONMENT)
    deployment.init()
    up = deployment.up()
    assert up.code == 0, up.said
    yield deployment
    deployment.world.close()


def put(world: World, held: Held, **inputs: Any) -> None:
    """Another value for a while."""
    world.edit_by_hand(held, **inputs)
    world.edit_by_hand(held)


def no_default_denial(world: World) -> None:
    group = world.named("dev-ringfence-default", "RuleGroup")
    rules = {**group.inputs["ruleGroup"], "rulesSource": {"rulesString": "# nothing is refused\n"}}
    put(world, group, ruleGroup=rules)


def decrypted_no_more(world: World) -> None:
    """Before the rules for decrypted traffic are gone."""
    put(world, world.named("dev-firewall", "TlsInspectionConfiguration"), tlsInspectionConfiguration={})


def every_name(world: World) -> None:
    put(world, world.named("dev-allow", "ResolverFirewallDomainList"), domains=["*"])


def every_action(world: World) -> None:
    put(world, world.named("dev-sqs", "VpcEndpoint"), policy=None)


def no_way_to_the_internet(world: World) -> None:
    rule = world.named("dev-asker/egress/internet/tcp-443", "SecurityGroupEgressRule")
    world.delete_by_hand(rule)
    world.edit_by_hand(rule)


def other_words(world: World) -> None:
    """What no traffic differs by."""
    rule = world.named("dev-asker/egress/internet/tcp-443", "SecurityGroupEgressRule")
    put(world, rule, description="said otherwise")


@pytest.mark.parametrize(
    ("act", "more", "less"),
    [
        (no_default_denial, {("asker", "firewall")}, set()),
        (decrypted_no_more, {("asker", "firewall")}, {("asker", "firewall")}),
        (every_name, {("", "dns")}, set()),
        (every_action, {("", "endpoint")}, set()),
        (no_way_to_the_internet, set(), {("asker", "sg")}),
        (other_words, set(), set()),
    ],
)
def test_what_is_wrong_for_a_while_is_found_there_and_nowhere_else(
    small: Deployment,
    act: Callable[[World], None],
    more: set[tuple[str, str]],
    less: set[tuple[str, str]],
) -> None:
    plan = plan_of(small.project, ENVIRONMENT)
    before, number = small.world.resources(), small.world.now
    act(small.world)
    wrong, mended = passages(before, small.world.operations(number), plan, plan)
    assert {(finding.agent, finding.layer) for finding in wrong.more} == more
    assert {(finding.agent, finding.layer) for finding in wrong.less} == less
    assert (mended.more, mended.less) == ((), ())
