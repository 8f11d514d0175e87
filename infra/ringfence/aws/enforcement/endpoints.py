"""VPC endpoints: only for services that some agent or platform uses, each with its policy."""

from collections.abc import Mapping

from ringfence.aws.allocation import INFRASTRUCTURE, RESERVED_ADDRESSES
from ringfence.aws.enforcement.endpoint_policies import POLICY_MAX, endpoint_policy
from ringfence.aws.enforcement.model import GatewayEndpoint, InterfaceEndpoint
from ringfence.aws.enforcement.routes import agent_table
from ringfence.aws.enforcement.segments import infrastructure_subnets
from ringfence.aws.enforcement.services import gateway_services, interface_services, service_name
from ringfence.aws.enforcement.site import Site
from ringfence.aws.iam import PolicyDocument
from ringfence.policy.flow import Flow, Service
from ringfence.source.diagnostic import Findings

Policies = Mapping[str, PolicyDocument]


def endpoint_policies_of(site: Site, findings: Findings) -> Policies:
    """The policy of each service in use; one that AWS would refuse for its length is an error."""
    flows: dict[str, list[Flow]] = {service: [] for service in site.services}
    for needs in site.agents.values():
        for flow in needs.flows:
            if isinstance(flow.access, Service):
                flows[flow.access.service].append(flow)
    if flows and site.partition == "aws-cn":
        findings.error(
            site.span,
            "RF093",
            f"the names of China's endpoint services differ from service to service, and {site.region}'s are not known",
            "use a region of another partition, or no AWS service",
        )
    policies: dict[str, PolicyDocument] = {}
    for service, used in flows.items():
        accesses = [flow.access for flow in used if isinstance(flow.access, Service)]
        policy = endpoint_policy(accesses)
        policies[service] = policy
        length = len(policy.text())
        if length > POLICY_MAX:
            agents = len({flow.agent for flow in used})
            findings.error(
                used[0].grant.declared,
                "RF094",
                f"the endpoint policy of {service} has {length} characters for {agents} agents; AWS takes "
                f"{POLICY_MAX}, and raises it for nobody",
                "give agents the same resources, or move some to another environment, which has endpoints of its own",
            )
    return policies


def gateway_endpoints_of(site: Site, policies: Policies) -> tuple[GatewayEndpoint, ...]:
    """The gateway endpoints, each in the route tables of the agents that use it."""
    return tuple(
        GatewayEndpoint(
            name=service,
            service=service,
            service_name=service_name(service, site.region),
            policy=policies[service],
            route_tables=tuple(
                sorted(
                    agent_table(agent, zone)
                    for agent, needs in site.agents.items()
                    if service in needs.services
                    for zone in site.zones
                )
            ),
            tags=site.tags(f"gateway {service}"),
        )
        for service in gateway_services(site.services)
    )


def interface_endpoints_of(
    site: Site, policies: Policies, clients: Mapping[str, Mapping[str, tuple[str, ...]]], findings: Findings
) -> tuple[InterfaceEndpoint, ...]:
    """The interface endpoints, in every zone, with the groups that let their clients in."""
    services = interface_services(site.services)
    room = 2 ** (32 - INFRASTRUCTURE["endpoints"]) - RESERVED_ADDRESSES
    if len(services) > room:
        findings.error(
            site.span,
            "RF095",
            f"{len(services)} interface endpoints, and a zone's endpoint subnet has {room} addresses",
            "move some agents to another environment",
        )
    subnets = infrastructure_subnets(site, "endpoints")
    return tuple(
        InterfaceEndpoint(
            name=service,
            service=service,
            service_name=service_name(service, site.region),
            policy=policies[service],
            subnets=subnets,
            security_groups=tuple(sorted(clients[service])),
            tags=site.tags(f"endpoint {service}"),
        )
        for service in services
    )
