import dataclasses
import ipaddress
import json
import re

from ringfence.aws.allocation import Segment
from ringfence.aws.enforcement.enforce import enforce
from ringfence.aws.enforcement.log_model import Alarm, SubnetId
from ringfence.aws.enforcement.logs import COUNTED_FIELDS, KEPT_FIELDS, PATTERN_MAX
from ringfence.aws.enforcement.model import Enforcement
from ringfence.aws.iam import SHOWN
from written import WEB, Build, agent

VERSION_8 = frozenset(
    {
        "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets",
        "bytes", "start", "end", "action", "log-status", "vpc-id", "subnet-id", "instance-id", "tcp-flags", "type",
        "pkt-srcaddr", "pkt-dstaddr", "region", "az-id", "sublocation-type", "sublocation-id", "pkt-src-aws-service",
        "pkt-dst-aws-service", "flow-direction", "traffic-path", "reject-reason",
    }
)  # fmt: skip
"""Fields of versions 2 to 5 and 8; those of 7 need ECS permissions
(docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html)."""


def alarm_of(enforcement: Enforcement, name: str) -> Alarm:
    return next(alarm for alarm in enforcement.logs.alarms if alarm.name == name)


def counted(alarm: Alarm) -> set[str]:
    """The subnets that an alarm adds up."""
    values = [value for metric in alarm.metrics for _, value in metric.dimensions]
    return {value.subnet for value in values if isinstance(value, SubnetId)}


def test_everything_is_kept_in_the_bucket_and_refusals_are_counted_in_cloudwatch(build: Build) -> None:
    logs = build({"web": agent("web", WEB)}, log_retention_days=30).enforcement.logs
    kept, rejects = logs.flow_logs
    assert (kept.traffic, kept.log_group) == ("ALL", None)
    assert (rejects.traffic, rejects.log_group) == ("REJECT", "flow-rejects")
    assert "${subnet-id}" in kept.format
    assert "${subnet-id}" in rejects.format
    assert {group.retention_days for group in logs.groups} == {30}
    assert {group.name for group in logs.groups} == {"dns-queries", "firewall-alerts", "firewall-flows", "flow-rejects"}
    assert all(group.path == f"/aws/vendedlogs/ringfence/dev/{group.name}" for group in logs.groups)


def test_fields_are_of_version_8_at_most_and_none_needs_permissions_of_its_own() -> None:
    assert set(KEPT_FIELDS) | set(COUNTED_FIELDS) <= VERSION_8
    assert len(set(KEPT_FIELDS)) == len(KEPT_FIELDS)


def test_the_filter_of_rejects_names_every_field_of_its_log_in_order(build: Build) -> None:
    enforcement = build({"web": agent("web", WEB)}).enforcement
    (rejects,) = (each for each in enforcement.logs.metric_filters if each.log_group == "flow-rejects")
    (log,) = (each for each in enforcement.logs.flow_logs if each.log_group == "flow-rejects")
    named = [field.strip().partition("=")[0] for field in rejects.pattern.strip("[]").split(",")]
    assert [field.replace("_", "-") for field in named] == list(log.fields)
    assert rejects.dimensions == (("Subnet", "$subnet_id"),)
    assert "action=REJECT" in rejects.pattern


def test_an_agents_alarm_adds_up_its_own_subnets_and_nobody_elses(build: Build) -> None:
    enforcement = build({"web": agent("web", WEB), "idle": agent("idle")}).enforcement
    for name in ("web", "idle"):
        alarm = alarm_of(enforcement, f"{name}/rejects")
        subnets = {
            value.subnet for metric in alarm.metrics for _, value in metric.dimensions if isinstance(value, SubnetId)
        }
        assert subnets == {subnet.name for subnet in enforcement.subnets if subnet.agent == name}
        assert alarm.agent == name


