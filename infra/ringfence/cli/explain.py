"""``ringfence explain``: one target of one agent, through every layer."""

import dataclasses
import datetime
from pathlib import Path

import click

from ringfence.catalogue.load import load_catalogue
from ringfence.cli.edge import as_of_option, env_option, finish, on_tree
from ringfence.cli.state import preview_option, read_file, registered, stack_export_option
from ringfence.plan import Plan, plan_environment
from ringfence.policy.policy import Agent
from ringfence.policy.span import Span
from ringfence.policy.target import AgentTarget, Target, TargetError, TransportTarget, parse_target
from ringfence.policy.verdict import judge
from ringfence.profile.fleet import read_environments
from ringfence.profile.remedy import Refusal, Suggestion
from ringfence.project import pinned_day, today
from ringfence.review.explanation import explanation_json, explanation_report
from ringfence.source.diagnostic import Diagnostic, Findings, InputError, did_you_mean
from ringfence.source.tree import Tree
from ringfence.verify.explain.reading import Reading
from ringfence.verify.explain.walk import explain
from ringfence.verify.settings import Settings


@click.command()
@click.argument("agent")
@click.argument("target")
@env_option
@stack_export_option
@preview_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How it is written.")
@as_of_option
@on_tree
def command(
    tree: Tree,
    agent: str,
    target: str,
    env: str,
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

    Reads a stack's export or a preview; with neither, what the program itself would register. Where the profiles deny
    the target, shows the smallest need that would allow it, and what that would open besides. Ends in 0, whatever the
    answer is.
    """
    if stack_export and preview:
        raise click.UsageError("--stack-export and --preview are two answers to one question: give one")
    findings = Findings()
    written = read_environments(tree, Findings()).get(env)
    day = today(as_of, pinned_day(written.document) if written else None)
    plan = plan_environment(tree, env, day, findings)
    asking, asked = _agent(plan, agent), _target(plan, target)
    path = stack_export or preview
    graph = read_file(path) if path else registered(tree, env, day)
    environment = plan.environment.environment
    settings = Settings(environment.inspection, environment.http2, plan.environment.region, environment.account)
    found = explain(Reading.of(graph, settings, agent), plan.effective, asking, _by_address(plan, asked))
    source = str(path) if path else "the program"
    report = explanation_report(
        plan, asking, asked, target, source, found, _remedy(tree, plan, asking, asked, findings)
    )
    if form == "json":
        click.echo(explanation_json(report), nl=False)
    else:
        from ringfence.review.explained import explanation_text

        click.echo(explanation_text(report), nl=False)
    return finish(findings, tree, strict=False)


def _agent(plan: Plan, name: str) -> Agent:
    """The agent of a name; raises `InputError` where the environment has none."""
    found = {agent.name: agent for agent in plan.effective.agents}
    if name in found:
        return found[name]
    if (written := plan.fleet.profiles.get(name)) is not None:
        message = f"`{name}` is not in {plan.effective.environment}"
        mend = f"it is in {', '.join(written.profile.environments) or 'no environment'}: give --env"
        raise InputError([Diagnostic(written.span("environments"), "RF123", message, mend)])
    place = Span(f"profiles/agents/{name}.yaml")
    raise InputError([Diagnostic(place, "RF123", f"there is no agent `{name}`", did_you_mean(name, found))])


def _target(plan: Plan, text: str) -> Target:
    """The target of a text; raises `InputError` for what is none, and for an agent or a destination that is unknown."""
    place = Span("TARGET", 1, 1, max(1, len(text)))
    try:
        target = parse_target(text)
    except TargetError as error:
        raise InputError([Diagnostic(place, "RF124", str(error), error.mend)]) from error
    match target:
        case AgentTarget(name) if name not in plan.fleet.profiles:
            mend = did_you_mean(name, plan.fleet.profiles)
            raise InputError([Diagnostic(place, "RF124", f"there is no agent `{name}`", mend)])
        case TransportTarget(_, str() as name, _) if name not in plan.environment.environment.private:
            message = f"{plan.effective.environment} names no private destination `{name}`"
            mend = did_you_mean(name, plan.environment.environment.private)
            raise InputError([Diagnostic(place, "RF124", message, mend)])
        case _:
            return target


def _by_address(plan: Plan, target: Target) -> Target:
    """The target with the network that a private destination's name stands for."""
    if isinstance(target, TransportTarget) and isinstance(target.destination, str):
        network = plan.environment.environment.private[target.destination].cidr
        return dataclasses.replace(target, destination=network)
    return target


def _remedy(tree: Tree, plan: Plan, agent: Agent, target: Target, findings: Findings) -> Suggestion | Refusal | None:
    """What would allow the target, where the profiles deny it."""
    if judge(plan.declared.of(agent.name), target).allowed:
        return None
    from ringfence.profile.suggest import may_speak_of, suggest

    catalogue = load_catalogue(tree, findings, may_speak_of(target))
    return suggest(plan.fleet, catalogue, plan.environment, plan.declared, agent, target)
