"""An agent on Lambda: its subnets, its group, and what its clients need where TLS is decrypted, all by reference."""

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
name = config.require("agent")

ringfence = pulumi.StackReference(config.require("ringfence"))
place = ringfence.require_output("agents").apply(lambda agents: agents[name])
# The image holds the inspection CA beside the list that it came with (docs/outputs.md).
variables = place.apply(
    lambda place: place["tls"]["environment"] | dict.fromkeys(place["tls"]["ca_variables"], "/etc/ssl/ringfence.pem")
)

aws.lambda_.Function(
    name,
    package_type="Image",
    image_uri=config.require("image"),
    # The role of the profile: the endpoints and the perimeter know the agent by it.
    role=f"arn:aws:iam::{aws.get_caller_identity().account_id}:role/{name}",
    environment=aws.lambda_.FunctionEnvironmentArgs(variables=variables),
    vpc_config=aws.lambda_.FunctionVpcConfigArgs(
        subnet_ids=place.apply(lambda place: [subnet["id"] for subnet in place["subnets"]]),
        security_group_ids=[place["security_group"]],
    ),
)