def test_the_firewalls_refusals_are_counted_for_each_agent_by_its_usable_addresses(build: Build) -> None:
    compiled = build({"web": agent("web", WEB), "other": agent("other", WEB), "idle": agent("idle")})
    filters = {each.name: each for each in compiled.enforcement.logs.metric_filters}
    assert set(filters) == {"flow-rejects", "firewall-alerts", "firewall-alerts/web", "firewall-alerts/other"}
    named = set(re.findall(r'\$\.event\.src_ip="([0-9.]+)"', filters["firewall-alerts/web"].pattern))
    usable = {
        str(address)
        for network in compiled.allocation.networks("web")
        for address in list(network)[4:-1]  # the first four and the last are AWS's
    }
    assert named == usable
    assert len(filters["firewall-alerts/web"].pattern) <= PATTERN_MAX
    alarm = alarm_of(compiled.enforcement, "web/refusals")
    assert {metric.metric for metric in alarm.metrics} == {filters["firewall-alerts/web"].metric}
    assert alarm_of(compiled.enforcement, "environment/refusals").agent is None


def test_where_a_pattern_cannot_hold_the_addresses_the_environments_count_is_what_there_is(build: Build) -> None:
    enforcement = build({"wide": agent("wide", WEB, platform="ecs", peak=200)}).enforcement
    assert {each.name for each in enforcement.logs.metric_filters} == {"flow-rejects", "firewall-alerts"}
    assert {alarm.name for alarm in enforcement.logs.alarms} == {"wide/rejects", "environment/refusals"}


def test_a_log_group_never_gets_more_filters_than_it_takes(build: Build) -> None:
    fleet = {f"a{index:03}": agent(f"a{index:03}", WEB) for index in range(99)}
    enforcement = build(fleet).enforcement
    assert sum(each.log_group == "firewall-alerts" for each in enforcement.logs.metric_filters) == 100
    fleet["a099"] = agent("a099", WEB)
    enforcement = build(fleet).enforcement
    assert sum(each.log_group == "firewall-alerts" for each in enforcement.logs.metric_filters) == 1


def test_without_a_firewall_there_is_nothing_of_its_to_log(build: Build) -> None:
    logs = build({"web": agent("web", WEB)}, inspection="none").enforcement.logs
    assert {group.name for group in logs.groups} == {"dns-queries", "flow-rejects"}
    assert [each.name for each in logs.metric_filters] == ["flow-rejects"]


def test_an_alarm_takes_at_most_ten_metrics_and_leaves_no_subnet_out(build: Build) -> None:
    compiled = build({"web": agent("web")})
    blocks = list(ipaddress.IPv4Network("10.40.128.0/24").subnets(new_prefix=28))
    for count in (10, 12):
        zones = compiled.enforcement.zones * 6
        segments = tuple(Segment(zone, block) for zone, block in zip(zones, blocks, strict=False))
        held = {"web": tuple(sorted(segments[:count], key=lambda segment: segment.order))}
        enforcement = enforce(compiled.plan, dataclasses.replace(compiled.allocation, agents=held))
        alarms = [alarm for alarm in enforcement.logs.alarms if alarm.agent == "web"]
        assert len(alarms) == (1 if count == 10 else 12)
        assert all(1 <= len(alarm.metrics) <= 10 for alarm in alarms)
        assert set().union(*map(counted, alarms)) == {subnet.name for subnet in enforcement.subnets}
        assert all(re.fullmatch(r"[a-z][A-Za-z0-9_]*", metric.id) for alarm in alarms for metric in alarm.metrics)


def test_only_aws_services_acting_for_this_account_write_and_publish(build: Build) -> None:
    logs = build({"web": agent("web", WEB)}).enforcement.logs
    for document in (logs.bucket.policy, logs.topic.policy, logs.delivery_role.trust):
        for statement in json.loads(document.text(SHOWN))["Statement"]:
            if statement["Effect"] == "Deny":
                assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
                continue
            assert set(statement["Principal"]) == {"Service"}
            assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == "111111111111"
            assert ":111111111111:" in statement["Condition"]["ArnLike"]["aws:SourceArn"]


def test_a_quarantined_agent_is_still_counted_and_logged(build: Build) -> None:
    enforcement = build({"cut": agent("cut", WEB, more="quarantined: true\n"), "web": agent("web", WEB)}).enforcement
    assert alarm_of(enforcement, "cut/rejects").metrics
    (place,) = (place for place in enforcement.places if place.agent == "cut")
    assert "/aws/vendedlogs/ringfence/dev/flow-rejects" in place.log_groups
