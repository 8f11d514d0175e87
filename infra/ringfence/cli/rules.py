"""``ringfence rules``: the generated rules as files, all of them or none."""

import datetime
from pathlib import Path

import click

from ringfence.aws.allocation_file import require_written
from ringfence.aws.enforcement.enforce import enforce
from ringfence.cli.compiled import compile_environment
from ringfence.cli.edge import as_of_option, env_option, finish, on_tree, write_files
from ringfence.review.artefacts import GENERATED, artefacts
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory


@click.command()
@env_option
@click.option(
    "--out", metavar="DIR", type=click.Path(path_type=Path), help="Where to write; else out/ENV in the project."
)
@as_of_option
@on_tree
def command(tree: Directory, env: str, out: Path | None, as_of: datetime.date | None) -> int:
    """Write an environment's rules, lists and policies as files: Suricata rules, IAM documents, and JSON.

    Needs the environment's addresses to be written (`ringfence allocate`): rules hold addresses.
    """
    findings = Findings()
    compiled = compile_environment(tree, env, as_of, findings)
    require_written(compiled.plan, compiled.allocation, findings)
    files = artefacts(enforce(compiled.plan, compiled.allocation), compiled.allocation)
    folder = out or tree.root / "out" / env
    write_files(folder, files)
    for pattern in GENERATED:
        for path in folder.glob(pattern):
            if path.is_file() and str(path.relative_to(folder)) not in files:
                path.unlink()  # of an agent or service that is no longer there
    click.echo(f"wrote {len(files)} files to {folder} as of {compiled.plan.declared.as_of}")
    return finish(findings, tree, strict=False)
