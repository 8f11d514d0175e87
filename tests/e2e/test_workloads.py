"""Workloads' own stacks on the real engine: placed by stack reference, refused elsewhere, and proved where they are."""

import functools
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path

import pulumi_aws as aws
import pytest
from deployment import HOW_TO_GET_THE_PACK, PACK, ROOT, Deployment
from proving import prove_graph
from ringfence.verify.finding import Verdict
from world.graph import graph_of

pytestmark = [pytest.mark.pulumi_cli, pytest.mark.skipif(not PACK.exists(), reason=HOW_TO_GET_THE_PACK)]

EXAMPLES = {"ecs-on-fargate": "reviewer", "lambda": "support-triage"}


def workload(network: Deployment, example: str, folder: Path) -> Deployment:
    """An example's stack in the account and the backend of a network."""
    project = folder / "examples" / example
    shutil.copytree(ROOT / "examples" / example, project)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    made = Deployment(network.folder, project, network.environment, network.world)
    made.program = lambda: runpy.run_path(str(project / "__main__.py"), run_name="__main__")  # type: ignore[assignment, return-value]
    made.init()
    return made


def pack(network: Deployment) -> tuple[str, str]:
    return "--policy-pack", str(network.project / "policy")


@pytest.mark.slow
@pytest.mark.parametrize(("example", "agent"), EXAMPLES.items())
def test_an_example_stands_in_its_agents_segment(
    example: str, agent: str, deployed: Callable[[str], Deployment], tmp_path: Path
) -> None:
    network = deployed("dev")
    made = workload(network, example, tmp_path)
    shell = made.preview(*pack(network), cold=True)
    assert shell.code == 0, shell.said
    up = made.up(*pack(network))
    assert up.code == 0, up.said
    assert made.up("--expect-no-changes").code == 0
    graph = graph_of(network.world.resources(), "dev")
    interfaces = graph.of_type("aws:ec2/networkInterface:NetworkInterface")
    assert len(interfaces) == 2
    assert prove_graph(graph, network.project, "dev").findings == ()

    # The network cannot be taken from under it.
    group = network.world.named(f"dev-{agent}", "SecurityGroup")
    refused = network.destroy()
    assert refused.code != 0
    assert network.world.get(group.type, group.id) is not None


@pytest.mark.slow
def test_a_workload_elsewhere_is_refused_with_what_is_wrong_and_found_where_it_stands(
    deployed: Callable[[str], Deployment], tmp_path: Path
) -> None:
    network = deployed("dev")
    made = workload(network, "lambda", tmp_path)
    group = network.world.named("dev-reviewer", "SecurityGroup").id
    other = network.world.named("dev-endpoint/sts", "SecurityGroup").id
    subnet = network.world.named("dev-reviewer/eu-west-1a/10.40.0.224", "Subnet").id
    right = made.program
    assert right is not None

    def wrong(is_public: bool) -> None:
        right()
        cluster = aws.ecs.Cluster("beside")
        task = aws.ecs.TaskDefinition("beside", family="beside", container_definitions="[]")
        aws.ecs.Service(
            "beside",
            cluster=cluster.arn,
            task_definition=task.arn,
            network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
                subnets=[subnet], security_groups=[group, other], assign_public_ip=is_public
            ),
        )
        aws.lambda_.Function("nowhere", role="arn:aws:iam::111111111111:role/x", package_type="Image", image_uri="x")

    made.program = functools.partial(wrong, is_public=False)
    refused = made.preview(*pack(network))
    assert refused.code != 0
    assert "[mandatory]  workload-in-its-segment  (aws:ecs/service:Service: beside)" in refused.said
    assert f"beside: has the further group {other}" in refused.said
    assert "nowhere: stands in no agent's segment (in no subnet)" in refused.said
    assert "support-triage: " not in refused.said

    made.program = functools.partial(wrong, is_public=True)
    refused = made.preview(*pack(network))
    assert refused.code != 0
    assert "beside opens a public address, and no profile declares it" in refused.said

    assert made.up().code == 0, "without the pack nobody stops it"
    proof = prove_graph(graph_of(network.world.resources(), "dev"), network.project, "dev")
    assert proof.verdict("reviewer") == Verdict.MORE
    assert {finding.rule for finding in proof.findings} == {
        "a further security group",
        "the public address 198.51.100.9",
    }
