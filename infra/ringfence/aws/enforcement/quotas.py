"""How much of each AWS quota an environment uses, counted when compiling.

A quota that is exceeded is a finding, not an error: AWS raises most of them on request, and the environment then
says so under ``quotas``. The account may hold more than this environment: usage here is the environment's own.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ringfence.aws.enforcement.model import Enforcement
from ringfence.aws.enforcement.quota_limits import QUOTAS, limit_of
from ringfence.aws.enforcement.site import Site
from ringfence.profile.model import Environment
from ringfence.source.diagnostic import Findings, did_you_mean


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of one quota is used, and by what: ``subject`` is the thing that uses most, where there are several.

    ``limit`` is what counts here, ``default`` AWS's; ``mend`` says what to change when it is exceeded.
    """

    quota: str
    used: int
    limit: int
    default: int
    adjustable: bool
    source: str
    subject: str
    mend: str

    @property
    def exceeded(self) -> bool:
        """Whether AWS would refuse the deployment."""
        return self.used > self.limit


def check_quota_names(site: Site, findings: Findings) -> None:
    """Quotas that an environment names are known ones, and not higher than AWS goes."""
    for name, number in site.environment.quotas.items():
        quota = QUOTAS.get(name)
        place = site.span_of("quotas", name)
        if quota is None:
            findings.error(place, "RF099", f"unknown quota `{name}`", did_you_mean(name, QUOTAS))
        elif quota.highest is not None and number > quota.highest:
            findings.error(
                place,
                "RF099",
                f"AWS raises `{name}` to {quota.highest} at most, not to {number}",
                f"see {quota.source}",
            )


def usages(enforcement: Enforcement, environment: Environment) -> tuple[Usage, ...]:
    """The use of every quota, sorted by name."""
    return tuple(
        Usage(
            quota=name,
            used=used,
            limit=limit_of(name, environment.quotas),
            default=QUOTAS[name].default,
            adjustable=QUOTAS[name].adjustable,
            source=QUOTAS[name].source,
            subject=subject,
            mend=_mend(name, environment, used),
        )
        for name, used, subject in sorted(_used(enforcement))
    )


def _mend(name: str, environment: Environment, used: int) -> str:
    quota = QUOTAS[name]
    if quota.adjustable and (quota.highest is None or used <= quota.highest):
        return f"ask AWS for more, then write `quotas: {{{name}: {used}}}`; or move agents to another environment"
    return "AWS raises it no further: move agents to another environment"


def _used(enforcement: Enforcement) -> Iterator[tuple[str, int, str]]:
    vpc = f"the VPC of {enforcement.environment}"
    yield "cidr_blocks_per_vpc", len(enforcement.vpc.cidrs), vpc
    yield "subnets_per_vpc", len(enforcement.subnets), vpc
    # One more each: the default NACL and group and the main route table, adopted and closed.
    yield "route_tables_per_vpc", len(enforcement.route_tables) + 1, vpc
    yield "network_acls_per_vpc", len(enforcement.network_acls) + 1, vpc
    yield "security_groups_per_region", len(enforcement.security_groups) + 1, vpc
    # With the local route of each of the VPC's networks.
    local = len(enforcement.vpc.cidrs)
    routes = [(len(table.routes) + local, table.name) for table in enforcement.route_tables]
    yield "routes_per_route_table", *_most(routes)
    yield (
        "rules_per_security_group",
        *_most(
            [
                (count, f"{group.name}, {direction}")
                for group in enforcement.security_groups
                for direction, count in Counter(rule.direction for rule in group.rules).items()
            ]
        ),
    )
    groups = [(len(endpoint.security_groups), endpoint.name) for endpoint in enforcement.interface_endpoints]
    yield "security_groups_per_interface", *_most([(1, "every agent"), *groups])
    yield (
        "rules_per_network_acl",
        *_most(
            [
                # The default denial, and the entry that is kept for quarantine.
                (count + 2, f"{acl.name}, {direction}")
                for acl in enforcement.network_acls
                for direction, count in Counter(rule.direction for rule in acl.rules).items()
            ]
        ),
    )
    zones = Counter(gateway.zone for gateway in enforcement.nat_gateways)
    yield "nat_gateways_per_zone", *_most([(count, zone) for zone, count in zones.items()])
    yield "elastic_addresses_per_region", len(enforcement.nat_gateways), "NAT gateways"
    firewall = enforcement.firewall
    endpoints = len(enforcement.interface_endpoints) + (len(firewall.subnets) if firewall else 0)
    yield "interface_endpoints_per_vpc", endpoints, f"{vpc}, the firewall's endpoints included"
    yield "gateway_endpoints_per_region", len(enforcement.gateway_endpoints), vpc
    if firewall is not None:
        yield "stateful_rule_groups_per_account", len(firewall.rules.groups), "the firewall"
        yield "stateful_rule_groups_per_policy", len(firewall.rules.groups), "the firewall"
        yield "stateful_rules_per_policy", sum(group.capacity for group in firewall.rules.groups), "reserved capacity"
    yield "dns_rules_per_group", len(enforcement.dns.rules), "DNS Firewall"
    yield "dns_domain_lists_per_account", len(enforcement.dns.lists), "DNS Firewall"
    yield "dns_domains_per_account", sum(len(each.domains) for each in enforcement.dns.lists), "DNS Firewall"
    filters = Counter(each.log_group for each in enforcement.logs.metric_filters)
    yield "metric_filters_per_log_group", *_most([(count, group) for group, count in filters.items()])


def _most(counted: Sequence[tuple[int, str]]) -> tuple[int, str]:
    """The largest count, and of what; of equal ones the first by name."""
    return min(counted, key=lambda each: (-each[0], each[1]), default=(0, "none"))
