"""An agent on Fargate: its subnets, its group, and what its clients need where TLS is decrypted, all by reference."""

import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
name, image = config.require("agent"), config.require("image")
region = aws.get_region().region
account = aws.get_caller_identity().account_id

ringfence = pulumi.StackReference(config.require("ringfence"))
place = ringfence.require_output("agents").apply(lambda agents: agents[name])
subnets = place.apply(lambda place: [subnet["id"] for subnet in place["subnets"]])
# The image holds the inspection CA beside the list that it came with (docs/outputs.md).
variables = place.apply(
    lambda place: place["tls"]["environment"] | dict.fromkeys(place["tls"]["ca_variables"], "/etc/ssl/ringfence.pem")
)


def containers(variables: dict[str, str]) -> str:
    """The task's one container; its log group is the workload's own."""
    logs = {"awslogs-group": f"/agents/{name}", "awslogs-region": region, "awslogs-stream-prefix": name}
    return json.dumps(
        [
            {
                "name": name,
                "image": image,
                "essential": True,
                "environment": [{"name": key, "value": value} for key, value in sorted(variables.items())],
                "logConfiguration": {"logDriver": "awslogs", "options": logs},
            }
        ]
    )


cluster = aws.ecs.Cluster(name)
task = aws.ecs.TaskDefinition(
    name,
    family=name,
    cpu="256",
    memory="512",
    network_mode="awsvpc",
    requires_compatibilities=["FARGATE"],
    # The roles of the profile: the endpoints and the perimeter know the agent by them.
    task_role_arn=f"arn:aws:iam::{account}:role/{name}",
    execution_role_arn=f"arn:aws:iam::{account}:role/{name}-execution",
    container_definitions=variables.apply(containers),
)
aws.ecs.Service(
    name,
    cluster=cluster.arn,
    task_definition=task.arn,
    launch_type="FARGATE",
    desired_count=1,
    network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
        subnets=subnets, security_groups=[place["security_group"]], assign_public_ip=False
    ),
)
