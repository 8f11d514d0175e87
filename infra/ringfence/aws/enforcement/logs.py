"""Logs: what happened, where it is kept, and what is counted for each agent.

Two flow logs: all traffic to a bucket, for asking later; refused traffic to CloudWatch, for counting now. Groups'
and NACLs' refusals are in the second; the firewall's are not (the interface accepted them) and come from its own
alert log, whose every line is a refusal or what would be one, since no rule of ours logs what it lets through.

Counted per agent:

- *Refused by groups and NACLs*: one metric filter for the VPC, whose metric has the subnet as its dimension; an
  agent's alarm adds its subnets up. The 100 filters of a log group never limit a fleet.
- *Refused by the firewall*: its log knows addresses only, so an agent has a filter of its own that lists them, as
  long as a pattern holds them and a log group has room for a filter for each agent. Where that ends, the
  environment's own count and alarm, which always exist, are what there is.
"""

import ipaddress
from collections.abc import Iterable, Iterator

from ringfence.aws.allocation import RESERVED_ADDRESSES
from ringfence.aws.enforcement.log_model import (
    Alarm,
    AlarmMetric,
    DeliveryRole,
    FlowLog,
    LogBucket,
    LogGroup,
    Logs,
    MetricFilter,
    SubnetId,
    Topic,
)
from ringfence.aws.enforcement.quota_limits import QUOTAS
from ringfence.aws.enforcement.segments import agent_subnets
from ringfence.aws.enforcement.site import AgentNeeds, Site
from ringfence.aws.iam import BucketArn, Condition, LogGroupArn, PolicyDocument, Statement, TopicArn

FLOW_REJECTS = "flow-rejects"
DNS_QUERIES = "dns-queries"
FIREWALL_ALERTS = "firewall-alerts"
FIREWALL_FLOWS = "firewall-flows"

KEPT_FIELDS = (
    "version", "account-id", "region", "az-id", "vpc-id", "subnet-id", "interface-id",
    "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "pkt-srcaddr", "pkt-dstaddr", "pkt-dst-aws-service",
    "packets", "bytes", "start", "end", "action", "tcp-flags", "flow-direction", "traffic-path", "reject-reason",
    "log-status",
)  # fmt: skip
"""Fields of the flow log that is kept, none above version 8: what a question about one agent needs, its subnet first
(docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html). A flow log's fields cannot be changed later."""

COUNTED_FIELDS = (
    "subnet-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol",
    "packets", "bytes", "start", "end", "action", "flow-direction", "log-status",
)  # fmt: skip
"""Fields of the flow log that is counted."""

PATTERN_MAX = 1_024
"""Characters of a metric filter's pattern (CloudWatch Logs API, FilterPattern)."""

ALARM_METRICS_MAX = 10
"""Metrics that one alarm may add up; AWS never raises it
(docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html)."""

PERIOD_SECONDS = 300
REJECTS_THRESHOLD = 20
"""Refused packets in a period that are worth a look: late packets of closed connections are refused too."""
REFUSALS_THRESHOLD = 1
"""The firewall refuses what nobody declared, so the first is worth a look."""


def log_group_path(environment: str, name: str) -> str:
    """Where a log group stands; AWS services may write to groups of this prefix without a policy for each
    (docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html)."""
    return f"/aws/vendedlogs/ringfence/{environment}/{name}"


