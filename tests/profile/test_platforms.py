"""What a platform brings by itself: for whom, on what, and nothing besides."""

import datetime
from pathlib import Path

import pytest
from ringfence.plan import plan_environment
from ringfence.policy.flow import Flow, Service
from ringfence.source.diagnostic import Findings, InputError
from ringfence.source.tree import Directory

AS_OF = datetime.date(2026, 11, 23)
ROLE = "arn:aws:iam::111111111111:role/worker"
EXECUTION_ROLE = "arn:aws:iam::111111111111:role/worker-execution"
LAYERS = "arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*"


def flows(root: Path, workload: str, needs: str = "[]") -> tuple[Flow, ...]:
    agents = root / "profiles" / "agents"
    agents.mkdir(parents=True)
    (root / "Pulumi.dev.yaml").write_text(
        "config:\n  aws:region: eu-west-1\n  ringfence:environment:\n"
        '    {account: "111111111111", cidrs: [10.0.0.0/16], zones: [eu-west-1a]}\n'
    )
    (agents / "worker.yaml").write_text(
        f"agent: worker\nowner: team\npurpose: works\nworkload: {{{workload}}}\nenvironments: [dev]\nneeds: {needs}\n"
    )
    findings = Findings()
    plan = plan_environment(Directory(root), "dev", AS_OF, findings)
    assert findings.sorted() == ()
    return plan.declared.of("worker")


def accesses(found: tuple[Flow, ...]) -> list[tuple[str, str, str, tuple[str, ...]]]:
    assert all(flow.grant.origin == "platform" for flow in found)
    services = [flow.access for flow in found if isinstance(flow.access, Service)]
    assert len(services) == len(found)
    return [
        (service.service, action, service.principal, service.resources)
        for service in services
        for action in service.actions
    ]


def test_fargate_pulls_its_own_image_and_writes_its_own_logs_as_the_execution_role(tmp_path: Path) -> None:
    found = accesses(flows(tmp_path, f'platform: ecs, role: "{ROLE}", execution_role: "{EXECUTION_ROLE}"'))
    repository = ("arn:aws:ecr:eu-west-1:111111111111:repository/worker",)
    group = ("arn:aws:logs:eu-west-1:111111111111:log-group:/agents/worker:*",)
    assert ("ecr.api", "ecr:GetAuthorizationToken", EXECUTION_ROLE, ("*",)) in found
    assert ("ecr.api", "ecr:BatchGetImage", EXECUTION_ROLE, repository) in found
    assert ("ecr.dkr", "ecr:BatchGetImage", EXECUTION_ROLE, repository) in found
    assert ("logs", "logs:PutLogEvents", EXECUTION_ROLE, group) in found
    assert {service for service, *_ in found} == {"ecr.api", "ecr.dkr", "logs", "s3"}


def test_the_agents_own_role_gets_nothing_from_its_platform(tmp_path: Path) -> None:
    found = accesses(flows(tmp_path, f'platform: ecs, role: "{ROLE}", execution_role: "{EXECUTION_ROLE}"'))
    assert ROLE not in {principal for _, _, principal, _ in found}


def test_image_layers_are_limited_by_their_bucket_only_since_ecr_signs_their_urls(tmp_path: Path) -> None:
    found = accesses(flows(tmp_path, f'platform: ecs, role: "{ROLE}", execution_role: "{EXECUTION_ROLE}"'))
    assert [entry for entry in found if entry[0] == "s3"] == [("s3", "s3:GetObject", "*", (LAYERS,))]
    assert [entry for entry in found if entry[2] == "*"] == [("s3", "s3:GetObject", "*", (LAYERS,))]


def test_image_and_log_group_are_the_workloads_where_it_names_them(tmp_path: Path) -> None:
    workload = f'platform: ecs, role: "{ROLE}", execution_role: "{EXECUTION_ROLE}", image: team/tool, log_group: /t/x'
    resources = {resource for *_, named in accesses(flows(tmp_path, workload)) for resource in named}
    assert "arn:aws:ecr:eu-west-1:111111111111:repository/team/tool" in resources
    assert "arn:aws:logs:eu-west-1:111111111111:log-group:/t/x:*" in resources
    assert not [resource for resource in resources if "worker" in resource]


@pytest.mark.parametrize("platform", ["lambda", "ec2"])
def test_a_platform_that_needs_nothing_from_the_vpc_opens_nothing(tmp_path: Path, platform: str) -> None:
    assert flows(tmp_path, f'platform: {platform}, role: "{ROLE}"') == ()


def test_a_pod_exchanges_its_token_for_its_own_role_and_its_node_pulls_where_its_role_is_named(tmp_path: Path) -> None:
    found = accesses(flows(tmp_path, f'platform: eks, role: "{ROLE}", execution_role: "{EXECUTION_ROLE}"'))
    assert ("sts", "sts:AssumeRoleWithWebIdentity", "*", (ROLE,)) in found
    assert {service for service, _, principal, _ in found if principal == EXECUTION_ROLE} == {"ecr.api", "ecr.dkr"}


def test_a_pod_without_nodes_of_its_own_has_no_way_to_the_registry(tmp_path: Path) -> None:
    found = accesses(flows(tmp_path, f'platform: eks, role: "{ROLE}"'))
    assert {service for service, *_ in found} == {"sts"}


def test_a_platforms_capability_is_no_need_of_an_agent(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        flows(tmp_path, f'platform: ec2, role: "{ROLE}"', "[{platform.ecs: {image: worker, log_group: /x}}]")
    (diagnostic,) = refused.value.diagnostics
    assert (diagnostic.code, diagnostic.span.line, diagnostic.span.column) == ("RF069", 6, 10)
    assert "`platform.ecs` is what a platform needs" in diagnostic.message
