"""The policy pack on the real engine: a clean stack passes, and whatever opens another way is refused beforehand."""

from collections.abc import Callable
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pytest
from deployment import HOW_TO_GET_THE_PACK, PACK, Base, Deployment, Ran
from ringfence.aws.resources.program import run
from ringfence.source.tree import Directory

pytestmark = [pytest.mark.pulumi_cli, pytest.mark.skipif(not PACK.exists(), reason=HOW_TO_GET_THE_PACK)]


def guarded(deployment: Deployment, beside: Callable[[], None] | None = None, command: str = "preview") -> Ran:
    """A command with the policy pack, of Ringfence's own program and what somebody has put beside it."""

    def program() -> None:
        run(Directory(deployment.project))
        if beside is not None:
            beside()

    deployment.program = program
    pack = ("--policy-pack", str(deployment.project / "policy"))
    return deployment.preview(*pack) if command == "preview" else deployment.up(*pack)


@pytest.mark.slow
@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_what_the_program_registers_passes_before_and_after_it_is_deployed(
    environment: str, base: Callable[[str], Base], deployed: Callable[[str], Deployment], tmp_path: Path
) -> None:
    empty = Deployment(tmp_path / "empty", base(environment).deployment.project, environment)
    empty.init()
    for deployment in (empty, deployed(environment)):
        ran = guarded(deployment)
        assert ran.code == 0, ran.said
        assert "ringfence@v0.0.1 (local" in ran.said
        assert "❌" not in ran.said
    empty.world.close()


@pytest.mark.slow
def test_whatever_opens_a_way_beside_the_network_is_refused_each_with_its_name(
    deployed: Callable[[str], Deployment],
) -> None:
    deployment = deployed("dev")
    vpc, group = deployment.world.named("dev-vpc"), deployment.world.named("dev-reviewer", "SecurityGroup")

    def beside() -> None:
        aws.ec2.Eip("handy", domain="vpc")
        aws.ec2.InternetGateway("door", vpc_id=vpc.id)
        aws.vpc.SecurityGroupEgressRule("wide", security_group_id=group.id, cidr_ipv4="0.0.0.0/0", ip_protocol="-1")

    ran = guarded(deployment, beside)
    assert ran.code != 0
    for refused in (
        "handy opens a public address, and no profile declares it",
        "door opens a gateway to the internet, and no profile declares it",
        "wide opens a rule for 0.0.0.0/0, and no profile declares it",
        "wide opens a rule for every protocol and port, and no profile declares it",
    ):
        assert refused in ran.said
    assert "[mandatory]  no-other-way" in ran.said


def test_a_rule_as_narrow_as_any_is_refused_with_the_traffic_that_no_profile_declares(
    deployed: Callable[[str], Deployment],
) -> None:
    deployment = deployed("dev")
    group = deployment.world.named("dev-reviewer", "SecurityGroup")

    def beside() -> None:
        aws.vpc.SecurityGroupIngressRule(
            "helpful",
            security_group_id=group.id,
            cidr_ipv4="10.40.0.64/28",
            ip_protocol="tcp",
            from_port=22,
            to_port=22,
        )

    ran = guarded(deployment, beside)
    assert ran.code != 0
    assert "no-other-way" not in ran.said
    assert "[mandatory]  what-is-declared" in ran.said
    assert "reviewer: more than declared: tcp 22 from 10.40.0.64 [sg] dev-reviewer" in ran.said


@pytest.mark.slow
def test_one_that_is_hidden_in_a_component_of_ringfences_is_one_too_many(
    deployed: Callable[[str], Deployment],
) -> None:
    deployment = deployed("dev")

    def beside() -> None:
        component = pulumi.ComponentResource("ringfence:network:Network", "dev-annex")
        aws.ec2.Eip("handy", domain="vpc", opts=pulumi.ResourceOptions(parent=component))

    ran = guarded(deployment, beside)
    assert ran.code != 0
    assert "a public address: the stack has 3 of aws:ec2/eip:Eip, and this environment 2" in ran.said


@pytest.mark.slow
def test_without_a_preview_it_is_refused_before_it_is_made(deployed: Callable[[str], Deployment]) -> None:
    deployment = deployed("dev")

    def beside() -> None:
        aws.ec2.Eip("handy", domain="vpc")

    ran = guarded(deployment, beside, "up")
    assert ran.code != 0
    assert "handy opens a public address" in ran.said
    assert [operation for operation in ran.operations if operation.held.name == "handy"] == []
