"""``ringfence allocate``: the only thing that writes addresses."""

import click

from ringfence.aws.allocation import Allocation, without_tombstones
from ringfence.aws.allocation_file import allocation_path, allocation_text
from ringfence.cli.compiled import compile_environment
from ringfence.cli.edge import env_option, finish, on_tree, write_files
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory


@click.command()
@env_option
@click.option("--check", is_flag=True, help="Write nothing; end in 1 where the file is not current.")
@click.option("--deployed", is_flag=True, help="A deployment has completed: what was released may be given anew.")
@on_tree
def command(tree: Directory, env: str, check: bool, deployed: bool) -> int:
    """Give each agent of an environment its addresses, and write them to profiles/allocations/ENV.yaml.

    Nobody is moved, and nothing is resized: an agent that needs more gets a further segment. Commit the file.
    """
    findings = Findings()
    allocation = compile_environment(tree, env, None, findings).allocation
    if deployed and not allocation.current:
        raise click.UsageError("--deployed comes after the allocation that was deployed; run without it first")
    path = allocation_path(env)
    text = allocation_text(without_tombstones(allocation) if deployed else allocation).decode()
    code = finish(findings, tree, strict=False)
    if tree.exists(path) and tree.read(path).decode() == text:
        click.echo(f"{path} is current")
        return code
    click.echo(_summary(allocation))
    if check:
        click.echo(f"{path} is not current; nothing was written")
        return 1
    write_files(tree.root, {path: text})
    click.echo(f"wrote {path}")
    return code


def _summary(allocation: Allocation) -> str:
    new = sorted(name for name in allocation.provisional if not name.startswith("infrastructure/"))
    lines = [f"+ {name}: {', '.join(map(str, allocation.networks(name)))}" for name in new]
    lines += [
        f"- {name}: {', '.join(str(segment.network) for segment in segments)} (kept until it is deployed)"
        for name, segments in allocation.released.items()
    ]
    return "\n".join(lines) or "the environment's own subnets have changed"
