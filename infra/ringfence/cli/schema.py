"""``ringfence schema``: JSON Schemas for editors, and of what Ringfence writes."""

import json
from pathlib import Path

import click

from ringfence.catalogue.load import load_catalogue
from ringfence.cli.edge import on_tree, write_files
from ringfence.profile.schema import schema_path, schemas
from ringfence.review.schema import output_schemas
from ringfence.source.diagnostic import Findings, did_you_mean
from ringfence.source.schema import Schema
from ringfence.source.tree import Directory


@click.command()
@click.argument("name", required=False)
@click.option("--write", is_flag=True, help="Write the schemas of what people write to profiles/schema/.")
@click.option(
    "--outputs", metavar="DIR", type=click.Path(path_type=Path), help="Write the schemas of what Ringfence writes."
)
@on_tree
def command(tree: Directory, name: str | None, write: bool, outputs: Path | None) -> int:
    """List the JSON Schemas (draft-07), print one, or write them.

    Those of profiles and classes hold the project's own capabilities too, so editors complete them.
    """
    findings = Findings()
    written = schemas(load_catalogue(tree, findings))
    findings.raise_if_failed()
    produced = output_schemas()
    if name is not None:
        known = {**written, **produced}
        if name not in known:
            raise click.UsageError(f"there is no schema `{name}`; {did_you_mean(name, known)}")
        click.echo(_text(known[name]), nl=False)
    if write:
        write_files(tree.root, {schema_path(each): _text(schema) for each, schema in written.items()})
        click.echo(f"wrote {len(written)} schemas to profiles/schema")
    if outputs is not None:
        write_files(outputs, {f"{each}.schema.json": _text(schema) for each, schema in produced.items()})
        click.echo(f"wrote {len(produced)} schemas to {outputs}")
    if name is None and not write and outputs is None:
        click.echo("what people write: " + ", ".join(written))
        click.echo("what Ringfence writes: " + ", ".join(produced))
    return 0


def _text(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=True) + "\n"
