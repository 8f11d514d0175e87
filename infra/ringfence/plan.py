"""One environment, from its tree of files to the policy: what every command starts with."""

import datetime
from dataclasses import dataclass

from ringfence.policy.effective import effective_policy
from ringfence.policy.policy import Policy
from ringfence.policy.span import Span
from ringfence.profile.ceiling import ceiling_residuals, check_ceiling
from ringfence.profile.expansion import declared_policy, pinned_conflicts
from ringfence.profile.fleet import Fleet, read_fleet
from ringfence.profile.grants import variables
from ringfence.profile.homograph import warn_of_homographs
from ringfence.profile.written import WrittenEnvironment
from ringfence.source.diagnostic import Findings, did_you_mean
from ringfence.source.tree import Tree


@dataclass(frozen=True, slots=True)
class Plan:
    """What is declared for an environment, and what this environment makes of it."""

    fleet: Fleet
    environment: WrittenEnvironment
    declared: Policy
    effective: Policy


def plan_environment(
    tree: Tree, environment: str, as_of: datetime.date, findings: Findings, *, strict: bool = False
) -> Plan:
    """Read a tree and compile one environment; raises `InputError` with every problem when any is an error."""
    fleet = read_fleet(tree, findings)
    written = fleet.environments.get(environment)
    if written is None:
        path = f"Pulumi.{environment}.yaml"
        if not any(found.span.path == path for found in findings.diagnostics):
            findings.error(
                Span(path),
                "RF050",
                f"there is no environment `{environment}`",
                did_you_mean(environment, fleet.environments),
            )
        findings.raise_if_failed()
        raise AssertionError("an environment that was not read leaves an error")
    declared = declared_policy(fleet, environment, as_of, findings, strict=strict)
    if written.environment.inspection == "requests":
        pinned_conflicts(declared, findings)
    warn_of_homographs(declared, findings)
    known = variables(written, "")
    check_ceiling(fleet.ceiling, environment, known, declared, findings)
    findings.raise_if_failed()
    effective = effective_policy(declared, written.environment.inspection)
    beyond = ceiling_residuals(fleet.ceiling, environment, known, declared, effective)
    return Plan(fleet, written, declared, effective.with_residuals(beyond))
