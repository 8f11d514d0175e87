"""Runs the agent `support-triage` as a Lambda function, in its segment and under its role."""

import pulumi
import pulumi_aws as aws
from ringfence.aws.outputs import StackOutputs

AGENT = "support-triage"
CA_FILE = "/etc/ssl/ringfence.pem"

config = pulumi.Config()
exported = pulumi.StackReference(config.require("environment")).outputs.apply(StackOutputs.model_validate)
place = exported.apply(lambda outputs: outputs.agents[AGENT])

aws.lambda_.Function(
    AGENT,
    name=AGENT,
    package_type="Image",
    image_uri=config.require("image"),
    role=exported.apply(lambda outputs: f"arn:aws:iam::{outputs.environment.account}:role/{AGENT}"),
    timeout=60,
    vpc_config={
        "subnet_ids": place.apply(lambda place: [subnet.id for subnet in place.subnets]),
        "security_group_ids": place.apply(lambda place: [place.security_group]),
    },
    environment={
        "variables": place.apply(lambda place: place.tls.environment | dict.fromkeys(place.tls.ca_variables, CA_FILE)),
    },
)
