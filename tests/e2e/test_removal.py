"""Removing an environment leaves nothing behind; a protected one is removed only after its protection was lifted."""

from collections.abc import Callable

import pytest
from deployment import EACH_ENVIRONMENT, Deployment
from example_fleet import rewrite
from proving import passages, plan_of, without_agents

pytestmark = pytest.mark.pulumi_cli


def remove(deployment: Deployment) -> int:
    """Remove all of an environment; how many states there were on the way, in none of which more passed than before."""
    old, before = plan_of(deployment.project, deployment.environment), deployment.world.resources()
    destroyed = deployment.destroy()
    assert destroyed.code == 0, destroyed.said
    assert [operation for operation in destroyed.operations if not operation.done] == []
    assert deployment.world.resources() == []
    removed = deployment.pulumi("stack", "rm", "--yes", deployment.environment, alone=True)
    assert removed.code == 0, removed.said
    assert deployment.pulumi("stack", "ls", alone=True).said.count(deployment.environment) == 0
    states = 0
    for passage in passages(before, destroyed.operations, old, without_agents(old)):
        states += 1
        assert [str(finding) for finding in passage.more] == [], passage.after
    return states


@pytest.mark.parametrize("environment", EACH_ENVIRONMENT[:2])
def test_an_unprotected_environment_is_removed_whole(
    environment: str, deployed: Callable[[str], Deployment], record_property: Callable[[str, object], None]
) -> None:
    states = remove(deployed(environment))
    record_property("counts", f"{environment}: removal: {states} states on the way")


@pytest.mark.slow
def test_a_protected_environment_stays_as_it_is(deployed: Callable[[str], Deployment]) -> None:
    deployment = deployed("prod")
    before = deployment.world.resources()
    refused = deployment.destroy()
    assert refused.code != 0
    assert "prod-firewall" in refused.said
    assert "protected" in refused.said
    assert refused.operations == ()
    assert deployment.world.resources() == before


@pytest.mark.slow
def test_a_protected_environment_is_removed_once_its_protection_is_lifted(
    deployed: Callable[[str], Deployment], record_property: Callable[[str, object], None]
) -> None:
    deployment = deployed("prod")
    rewrite(deployment.project / "Pulumi.prod.yaml", "protect: true", "protect: false")
    lifted = deployment.up()
    assert lifted.code == 0, lifted.said
    assert lifted.changes == [
        "update Bucket prod-flows",
        "update Firewall prod-firewall",
        "update ResolverFirewallRuleGroupAssociation prod-dns",
    ]
    record_property("counts", f"prod: removal: {remove(deployment)} states on the way")
