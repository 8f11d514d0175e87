"""What joins the VPC to other networks: nothing belongs there but what some flow's way names."""

from collections.abc import Iterable, Iterator

from ringfence.policy.flow import Flow, Transport
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.graph import ResourceGraph
from ringfence.verify.references import text

_PEERING = "aws:ec2/vpcPeeringConnection:VpcPeeringConnection"
_ATTACHMENT = "aws:ec2transitgateway/vpcAttachment:VpcAttachment"


def attachment_differences(graph: ResourceGraph, flows: Iterable[Flow]) -> Iterator[Finding]:
    """Peerings and transit gateways that no private destination lies behind. A route to one is the route's finding."""
    ways = {flow.access.via for flow in flows if isinstance(flow.access, Transport)}
    joined = [(peering, peering.id or "") for peering in graph.of_type(_PEERING)]
    joined += [(each, text(each.inputs.get("transitGatewayId"))) for each in graph.of_type(_ATTACHMENT)]
    for resource, way in joined:
        if way not in ways:
            what = f"a way to another network, {way or 'not known yet'}"
            yield Finding(Kind.INCONSISTENT, "", "route", what, f"{resource.name}, which no flow takes", resource.urn)
