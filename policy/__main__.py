"""The policy pack: `pulumi preview --policy-pack policy` refuses what the profiles do not declare."""

import sys
from pathlib import Path

from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy, StackValidationPolicy

# The package of this clone is read where it stands: the pack's environment holds what it needs, and not Pulumi's AWS.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "infra"))

from validators import Declared

declared = Declared(Path(__file__).resolve().parents[1])

PolicyPack(
    name="ringfence",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[
        ResourceValidationPolicy(
            name="no-other-way",
            description="nothing opens a way beside the network of profiles",
            validate=declared.resource,
        ),
        StackValidationPolicy(
            name="what-is-declared",
            description="the resources let through what the profiles declare, no more and no less",
            validate=declared.validate,
        ),
        StackValidationPolicy(
            name="workload-in-its-segment",
            description="a workload stands in its agent's segment, with the agent's group and no other",
            validate=declared.placement,
        ),
    ],
)
