"""DNS Firewall: the VPC's walled garden of names.

Names that some agent declares, and the endpoints' own, are allowed; the last rule stops every other. The VPC's
resolver does not know agents apart, so the garden is one for all of them (residual R201). Decided here:

- *Redirections are trusted.* With INSPECT every name of a CNAME chain must be listed, and vendors change theirs
  without notice. Trusting lets the owner of an allowed name choose where it leads, which that owner can anyway;
  the agent asks only for allowed names either way.
- *What is refused is NODATA, not NXDOMAIN.* A resolver in a workload may take NXDOMAIN for ``github.com`` as
  proof that ``api.github.com`` does not exist either (RFC 8020), and so lose an allowed name.
- *Fail-closed.* A query that cannot be judged fails.
- *Observing is for the VPC.* Queries are only logged when every agent that is not cut off observes; where any
  agent enforces, refusals stand for all of them.
"""

import zlib
from collections.abc import Iterable, Iterator

from ringfence.aws.enforcement.model import DnsFirewall, DnsRule, DomainList
from ringfence.aws.enforcement.services import private_names
from ringfence.aws.enforcement.site import Site
from ringfence.policy.flow import Https, Service, Tls

DOMAINS_PER_LIST = 1_000
"""How many domains one request of UpdateFirewallDomains takes (Route 53 Resolver API)."""

EVERY_NAME = "*."
"""Every name. AWS reads ``*`` back as ``*.``, so this spelling shows no difference
(github.com/braintrustdata/terraform-aws-braintrust-data-plane, pull request 372)."""

FIRST_PRIORITY = 100
LAST_PRIORITY = 1_000_000
ASSOCIATION_PRIORITY = 101
"""Between 100 and 9900, which AWS keeps for others (Route 53 Resolver API, AssociateFirewallRuleGroup)."""


def dns_firewall_of(site: Site, query_log_group: str) -> DnsFirewall:
    """The rule group of the VPC, its lists and its settings."""
    lists: list[DomainList] = []
    rules: list[DnsRule] = []
    for bits, domains in _split(allowed_names(site), ""):
        name = f"allow-{bits}" if bits else "allow"
        # A leading 1 makes the bits of every list another number, the same whatever other lists there are.
        priority = FIRST_PRIORITY + int(f"1{bits}", 2)
        lists.append(DomainList(name, domains))
        rules.append(DnsRule(name, priority, name, "ALLOW", None, "TRUST_REDIRECTION_DOMAIN"))
    action, response = ("ALERT", None) if is_observed(site) else ("BLOCK", "NODATA")
    lists.append(DomainList("every-name", (EVERY_NAME,)))
    rules.append(DnsRule("every-name", LAST_PRIORITY, "every-name", action, response, "INSPECT_REDIRECTION_DOMAIN"))
    return DnsFirewall(
        name=site.name,
        lists=tuple(sorted(lists, key=lambda each: each.name)),
        rules=tuple(sorted(rules, key=lambda each: each.name)),
        association_priority=ASSOCIATION_PRIORITY,
        mutation_protection="ENABLED" if site.environment.protect else "DISABLED",
        fail_open="DISABLED",
        query_log_group=query_log_group,
        tags=site.tags("dns"),
    )


def is_observed(site: Site) -> bool:
    """Whether refused names are only logged: when every agent observes that is not cut off."""
    modes = {needs.agent.mode for needs in site.agents.values() if not needs.agent.quarantined}
    return modes == {"observe"} or (not modes and site.environment.mode == "observe")


def allowed_names(site: Site) -> tuple[str, ...]:
    """Every name that some agent may resolve, sorted: declared hosts, and the names of the endpoints in use.

    Declared, not effective: names can be refused also where nothing else knows them (inspection: none).
    """
    names = {str(flow.access.host) for flow in site.plan.declared.flows if isinstance(flow.access, Https | Tls)}
    resources: dict[str, set[str]] = {}
    for needs in site.agents.values():
        for flow in needs.flows:
            if isinstance(flow.access, Service):
                resources.setdefault(flow.access.service, set()).update(flow.access.resources)
    for service, used in resources.items():
        names.update(private_names(service, site.region, site.environment.account, used))
    return tuple(sorted(names))


def _split(names: Iterable[str], bits: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Lists by the bits of a checksum of the name, as few as have room, so that a name stays in its list."""
    names = tuple(names)
    if len(names) <= DOMAINS_PER_LIST or len(bits) > 31:
        if names:
            yield bits, names
        return
    for digit in "01":
        half = (name for name in names if str((zlib.crc32(name.encode()) >> len(bits)) & 1) == digit)
        yield from _split(half, bits + digit)
