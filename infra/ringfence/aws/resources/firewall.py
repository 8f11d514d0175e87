"""Network Firewall: rule groups, policy, TLS inspection, the firewall itself and its logs."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws
from pulumi_aws import networkfirewall as nfw
from pulumi_aws.networkfirewall.outputs import FirewallFirewallStatus

from ringfence.aws.enforcement.firewall.compile import DEFAULT_GROUP
from ringfence.aws.enforcement.model import Enforcement, NetworkFirewall
from ringfence.aws.resources.logs import LogStore
from ringfence.aws.resources.network import Network

PRIORITY_STEP = 100
"""Between the priorities of rule groups, so that one can be put between two without moving others (1 to 65535)."""


class Firewall(pulumi.ComponentResource):
    """The firewall and all that it judges by.

    Rule groups are named by Pulumi, so that a replacement stands before the old one goes: AWS refuses to delete a
    group that a policy uses. The default denial is the exception: its name and capacity are fixed and it is only
    ever updated, so no policy is without it at any time. Its ARN follows from its name, so that the policy shows
    also in a preview where in the order it stands.

    What TLS is decrypted changes after the rules have: those for decrypted traffic take HTTP that never was encrypted
    for what they are about, so an agent that goes loses its grants before its TLS is let be.

    Rules for decrypted traffic belong to a policy that decrypts. When inspection is turned on or off, both the policy
    and its rule groups are new ones, and the firewall changes over in one step: none judges by the other's rules.
    """

    def __init__(
        self,
        name: str,
        enforcement: Enforcement,
        firewall: NetworkFirewall,
        network: Network,
        store: LogStore,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ringfence:firewall:Firewall", name, None, opts)
        partition = aws.get_partition().partition
        self._arn_prefix = f"arn:{partition}:network-firewall:{enforcement.region}:{enforcement.account}"
        policy = self._policy(name, firewall)
        self.firewall = nfw.Firewall(
            f"{name}-firewall",
            vpc_id=network.vpc_id,
            firewall_policy_arn=policy.arn,
            subnet_mappings=[
                nfw.FirewallSubnetMappingArgs(subnet_id=network.subnets[subnet].id, ip_address_type="IPV4")
                for _, subnet in firewall.subnets
            ],
            delete_protection=firewall.protected,
            subnet_change_protection=firewall.protected,
            firewall_policy_change_protection=firewall.protected,
            tags=dict(firewall.tags),
            opts=pulumi.ResourceOptions(parent=self, protect=firewall.protected),
        )
        self.logging = self._logging(name, firewall, store)
        self.register_outputs({"firewallArn": self.firewall.arn})

    def endpoint_in(self, zone: str) -> pulumi.Output[str]:
        """The id of the firewall's endpoint in a zone."""
        return self.firewall.firewall_statuses.apply(lambda statuses: endpoint_of(statuses, zone))

    def _groups(self, name: str, firewall: NetworkFirewall) -> dict[nfw.RuleGroup, pulumi.Input[str]]:
        """The rule groups in evaluation order, with the ARNs by which the policy knows them."""
        found: dict[nfw.RuleGroup, pulumi.Input[str]] = {}
        for group in firewall.rules.groups:
            is_default = group.name == DEFAULT_GROUP
            logical = f"{name}-{group.name}" + ("" if is_default else _suffix(firewall))
            made = nfw.RuleGroup(
                logical,
                name=logical if is_default else None,
                type="STATEFUL",
                capacity=group.capacity,
                rule_group=nfw.RuleGroupRuleGroupArgs(
                    rules_source=nfw.RuleGroupRuleGroupRulesSourceArgs(rules_string=group.text),
                    stateful_rule_options=nfw.RuleGroupRuleGroupStatefulRuleOptionsArgs(rule_order="STRICT_ORDER"),
                ),
                tags=dict(firewall.tags),
                opts=pulumi.ResourceOptions(parent=self),
            )
            found[made] = f"{self._arn_prefix}:stateful-rulegroup/{logical}" if is_default else made.arn
        return found

    def _policy(self, name: str, firewall: NetworkFirewall) -> nfw.FirewallPolicy:
        groups = self._groups(name, firewall)
        inspection = self._inspection(name, firewall, list(groups))
        # AWS adds TLS inspection to a new policy only, and never takes it away (ManagingTLSConfiguration), so the
        # policy with it is another resource; the firewall changes over before the old policy goes.
        return nfw.FirewallPolicy(
            f"{name}-firewall{_suffix(firewall)}",
            firewall_policy=nfw.FirewallPolicyFirewallPolicyArgs(
                stateless_default_actions=["aws:forward_to_sfe"],
                stateless_fragment_default_actions=["aws:forward_to_sfe"],
                stateful_engine_options=nfw.FirewallPolicyFirewallPolicyStatefulEngineOptionsArgs(
                    rule_order="STRICT_ORDER", stream_exception_policy="REJECT"
                ),
                stateful_rule_group_references=[
                    nfw.FirewallPolicyFirewallPolicyStatefulRuleGroupReferenceArgs(
                        priority=PRIORITY_STEP * position, resource_arn=arn
                    )
                    for position, arn in enumerate(groups.values(), 1)
                ],
                policy_variables=nfw.FirewallPolicyFirewallPolicyPolicyVariablesArgs(
                    rule_variables=[
                        nfw.FirewallPolicyFirewallPolicyPolicyVariablesRuleVariableArgs(
                            key="HOME_NET",
                            ip_set=nfw.FirewallPolicyFirewallPolicyPolicyVariablesRuleVariableIpSetArgs(
                                definitions=[str(network) for network in firewall.rules.home_net]
                            ),
                        )
                    ]
                ),
                tls_inspection_configuration_arn=inspection.arn if inspection else None,
            ),
            tags=dict(firewall.tags),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(groups)),
        )

    def _inspection(
        self, name: str, firewall: NetworkFirewall, groups: Sequence[pulumi.Resource]
    ) -> nfw.TlsInspectionConfiguration | None:
        if firewall.ca_certificate_arn is None:
            return None
        scope = nfw.TlsInspectionConfigurationTlsInspectionConfigurationServerCertificateConfigurationScopeArgs(
            protocols=[6],
            sources=[
                nfw.TlsInspectionConfigurationTlsInspectionConfigurationServerCertificateConfigurationScopeSourceArgs(
                    address_definition=str(network)
                )
                for network in firewall.rules.inspected
            ],
            source_ports=[
                nfw.TlsInspectionConfigurationTlsInspectionConfigurationServerCertificateConfigurationScopeSourcePortArgs(
                    from_port=0, to_port=65535
                )
            ],
            destinations=[
                nfw.TlsInspectionConfigurationTlsInspectionConfigurationServerCertificateConfigurationScopeDestinationArgs(
                    address_definition="0.0.0.0/0"
                )
            ],
            destination_ports=[
                nfw.TlsInspectionConfigurationTlsInspectionConfigurationServerCertificateConfigurationScopeDestinationPortArgs(
                    from_port=port, to_port=port
                )
                for port in firewall.inspected_ports
            ],
        )
        return nfw.TlsInspectionConfiguration(
            f"{name}-firewall",
            tls_inspection_configuration=nfw.TlsInspectionConfigurationTlsInspectionConfigurationArgs(
                server_certificate_configuration=(
                    nfw.TlsInspectionConfigurationTlsInspectionConfigurationServerCertificateConfigurationArgs(
                        certificate_authority_arn=firewall.ca_certificate_arn,
                        scopes=[scope],
                    )
                )
            ),
            tags=dict(firewall.tags),
            opts=pulumi.ResourceOptions(parent=self, depends_on=groups),
        )

    def _logging(self, name: str, firewall: NetworkFirewall, store: LogStore) -> nfw.LoggingConfiguration:
        groups = (("ALERT", firewall.alert_log_group), ("FLOW", firewall.flow_log_group))
        return nfw.LoggingConfiguration(
            f"{name}-firewall",
            firewall_arn=self.firewall.arn,
            logging_configuration=nfw.LoggingConfigurationLoggingConfigurationArgs(
                log_destination_configs=[
                    nfw.LoggingConfigurationLoggingConfigurationLogDestinationConfigArgs(
                        log_type=kind,
                        log_destination_type="CloudWatchLogs",
                        log_destination={"logGroup": store.groups[group].name},
                    )
                    for kind, group in groups
                ]
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _suffix(firewall: NetworkFirewall) -> str:
    return "-inspecting" if firewall.ca_certificate_arn else ""


def endpoint_of(statuses: Sequence[FirewallFirewallStatus], zone: str) -> str:
    """The endpoint in a zone, found by the zone's name: AWS gives the states as a set, in any order.

    Raises `pulumi.RunError` where the firewall has none there.
    """
    for status in statuses:
        for state in status.sync_states or ():
            if state.availability_zone == zone:
                for attachment in state.attachments or ():
                    if attachment.endpoint_id:
                        return attachment.endpoint_id
    raise pulumi.RunError(f"the firewall has no endpoint in {zone}; look at its subnets in AWS, then run `up` again")
