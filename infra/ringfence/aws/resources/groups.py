"""Security groups, with standalone rules only: inline ones on the same group would undo them.

What else stands in a group is somebody's by hand: a refresh shows it as a difference of the list of all its rules, so
that a deployment with `--refresh` takes it away.
"""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from ringfence.aws.enforcement.model import CidrPeer, GroupPeer, Peer, PrefixListPeer, SecurityGroup, SecurityGroupRule


class _Peer(TypedDict, total=False):
    cidr_ipv4: str
    referenced_security_group_id: pulumi.Output[str]
    prefix_list_id: pulumi.Output[str]


class SecurityGroups(pulumi.ComponentResource):
    """Every security group and its rules. All groups come first, because rules refer to each other's groups."""

    def __init__(
        self,
        name: str,
        groups: tuple[SecurityGroup, ...],
        vpc_id: pulumi.Output[str],
        prefix_lists: Mapping[str, pulumi.Output[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ringfence:groups:SecurityGroups", name, None, opts)
        self._prefix_lists = prefix_lists
        self.groups = {
            group.name: aws.ec2.SecurityGroup(
                f"{name}-{group.name}",
                vpc_id=vpc_id,
                description=group.description,
                # Rules of other groups may refer to this one, and AWS deletes no group that a rule names.
                revoke_rules_on_delete=True,
                tags=dict(group.tags),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for group in groups
        }
        for group in groups:
            rules: dict[str, list[pulumi.Output[str]]] = {"ingress": [], "egress": []}
            for rule in group.rules:
                rules[rule.direction].append(self._rule(name, group, rule))
            aws.ec2.VpcSecurityGroupRulesExclusive(
                f"{name}-{group.name}",
                security_group_id=self.groups[group.name].id,
                ingress_rule_ids=rules["ingress"],
                egress_rule_ids=rules["egress"],
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})

    def _rule(self, name: str, group: SecurityGroup, rule: SecurityGroupRule) -> pulumi.Output[str]:
        kind = {"ingress": aws.vpc.SecurityGroupIngressRule, "egress": aws.vpc.SecurityGroupEgressRule}[rule.direction]
        return kind(
            f"{name}-{rule.name}",
            security_group_id=self.groups[group.name].id,
            ip_protocol=rule.protocol,
            from_port=rule.first_port,
            to_port=rule.last_port,
            description=rule.description,
            tags=dict(rule.tags),
            opts=pulumi.ResourceOptions(parent=self),
            **self._peer(rule.peer),
        ).id

    def _peer(self, peer: Peer) -> _Peer:
        match peer:
            case CidrPeer(network):
                return {"cidr_ipv4": str(network)}
            case GroupPeer(group):
                return {"referenced_security_group_id": self.groups[group].id}
            case PrefixListPeer(endpoint):
                return {"prefix_list_id": self._prefix_lists[endpoint]}
