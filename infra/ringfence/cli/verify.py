"""``ringfence verify``: whether what is deployed, or would be, allows what was declared, no more and no less."""

import dataclasses
import datetime
from pathlib import Path

import click

from ringfence.cli.edge import as_of_option, env_option, on_tree, strict_option
from ringfence.cli.live import live_graph, place_of, policy_for_reading
from ringfence.cli.progress import step
from ringfence.cli.state import preview_option, read_file, registered, stack_export_option
from ringfence.plan import plan_environment
from ringfence.project import day_of
from ringfence.review.proof import proof_json, proof_report, proof_sarif, proof_text
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Tree
from ringfence.verify.proof import prove
from ringfence.verify.role import read_permissions
from ringfence.verify.settings import Settings
from ringfence.verify.workload import workload_differences


@click.command()
@env_option
@stack_export_option
@preview_option
@click.option("--live", is_flag=True, help="From AWS itself, read only; needs the extra `live`.")
@click.option("--print-policy", is_flag=True, help="Print the permissions that --live needs, and end.")
@click.option(
    "--workload", "workloads", metavar="FILE", type=click.Path(path_type=Path), multiple=True,
    help="A workload's own stack, exported or previewed, held against the environment; may be given again.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text", help="How it is written."
)
@as_of_option
@strict_option
@on_tree
def command(
    tree: Tree,
    env: str,
    stack_export: Path | None,
    preview: Path | None,
    live: bool,
    print_policy: bool,
    workloads: tuple[Path, ...],
    form: str,
    as_of: datetime.date | None,
    strict: bool,
) -> int:
    """Prove that an environment's resources let through exactly what its profiles declare.

    Reads a stack's export, a preview, or AWS itself; with none of them, what the program itself would register. Ends
    in 1 with counterexamples.
    """
    if sum(map(bool, (stack_export, preview, live))) > 1:
        raise click.UsageError("--stack-export, --preview and --live are answers to one question: give one")
    if workloads and not (stack_export or live):
        raise click.UsageError("--workload needs the ids of what is deployed: give --stack-export or --live as well")
    findings = Findings()
    day = day_of(tree, env, as_of)
    plan = plan_environment(tree, env, day, findings, strict=strict)
    if print_policy:
        click.echo(policy_for_reading(plan))
        return 0
    path = stack_export or preview
    step("reading what AWS has" if live else "reading the resources")
    graph = live_graph(plan) if live else read_file(path, env) if path else registered(tree, env, day)
    settings = Settings.of(plan.environment)
    step("proving")
    proof = prove(graph, plan.effective, settings)
    for each in workloads:
        more = workload_differences(read_file(each), graph, plan.effective.agents)
        proof = dataclasses.replace(proof, findings=tuple(sorted({*proof.findings, *more})))
    source = ", ".join((place_of(plan) if live else str(path) if path else "the program", *map(str, workloads)))
    permissions = read_permissions(graph, plan.effective) if live else None
    report = proof_report(proof, plan.effective, source, permissions)
    match form:
        case "json":
            click.echo(proof_json(report), nl=False)
        case "sarif":
            click.echo(proof_sarif(report, proof, plan.effective), nl=False)
        case _:
            click.echo(proof_text(report), nl=False)
    return 0 if proof.proved and not (strict and permissions and permissions.beyond) else 1
