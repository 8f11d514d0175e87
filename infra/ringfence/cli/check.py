"""``ringfence check``: every profile in every environment, without a cloud, without Pulumi."""

import datetime

import click

from ringfence.catalogue.load import FOLDER
from ringfence.cli import complete
from ringfence.cli.approvals import approvals_option, refused_approvals
from ringfence.cli.edge import as_of_option, finish, on_tree, print_diagnostics, strict_option
from ringfence.policy.span import Span
from ringfence.profile.ceiling import check_ceiling
from ringfence.profile.expansion import declared_policy, pinned_conflicts
from ringfence.profile.expect import check_expectations
from ringfence.profile.fixtures import judge_fixtures
from ringfence.profile.fleet import Fleet, read_fleet
from ringfence.profile.grants import variables
from ringfence.profile.homograph import warn_of_homographs
from ringfence.project import pinned_day, today
from ringfence.source.diagnostic import Diagnostic, Findings, did_you_mean
from ringfence.source.tree import Directory


@click.command()
@click.option("--env", "env", metavar="ENV", shell_complete=complete.environments, help="Check this environment only.")
@click.option("--format", "form", type=click.Choice(["text", "sarif"]), default="text", help="How it is written.")
@approvals_option
@as_of_option
@strict_option
@on_tree
def command(
    tree: Directory, env: str | None, form: str, approvals_from: str | None, as_of: datetime.date | None, strict: bool
) -> int:
    """Check every profile: that it compiles in each of its environments, and says what it expects to say.

    Prints a line for each environment; problems, each with its place and mend, go to standard error. As SARIF, the
    problems are what is printed.
    """
    findings = Findings()
    fleet = read_fleet(tree, findings)
    lines: list[str] = []
    failed: list[Diagnostic] = []
    for name in _wanted(fleet, env, findings):
        environment = fleet.environments[name]
        day = today(as_of, pinned_day(environment.document))
        declared = declared_policy(fleet, name, day, findings, strict=strict)
        if environment.environment.inspection == "requests":
            pinned_conflicts(declared, findings)
        warn_of_homographs(declared, findings)
        check_ceiling(fleet.ceiling, name, variables(environment, ""), declared, findings)
        for written in fleet.catalogue.capabilities.values():
            if written.span.path.startswith(f"{FOLDER}/"):
                judge_fixtures(written, environment, findings)
        failures = check_expectations(fleet, declared)
        failed += [
            Diagnostic(
                failure.span,
                "RF076",
                f"{failure.agent} in {name}: expected to {failure.wanted} {failure.target}",
                failure.reason,
            )
            for failure in failures
        ]
        expected = sum(len(fleet.profiles[agent.name].profile.expect) for agent in declared.agents)
        held = f"{expected - len(failures)} of {_count(expected, 'expectation')} hold · " if expected else ""
        lines.append(
            f"{name} · {_count(len(declared.agents), 'agent')} · {_count(len(declared.flows), 'flow')} · "
            f"{held}as of {day}"
        )
    if approvals_from is not None and not findings.failed:
        failed += refused_approvals(tree, fleet)
    if form == "sarif":
        from ringfence.review.diagnostics import diagnostics_sarif  # what code scanning reads; nobody else waits for it

        problems = (*findings.sorted(), *failed)
        click.echo(diagnostics_sarif(problems, f"check/{env}" if env else "check"), nl=False)
        return 2 if findings.failed else 1 if failed or (strict and problems) else 0
    findings.raise_if_failed()
    for line in lines:
        click.echo(line)
    code = finish(findings, tree, strict=strict)
    print_diagnostics(sorted(failed, key=lambda diagnostic: diagnostic.order), tree)
    return 1 if failed else code


def _wanted(fleet: Fleet, env: str | None, findings: Findings) -> list[str]:
    if env is None:
        if not fleet.environments and not findings.failed:
            findings.error(Span("."), "RF051", "there is no environment", "write Pulumi.ENV.yaml at the root")
        return list(fleet.environments)
    if env in fleet.environments:
        return [env]
    if not any(found.span.path == f"Pulumi.{env}.yaml" for found in findings.diagnostics):
        mend = did_you_mean(env, fleet.environments)
        findings.error(Span(f"Pulumi.{env}.yaml"), "RF050", f"there is no environment `{env}`", mend)
    return []


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
