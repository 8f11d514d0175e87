"""Runs the agent `reviewer` on Fargate, in its segment and under its role."""

import json

import pulumi
import pulumi_aws as aws
from ringfence.aws.outputs import StackOutputs

AGENT = "reviewer"
CA_FILE = "/etc/ssl/ringfence.pem"

config = pulumi.Config()
exported = pulumi.StackReference(config.require("environment")).outputs.apply(StackOutputs.model_validate)
place = exported.apply(lambda outputs: outputs.agents[AGENT])
role = exported.apply(lambda outputs: f"arn:aws:iam::{outputs.environment.account}:role/{AGENT}")


def containers(outputs: StackOutputs) -> str:
    """The agent's container; its clients trust the inspection CA and speak HTTP/1.1 where TLS is decrypted."""
    tls = outputs.agents[AGENT].tls
    variables = tls.environment | dict.fromkeys(tls.ca_variables, CA_FILE)
    environment = [{"name": name, "value": value} for name, value in sorted(variables.items())]
    return json.dumps([{"name": AGENT, "image": config.require("image"), "environment": environment}])


definition = aws.ecs.TaskDefinition(
    AGENT,
    family=AGENT,
    requires_compatibilities=["FARGATE"],
    network_mode="awsvpc",
    cpu="512",
    memory="1024",
    task_role_arn=role,
    execution_role_arn=role.apply(lambda arn: f"{arn}-execution"),
    container_definitions=exported.apply(containers),
)
aws.ecs.Service(
    AGENT,
    cluster=aws.ecs.Cluster(AGENT).arn,
    task_definition=definition.arn,
    launch_type="FARGATE",
    desired_count=1,
    network_configuration={
        "subnets": place.apply(lambda place: [subnet.id for subnet in place.subnets]),
        "security_groups": place.apply(lambda place: [place.security_group]),
        "assign_public_ip": False,
    },
)
