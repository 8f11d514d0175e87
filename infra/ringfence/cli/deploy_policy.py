"""``ringfence deploy-policy``: the least that a deployment may do."""

import datetime
import re
from pathlib import Path

import click

from ringfence.aws.deploying import deploying
from ringfence.aws.enforcement.enforce import enforce
from ringfence.cli.compiled import compile_environment
from ringfence.cli.edge import as_of_option, env_option, on_tree, write_files
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Tree


def _vpc_id(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"vpc-[0-9a-f]+", value):
        raise click.BadParameter(
            f"{value!r} is no VPC's id; write vpc-..., as the stack's output `environment.vpc` has it"
        )
    return value


@click.command()
@env_option
@click.option(
    "--vpc", metavar="ID", callback=_vpc_id, help="The environment's VPC, once it was deployed (`environment.vpc`)."
)
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="Write them as files, one a policy.")
@as_of_option
@on_tree
def command(tree: Tree, env: str, vpc: str | None, out: Path | None, as_of: datetime.date | None) -> int:
    """Print the IAM policies that a deployment of an environment needs, one a line, and what they cannot keep apart.

    They allow the calls of the resource types that the environment registers, on what bears its tag or name.
    """
    compiled = compile_environment(tree, env, as_of, Findings())
    needed = deploying(enforce(compiled.plan, compiled.allocation), vpc)
    texts = [document.text() for document in needed.documents]
    if out is None:
        for text in texts:
            click.echo(text)
    else:
        write_files(out, {f"{env}-{number}.json": f"{text}\n" for number, text in enumerate(texts, 1)})
        click.echo(f"wrote {len(texts)} {'policy' if len(texts) == 1 else 'policies'} to {out}")
    for line in needed.wider:
        click.echo(f"wider than the environment: {line}", err=True)
    return 0
