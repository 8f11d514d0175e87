"""``ringfence diff``: what a change opens and closes, before it is deployed."""

import datetime
from pathlib import Path

import click

from ringfence.cli.against import Other, against_options, both_sides, other_side, with_export
from ringfence.cli.approvals import approvals_option, refused_approvals
from ringfence.cli.edge import as_of_option, env_option, on_tree, print_diagnostics
from ringfence.project import day_of
from ringfence.review.compare import compare
from ringfence.review.difference import Difference, is_risky
from ringfence.source.diagnostic import Diagnostic
from ringfence.source.tree import Directory


@click.command()
@env_option
@against_options
@click.option(
    "--format", "form", type=click.Choice(["text", "markdown", "json", "sarif"]), default="text",
    help="How it is written.",
)  # fmt: skip
@click.option(
    "--fail-on", type=click.Choice(["widening", "risky", "never"]), default="never",
    help="End in 1 where access widens, or widens riskily.",
)  # fmt: skip
@approvals_option
@as_of_option
@on_tree
def command(
    tree: Directory,
    env: str,
    name: str | None,
    folder: Path | None,
    export: Path | None,
    form: str,
    fail_on: str,
    approvals_from: str | None,
    as_of: datetime.date | None,
) -> int:
    """Show what the working tree opens and closes for the agents of an environment, and through which change.

    Compares effective access as sets: a rewrite that opens nothing says so. Ends in 0 unless --fail-on says otherwise.
    """
    Other.of(name, folder, export)
    day = day_of(tree, env, as_of)
    refused: tuple[Diagnostic, ...] = ()
    if export is not None:
        if approvals_from is not None:
            raise click.UsageError("--approvals-from compares files, and an export holds none; give it to `check`")
        difference = with_export(tree, env, day, export)
    else:
        with other_side(tree.root, name, folder) as (there, against):
            before, after = both_sides(tree, there, against.prefix, env, day)
            difference = compare(before, after, env, day, against)
            if approvals_from is not None:
                refused = refused_approvals(tree, after.fleet, before.fleet, against.commit)
    click.echo(_written(difference, form), nl=False)
    print_diagnostics(refused, tree)
    return 1 if refused else _code(difference, fail_on)


def _code(difference: Difference, fail_on: str) -> int:
    match fail_on:
        case "widening":
            return 1 if difference.widened or difference.unread else 0
        case "risky":
            return 1 if is_risky(difference) else 0
        case _:
            return 0


def _written(difference: Difference, form: str) -> str:
    # only the rendering that is asked for is imported
    if form == "json":
        from ringfence.review.as_json import difference_json

        return difference_json(difference)
    if form == "markdown":
        from ringfence.review.difference_markdown import difference_markdown

        return difference_markdown(difference)
    if form == "sarif":
        from ringfence.review.difference_sarif import difference_sarif

        return difference_sarif(difference)
    from ringfence.review.difference_text import difference_text

    return difference_text(difference)
