"""The Pulumi program of one stack: what it deploys is what `ringfence review` shows, in the account that it names."""

import functools
from typing import Any

import pulumi
import pulumi_aws as aws
from pydantic import ValidationError

from ringfence.aws.allocation import Allocation
from ringfence.aws.allocation_file import allocation_of, allocation_path
from ringfence.aws.enforcement.enforce import enforce
from ringfence.aws.enforcement.model import Enforcement
from ringfence.aws.place import check_place
from ringfence.aws.resources.environment import register
from ringfence.plan import plan_environment
from ringfence.policy.span import Span
from ringfence.profile.model import Environment
from ringfence.profile.written import WrittenEnvironment
from ringfence.project import day_of, find_root, line_at, pinned_day
from ringfence.source.diagnostic import Diagnostic, Findings, InputError, Severity, render
from ringfence.source.tree import Directory, Tree

_ENVIRONMENT = ("config", "ringfence:environment")


def main() -> None:
    """Deploy the project that the working directory is in."""
    try:
        tree = Directory(find_root(None))
    except InputError as error:
        raise _refusal(error, None) from None
    run(tree)


def run(tree: Tree) -> None:
    """Compile the stack's environment from the tree and register it.

    Raises `pulumi.RunError`, with every diagnostic rendered, where the input cannot be compiled or the program runs
    in another account or region than the environment names: before any resource is registered.
    """
    findings = Findings()
    try:
        enforcement = compile_stack(tree, pulumi.get_stack(), findings)
    except InputError as error:
        raise _refusal(error, tree) from None
    for diagnostic in findings.sorted():
        pulumi.log.warn(_shown(diagnostic, tree))
    register(enforcement)


def compile_stack(tree: Tree, stack: str, findings: Findings) -> Enforcement:
    """The stack's enforcement, with its place in AWS asserted; raises `InputError` with everything that is wrong."""
    plan = plan_environment(tree, stack, day_of(tree, stack), findings)
    _check_configuration(plan.environment, findings)
    allocation = allocation_of(plan, tree, findings)
    _check_allocation(allocation, findings)
    findings.raise_if_failed()
    enforcement = enforce(plan, allocation)
    _check_place(plan.environment, findings)
    findings.raise_if_failed()
    return enforcement


def _check_configuration(written: WrittenEnvironment, findings: Findings) -> None:
    """What Pulumi gives as the stack's configuration is what stands in its file: reviews read the file."""
    given: Any = pulumi.Config("ringfence").get_object("environment")
    try:
        same = Environment.model_validate(given) == written.environment
    except ValidationError:
        same = False
    if not same:
        findings.error(
            written.span(*_ENVIRONMENT),
            "RF110",
            "Pulumi's configuration of this stack is not what stands here, and reviews read what stands here",
            "leave out --config-file and --config, and set the environment in this file only",
        )
    pinned = pinned_day(written.document)
    if (pulumi.Config("ringfence").get("as_of") or "")[:10] != (pinned.isoformat() if pinned else ""):
        findings.error(
            written.span("config", "ringfence:as_of"),
            "RF110",
            "Pulumi's configuration of this stack names another day, and reviews read what stands here",
            "leave out --config-file and --config, and set `ringfence:as_of` in this file only",
        )
    region = pulumi.Config("aws").get("region")
    if region != written.region:
        findings.error(
            written.span("config", "aws:region"),
            "RF110",
            f"Pulumi's configuration of this stack says {region or 'nothing'}, and reviews read what stands here",
            "leave out --config-file and --config, and set the region in this file only",
        )


def _check_allocation(allocation: Allocation, findings: Findings) -> None:
    if allocation.provisional:
        path = allocation_path(allocation.environment)
        findings.error(
            Span(path),
            "RF111",
            "these agents have no addresses yet, or too few: " + ", ".join(sorted(allocation.provisional)),
            f"run `ringfence allocate --env {allocation.environment}`, and commit {path}",
        )


def _check_place(written: WrittenEnvironment, findings: Findings) -> None:
    """The account, region and zones are those of the environment: asked now, and answered before anything else."""
    check_place(
        written,
        aws.get_caller_identity().account_id,
        aws.get_region().region,
        lambda: aws.get_availability_zones(state="available").names,
        findings,
        who="the provider",
    )


def _refusal(error: InputError, tree: Tree | None) -> pulumi.RunError:
    shown = [_shown(diagnostic, tree) for diagnostic in error.diagnostics]
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in error.diagnostics)
    return pulumi.RunError("\n".join([*shown, f"{errors} {'error' if errors == 1 else 'errors'}"]))


def _shown(diagnostic: Diagnostic, tree: Tree | None) -> str:
    return render(diagnostic, functools.partial(line_at, tree))
