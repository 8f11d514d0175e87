"""``ringfence flush``: the flows that the firewall still knows of some agents end."""

from collections.abc import Iterable
from pathlib import Path

import click

from ringfence.aws.allocation import Segments
from ringfence.aws.allocation_file import allocation_path, read_allocation
from ringfence.cli import complete
from ringfence.cli.asked import agent_of
from ringfence.cli.compiled import planned
from ringfence.cli.edge import env_option, on_tree
from ringfence.cli.progress import step
from ringfence.cli.state import read_file, stack_export_option
from ringfence.operate.account import NotInstalled
from ringfence.operate.flow_flush import commands, firewall_of, flush, operations_of
from ringfence.plan import Plan
from ringfence.policy.span import Span
from ringfence.profile.fleet import agent_path
from ringfence.source.diagnostic import Diagnostic, Findings, InputError, visible
from ringfence.source.tree import Directory

EFFECT = (
    "every connection of these agents through the firewall ends, also those that are allowed: the client gets a TCP",
    "reset and connects anew, and the rules that are deployed now judge that",
)
"""What a client sees: a packet of a flow that the firewall has forgotten is midstream, and the policy rejects it."""
_DEPLOY = "`ringfence allocate` and a deployment come first"


@click.command()
@click.argument("agents", nargs=-1, metavar="[AGENT]...", shell_complete=complete.agents)
@env_option
@stack_export_option
@click.option("--print", "printed", is_flag=True, help="Print the AWS CLI's commands that do it, and start nothing.")
@on_tree
def command(tree: Directory, agents: tuple[str, ...], env: str, stack_export: Path | None, printed: bool) -> int:
    """End all connections of each AGENT through the firewall, or of every agent, so that the deployed rules judge anew.

    Connections that are still allowed end too. Run it after a deployment that narrows; the firewall is found by the
    tags of its VPC, or in a stack's export.
    """
    plan = planned(tree, env)
    written = plan.environment
    if written.environment.inspection == "none":
        place = written.span("config", "ringfence:environment", "inspection")
        mend = "`ringfence quarantine` ends connections at the agent's NACL"
        raise InputError([Diagnostic(place, "RF191", f"{env} has no firewall, so there is none to flush", mend)])
    rounds = operations_of(_segments(tree, plan, agents))
    firewall = firewall_of(read_file(stack_export, env), written, str(stack_export)) if stack_export else None
    for line in EFFECT:
        click.echo(f"# {line}")
    if printed:
        _print(commands(written, rounds, firewall))
        return 0
    step("waiting for the firewall")
    try:
        for line in flush(written, rounds, firewall):
            click.echo(visible(line))
    except NotInstalled:
        _print(commands(written, rounds, firewall))
        raise
    return 0


def _segments(tree: Directory, plan: Plan, names: tuple[str, ...]) -> Segments:
    """The written addresses of the agents that are named, or of all; whoever has none was never deployed."""
    env = plan.environment.name
    wanted = tuple(dict.fromkeys(agent_of(plan, name).name for name in names))
    findings = Findings()
    allocation = read_allocation(tree, env, findings)
    findings.raise_if_failed()
    held: Segments = allocation.agents if allocation is not None else {}
    for name in wanted:
        if name not in held:
            message = f"`{name}` has no addresses in {env} yet, and so no connections"
            findings.error(Span(agent_path(name)), "RF111", message, _DEPLOY)
    if not held and not wanted:
        findings.error(Span(allocation_path(env)), "RF111", f"no agent of {env} has addresses yet", _DEPLOY)
    findings.raise_if_failed()
    return {name: held[name] for name in wanted} if wanted else held


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(visible(line))
    click.echo(
        "# one at a time in each zone: `aws network-firewall describe-flow-operation` says when one is COMPLETED"
    )
