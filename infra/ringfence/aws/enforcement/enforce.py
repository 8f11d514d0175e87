"""The whole network of an environment, from its plan and its addresses."""

from ringfence.aws.allocation import Allocation
from ringfence.aws.enforcement.acls import network_acls_of
from ringfence.aws.enforcement.endpoints import endpoint_policies_of, gateway_endpoints_of, interface_endpoints_of
from ringfence.aws.enforcement.firewall_site import network_firewall_of
from ringfence.aws.enforcement.groups import endpoint_clients, security_groups_of
from ringfence.aws.enforcement.identity import role_policies_of
from ringfence.aws.enforcement.logs import DNS_QUERIES, log_groups_of, logs_of
from ringfence.aws.enforcement.model import AgentPlace, Enforcement
from ringfence.aws.enforcement.names import dns_firewall_of
from ringfence.aws.enforcement.quotas import check_quota_names
from ringfence.aws.enforcement.routes import agent_table, route_tables_of
from ringfence.aws.enforcement.segments import (
    agent_subnets,
    nat_gateways_of,
    subnets_of,
    transit_attachments_of,
    vpc_of,
)
from ringfence.aws.enforcement.site import Site, site_of
from ringfence.aws.enforcement.zones import check_zones
from ringfence.plan import Plan
from ringfence.policy.effective import inspected_agents
from ringfence.source.diagnostic import Findings


def enforce(plan: Plan, allocation: Allocation) -> Enforcement:
    """Write a plan in AWS's terms. The allocation holds every agent of the plan, provisionally or not.

    Raises `InputError` with everything that no layer can hold: too many entries for a NACL, a policy too long for
    an endpoint, a destination without a way. What AWS would raise on request is no error here: see `quotas`.
    """
    findings = Findings()
    site = site_of(plan, allocation)
    check_quota_names(site, findings)
    check_zones(site, findings)
    clients = endpoint_clients(site)
    policies = endpoint_policies_of(site, findings)
    enforcement = Enforcement(
        environment=site.name,
        account=site.environment.account,
        region=site.region,
        zones=site.zones,
        inspection=site.environment.inspection,
        internet=site.has_internet,
        vpc=vpc_of(site),
        places=_places(site),
        subnets=subnets_of(site),
        nat_gateways=nat_gateways_of(site),
        transit_attachments=transit_attachments_of(site),
        security_groups=security_groups_of(site, clients),
        network_acls=network_acls_of(site, findings),
        route_tables=route_tables_of(site, findings),
        firewall=network_firewall_of(site, findings),
        dns=dns_firewall_of(site, DNS_QUERIES),
        gateway_endpoints=gateway_endpoints_of(site, policies),
        interface_endpoints=interface_endpoints_of(site, policies, clients, findings),
        role_policies=role_policies_of(site, findings),
        logs=logs_of(site),
    )
    findings.raise_if_failed()
    return enforcement


def _places(site: Site) -> tuple[AgentPlace, ...]:
    inspected = inspected_agents(site.plan.declared) if site.environment.inspection == "requests" else frozenset[str]()
    return tuple(
        AgentPlace(
            agent=name,
            owner=needs.agent.owner,
            mode=needs.agent.mode,
            quarantined=needs.agent.quarantined,
            provisional=name in site.allocation.provisional,
            networks=needs.networks,
            subnets=agent_subnets(needs),
            security_group=name,
            network_acl=name,
            route_tables=tuple(agent_table(name, zone) for zone in site.zones),
            log_groups=log_groups_of(site),
            access_digest=site.digests[name],
            inspected=name in inspected,
        )
        for name, needs in site.agents.items()
    )
