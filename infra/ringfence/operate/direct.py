"""Cutting an agent off through AWS's own API, when Pulumi is locked or slow. Needs the extra `live`.

It makes the changes that Pulumi would make first, and no other: the denial in the agent's NACL, then the denial on its
role. The next deployment finds both and takes them over (`Quarantine.direct`).
"""

from dataclasses import dataclass
from typing import Any

from ringfence.aws.enforcement.acls import QUARANTINE_NUMBER
from ringfence.aws.enforcement.model import Enforcement, RolePolicy
from ringfence.operate.account import account_api, refused

OWN_POLICY = "ringfence-quarantine"
"""The name of the role's denial where the environment has not attached one of its own yet."""

_EVERYTHING = {"Protocol": "-1", "RuleAction": "deny", "CidrBlock": "0.0.0.0/0"}


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: one line for each change or finding, and whether NACL entries were written."""

    lines: tuple[str, ...]
    entries: int


def cut_off_directly(enforcement: Enforcement, agent: str) -> Done:
    """Deny everything at an agent's NACL, then make its role worth nothing; what is done already is left.

    ``enforcement`` is the one in which the agent is quarantined. Raises `InputError` where the credentials are of
    another account, the NACL cannot be told, or AWS refuses: what was done until then is in the message.
    """
    lines: list[str] = []
    with account_api(enforcement.account, enforcement.region, "run with --apply", lines) as client:
        written = _deny_at_nacl(client("ec2"), enforcement, agent, lines)
        for policy in enforcement.role_policies:
            if policy.agent == agent:
                _deny_role(client("iam"), enforcement, policy, lines)
    return Done(tuple(lines), written)


def _deny_at_nacl(ec2: Any, enforcement: Enforcement, agent: str, lines: list[str]) -> int:
    """Both directions; how many entries were written."""
    tags = {"ringfence:environment": enforcement.environment, "ringfence:agent": agent}
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
    pages = ec2.get_paginator("describe_network_acls").paginate(Filters=filters)
    acls: list[Any] = [acl for page in pages for acl in page["NetworkAcls"]]
    if len(acls) != 1:
        found = ", ".join(acl["NetworkAclId"] for acl in acls) or "none"
        wanted = ", ".join(f"{key}={value}" for key, value in tags.items())
        raise refused("RF152", f"one NACL has to have the tags {wanted}; found: {found}", "run with --apply")
    (acl,) = acls
    held = {entry["Egress"]: entry for entry in acl["Entries"] if entry["RuleNumber"] == QUARANTINE_NUMBER}
    written = 0
    for egress in (True, False):
        direction = "egress" if egress else "ingress"
        entry = held.get(egress)
        if entry is not None and all(entry.get(key) == value for key, value in _EVERYTHING.items()):
            lines.append(f"{acl['NetworkAclId']} denies all {direction} already")
            continue
        change = ec2.create_network_acl_entry if entry is None else ec2.replace_network_acl_entry
        change(NetworkAclId=acl["NetworkAclId"], RuleNumber=QUARANTINE_NUMBER, Egress=egress, **_EVERYTHING)
        written += 1
        lines.append(f"{acl['NetworkAclId']} denies all {direction}, by entry {QUARANTINE_NUMBER}")
    return written


def _deny_role(iam: Any, enforcement: Enforcement, policy: RolePolicy, lines: list[str]) -> None:
    """The role's denial, in the inline policy that the environment attached; Pulumi adds a random end to its name."""
    if not policy.attached:
        lines.append(f"the role {policy.role_name} is not this environment's to deny (attach_role_policies)")
        return
    pages = iam.get_paginator("list_role_policies").paginate(RoleName=policy.role_name)
    names = [name for page in pages for name in page["PolicyNames"]]
    begin = f"{enforcement.environment}-{policy.name}-"
    ours = [name for name in names if name.startswith(begin) and "-" not in name.removeprefix(begin)]
    name = ours[0] if len(ours) == 1 else OWN_POLICY
    iam.put_role_policy(RoleName=policy.role_name, PolicyName=name, PolicyDocument=policy.document.text())
    lines.append(f"the role {policy.role_name} is worth nothing, by its inline policy {name}")
    if name == OWN_POLICY:
        lines.append(f"remove the inline policy {OWN_POLICY} by hand when the quarantine is lifted")
