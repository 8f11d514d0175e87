"""``ringfence explain``: one target of one agent, through every layer."""

import dataclasses
import datetime
from pathlib import Path

import click

from ringfence.cli import complete
from ringfence.cli.asked import agent_of, environments_of, profile_path, remedy_of, target_of
from ringfence.cli.edge import as_of_option, finish, on_tree, one_env_option
from ringfence.cli.state import preview_option, read_file, registered, stack_export_option, unreadable
from ringfence.plan import Plan, plan_environment
from ringfence.policy.target import Target, TransportTarget
from ringfence.project import day_of
from ringfence.review.explanation import ExplanationReport, explanation_json, explanation_report
from ringfence.source.diagnostic import Findings
from ringfence.source.tree import Directory, Tree
from ringfence.verify.explain.reading import Reading
from ringfence.verify.explain.walk import explain
from ringfence.verify.graph import ResourceGraph
from ringfence.verify.settings import Settings


@click.command()
@click.argument("agent", shell_complete=complete.agents)
@click.argument("target")
@one_env_option
@stack_export_option
@preview_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How it is written.")
@as_of_option
@on_tree
def command(
    tree: Directory,
    agent: str,
    target: str,
    env: str | None,
    stack_export: Path | None,
    preview: Path | None,
    form: str,
    as_of: datetime.date | None,
) -> int:
    """Explain what every layer says of one TARGET of an AGENT, by which rule and which line of its profile.

    \b
    A target is one of
      "METHOD https://host/path"   "tls host:port"   "dns name"
      "tcp name-or-network:port"   "udp ..."         "agent NAME"
      "service:Action ARN"

    Reads a stack's export or a preview, which name their environment; with neither, what the program itself would
    register, in each of the agent's environments unless one is named. Where the profiles deny the target, shows the
    smallest need that would allow it, and what that would open besides. Ends in 0, whatever the answer is.
    """
    if stack_export and preview:
        raise click.UsageError("--stack-export and --preview are two answers to one question: give one")
    path = stack_export or preview
    graph = read_file(path, env) if path else None
    if graph is None or env is not None:
        environments = environments_of(tree, profile_path(tree, agent), env)
    elif graph.stack:
        environments = (graph.stack,)
    else:
        raise unreadable(str(path), "it does not say of which stack it is", "Pulumi, or say --env")
    if form == "json" and len(environments) > 1:
        raise click.UsageError(f"one report is one environment: --env {'|'.join(environments)}")
    source = str(path) if path else "the program"
    findings = Findings()
    for index, name in enumerate(environments):
        if index:
            click.echo()
        report = _report(tree, agent, target, name, graph, source, as_of, findings)
        if form == "json":
            click.echo(explanation_json(report), nl=False)
        else:
            from ringfence.review.explained import explanation_text

            click.echo(explanation_text(report), nl=False)
    return finish(findings, tree, strict=False)


def _report(
    tree: Tree, agent: str, target: str, env: str, graph: ResourceGraph | None, source: str,
    as_of: datetime.date | None, findings: Findings,
) -> ExplanationReport:  # fmt: skip
    day = day_of(tree, env, as_of)
    plan = plan_environment(tree, env, day, findings)
    asking, asked = agent_of(plan, agent), target_of(plan, target)
    graph = graph or registered(tree, env, day)
    settings = Settings.of(plan.environment)
    found = explain(Reading.of(graph, settings, agent), plan.effective, asking, _by_address(plan, asked))
    remedy = remedy_of(tree, plan, asking, asked, findings)
    return explanation_report(plan, asking, asked, target, source, found, remedy)


def _by_address(plan: Plan, target: Target) -> Target:
    """The target with the network that a private destination's name stands for."""
    if isinstance(target, TransportTarget) and isinstance(target.destination, str):
        network = plan.environment.environment.private[target.destination].cidr
        return dataclasses.replace(target, destination=network)
    return target
