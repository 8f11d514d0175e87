"""``ringfence expiring``: what ends soon, over all environments."""

import datetime
import json
import re

import click

from ringfence.cli.edge import as_of_option, on_tree
from ringfence.profile.fleet import read_fleet
from ringfence.project import today
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Tree


def _days(_: click.Context, __: click.Parameter, value: str) -> int:
    matched = re.fullmatch(r"([0-9]{1,4})d", value)
    if matched is None:
        raise click.BadParameter(f"{value!r} is no number of days; write 30d")
    return int(matched.group(1))


@click.command()
@click.option(
    "--within", metavar="DAYS", default="30d", callback=_days, help="How far to look ahead; 30d unless given."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How it is written.")
@as_of_option
@click.option("--strict", is_flag=True, help="End in 1 where anything ends.")
@on_tree
def command(tree: Tree, within: int, form: str, as_of: datetime.date | None, strict: bool) -> int:
    """List the approvals and accepted risks that end soon or have ended, in every environment, the first first.

    For a scheduled job: --strict ends in 1 where there are any. What expires elsewhere is named as not known.
    """
    from ringfence.review.expiring import endings, endings_text

    findings = Findings()
    fleet = read_fleet(tree, findings)
    findings.raise_if_failed()
    found = endings(fleet, today(as_of), within)
    if form == "json":
        from pydantic import TypeAdapter

        from ringfence.review.expiring import Endings

        click.echo(json.dumps(TypeAdapter(Endings).dump_python(found, mode="json"), indent=2))
    else:
        click.echo("\n".join(endings_text(found)))
    return 1 if strict and found.endings else 0
