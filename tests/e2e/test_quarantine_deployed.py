"""An agent is cut off on the real engine: by two operations, with nobody else touched, and given back afterwards."""

from collections.abc import Callable

import pytest
from commanding import Ran as Called
from commanding import ringfence
from deployment import DAY, EACH_ENVIRONMENT, Deployment
from proving import plan_of, prove_graph
from ringfence.policy.flow import AgentCall
from ringfence.verify.finding import Kind, Verdict
from ringfence.verify.proof import prove
from ringfence.verify.settings import Settings
from world.account import Held
from world.graph import canonical, graph_of, states

AGENT = "pr-contributor"
ENTRY = "aws:ec2/networkAclRule:NetworkAclRule"
WHY = ("--because", "wrote to a stranger", "--ticket", "SEC-9")

pytestmark = pytest.mark.pulumi_cli


def quarantine(deployment: Deployment, *words: str) -> Called:
    """The command as a person runs it: it starts Pulumi, which starts the program and the provider."""
    named = ("quarantine", AGENT, "--env", deployment.environment)
    return ringfence(*named, *words, cwd=deployment.project, timeout=300, **deployment.variables)


@pytest.mark.parametrize("environment", EACH_ENVIRONMENT)
def test_two_nacl_entries_cut_an_agent_off_and_nobody_else_loses_anything(
    environment: str, deployed: Callable[[str], Deployment], record_property: Callable[[str, object], None]
) -> None:
    deployment = deployed(environment)
    declared = plan_of(deployment.project, environment)
    before, number = deployment.world.resources(), deployment.world.now
    ran = quarantine(deployment, *WHY, "--apply")
    assert ran.code == 0, ran.out + ran.err
    operations = deployment.world.operations(number)
    assert [(operation.kind, operation.held.name) for operation in operations[:2]] in (
        [("create", f"{environment}-{AGENT}/{way}/quarantine") for way in ways]
        for ways in (("egress", "ingress"), ("ingress", "egress"))
    )
    cut = [there for _, there in states(before, operations[:2])][-1]
    quarantined = plan_of(deployment.project, environment)
    settings = Settings.of(declared.environment)
    assert Settings.of(quarantined.environment) == settings

    # After those two, its NACL lets nothing through that a quarantined agent may not have, so nothing passes in either
    # direction, whatever groups, routes and the firewall still hold; and only its own ways and those to it are gone.
    found = prove(graph_of(cut, environment), quarantined.effective, settings).findings
    assert {finding.layer for finding in found if finding.agent == AGENT and finding.kind == Kind.MORE} >= {"sg"}
    assert [finding for finding in found if finding.agent == AGENT and finding.layer == "nacl"] == []
    lost = prove(graph_of(cut, environment), declared.effective, settings)
    callers = {
        flow.agent
        for flow in declared.effective.flows
        if isinstance(flow.access, AgentCall) and flow.access.callee == AGENT
    }
    assert lost.verdict(AGENT) == Verdict.LESS
    assert {finding.agent for finding in lost.findings if finding.kind != Kind.INCONSISTENT} <= {AGENT, *callers}
    # Entries behind the two are reached by no packet any more; that is all that is said of nobody.
    assert {finding.layer for finding in lost.findings if not finding.agent} <= {"nacl"}

    # And at the end, what is there is what is declared now.
    assert prove_graph(graph_of(deployment.world.resources(), environment), deployment.project, environment).proved
    assert not deployment.up("--expect-no-changes").code
    record_property("counts", f"{environment}: an agent cut off by 2 operations, {len(operations)} until all is gone")


@pytest.mark.slow
def test_lifting_gives_everything_back_but_the_roles_earlier_sessions(deployed: Callable[[str], Deployment]) -> None:
    deployment = deployed("prod")
    before = canonical(deployment.world)
    assert quarantine(deployment, *WHY, "--apply").code == 0
    ran = quarantine(deployment, "--lift", "--apply")
    assert ran.code == 0, ran.out + ran.err
    after = canonical(deployment.world)
    changed = {urn.rpartition("::")[2] for urn in {*before, *after} if before.get(urn) != after.get(urn)}
    assert changed == {f"prod-{AGENT}"}
    (role,) = (held for held in deployment.world.resources("aws:iam/rolePolicy:RolePolicy") if held.name in changed)
    assert '"EarlierSessions"' in role.inputs["policy"]
    assert '"Quarantined"' not in role.inputs["policy"]


def test_what_was_written_ahead_of_pulumi_is_taken_over_and_never_undone(
    deployed: Callable[[str], Deployment],
) -> None:
    deployment = deployed("dev")
    acl = deployment.world.named(f"dev-{AGENT}", "NetworkAcl")
    for egress in (True, False):
        deployment.world.make_by_hand(
            ENTRY, f"nacl-by-hand-{egress}", networkAclId=acl.id, ruleNumber=1, egress=egress, protocol="-1",
            ruleAction="deny", cidrBlock="0.0.0.0/0", fromPort=0, toPort=0,
        )  # fmt: skip
    assert quarantine(deployment, *WHY).code == 0
    profile = deployment.project / "profiles" / "agents" / f"{AGENT}.yaml"
    profile.write_text(profile.read_text().replace("  environments:", "  direct: [dev]\n  environments:", 1))

    def denials(there: list[Held]) -> int:
        return sum(held.type == ENTRY and held.inputs["ruleNumber"] == 1 for held in there)

    before, number = deployment.world.resources(), deployment.world.now
    up = deployment.up()
    assert up.code == 0, up.said
    assert {denials(there) for _, there in states(before, deployment.world.operations(number))} == {2}
    assert prove_graph(graph_of(deployment.world.resources(), "dev"), deployment.project, "dev").findings == ()
    assert deployment.up("--expect-no-changes").code == 0
    assert DAY in profile.parents[2].joinpath("Pulumi.dev.yaml").read_text(), "the day of this test is pinned"