def logs_of(site: Site) -> Logs:
    """Everything that is logged, counted and alarmed."""
    names = [DNS_QUERIES, FLOW_REJECTS, *((FIREWALL_ALERTS, FIREWALL_FLOWS) if site.has_firewall else ())]
    filters = [_rejects_filter(site)]
    alarms = [alarm for needs in site.agents.values() for alarm in _reject_alarms(site, needs)]
    if site.has_firewall:
        filters.append(_refusals_filter(site, None, ""))
        alarms.append(_refusals_alarm(site, None))
        for needs, pattern in _counted_alone(site):
            filters.append(_refusals_filter(site, needs, pattern))
            alarms.append(_refusals_alarm(site, needs))
    days = site.environment.log_retention_days
    return Logs(
        groups=tuple(LogGroup(name, log_group_path(site.name, name), days, site.tags(name)) for name in sorted(names)),
        bucket=LogBucket("flows", _bucket_policy(site), days, site.environment.protect, site.tags("flows")),
        flow_logs=(
            FlowLog("kept", "ALL", None, KEPT_FIELDS, 60, site.tags("flow log")),
            FlowLog("rejects", "REJECT", FLOW_REJECTS, COUNTED_FIELDS, 60, site.tags("flow log of rejects")),
        ),
        delivery_role=_delivery_role(site),
        metric_filters=tuple(sorted(filters, key=lambda each: each.name)),
        alarms=tuple(sorted(alarms, key=lambda each: each.name)),
        topic=Topic("alarms", _topic_policy(site), site.tags("alarms")),
    )


def _namespace(site: Site) -> str:
    return f"Ringfence/{site.name}"


def _rejects_filter(site: Site) -> MetricFilter:
    fields = ", ".join(field.replace("-", "_") for field in COUNTED_FIELDS)
    pattern = f"[{fields.replace('action', 'action=REJECT')}]"
    dimensions = (("Subnet", "$subnet_id"),)
    return MetricFilter(FLOW_REJECTS, FLOW_REJECTS, pattern, _namespace(site), "Rejects", dimensions)


def _reject_alarms(site: Site, needs: AgentNeeds) -> Iterator[Alarm]:
    """The agent's alarm; one for each subnet where it has more of them than one alarm adds up.

    That the sum of several metrics has a point where only one of them has is unconfirmed: no page was found.
    """
    agent = needs.agent.name
    subnets = agent_subnets(needs)
    parts: dict[str, tuple[str, ...]] = {agent: subnets}
    if len(subnets) > ALARM_METRICS_MAX:
        parts = {subnet: (subnet,) for subnet in subnets}
    for part, counted in parts.items():
        yield Alarm(
            name=f"{part}/rejects",
            agent=agent,
            description=f"Security groups or the NACL refuse traffic of agent {agent} in {site.name}",
            metrics=tuple(
                AlarmMetric(f"m{index}", _namespace(site), "Rejects", (("Subnet", SubnetId(subnet)),))
                for index, subnet in enumerate(counted)
            ),
            expression="SUM(METRICS())",
            threshold=REJECTS_THRESHOLD,
            period_seconds=PERIOD_SECONDS,
            tags=site.agent_tags(needs),
        )


def _counted_alone(site: Site) -> tuple[tuple[AgentNeeds, str], ...]:
    """The agents whose refusals the firewall's log can be asked for one by one, with the pattern that asks.

    All or none as far as filters go, so that adding an agent does not take another's alarm away one at a time.
    """
    going_out = [needs for needs in site.agents.values() if needs.internet_ports]
    if len(going_out) >= QUOTAS["metric_filters_per_log_group"].default:
        return ()
    patterns = ((needs, _address_pattern(needs.networks)) for needs in going_out)
    return tuple((needs, pattern) for needs, pattern in patterns if len(pattern) <= PATTERN_MAX)


def _address_pattern(networks: Iterable[ipaddress.IPv4Network]) -> str:
    """The refusals of packets from these subnets' usable addresses; too long to be of use where there are many."""
    addresses: list[str] = []
    for network in networks:
        first = int(network.network_address) + RESERVED_ADDRESSES - 1
        last = min(int(network.broadcast_address), first + PATTERN_MAX)
        addresses += [str(ipaddress.IPv4Address(address)) for address in range(first, last)]
    return "{" + "||".join(f'$.event.src_ip="{address}"' for address in addresses) + "}"


def _refusals_filter(site: Site, needs: AgentNeeds | None, pattern: str) -> MetricFilter:
    if needs is None:
        every = '{ $.event.event_type = "alert" }'
        return MetricFilter(FIREWALL_ALERTS, FIREWALL_ALERTS, every, _namespace(site), "Refusals", ())
    agent = needs.agent.name
    return MetricFilter(
        f"{FIREWALL_ALERTS}/{agent}", FIREWALL_ALERTS, pattern, _namespace(site), f"Refusals/{agent}", ()
    )


