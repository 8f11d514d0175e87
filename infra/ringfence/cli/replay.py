"""``ringfence replay``: an attack path as the traffic of a confined agent, and what stopped each step of it."""

import datetime
from collections.abc import Iterable

import click

from ringfence.aws.allocation import Allocation
from ringfence.cli.compiled import compile_environment
from ringfence.cli.edge import as_of_option, finish, on_tree
from ringfence.engine.incident import AGENT, ATTEMPTS, Expected
from ringfence.engine.replay import Decision, Outcome, replay
from ringfence.engine.suricata import HOW_TO_GET, Engine, find_engines, missing_versions
from ringfence.plan import Plan
from ringfence.policy.span import Span
from ringfence.source.diagnostic import Diagnostic, Findings, InputError, visible
from ringfence.source.tree import Tree


@click.command()
@click.argument("scenario", type=click.Choice(["incident"]))
@click.option("--env", "env", default="prod", metavar="ENV", show_default=True, help="The environment.")
@as_of_option
@on_tree
def command(tree: Tree, scenario: str, env: str, as_of: datetime.date | None) -> int:
    """Replay an attack path on the real engines: what stopped each step, and what nothing stops.

    Ends in 1 where a forbidden step passed that is no stated residual, or legitimate work was refused; in 2 without
    an engine.
    """
    del scenario  # the one there is; the argument leaves room for others
    engines = find_engines()
    if not engines:
        click.echo(f"no engine was found: {HOW_TO_GET}", err=True)
        return 2
    findings = Findings()
    compiled = compile_environment(tree, env, as_of, findings)
    _expect_agent(compiled.plan, compiled.allocation)
    outcomes = replay(compiled.plan, compiled.allocation, AGENT, ATTEMPTS, engines)
    finish(findings, tree, strict=False)
    _table(outcomes, compiled.plan, engines)
    return 0 if all(outcome.as_expected for outcome in outcomes) else 1


def _expect_agent(plan: Plan, allocation: Allocation) -> None:
    if allocation.networks(AGENT) and any(agent.name == AGENT for agent in plan.declared.agents):
        return
    message = f"`{plan.declared.environment}` runs no agent `{AGENT}`, whose incident this is"
    mend = "name an environment that runs it"
    raise InputError([Diagnostic(Span(f"profiles/agents/{AGENT}.yaml"), "RF122", message, mend)])


def _table(outcomes: tuple[Outcome, ...], plan: Plan, engines: tuple[Engine, ...]) -> None:
    environment = plan.environment.environment
    click.echo(
        f"{plan.declared.environment} · {AGENT} · inspection: {environment.inspection} · mode: {environment.mode} · "
        f"as of {plan.declared.as_of} · {_versions(str(engine) for engine in engines)}"
    )
    for major in missing_versions(engines):
        click.echo(f"missing: Suricata {major} ({HOW_TO_GET})")
    click.echo(f"{'technique':<10} {'verdict':<9} {'domains only':<13} attempt")
    stage = None
    for outcome in outcomes:
        attempt = outcome.attempt
        if attempt.stage is not stage:
            stage = attempt.stage
            click.echo(f"{stage}")
        identifier = attempt.technique.identifier if attempt.technique else "-"
        wrong = "" if outcome.as_expected else "  UNEXPECTED"
        click.echo(
            visible(
                f"{identifier:<10} {_verdict(outcome):<9} {_passes(outcome.domains_only):<13} "
                f"{attempt.says}: {outcome.target}{wrong}"
            )
        )
        for line in _reasons(outcome):
            click.echo(visible(f"{'':<34} {line}"))
    _counts(outcomes)


def _verdict(outcome: Outcome) -> str:
    if outcome.residual:
        return "residual"
    return _passes(outcome.decisions)


def _passes(decisions: tuple[Decision, ...]) -> str:
    said = {decision.passed for decision in decisions}
    return "differ" if len(said) > 1 else "passes" if said == {True} else "stopped"


def _reasons(outcome: Outcome) -> list[str]:
    """Each layer and rule that decided, with who said so; equal ones together."""
    said: dict[tuple[str, str, int | None, bool], list[str]] = {}
    for one in outcome.decisions:
        said.setdefault((one.layer, one.rule, one.sid, one.passed), []).append(one.said_by)
    lines = [f"residual {outcome.residual}"] if outcome.residual else []
    for (layer, rule, sid, passed), sources in said.items():
        signature = f" {sid}" if sid else ""
        decided = f"{layer} lets it through" if passed else f"{layer}{signature}: {rule}"
        lines.append(f"{decided} [{_versions(sources)}]")
    return lines


def _versions(sources: Iterable[str]) -> str:
    """`Suricata 7.0.10, 8.0.7`: the name once."""
    texts = list(sources)
    return ", ".join([texts[0], *(text.removeprefix("Suricata ") for text in texts[1:])])


def _counts(outcomes: tuple[Outcome, ...]) -> None:
    forbidden = [outcome for outcome in outcomes if outcome.attempt.expected is not Expected.ALLOWED]
    work = [outcome for outcome in outcomes if outcome.attempt.expected is Expected.ALLOWED]
    stopped = sum(not outcome.passed for outcome in forbidden)
    residual = sum(bool(outcome.residual) for outcome in forbidden)
    refused = sum(not outcome.as_expected for outcome in work)
    let_through = sum(any(one.passed for one in outcome.domains_only) and not outcome.passed for outcome in forbidden)
    click.echo(
        f"{len(forbidden)} attempts: {stopped} stopped, {residual} pass as stated residuals, "
        f"{len(forbidden) - stopped - residual} passed; {len(work)} steps of legitimate work: {refused} refused"
    )
    click.echo(f"a policy of domains only would have let {let_through} of the stopped through")
    pages = {technique.identifier: technique for o in outcomes if (technique := o.attempt.technique)}
    for technique in sorted(pages.values(), key=lambda one: one.identifier):
        click.echo(f"{technique.identifier} {technique.name}: {technique.page}")
