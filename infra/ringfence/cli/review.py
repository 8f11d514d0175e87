"""``ringfence review``: what was opened, for a person who answers for it."""

import datetime
import re
from pathlib import Path

import click

from ringfence.aws.enforcement.enforce import enforce
from ringfence.aws.enforcement.model import Enforcement
from ringfence.cli.against import Other, against_options, difference_to
from ringfence.cli.compiled import Compiled, compile_environment
from ringfence.cli.edge import as_of_option, env_option, finish, on_tree, strict_option, write_files
from ringfence.cli.progress import step
from ringfence.policy.residual import ResidualKind
from ringfence.policy.span import Span
from ringfence.project import line_at
from ringfence.review.build import build_report
from ringfence.review.difference import Difference
from ringfence.review.report import Report
from ringfence.review.risk import unaccepted
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory, Tree

_FORMATS = ("text", "markdown", "json", "html")


def _source_url(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and not (re.fullmatch(r"https://[!-~]+", value) and "{path}" in value):
        raise click.BadParameter("write an https:// address with {path}, and {line} where lines have addresses")
    return value


@click.command()
@env_option
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", help="How it is written.")
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Where to; else standard output."
)
@against_options
@click.option(
    "--source-url", metavar="URL", callback=_source_url,
    help="Where a browser finds a profile's line, with {path} and {line}, for --format html.",
)  # fmt: skip
@as_of_option
@strict_option
@on_tree
def command(
    tree: Directory,
    env: str,
    form: str,
    out: Path | None,
    name: str | None,
    folder: Path | None,
    export: Path | None,
    source_url: str | None,
    as_of: datetime.date | None,
    strict: bool,
) -> int:
    """Show what each agent of an environment may reach, through which layers, why, until when and by whose approval.

    Then risky combinations, what is not as declared (residuals), quotas, resources, and what is billed. Ends in 1 where
    nobody answers for a risk or a quota is exceeded; with --strict also where a restriction cannot be enforced here.

    --format html writes one page for a browser; with --against, --against-dir or --against-export it shows first what
    opened since. The other formats show that with `ringfence diff`.
    """
    other = Other.of(name, folder, export)
    if form != "html" and (other or source_url):
        raise click.UsageError("--against and --source-url are for --format html; `ringfence diff` has other formats")
    findings = Findings()
    compiled = compile_environment(tree, env, as_of, findings, strict=strict)
    enforcement = enforce(compiled.plan, compiled.allocation)
    step(f"reviewing {env}")
    report = build_report(compiled.plan, enforcement, compiled.allocation)
    if form == "html":
        difference = difference_to(other, tree, env, report.as_of) if other else None
        text = _page(report, compiled, enforcement, tree, difference, source_url)
    else:
        text = _written(report, form)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_files(out.parent, {out.name: text})
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


def _page(
    report: Report,
    compiled: Compiled,
    enforcement: Enforcement,
    tree: Tree,
    difference: Difference | None,
    source_url: str | None,
) -> str:
    from ringfence.review.page.data import page_data
    from ringfence.review.page.html import page_html

    def line(place: str) -> str | None:
        path, _, number = place.rpartition(":")
        return line_at(tree, Span(path, int(number)))

    return page_html(page_data(report, compiled.plan.declared, enforcement, line, difference, source_url))


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
