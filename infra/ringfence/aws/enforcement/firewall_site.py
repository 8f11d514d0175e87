"""The firewall where the environment has one: its rules, its endpoints' subnets, and how it is kept."""

from ringfence.aws.enforcement.firewall import FirewallError, firewall_rules
from ringfence.aws.enforcement.firewall.model import Firewall
from ringfence.aws.enforcement.logs import FIREWALL_ALERTS, FIREWALL_FLOWS
from ringfence.aws.enforcement.model import NetworkFirewall
from ringfence.aws.enforcement.segments import infrastructure_subnets
from ringfence.aws.enforcement.site import Site
from ringfence.policy.effective import inspected_agents
from ringfence.policy.flow import Https
from ringfence.source.diagnostic import Findings


def network_firewall_of(site: Site, findings: Findings) -> NetworkFirewall | None:
    """The firewall, None where no agent has a way out or nothing is inspected; a policy that no rule holds is an
    error at the environment."""
    if not site.has_firewall:
        return None
    rules = _rules(site, findings)
    if rules is None:
        return None
    return NetworkFirewall(
        name=site.name,
        subnets=tuple((zone, infrastructure_subnets(site, "firewall", zone)[0]) for zone in site.zones),
        rules=rules,
        inspected_ports=inspected_ports(site) if rules.inspected else (),
        ca_certificate_arn=site.environment.ca_certificate_arn if rules.inspected else None,
        http2=site.environment.http2,
        protected=site.environment.protect,
        alert_log_group=FIREWALL_ALERTS,
        flow_log_group=FIREWALL_FLOWS,
        tags=site.tags("firewall"),
    )


def inspected_ports(site: Site) -> tuple[int, ...]:
    """The ports on which the inspected agents' TLS is decrypted, sorted."""
    inspected = inspected_agents(site.plan.declared)
    return tuple(
        sorted(
            {
                flow.access.port
                for flow in site.plan.declared.flows
                if isinstance(flow.access, Https) and flow.agent in inspected
            }
        )
    )


def _rules(site: Site, findings: Findings) -> Firewall | None:
    addresses = {name: needs.networks for name, needs in site.agents.items()}
    environment = site.environment
    try:
        return firewall_rules(
            site.plan.declared,
            addresses,
            inspection=environment.inspection,
            http2=environment.http2,
            home_net=environment.cidrs,
        )
    except FirewallError as error:
        findings.error(site.span, "RF097", str(error), error.mend)
        return None
