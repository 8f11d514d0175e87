"""DNS Firewall: which names the VPC resolves, and the log of every query."""

import pulumi
import pulumi_aws as aws

from ringfence.aws.enforcement.model import DnsFirewall
from ringfence.aws.resources.logs import LogStore


class DnsWall(pulumi.ComponentResource):
    """The walled garden. The rule group is complete, its final block included, before the VPC is put behind it."""

    def __init__(
        self,
        name: str,
        dns: DnsFirewall,
        vpc_id: pulumi.Output[str],
        store: LogStore,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ringfence:dns:DnsWall", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        lists = {
            names.name: aws.route53.ResolverFirewallDomainList(
                f"{name}-{names.name}", domains=list(names.domains), tags=dict(dns.tags), opts=own
            )
            for names in dns.lists
        }
        group = aws.route53.ResolverFirewallRuleGroup(f"{name}-dns", tags=dict(dns.tags), opts=own)
        rules = [
            aws.route53.ResolverFirewallRule(
                f"{name}-{rule.name}",
                firewall_rule_group_id=group.id,
                firewall_domain_list_id=lists[rule.domain_list].id,
                priority=rule.priority,
                action=rule.action,
                block_response=rule.block_response,
                firewall_domain_redirection_action=rule.redirection,
                opts=own,
            )
            for rule in dns.rules
        ]
        closed = aws.route53.ResolverFirewallConfig(
            f"{name}-dns", resource_id=vpc_id, firewall_fail_open=dns.fail_open, opts=own
        )
        queries = aws.route53.ResolverQueryLogConfig(
            f"{name}-dns", destination_arn=store.group_arns[dns.query_log_group], tags=dict(dns.tags), opts=own
        )
        logged = aws.route53.ResolverQueryLogConfigAssociation(
            f"{name}-dns", resolver_query_log_config_id=queries.id, resource_id=vpc_id, opts=own
        )
        self.association = aws.route53.ResolverFirewallRuleGroupAssociation(
            f"{name}-dns",
            firewall_rule_group_id=group.id,
            vpc_id=vpc_id,
            priority=dns.association_priority,
            mutation_protection=dns.mutation_protection,
            tags=dict(dns.tags),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*rules, closed, logged]),
        )
        self.register_outputs({})
