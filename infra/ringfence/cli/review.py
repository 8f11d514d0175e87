"""``ringfence review``: what was opened, for a person who answers for it."""

import datetime

import click

from ringfence.aws.enforcement.enforce import enforce
from ringfence.cli.compiled import compile_environment
from ringfence.cli.edge import as_of_option, env_option, finish, on_tree, strict_option
from ringfence.policy.residual import ResidualKind
from ringfence.review.build import build_report
from ringfence.review.report import Report
from ringfence.review.risk import unaccepted
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Tree


@click.command()
@env_option
@click.option(
    "--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text", help="How it is written."
)
@as_of_option
@strict_option
@on_tree
def command(tree: Tree, env: str, form: str, as_of: datetime.date | None, strict: bool) -> int:
    """Show what each agent of an environment may reach, through which layers, why, until when and by whose approval.

    Then risky combinations, what is not as declared (residuals), quotas, resources, and what is billed. Ends in 1 where
    nobody answers for a risk or a quota is exceeded; with --strict also where a restriction cannot be enforced here.
    """
    findings = Findings()
    compiled = compile_environment(tree, env, as_of, findings, strict=strict)
    report = build_report(compiled.plan, enforce(compiled.plan, compiled.allocation), compiled.allocation)
    click.echo(_written(report, form), nl=False)
    code = finish(findings, tree, strict=strict)
    if any(use.exceeded for use in report.quotas):
        click.echo("a quota is exceeded", err=True)
        code = 1
    open_risks = unaccepted(report.risks)
    if open_risks:
        named = ", ".join(f"{risk.risk} of {risk.agent}" for risk in open_risks)
        click.echo(f"nobody answers for {named}: see the risks, and `accepts` in a profile", err=True)
        code = 1
    elif strict and report.risks:
        click.echo(f"{len(report.risks)} accepted risks (--strict)", err=True)
        code = 1
    refused = sum(left.kind == ResidualKind.NOT_ENFORCEABLE for left in report.residuals)
    if strict and refused:
        click.echo(f"{refused} declared restrictions cannot be enforced here (--strict)", err=True)
        code = 1
    return code


def _written(report: Report, form: str) -> str:
    # only the rendering that is asked for is imported
    if form == "json":
        from ringfence.review.as_json import json_of

        return json_of(report)
    if form == "markdown":
        from ringfence.review.markdown import markdown_of

        return markdown_of(report)
    from ringfence.review.text import text_of

    return text_of(report)
