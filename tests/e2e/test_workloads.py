"""The example workloads on the real engine: they sit in their agents' segments, and elsewhere they are findings."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commanding import ringfence
from deployment import DAY, HOW_TO_GET_THE_PACK, PACK, Deployment
from proving import plan_of
from ringfence.aws.outputs import StackOutputs
from ringfence.verify.state import read_state
from ringfence.verify.workload import workload_differences
from workloads import WorkloadStack

pytestmark = pytest.mark.pulumi_cli


def findings(deployment: Deployment, workload: str) -> list[tuple[str, str, str]]:
    """What is found in a workload's export or preview: kind, agent and rule of each."""
    agents = plan_of(deployment.project, deployment.environment).effective.agents
    found = workload_differences(read_state(workload), read_state(deployment.export()), agents)
    return sorted((str(each.kind), each.agent, each.rule) for each in found)


def outputs_of(deployment: Deployment) -> StackOutputs:
    return StackOutputs.model_validate(read_state(deployment.export()).outputs)


def held(deployment: Deployment, kind: str) -> Any:
    (only,) = deployment.world.resources(kind)
    return only.inputs


@pytest.mark.slow
def test_a_service_on_fargate_sits_in_its_segment(deployed: Callable[[str], Deployment], tmp_path: Path) -> None:
    deployment = deployed("dev")
    stack = WorkloadStack(deployment, "fargate")
    assert findings(deployment, stack.up()) == []
    agents = outputs_of(deployment).agents
    settings = held(deployment, "aws:ecs/service:Service")["networkConfiguration"]
    assert settings == {
        "subnets": [subnet.id for subnet in agents["reviewer"].subnets],
        "securityGroups": [agents["reviewer"].security_group],
        "assignPublicIp": False,
    }
    (container,) = json.loads(held(deployment, "aws:ecs/taskDefinition:TaskDefinition")["containerDefinitions"])
    assert container["environment"] == []  # nothing is decrypted in dev

    stack.rewrite("place.subnets]),", f'place.subnets] + ["{agents["orchestrator"].subnets[0].id}"]),')
    stack.rewrite("[place.security_group])", f'[place.security_group, "{agents["orchestrator"].security_group}"])')
    stack.rewrite('"assign_public_ip": False', '"assign_public_ip": True')
    more = "more than declared"
    preview = stack.preview()
    assert findings(deployment, preview) == [
        (more, "reviewer", "a further security group"),
        (more, "reviewer", "a public address"),
        (more, "reviewer", f"{agents['orchestrator'].subnets[0].id} is of `orchestrator`"),
    ]
    environment, workload = tmp_path / "environment.json", tmp_path / "workload.json"
    environment.write_text(deployment.export(), encoding="utf-8")
    workload.write_text(preview, encoding="utf-8")
    done = ringfence(
        "verify", "--root", str(deployment.project), "--env", "dev", "--as-of", DAY,
        "--stack-export", str(environment), "--workload", str(workload),
    )  # fmt: skip
    assert (done.code, done.err) == (1, "")
    assert "reviewer: more than declared\n" in done.out
    assert "orchestrator: proved\n" in done.out
    assert "      workload: a public address · reviewer\n" in done.out


@pytest.mark.slow
def test_a_function_sits_in_its_segment(deployed: Callable[[str], Deployment]) -> None:
    deployment = deployed("dev")
    stack = WorkloadStack(deployment, "lambda")
    assert findings(deployment, stack.up()) == []
    agents = outputs_of(deployment).agents
    assert held(deployment, "aws:lambda/function:Function")["vpcConfig"] == {
        "subnetIds": [subnet.id for subnet in agents["support-triage"].subnets],
        "securityGroupIds": [agents["support-triage"].security_group],
    }
    stack.rewrite("agents[AGENT])", 'agents["reviewer"])')
    found = findings(deployment, stack.preview())
    assert {(kind, agent) for kind, agent, _ in found} == {
        ("more than declared", "support-triage"), ("inconsistent", "support-triage"),
    }  # fmt: skip
    assert {rule for _, _, rule in found} == {
        *(f"{subnet.id} is of `reviewer`" for subnet in agents["reviewer"].subnets),
        "a further security group", agents["support-triage"].security_group,
    }  # fmt: skip


@pytest.mark.slow
def test_where_tls_is_decrypted_the_container_is_told_so(deployed: Callable[[str], Deployment]) -> None:
    deployment = deployed("prod")
    assert findings(deployment, WorkloadStack(deployment, "fargate").up()) == []
    tls = outputs_of(deployment).agents["reviewer"].tls
    assert tls.inspected
    (container,) = json.loads(held(deployment, "aws:ecs/taskDefinition:TaskDefinition")["containerDefinitions"])
    variables = {each["name"]: each["value"] for each in container["environment"]}
    assert variables == {**tls.environment, **dict.fromkeys(tls.ca_variables, "/etc/ssl/ringfence.pem")}
    assert {"SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"} <= variables.keys()
    assert variables["GODEBUG"] == "http2client=0"


@pytest.mark.slow
@pytest.mark.skipif(not PACK.exists(), reason=HOW_TO_GET_THE_PACK)
def test_the_policy_pack_refuses_an_agent_in_anothers_segment(deployed: Callable[[str], Deployment]) -> None:
    deployment = deployed("dev")
    stack = WorkloadStack(deployment, "lambda")
    pack = ("preview", "--non-interactive", "--policy-pack", str(deployment.project / "policy"))
    assert "workload-in-its-segment" not in stack.run(*pack)
    stack.rewrite("agents[AGENT])", 'agents["reviewer"])')
    refused = stack.run(*pack, fails=True)
    assert "[mandatory]  workload-in-its-segment  (aws:lambda/function:Function: " in refused
    assert "support-triage: more than declared: " in refused
    assert " is of `reviewer`" in refused
