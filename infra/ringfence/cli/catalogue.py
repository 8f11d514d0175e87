"""``ringfence catalogue``: what there is to need, and what each of it opens."""

from pathlib import Path

import click

from ringfence.catalogue.describe import describe, listing
from ringfence.catalogue.load import load_catalogue
from ringfence.cli import complete
from ringfence.cli.edge import print_diagnostics, root_option
from ringfence.project import find_root
from ringfence.source.diagnostic import Findings, InputError, did_you_mean
from ringfence.source.tree import Directory


@click.command()
@click.argument("name", required=False, shell_complete=complete.capabilities)
@root_option
def command(name: str | None, root: Path | None) -> int:
    """List the capabilities, the project's own among them, or explain one: what it opens and what it carries."""
    try:
        tree = Directory(find_root(root))
    except InputError:
        if root is not None:
            raise
        tree = None  # outside of a project there are the built-in ones
    findings = Findings()
    catalogue = load_catalogue(tree, findings, None if name is None else {name})
    if findings.failed:
        print_diagnostics(findings.sorted(), tree)
        return 2
    if name is None:
        click.echo(listing(catalogue), nl=False)
        return 0
    written = catalogue.get(name)
    if written is None:
        known = load_catalogue(tree, Findings()).capabilities
        raise click.UsageError(f"there is no capability `{name}`; {did_you_mean(name, known)}")
    click.echo(describe(written), nl=False)
    return 0
