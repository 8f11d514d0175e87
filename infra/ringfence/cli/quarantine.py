"""``ringfence quarantine``: one command that cuts an agent off, and says what it cuts."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from ringfence.aws.allocation_file import allocation_of
from ringfence.aws.enforcement.enforce import enforce
from ringfence.aws.enforcement.model import Enforcement
from ringfence.cli import complete
from ringfence.cli.asked import environments_of, not_in, profile_at, profile_path
from ringfence.cli.compiled import planned
from ringfence.cli.edge import on_tree, one_env_option, print_diagnostics, write_files
from ringfence.operate.last_good import LastGood, last_good, written
from ringfence.operate.pulumi_steps import Step, cut_off_steps, find_pulumi, project_name, run, whole_step
from ringfence.plan import Plan
from ringfence.policy.flow import AgentCall
from ringfence.policy.policy import Policy
from ringfence.policy.residual import ResidualKind
from ringfence.policy.span import Span
from ringfence.profile.fleet import agent_path
from ringfence.profile.model import Profile, Quarantine, moment_text
from ringfence.profile.quarantine import lifted_text, quarantined_text
from ringfence.project import now
from ringfence.source.diagnostic import Diagnostic, Findings, InputError, visible
from ringfence.source.document import parse_document
from ringfence.source.edit import EditError
from ringfence.source.model import validate
from ringfence.source.tree import Directory, Overlay, Tree


@click.command()
@click.argument("agent", shell_complete=complete.agents)
@one_env_option
@click.option("--because", metavar="TEXT", help="Why; needed to cut it off.")
@click.option("--ticket", metavar="TICKET", help="Where it is followed.")
@click.option("--apply", "applied", is_flag=True, help="Deploy it with Pulumi, the agent's NACL first.")
@click.option("--direct", is_flag=True, help="Make the first changes through AWS's API, not through Pulumi.")
@click.option("--lift", is_flag=True, help="End the quarantine; older sessions of its role stay worthless.")
@on_tree
def command(
    tree: Directory,
    agent: str,
    env: str | None,
    because: str | None,
    ticket: str | None,
    applied: bool,
    direct: bool,
    lift: bool,
) -> int:
    """Cut AGENT off: every path removed, everything denied at its NACL, its role worth nothing.

    Writes it into the profile and shows what it cuts; with --apply or --direct it is done, else the commands that
    would do it are printed. Other profiles that do not compile hold nothing up: they count as they last did.
    """
    if lift and (direct or because or ticket):
        raise click.UsageError("--lift ends a quarantine: it takes --env and --apply only")
    if not lift and not because:
        raise click.UsageError("say why: --because TEXT")
    path = profile_path(tree, agent)
    moment = now()
    if lift:
        return _lift(tree, agent, path, env, moment, applied)
    cut = Quarantine(because=because, ticket=ticket, since=moment, environments=(env,) if env else ())
    cases = _in_which_it_is([_compile(tree, agent, name, cut) for name in environments_of(tree, path, env)])
    for case in cases:
        _show(case)
    _write(tree, path, cut)
    if direct:
        _directly(tree, path, cut, cases)
    return _deploy(tree, cases, applied=applied)


@dataclass(frozen=True, slots=True)
class _Case:
    """One environment: as it is without the quarantine, and with it; without steps where it does not have the agent."""

    agent: str
    before: Plan
    plan: Plan
    enforcement: Enforcement
    good: LastGood
    steps: tuple[Step, ...]


def _compile(tree: Directory, agent: str, env: str, cut: Quarantine) -> _Case:
    path = agent_path(agent)
    seen: dict[str, bytes] = {}

    def amend(path: str, content: bytes) -> bytes:
        seen[path] = content
        return _amended(path, content, cut)

    good = last_good(tree, lambda overlay: _enforced(overlay, env), {path: amend})
    plan, enforcement = _enforced(good.tree, env)
    before = planned(Overlay(tree, {**good.tree.files, **seen}), env)
    is_there = any(each.name == agent for each in plan.declared.agents)
    steps = cut_off_steps(enforcement, agent, project_name(tree), whole=good.whole) if is_there else ()
    return _Case(agent, before, plan, enforcement, good, steps)


def _in_which_it_is(cases: list[_Case]) -> list[_Case]:
    """The environments that have the agent; raises `InputError` where none has."""
    found = [case for case in cases if case.steps]
    if not found:
        raise InputError([each for case in cases for each in not_in(case.plan, case.agent).diagnostics])
    return found


def _amended(path: str, content: bytes, cut: Quarantine) -> bytes:
    try:
        text = content.decode("utf-8")
        return quarantined_text(text, profile_at(path, content), cut).encode("utf-8")
    except (UnicodeDecodeError, EditError) as error:
        message = f"cannot be edited: {error}"
        raise InputError(
            [Diagnostic(Span(path), "RF154", message, "write `quarantined: true` into it by hand")]
        ) from error


def _enforced(tree: Tree, env: str) -> tuple[Plan, Enforcement]:
    """Compile all of an environment; agents without addresses are errors of theirs, since they cannot be deployed."""
    plan = planned(tree, env)
    findings = Findings()
    allocation = allocation_of(plan, tree, findings)
    for name in sorted(allocation.provisional):
        findings.error(
            Span(agent_path(name)), "RF111", f"`{name}` has no addresses yet, or too few",
            f"run `ringfence allocate --env {env}`",
        )  # fmt: skip
    findings.raise_if_failed()
    return plan, enforce(plan, allocation)


def _show(case: _Case) -> None:
    env = case.enforcement.environment
    (agent,) = (agent for agent in case.plan.declared.agents if agent.name == case.agent)
    reasons = filter(
        None, (agent.quarantine and agent.quarantine.because, agent.quarantine and agent.quarantine.ticket)
    )
    click.echo(visible(f"{case.agent} in {env}: cut off · {' · '.join(reasons)}"))
    for each in case.good.substitutions:
        counts = f"counts as at {each.commit[:12]}" if each.commit else "is left out"
        click.echo(visible(f"  {each.path} does not compile, and {counts}: {each.cause.code} {each.cause.message}"))
    lines = _cut(case.before.effective, case.agent)
    click.echo(f"  cuts {len(lines)} {'way' if len(lines) == 1 else 'ways'}")
    for line in lines:
        click.echo(visible(f"    {line}"))
    click.echo("  stays")
    for left in case.plan.effective.residuals:
        if left.agent == case.agent and left.kind == ResidualKind.AWS_ALWAYS:
            click.echo(visible(f"    {left.code} {left.subject}: {left.reason}"))
    if not any(policy.attached for policy in case.enforcement.role_policies if policy.agent == case.agent):
        click.echo(
            "    its role: the denial is exported with the stack's outputs, and not attached in this environment"
        )


def _cut(effective: Policy, agent: str) -> list[str]:
    """The agent's accesses and its callers', each once."""
    ways = {str(flow.access): None for flow in effective.of(agent)}
    callers = [flow for flow in effective.flows if isinstance(flow.access, AgentCall) and flow.access.callee == agent]
    return [*ways, *(f"called by {flow.agent}" for flow in callers)]


def _write(tree: Directory, path: str, cut: Quarantine) -> None:
    """The declared state. A file that cannot be edited is said, and holds nothing up."""
    content = tree.read(path)
    try:
        amended = _amended(path, content, cut)
    except InputError as error:
        print_diagnostics(error.diagnostics, tree)
        return
    if amended == content:
        click.echo(f"{path} says so already")
        return
    write_files(tree.root, {path: amended.decode("utf-8")})
    click.echo(f"wrote {path}")


def _directly(tree: Directory, path: str, cut: Quarantine, cases: list[_Case]) -> None:
    from ringfence.operate.direct import cut_off_directly

    for case in cases:
        done = cut_off_directly(case.enforcement, case.agent)
        for line in done.lines:
            click.echo(visible(f"{case.enforcement.environment}: {line}"))
        if done.entries:
            _write(tree, path, cut.model_copy(update={"direct": (case.enforcement.environment,)}))


def _lift(tree: Directory, agent: str, path: str, env: str | None, moment: datetime.datetime, applied: bool) -> int:
    content = tree.read(path)
    findings = Findings()
    document = parse_document(path, content, findings)
    profile = validate(Profile, document, findings) if document else None
    findings.raise_if_failed()
    if document is None or profile is None:
        raise AssertionError("a profile that cannot be read leaves an error")
    environments = environments_of(tree, path, env)
    held = [name for name in environments if profile.quarantine_in(name)]
    if not held:
        click.echo(f"{agent} is not cut off{f' in {env}' if env else ''}")
        return 0
    text = lifted_text(document.text, profile, (env,) if env else (), moment)
    write_files(tree.root, {path: text})
    click.echo(f"wrote {path}: sessions of its role from before {moment_text(moment)} stay worthless")
    steps = {name: (whole_step(name, f"gives {agent} back what its profile declares"),) for name in held}
    return _run(steps, dict.fromkeys(held, tree.root), applied=applied)


def _deploy(tree: Directory, cases: list[_Case], *, applied: bool) -> int:
    code = 0
    for case in cases:
        env = case.enforcement.environment
        with written(case.good, tree.root) as folder:
            code = max(code, _run({env: case.steps}, {env: folder}, applied=applied))
        if case.good.substitutions and not applied:
            click.echo(f"{env}: --apply runs these with the files above as they count; from here Pulumi would refuse")
        if not case.good.whole:
            click.echo(f"{env}: what other agents' resources say of it stays until the files above compile")
    return code


def _run(steps: Mapping[str, tuple[Step, ...]], folders: Mapping[str, Path], *, applied: bool) -> int:
    """Run the steps of each environment, or print them where that is not wanted or cannot be."""
    pulumi = find_pulumi()
    if applied and pulumi is None:
        click.echo("there is no `pulumi` on PATH: these commands do it, or --direct", err=True)
    for env, each in steps.items():
        for step in each:
            click.echo(f"{step}  # {step.purpose}")
            if not applied or pulumi is None:
                continue
            code = run(step, pulumi, folders[env])
            if code:
                click.echo(
                    f"pulumi ended in {code}: what comes after it was not done; --direct goes without it", err=True
                )
                return 1
    return 1 if applied and pulumi is None else 0
