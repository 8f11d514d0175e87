"""Metrics and alarms on what the layers refused, and the topic where alarms are heard."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from ringfence.aws.enforcement.log_model import Alarm, AlarmMetric, Logs, SubnetId
from ringfence.aws.resources.documents import References, document_input
from ringfence.aws.resources.logs import LogStore


class Alarms(pulumi.ComponentResource):
    """Metric filters on the log groups, alarms on their metrics, one topic for all alarms."""

    def __init__(
        self,
        name: str,
        logs: Logs,
        store: LogStore,
        subnets: Mapping[str, aws.ec2.Subnet],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ringfence:alarms:Alarms", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        self.topic = aws.sns.Topic(f"{name}-{logs.topic.name}", tags=dict(logs.topic.tags), opts=own)
        aws.sns.TopicPolicy(
            f"{name}-{logs.topic.name}",
            arn=self.topic.arn,
            policy=document_input(logs.topic.policy, References(topic_arn=self.topic.arn)),
            opts=own,
        )
        for counted in logs.metric_filters:
            aws.cloudwatch.LogMetricFilter(
                f"{name}-{counted.name}",
                log_group_name=store.groups[counted.log_group].name,
                pattern=counted.pattern,
                metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
                    name=counted.metric,
                    namespace=counted.namespace,
                    value="1",
                    dimensions=dict(counted.dimensions) or None,
                ),
                opts=own,
            )
        for alarm in logs.alarms:
            self._alarm(name, alarm, subnets)
        self.register_outputs({"topicArn": self.topic.arn})

    def _alarm(self, name: str, alarm: Alarm, subnets: Mapping[str, aws.ec2.Subnet]) -> None:
        summed = [
            aws.cloudwatch.MetricAlarmMetricQueryArgs(
                id=metric.id,
                return_data=False,
                metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
                    namespace=metric.namespace,
                    metric_name=metric.metric,
                    stat="Sum",
                    period=alarm.period_seconds,
                    dimensions=_dimensions(metric, subnets),
                ),
            )
            for metric in alarm.metrics
        ]
        aws.cloudwatch.MetricAlarm(
            f"{name}-{alarm.name}",
            alarm_description=alarm.description,
            metric_queries=[
                *summed,
                aws.cloudwatch.MetricAlarmMetricQueryArgs(id="total", expression=alarm.expression, return_data=True),
            ],
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=alarm.threshold,
            evaluation_periods=1,
            treat_missing_data="notBreaching",
            alarm_actions=[self.topic.arn],
            tags=dict(alarm.tags),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _dimensions(metric: AlarmMetric, subnets: Mapping[str, aws.ec2.Subnet]) -> dict[str, pulumi.Input[str]]:
    return {key: subnets[value.subnet].id if isinstance(value, SubnetId) else value for key, value in metric.dimensions}
