"""The agents' roles: the supplementary denials, where this environment attaches them."""

import pulumi
import pulumi_aws as aws

from ringfence.aws.enforcement.model import RolePolicy
from ringfence.aws.resources.documents import References, document_input


class RolePolicies(pulumi.ComponentResource):
    """Inline policies on the agents' own roles, which stay whoever made them's."""

    def __init__(
        self,
        name: str,
        policies: tuple[RolePolicy, ...],
        references: References,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("ringfence:identity:RolePolicies", name, None, opts)
        for policy in policies:
            if policy.attached:
                aws.iam.RolePolicy(
                    f"{name}-{policy.name}",
                    role=policy.role_name,
                    policy=document_input(policy.document, references),
                    opts=pulumi.ResourceOptions(parent=self),
                )
        self.register_outputs({})
