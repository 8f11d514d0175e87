"""What a stack exports: all that a workload's own stack needs to place an agent in its segment.

The shape has a version of its own. A field is added without a new version; one is renamed or removed only with it.
Names are those that other programs read through a stack reference, in any language.
"""

from typing import Annotated, Literal

from pydantic import Field

from ringfence.source.model import Strict

FORMAT_VERSION = 1


class SubnetOutput(Strict):
    """One subnet of an agent."""

    id: str
    zone: str
    cidr: str


class LogOutputs(Strict):
    """Where the environment's logs are. A flow log tells agents apart by subnet, the others by address."""

    flow_log_bucket: Annotated[str, Field(description="all flows of the VPC, Parquet, Hive partitions")]
    groups: Annotated[dict[str, str], Field(description="CloudWatch log groups: what each holds, and its path")]


class TlsOutput(Strict):
    """Whether the agent's TLS is inspected; then its clients trust the inspection CA and speak HTTP/1.1.

    All but the first and the last are empty where it is not (`ringfence.aws.clients`). What is null reaches a stack
    reference as absent: the engine leaves it out.
    """

    inspected: bool
    ca_certificate_arn: str | None = None
    ca_variables: Annotated[tuple[str, ...], Field(description="variables to point at a file with the CA")]
    environment: Annotated[dict[str, str], Field(description="further variables, to be set as they are")]
    configuration: Annotated[dict[str, tuple[str, ...]], Field(description="by client, lines of its configuration")]
    proxy: Annotated[None, Field(description="the firewall is transparent: no proxy is set")] = None


class AgentOutput(Strict):
    """Where one agent lives. A workload runs in these subnets, with this security group and no other."""

    subnets: tuple[SubnetOutput, ...]
    security_group: str
    mode: Literal["enforce", "observe"]
    quarantined: bool
    tls: TlsOutput
    log_groups: Annotated[tuple[str, ...], Field(description="CloudWatch log groups in which its traffic shows")]
    role_policy: Annotated[str, Field(description="the supplementary denial for the agent's role, as JSON")]
    role_policy_attached: bool


class EnvironmentOutput(Strict):
    """What the agents of an environment share."""

    name: str
    account: str
    region: str
    zones: tuple[str, ...]
    vpc: str
    nat_addresses: Annotated[dict[str, str], Field(description="by zone, the address that the internet sees")]
    alarm_topic: str
    logs: LogOutputs


class StackOutputs(Strict):
    """Everything that a stack exports, by the exports' names."""

    format_version: Literal[1]
    environment: EnvironmentOutput
    agents: dict[str, AgentOutput]
