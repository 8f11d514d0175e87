"""``ringfence diff``: what a change opens and closes, before it is deployed."""

import datetime
from pathlib import Path

import click

from ringfence.catalogue.load import Carrying
from ringfence.cli.against import compiled_state, lines_of, located, other_side
from ringfence.cli.approvals import approvals_option, refused_approvals
from ringfence.cli.edge import as_of_option, env_option, on_tree, print_diagnostics
from ringfence.plan import plan_environment
from ringfence.policy.span import Span
from ringfence.profile.fleet import read_environments
from ringfence.project import pinned_day, today
from ringfence.review.compare import compare
from ringfence.review.difference import Against, Difference, is_risky
from ringfence.review.through import State
from ringfence.source.diagnostic import Diagnostic, Findings, InputError, Severity, did_you_mean, render
from ringfence.source.tree import Directory, Tree


@click.command()
@env_option
@click.option("--against", "name", metavar="REF", help="A git revision; else where this left the main line.")
@click.option("--against-dir", "folder", metavar="DIR", type=click.Path(path_type=Path), help="Another project.")
@click.option(
    "--against-export", "export", metavar="FILE", type=click.Path(path_type=Path),
    help="What is deployed: from `pulumi stack export`.",
)  # fmt: skip
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
    if sum(each is not None for each in (name, folder, export)) > 1:
        raise click.UsageError("--against, --against-dir and --against-export are three answers to one question")
    written = read_environments(tree, Findings()).get(env)
    day = today(as_of, pinned_day(written.document) if written else None)
    refused: tuple[Diagnostic, ...] = ()
    if export is not None:
        if approvals_from is not None:
            raise click.UsageError("--approvals-from compares files, and an export holds none; give it to `check`")
        difference = _with_export(tree, env, day, export)
    else:
        with other_side(tree.root, name, folder) as (there, against):
            before, after = _both(tree, there, against.prefix, env, day)
            difference = compare(before, after, env, day, against)
            if approvals_from is not None:
                refused = refused_approvals(tree, after.fleet, before.fleet, against.commit)
    click.echo(_written(difference, form), nl=False)
    print_diagnostics(refused, tree)
    return 1 if refused else _code(difference, fail_on)


def _both(here: Tree, there: Tree, name: str, env: str, day: datetime.date) -> tuple[State, State]:
    """Both sides, before and after; raises `InputError` with the problems of both, each located in its own."""
    states: list[State] = []
    problems: list[Diagnostic] = []
    for tree, prefix in ((there, name), (here, None)):
        findings = Findings()
        try:
            states.append(compiled_state(tree, env, day, findings))
        except InputError as error:
            problems += error.diagnostics if prefix is None else located(error.diagnostics, prefix)
    if problems:
        line = lines_of(here, there, name)
        for diagnostic in problems:
            click.echo(render(diagnostic, line), err=True)
        errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in problems)
        click.echo(f"{errors} {'error' if errors == 1 else 'errors'}", err=True)
        raise click.exceptions.Exit(2)
    before, after = states
    if before.plan is None and after.plan is None:
        known = {*before.fleet.environments, *after.fleet.environments}
        message = f"there is no environment `{env}` on either side"
        raise InputError([Diagnostic(Span(f"Pulumi.{env}.yaml"), "RF050", message, did_you_mean(env, known))])
    return before, after


def _with_export(tree: Tree, env: str, day: datetime.date, path: Path) -> Difference:
    """The difference to a deployed stack; warnings of the working tree are `check`'s to print."""
    from ringfence.cli.state import read_file
    from ringfence.review.deployed import compare_deployed

    plan = plan_environment(Carrying.of(tree), env, day, Findings())
    return compare_deployed(read_file(path), plan, Against("export", str(path), None))


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
