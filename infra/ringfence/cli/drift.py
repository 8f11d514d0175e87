"""``ringfence drift``: what somebody has changed by hand since the last deployment, and what that does to access."""

import datetime
from pathlib import Path

import click

from ringfence.cli.compiled import compile_environment
from ringfence.cli.edge import as_of_option, env_option, on_tree
from ringfence.cli.state import check_stack, read_as, unreadable
from ringfence.operate.pulumi_steps import find_pulumi, project_name
from ringfence.operate.scratch_refresh import refresh_copy
from ringfence.policy.span import Span
from ringfence.review.drift import drift_json, drift_of, drift_text
from ringfence.source.diagnostic import Diagnostic, Findings, InputError
from ringfence.source.tree import Directory
from ringfence.verify.graph import GraphError
from ringfence.verify.refreshed import read_refresh


@click.command()
@env_option
@click.option(
    "--before", metavar="FILE", type=click.Path(path_type=Path), help="From `pulumi stack export` before a refresh."
)
@click.option(
    "--after", metavar="FILE", type=click.Path(path_type=Path), help="From `pulumi stack export` after a refresh."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How it is written.")
@as_of_option
@on_tree
def command(
    tree: Directory, env: str, before: Path | None, after: Path | None, form: str, as_of: datetime.date | None
) -> int:
    """Show what somebody changed by hand in a deployed environment, widened access first, each with its mend.

    Refreshes a copy of the state, so that neither AWS nor the state is changed, and proves what is there; with
    --before and --after it reads what was exported elsewhere. Ends in 1 where anything differs from what was deployed.
    """
    if (before is None) != (after is None):
        raise click.UsageError("--before and --after are one answer: give both or neither")
    plan = compile_environment(tree, env, as_of, Findings()).plan
    if before is not None and after is not None:
        refreshed = read_as(read_refresh, "`pulumi stack export`", before, after)
        check_stack(before, refreshed.before.stack, env)
    else:
        exports = refresh_copy(_pulumi(env), tree.root, project_name(tree), env, plan.environment.region)
        try:
            refreshed = read_refresh(exports.before, exports.after)
        except GraphError as error:
            raise unreadable("pulumi stack export", str(error), "`pulumi stack export`") from error
    drift = drift_of(refreshed, plan)
    click.echo(drift_json(drift) if form == "json" else drift_text(drift), nl=False)
    return 1 if drift.changes or drift.together else 0


def _pulumi(env: str) -> str:
    found = find_pulumi()
    if found is None:
        mend = f"put it there, or give --before and --after: `pulumi stack export --stack {env}` around a refresh"
        raise InputError([Diagnostic(Span("pulumi"), "RF156", "there is no `pulumi` on PATH", mend)])
    return found
