"""Logs, metrics and alarms of one environment, as plain frozen values."""

from dataclasses import dataclass

from ringfence.aws.iam import PolicyDocument

Tags = tuple[tuple[str, str], ...]
"""Tags by key, sorted, of characters that every service takes; ``Name`` among them."""


@dataclass(frozen=True, slots=True)
class LogGroup:
    """A CloudWatch log group: logical name, path in CloudWatch, days that it keeps."""

    name: str
    path: str
    retention_days: int
    tags: Tags


@dataclass(frozen=True, slots=True)
class LogBucket:
    """The bucket of the flow log: private, encrypted, auto-named, its objects deleted after ``retention_days``."""

    name: str
    policy: PolicyDocument
    retention_days: int
    protected: bool
    tags: Tags


@dataclass(frozen=True, slots=True)
class FlowLog:
    """A flow log of the VPC; ``traffic`` is "ALL" or "REJECT". ``log_group`` None sends it to the bucket.

    To the bucket it goes as Parquet in Hive-compatible partitions, one an hour.
    """

    name: str
    traffic: str
    log_group: str | None
    fields: tuple[str, ...]
    aggregation_seconds: int
    tags: Tags

    @property
    def format(self) -> str:
        """The log format as the API takes it."""
        return " ".join(f"${{{field}}}" for field in self.fields)


@dataclass(frozen=True, slots=True)
class DeliveryRole:
    """The role with which flow logs are written to CloudWatch: its trust, and what it may do (inline)."""

    name: str
    trust: PolicyDocument
    permissions: PolicyDocument
    tags: Tags


@dataclass(frozen=True, slots=True)
class MetricFilter:
    """A metric filter. ``dimensions`` map a dimension's name to a field of the log line."""

    name: str
    log_group: str
    pattern: str
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SubnetId:
    """Stands for the id of the subnet of this name."""

    subnet: str


@dataclass(frozen=True, slots=True)
class AlarmMetric:
    """One metric that an alarm adds up: ``id`` in the expression, and the dimensions that pick it."""

    id: str
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str | SubnetId], ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm on the sum of its metrics over ``period_seconds``; missing data is no breach.

    It fires, to the topic, when the ``expression`` (id ``total``) is ``threshold`` or more in one period.
    """

    name: str
    agent: str | None
    description: str
    metrics: tuple[AlarmMetric, ...]
    expression: str
    threshold: int
    period_seconds: int
    tags: Tags


@dataclass(frozen=True, slots=True)
class Topic:
    """The SNS topic of all alarms of the environment; people subscribe to it elsewhere."""

    name: str
    policy: PolicyDocument
    tags: Tags


@dataclass(frozen=True, slots=True)
class Logs:
    """What happened, kept and counted."""

    groups: tuple[LogGroup, ...]
    bucket: LogBucket
    flow_logs: tuple[FlowLog, ...]
    delivery_role: DeliveryRole
    metric_filters: tuple[MetricFilter, ...]
    alarms: tuple[Alarm, ...]
    topic: Topic
