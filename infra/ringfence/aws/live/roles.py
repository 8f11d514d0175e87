"""The agents' roles: what is attached to them, and what it permits."""

import json
from collections.abc import Iterable

from ringfence.aws.live.api import Api, one
from ringfence.aws.live.state import State
from ringfence.verify.graph import Value

_NOT_THERE = frozenset({"NoSuchEntity"})
"""A workload that is not deployed yet has no role yet, and nothing can be done as it."""


def read_roles(api: Api, arns: Iterable[str], state: State) -> None:
    """Each role that is there, with its inline and attached policies; a policy of several roles once."""
    policies: set[str] = set()
    for arn in sorted(set(arns)):
        name = arn.rpartition("/")[2]
        found = api.answer("iam", "GetRole", f"the role {name}", absent=_NOT_THERE, RoleName=name)
        if found is None:
            continue
        role = found["Role"]
        boundary = one(role, "PermissionsBoundary").get("PermissionsBoundaryArn")
        state.add(
            "aws:iam/role:Role",
            name,
            {
                "name": name,
                "assumeRolePolicy": _text(role.get("AssumeRolePolicyDocument")),
                "permissionsBoundary": boundary,
            },
            outputs={"arn": role["Arn"]},
        )
        about = f"the policies of the role {name}"
        for inline in api.pages("iam", "ListRolePolicies", "PolicyNames", about, RoleName=name):
            read = api.answer("iam", "GetRolePolicy", about, RoleName=name, PolicyName=inline)
            if read is not None:
                state.add(
                    "aws:iam/rolePolicy:RolePolicy",
                    f"{name}:{inline}",
                    {"role": name, "name": str(inline), "policy": _text(read["PolicyDocument"])},
                )
        for attached in api.pages("iam", "ListAttachedRolePolicies", "AttachedPolicies", about, RoleName=name):
            policy = str(attached["PolicyArn"])
            policies.add(policy)
            state.add(
                "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
                f"{name}/{policy}",
                {"role": name, "policyArn": policy},
            )
        if boundary:
            policies.add(str(boundary))
    for policy in sorted(policies):
        _read_policy(api, policy, state)


def _read_policy(api: Api, arn: str, state: State) -> None:
    about = f"the policy {arn}"
    found = api.answer("iam", "GetPolicy", about, PolicyArn=arn)
    if found is None:
        return
    version = found["Policy"]["DefaultVersionId"]
    read = api.answer("iam", "GetPolicyVersion", about, PolicyArn=arn, VersionId=version)
    if read is not None:
        name = str(found["Policy"]["PolicyName"])
        document = _text(read["PolicyVersion"]["Document"])
        state.add("aws:iam/policy:Policy", arn, {"name": name, "policy": document}, name=name, outputs={"arn": arn})


def _text(document: object) -> Value:
    """A policy document, which boto3 has parsed already, as text."""
    return document if isinstance(document, str) else json.dumps(document, sort_keys=True)
