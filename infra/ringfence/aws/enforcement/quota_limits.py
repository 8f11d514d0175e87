"""AWS's default quotas: each with its number, whether AWS raises it, and the page that says so.

An environment names those that AWS has raised for its account under ``quotas``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_VPC = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"
_LINK = "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html"
_FIREWALL = "https://docs.aws.amazon.com/network-firewall/latest/developerguide/quotas.html"
_DNS = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html"
_LOGS = "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html"
_GATEWAY = "https://docs.aws.amazon.com/vpc/latest/tgw/transit-gateway-quotas.html"


@dataclass(frozen=True, slots=True)
class Quota:
    """One quota: ``highest`` is how far AWS raises it, None where no page says; equal to ``default`` where never."""

    default: int
    highest: int | None
    source: str

    @property
    def adjustable(self) -> bool:
        """Whether AWS raises it at all."""
        return self.highest != self.default


QUOTAS: Mapping[str, Quota] = {
    "cidr_blocks_per_vpc": Quota(5, 50, _VPC),
    "subnets_per_vpc": Quota(200, None, _VPC),
    "route_tables_per_vpc": Quota(200, None, _VPC),
    # 50 in documents of 2023; the newer page counts.
    "routes_per_route_table": Quota(500, 1000, _VPC),
    "security_groups_per_region": Quota(2500, None, _VPC),
    "rules_per_security_group": Quota(60, 1000, _VPC),
    "security_groups_per_interface": Quota(5, 16, _VPC),
    "network_acls_per_vpc": Quota(200, None, _VPC),
    # With the default denial that every NACL ends in.
    "rules_per_network_acl": Quota(20, 40, _VPC),
    "nat_gateways_per_zone": Quota(5, None, _VPC),
    "elastic_addresses_per_region": Quota(5, None, _VPC),
    # Firewall endpoints are Gateway Load Balancer endpoints, so they are counted with these: unconfirmed.
    "interface_endpoints_per_vpc": Quota(50, None, _LINK),
    "gateway_endpoints_per_region": Quota(20, None, _LINK),
    "stateful_rule_groups_per_account": Quota(50, None, _FIREWALL),
    # Measured by others against the live API, in no document of AWS.
    "stateful_rule_groups_per_policy": Quota(20, 20, "https://github.com/badmintoncryer/cdk-preflight"),
    "stateful_rules_per_policy": Quota(30_000, None, _FIREWALL),
    "dns_rules_per_group": Quota(100, None, _DNS),
    "dns_domain_lists_per_account": Quota(1_000, None, _DNS),
    "dns_domains_per_account": Quota(100_000, None, _DNS),
    "metric_filters_per_log_group": Quota(100, 100, _LOGS),
}
"""Quotas by the names that an environment uses under ``quotas``."""


def limit_of(name: str, raised: Mapping[str, int]) -> int:
    """The limit that counts in an environment: what AWS has raised, or the default."""
    return raised.get(name, QUOTAS[name].default)
