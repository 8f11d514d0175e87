"""Flow logs of the VPC."""

from ringfence.aws.live.api import Api
from ringfence.aws.live.state import State, name_of, tags_of


def read_flow_logs(api: Api, vpc_id: str, state: State) -> None:
    """Every flow log of the VPC itself; those of single subnets and interfaces say nothing more of access."""
    of_vpc = [{"Name": "resource-id", "Values": [vpc_id]}]
    for each in api.pages("ec2", "DescribeFlowLogs", "FlowLogs", Filter=of_vpc):
        state.add(
            "aws:ec2/flowLog:FlowLog",
            each["FlowLogId"],
            {
                "vpcId": vpc_id,
                "trafficType": each.get("TrafficType"),
                "logDestination": each.get("LogDestination"),
                "logDestinationType": each.get("LogDestinationType"),
                "logFormat": each.get("LogFormat"),
                "maxAggregationInterval": each.get("MaxAggregationInterval"),
                "tags": tags_of(each),
            },
            name=name_of(each),
        )