def _refusals_alarm(site: Site, needs: AgentNeeds | None) -> Alarm:
    whose = "any agent" if needs is None else f"agent {needs.agent.name}"
    observed = needs is not None and needs.agent.mode == "observe"
    does = "would refuse" if observed else "refuses"
    return Alarm(
        name="environment/refusals" if needs is None else f"{needs.agent.name}/refusals",
        agent=None if needs is None else needs.agent.name,
        description=f"The firewall {does} traffic of {whose} in {site.name}",
        metrics=(
            AlarmMetric("m0", _namespace(site), "Refusals" if needs is None else f"Refusals/{needs.agent.name}", ()),
        ),
        expression="SUM(METRICS())",
        threshold=REFUSALS_THRESHOLD,
        period_seconds=PERIOD_SECONDS,
        tags=site.tags("refusals") if needs is None else site.agent_tags(needs),
    )


def _from_here(site: Site, source: str) -> tuple[Condition, ...]:
    """Only this account's own resources of the calling service, against a confused deputy."""
    account = site.environment.account
    return (
        Condition("StringEquals", "aws:SourceAccount", (account,)),
        Condition("ArnLike", "aws:SourceArn", (f"arn:{site.partition}:{source.format(site.region, account)}",)),
    )


def _bucket_policy(site: Site) -> PolicyDocument:
    """What the delivery service needs (VPC user guide, flow-logs-s3), and TLS for everybody."""
    service = "delivery.logs.amazonaws.com"
    delivery = _from_here(site, "logs:{}:{}:*")
    acl = Condition("StringEquals", "s3:x-amz-acl", ("bucket-owner-full-control",))
    insecure = Condition("Bool", "aws:SecureTransport", ("false",))
    return PolicyDocument(
        (
            Statement("Write", "Allow", ("s3:PutObject",), (BucketArn("/AWSLogs/*"),), (acl, *delivery), service),
            Statement("Check", "Allow", ("s3:GetBucketAcl", "s3:ListBucket"), (BucketArn(),), delivery, service),
            Statement("Tls", "Deny", ("s3:*",), (BucketArn(), BucketArn("/*")), (insecure,), "*"),
        )
    )


def _delivery_role(site: Site) -> DeliveryRole:
    """The role for CloudWatch, with what AWS's page asks for (VPC user guide, flow-logs-iam-role), on one group."""
    trust = Statement(
        "Trust",
        "Allow",
        ("sts:AssumeRole",),
        (),
        _from_here(site, "ec2:{}:{}:vpc-flow-log/*"),
        "vpc-flow-logs.amazonaws.com",
    )
    group = LogGroupArn(FLOW_REJECTS)
    write = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
    return DeliveryRole(
        name="flow-log-delivery",
        trust=PolicyDocument((trust,)),
        permissions=PolicyDocument(
            (
                Statement("Write", "Allow", write, (group, LogGroupArn(FLOW_REJECTS, ":*"))),
                Statement("Find", "Allow", ("logs:DescribeLogGroups",), ("*",)),
            )
        ),
        tags=site.tags("flow log delivery"),
    )


def _topic_policy(site: Site) -> PolicyDocument:
    """Only this account's alarms may publish (CloudWatch user guide, alarms and SNS)."""
    source = _from_here(site, "cloudwatch:{}:{}:alarm:*")
    return PolicyDocument(
        (Statement("Alarms", "Allow", ("sns:Publish",), (TopicArn(),), source, "cloudwatch.amazonaws.com"),)
    )


def log_groups_of(site: Site) -> tuple[str, ...]:
    """The paths of the log groups in which agents' traffic shows."""
    groups = [DNS_QUERIES, FLOW_REJECTS, *((FIREWALL_ALERTS, FIREWALL_FLOWS) if site.has_firewall else ())]
    return tuple(log_group_path(site.name, group) for group in sorted(groups))
