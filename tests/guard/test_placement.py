"""Workloads of other stacks: in one agent's segment, with its group and no other, and what is wrong otherwise."""

from collections.abc import Mapping

import pytest
from ringfence.aws.outputs import (
    AgentOutput,
    EnvironmentOutput,
    LogOutputs,
    StackOutputs,
    SubnetOutput,
    TlsOutput,
)
from ringfence.guard.placement import misplaced
from ringfence.verify.graph import UNKNOWN, Resource, ResourceGraph, Value

SERVICE = "aws:ecs/service:Service"
FUNCTION = "aws:lambda/function:Function"
INSTANCE = "aws:ec2/instance:Instance"
TLS = TlsOutput(
    inspected=False, ca_certificate_arn=None, ca_variables=(), environment={}, configuration={}, proxy=None
)  # fmt: skip


def agent(group: str, *subnets: str) -> AgentOutput:
    return AgentOutput(
        subnets=tuple(SubnetOutput(id=each, zone="eu-west-1a", cidr="10.0.0.0/28") for each in subnets),
        security_group=group, mode="enforce", quarantined=False, tls=TLS, log_groups=(), role_policy="{}",
        role_policy_attached=False,
    )  # fmt: skip


OUTPUTS = StackOutputs(
    format_version=1,
    environment=EnvironmentOutput(
        name="dev", account="111111111111", region="eu-west-1", zones=("eu-west-1a",), vpc="vpc-1", nat_addresses={},
        alarm_topic="arn", logs=LogOutputs(flow_log_bucket="b", groups={}),
    ),
    agents={"reader": agent("sg-r", "subnet-1", "subnet-2"), "writer": agent("sg-w", "subnet-3")},
)  # fmt: skip


def messages(kind: str, inputs: Mapping[str, Value]) -> list[str]:
    found = misplaced(ResourceGraph("work", "dev", (Resource("urn:it", kind, "it", inputs),)), OUTPUTS)
    assert {violation.urn for violation in found} <= {"urn:it"}
    return [violation.message.removeprefix("it: ") for violation in found]


def service(subnets: list[str], groups: list[str], **more: Value) -> dict[str, Value]:
    return {"networkConfiguration": {"subnets": subnets, "securityGroups": groups, **more}}


@pytest.mark.parametrize(
    ("kind", "inputs", "problems"),
    [
        (SERVICE, service(["subnet-1", "subnet-2"], ["sg-r"]), []),
        (FUNCTION, {"vpcConfig": {"subnetIds": ["subnet-3"], "securityGroupIds": ["sg-w"]}}, []),
        (INSTANCE, {"subnetId": "subnet-1", "vpcSecurityGroupIds": ["sg-r"]}, []),
        (SERVICE, service(["subnet-9"], []), ["stands in no agent's segment (subnet-9)"]),
        (FUNCTION, {}, ["stands in no agent's segment (in no subnet)"]),
        (
            SERVICE,
            service(["subnet-1", "subnet-3"], ["sg-r"]),
            ["stands in the segments of `reader` and `writer`"],
        ),
        (
            SERVICE,
            service(["subnet-1", "subnet-9"], ["sg-r"]),
            ["stands in the segment of `reader`, and beside it in subnet-9"],
        ),
        (
            SERVICE,
            service(["subnet-1"], ["sg-w"]),
            [
                "is without the group of `reader`",
                "has the further group sg-w, which is that of `writer`",
            ],
        ),
        (SERVICE, service(["subnet-1"], ["sg-r", "sg-x"]), ["has the further group sg-x"]),
        (SERVICE, service(["subnet-1"], ["sg-r"], assignPublicIp=True), ["opens a public address"]),
        (SERVICE, service([UNKNOWN], ["sg-r"]), ["where it will stand is not known yet; read it by stack reference"]),
        (
            SERVICE,
            {"networkConfiguration": UNKNOWN},
            ["where it will stand is not known yet; read it by stack reference"],
        ),
        ("aws:s3/bucket:Bucket", {}, []),
    ],
)
def test_where_a_workload_stands_is_held_to_its_agents_segment(
    kind: str, inputs: Mapping[str, Value], problems: list[str]
) -> None:
    assert messages(kind, inputs) == problems
