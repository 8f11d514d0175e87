"""Network ACLs: stateless, in order, one for each agent and each of the environment's own kinds of subnet."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from ringfence.aws.enforcement.model import NetworkAcl
from ringfence.aws.resources.network import Network


class NetworkAcls(pulumi.ComponentResource):
    """Every NACL with its entries. An entry that allows comes after those that deny before it in order, and goes first.

    Otherwise, while a deployment is under way, the allowance would stand without the exception to it.
    """

    def __init__(
        self,
        name: str,
        acls: tuple[NetworkAcl, ...],
        network: Network,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ringfence:acls:NetworkAcls", name, None, opts)
        self.acls: Mapping[str, aws.ec2.NetworkAcl] = {acl.name: self._acl(name, acl, network) for acl in acls}
        self.register_outputs({})

    def _acl(self, name: str, acl: NetworkAcl, network: Network) -> aws.ec2.NetworkAcl:
        made = aws.ec2.NetworkAcl(
            f"{name}-{acl.name}",
            vpc_id=network.vpc_id,
            subnet_ids=[network.subnets[subnet].id for subnet in acl.subnets],
            tags=dict(acl.tags),
            opts=pulumi.ResourceOptions(parent=self),
        )
        existing = _existing(acl) if acl.adopted else None
        denials: dict[str, list[pulumi.Resource]] = {"ingress": [], "egress": []}
        for rule in sorted(acl.rules, key=lambda rule: (rule.number, rule.direction)):
            before = denials[rule.direction]
            egress = rule.direction == "egress"
            entry = aws.ec2.NetworkAclRule(
                f"{name}-{rule.name}",
                network_acl_id=made.id,
                egress=egress,
                rule_number=rule.number,
                rule_action=rule.action,
                protocol=rule.protocol,
                cidr_block=str(rule.network),
                from_port=rule.first_port,
                to_port=rule.last_port,
                opts=pulumi.ResourceOptions(
                    parent=self,
                    depends_on=list(before) if rule.action == "allow" else None,
                    # Any change replaces an entry, and two cannot have one number.
                    delete_before_replace=True,
                    import_=existing and f"{existing}:{rule.number}:{rule.protocol}:{str(egress).lower()}",
                ),
            )
            if rule.action == "deny":
                before.append(entry)
        return made


def _existing(acl: NetworkAcl) -> str | None:
    """The deployed NACL whose entries are to be taken over: asked for by its tags, as an entry is imported by its id.

    An entry's id for an import is NACL, number, protocol and direction
    (https://www.pulumi.com/registry/packages/aws/api-docs/ec2/networkaclrule/#import).
    """
    tags = dict(acl.tags)
    wanted = {key: tags[key] for key in ("ringfence:environment", "ringfence:agent")}
    found = aws.ec2.get_network_acls(tags=wanted).ids
    if len(found) == 1:
        return found[0]
    pulumi.log.warn(f"{len(found)} NACLs are tagged as {acl.name}'s, so its entries are made, not taken over")
    return None
