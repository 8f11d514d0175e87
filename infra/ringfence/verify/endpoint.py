"""VPC endpoints as their resources say they are: of which service, and by which way they are reached."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ringfence.verify.graph import Resource, ResourceGraph
from ringfence.verify.references import References, text, urn_of


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A VPC endpoint. ``tables`` are the route tables that lead to a gateway; groups and subnets are an interface's.

    ``is_named`` says whether the service's public name leads to it: a gateway is on the way to the public addresses,
    an interface needs private DNS, and that both of the VPC's attributes of DNS
    (https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html#private-dns-s3-interface-endpoints).
    """

    urn: str
    name: str
    service: str
    is_gateway: bool
    policy: str | None
    subnets: tuple[str, ...]
    groups: tuple[str, ...]
    tables: tuple[str, ...]
    prefix_list: str
    is_named: bool

    @property
    def suffix(self) -> str:
        """The service as flows name it: what follows ``com.amazonaws.REGION.``."""
        return ".".join(self.service.split(".")[3:]) or self.service.rpartition(".")[2]


def read_endpoints(
    graph: ResourceGraph, references: References, unread: Callable[[Resource, str], None]
) -> Iterator[Endpoint]:
    """The VPC's endpoints; what of one cannot be read exactly is told to ``unread``."""
    leading: dict[str, list[str]] = defaultdict(list)
    kind = "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation"
    for association in graph.of_type(kind):
        endpoint = urn_of(references.one(association, "vpcEndpointId"))
        leading[endpoint].append(urn_of(references.one(association, "routeTableId")))
    with_names = not any(
        vpc.inputs.get(name) is False
        for vpc in graph.of_type("aws:ec2/vpc:Vpc")
        for name in ("enableDnsSupport", "enableDnsHostnames")
    )
    for endpoint in graph.of_type("aws:ec2/vpcEndpoint:VpcEndpoint"):
        way = text(endpoint.inputs.get("vpcEndpointType"))
        if way not in ("Gateway", "Interface"):
            unread(endpoint, f"an endpoint of type {way or 'unknown'}")
        if endpoint.inputs.get("ipAddressType") not in ("ipv4", None):
            unread(endpoint, f"an endpoint of addresses other than IPv4: {endpoint.inputs['ipAddressType']}")
        policy = endpoint.inputs.get("policy")
        yield Endpoint(
            endpoint.urn,
            endpoint.name,
            text(endpoint.inputs.get("serviceName")),
            way == "Gateway",
            policy if isinstance(policy, str) else None,
            tuple(urn_of(each) for each in references.many(endpoint, "subnetIds")),
            tuple(urn_of(each) for each in references.many(endpoint, "securityGroupIds")),
            (*leading[endpoint.urn], *(urn_of(each) for each in references.many(endpoint, "routeTableIds"))),
            text(endpoint.outputs.get("prefixListId")),
            way == "Gateway" or (with_names and endpoint.inputs.get("privateDnsEnabled") is True),
        )
