"""DNS Firewall: the VPC's rule groups with their rules and domain lists, and what else answers its queries."""

from ringfence.aws.live.api import Api
from ringfence.aws.live.state import State
from ringfence.verify.graph import Value

_RESOLVER = "route53resolver"
_BY_AWS = "rslvr-autodefined-"
"""How the ids of associations begin that Route 53 makes in every VPC: names of the internet, and of the VPC itself
(https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-overview-DSN-queries-to-vpc.html)."""


def read_dns(api: Api, vpc_id: str, state: State) -> None:
    """Every association of the VPC; groups and lists once each."""
    groups: set[str] = set()
    associations = api.pages(
        _RESOLVER, "ListFirewallRuleGroupAssociations", "FirewallRuleGroupAssociations", VpcId=vpc_id
    )
    for each in associations:
        group, name = str(each["FirewallRuleGroupId"]), str(each.get("Name") or "")
        state.add(
            "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation",
            each["Id"],
            {
                "firewallRuleGroupId": group,
                "vpcId": vpc_id,
                "priority": each["Priority"],
                "mutationProtection": each.get("MutationProtection"),
            },
            name=name,
        )
        if group not in groups:
            groups.add(group)
            state.add("aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup", group, {}, name=name)
            _read_rules(api, group, name, state)
    about = "what happens when DNS Firewall cannot answer"
    if found := api.answer(_RESOLVER, "GetFirewallConfig", about, ResourceId=vpc_id):
        settings = found["FirewallConfig"]
        state.add(
            "aws:route53/resolverFirewallConfig:ResolverFirewallConfig",
            settings["Id"],
            {"resourceId": vpc_id, "firewallFailOpen": settings.get("FirewallFailOpen")},
        )
    _read_others(api, vpc_id, state)


def _read_rules(api: Api, group: str, name: str, state: State) -> None:
    about = f"the rules of the DNS Firewall group {name} {group}"
    for rule in api.pages(_RESOLVER, "ListFirewallRules", "FirewallRules", about, FirewallRuleGroupId=group):
        names = rule.get("FirewallDomainListId")
        identity = f"{group}:{names or rule.get('FirewallThreatProtectionId')}:{rule.get('Qtype') or ''}"
        inputs: dict[str, Value] = {
            "firewallRuleGroupId": group,
            "firewallDomainListId": names,
            "firewallThreatProtectionId": rule.get("FirewallThreatProtectionId"),
            "priority": rule["Priority"],
            "action": rule.get("Action"),
            "blockResponse": rule.get("BlockResponse"),
            "firewallDomainRedirectionAction": rule.get("FirewallDomainRedirectionAction"),
            "qType": rule.get("Qtype"),
        }
        state.add(
            "aws:route53/resolverFirewallRule:ResolverFirewallRule",
            identity.removesuffix(":"),
            inputs,
            name=str(rule.get("Name") or ""),
        )
        kind = "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList"
        if names and (kind, names) not in state.resources:
            about_names = f"the names in the domain list {names}"
            unread = len(api.unread)
            domains = _domains(api, str(names), about_names)
            # A list that could not be read is not an empty one: without it, its rule is not proved either.
            if len(api.unread) == unread:
                state.add(kind, names, {"domains": domains})


def _domains(api: Api, names: str, about: str) -> list[Value]:
    return list(api.pages(_RESOLVER, "ListFirewallDomains", "Domains", about, FirewallDomainListId=names))


def _read_others(api: Api, vpc_id: str, state: State) -> None:
    """What brings other answers or rules into the VPC."""
    in_vpc = [{"Name": "VPCId", "Values": [vpc_id]}]
    for each in api.pages(_RESOLVER, "ListResolverRuleAssociations", "ResolverRuleAssociations", Filters=in_vpc):
        if not str(each["ResolverRuleId"]).startswith(_BY_AWS):
            state.add(
                "aws:route53/resolverRuleAssociation:ResolverRuleAssociation",
                each["Id"],
                {"resolverRuleId": each["ResolverRuleId"], "vpcId": vpc_id},
                name=str(each.get("Name") or ""),
            )
    for each in api.pages("route53profiles", "ListProfileAssociations", "ProfileAssociations", ResourceId=vpc_id):
        state.add(
            "aws:route53/profilesAssociation:ProfilesAssociation",
            each["Id"],
            {"profileId": each.get("ProfileId"), "resourceId": vpc_id},
            name=str(each.get("Name") or ""),
        )


def read_query_logs(api: Api, vpc_id: str, state: State) -> None:
    """Where the VPC's queries are written."""
    filters = [{"Name": "ResourceId", "Values": [vpc_id]}]
    for each in api.pages(
        _RESOLVER,
        "ListResolverQueryLogConfigAssociations",
        "ResolverQueryLogConfigAssociations",
        Filters=filters,
    ):
        config = str(each["ResolverQueryLogConfigId"])
        state.add(
            "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation",
            each["Id"],
            {"resolverQueryLogConfigId": config, "resourceId": vpc_id},
        )
        about = f"the query log {config}"
        if found := api.answer(_RESOLVER, "GetResolverQueryLogConfig", about, ResolverQueryLogConfigId=config):
            written = found["ResolverQueryLogConfig"]
            state.add(
                "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig",
                config,
                {"destinationArn": written.get("DestinationArn")},
                name=str(written.get("Name") or ""),
            )
