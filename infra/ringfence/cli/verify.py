"""``ringfence verify``: whether what is deployed, or would be, allows what was declared, no more and no less."""

import datetime
from pathlib import Path

import click

from ringfence.cli.edge import as_of_option, env_option, on_tree, strict_option
from ringfence.cli.state import preview_option, read_file, registered, stack_export_option
from ringfence.plan import Plan, plan_environment
from ringfence.profile.fleet import read_environments
from ringfence.project import pinned_day, today
from ringfence.review.proof import proof_json, proof_report, proof_sarif, proof_text
from ringfence.source.diagnostic import Diagnostic, Findings, InputError
from ringfence.source.tree import Tree
from ringfence.verify.graph import ResourceGraph
from ringfence.verify.proof import prove
from ringfence.verify.role import permissions_beyond
from ringfence.verify.settings import Settings


@click.command()
@env_option
@stack_export_option
@preview_option
@click.option("--live", is_flag=True, help="From AWS itself, read only; needs the extra `live`.")
@click.option("--print-policy", is_flag=True, help="Print the permissions that --live needs, and end.")
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
    findings = Findings()
    written = read_environments(tree, Findings()).get(env)
    day = today(as_of, pinned_day(written.document) if written else None)
    plan = plan_environment(tree, env, day, findings, strict=strict)
    if print_policy:
        click.echo(_reading_policy(plan))
        return 0
    path = stack_export or preview
    graph = _live(plan) if live else read_file(path) if path else registered(tree, env, day)
    environment = plan.environment.environment
    settings = Settings(environment.inspection, environment.http2, plan.environment.region, environment.account)
    proof = prove(graph, plan.effective, settings)
    source = _place(plan) if live else str(path) if path else "the program"
    beyond = permissions_beyond(graph, plan.effective) if live else None
    report = proof_report(proof, plan.effective, source, beyond)
    match form:
        case "json":
            click.echo(proof_json(report), nl=False)
        case "sarif":
            click.echo(proof_sarif(report, proof, plan.effective), nl=False)
        case _:
            click.echo(proof_text(report), nl=False)
    return 0 if proof.proved and not (strict and beyond) else 1


def _live(plan: Plan) -> ResourceGraph:
    """What AWS itself has; needs the extra `live`, and credentials that may read it."""
    place = plan.environment.span("config", "ringfence:environment", "account")
    try:
        from ringfence.aws.live.api import Api, connect
        from ringfence.aws.live.environment import read_environment
    except ImportError as error:
        message, mend = f"AWS cannot be asked here: {error}", "install the extra `live`"
        raise InputError([Diagnostic(place, "RF130", message, mend)]) from error
    return read_environment(Api(connect(plan.environment.region), place), plan.environment, _roles(plan))


def _roles(plan: Plan) -> list[str]:
    """The roles of every agent, its execution role among them."""
    agents = plan.effective.agents
    return [role for agent in agents for role in (agent.role, agent.execution_role) if role]


def _reading_policy(plan: Plan) -> str:
    from ringfence.aws.live.calls import reading_policy

    written = plan.environment
    return reading_policy(written.environment.account, written.region, _roles(plan)).text()


def _place(plan: Plan) -> str:
    return f"AWS, account {plan.environment.environment.account} in {plan.environment.region}"
