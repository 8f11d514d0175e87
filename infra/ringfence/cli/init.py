"""``ringfence init``: few questions, and a first profile that `check` accepts."""

import dataclasses
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import click
from pydantic import TypeAdapter, ValidationError

from ringfence.catalogue.load import Catalogue, load_catalogue
from ringfence.catalogue.model import Capability, Parameter
from ringfence.cli import complete
from ringfence.cli.asked import no_environment
from ringfence.cli.compiled import write_checked
from ringfence.cli.edge import on_tree, print_diagnostics
from ringfence.plan import plan_environment
from ringfence.policy.span import Span
from ringfence.profile.draft import Draft, default_role, draft_text
from ringfence.profile.expansion import UNANSWERED
from ringfence.profile.fleet import agent_path, read_environments
from ringfence.profile.model import ANSWERED, REASONS, Name, Need
from ringfence.profile.schema import schema_path
from ringfence.project import day_of
from ringfence.source.diagnostic import Diagnostic, Findings, InputError, did_you_mean, visible
from ringfence.source.document import parse_document
from ringfence.source.edit import Plain
from ringfence.source.model import Complaint, validate
from ringfence.source.tree import Directory, Overlay, Tree

_PLATFORMS = ("ecs", "lambda", "eks", "ec2")


def _agent(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """A name that may be a file's."""
    try:
        return None if value is None else TypeAdapter(Name).validate_python(value)
    except ValidationError as error:
        cause = error.errors()[0].get("ctx", {}).get("error")
        mend = f"; {cause.mend}" if isinstance(cause, Complaint) else ""
        raise click.BadParameter(visible(f"{cause}{mend}")) from error


@click.command()
@click.argument("agent", required=False, callback=_agent)
@click.option("--owner", metavar="TEAM", help="Who answers for the agent.")
@click.option("--purpose", metavar="TEXT", help="What it is there for, in a few words.")
@click.option("--platform", type=click.Choice(_PLATFORMS), help="Where it runs.")
@click.option(
    "--env", "environments", metavar="ENV", multiple=True, shell_complete=complete.environments,
    help="An environment it runs in; may be repeated.",
)  # fmt: skip
@click.option(
    "--need", "written", metavar="NEED", multiple=True,
    help="As in a profile: 'https: {host: example.com, methods: [GET]}'; may be repeated.",
)  # fmt: skip
@click.option("--role", metavar="ARN", help="The role that it runs as; else one of its own name.")
@click.option("--execution-role", metavar="ARN", help="ECS: the role that pulls the image; else NAME-execution.")
@on_tree
def command(
    tree: Directory,
    agent: str | None,
    owner: str | None,
    purpose: str | None,
    platform: str | None,
    environments: tuple[str, ...],
    written: tuple[str, ...],
    role: str | None,
    execution_role: str | None,
) -> int:
    """Write a first profile for AGENT, with comments, into profiles/agents/.

    On a terminal, what is not given is asked. What is written compiles: otherwise the problems are shown, and nothing
    is written. A profile that is there is never overwritten.
    """
    findings = Findings()
    catalogue = load_catalogue(tree, findings)
    known = read_environments(tree, findings)
    findings.raise_if_failed()
    if not known:
        raise click.UsageError("there is no environment yet: write Pulumi.ENV.yaml at the root")
    given = {"AGENT": agent, "--owner": owner, "--purpose": purpose, "--platform": platform, "--env": environments}
    missing = [name for name, value in given.items() if not value]
    asking = sys.stdin.isatty()
    if missing and not asking:
        raise click.UsageError(f"missing {', '.join(missing)}; on a terminal they are asked")
    while not agent:
        try:
            agent = _agent(click.get_current_context(), command.params[0], _asked("Agent's name, lower case"))
        except click.BadParameter as error:
            click.echo(f"  {error.message}", err=True)
    path = agent_path(agent)
    if tree.exists(path):
        raise InputError([Diagnostic(Span(path), "RF158", "is there already", "change it, or choose another name")])
    owner = owner or _asked("Owner: the team that answers for it")
    purpose = purpose or _asked("Purpose, in a few words")
    platform = platform or click.prompt("Platform", type=click.Choice(_PLATFORMS), err=True)
    if not environments:
        answer = _asked(f"Environments ({', '.join(known)})", ",".join(known))
        environments = tuple(answer.replace(",", " ").split())
    for env in environments:
        if env not in known:
            raise no_environment(env, known)
    draft = Draft(
        agent=agent,
        owner=owner,
        purpose=purpose,
        platform=platform or "",
        role=role or default_role(agent),
        execution_role=execution_role or (default_role(f"{agent}-execution") if platform == "ecs" else None),
        environments=environments,
        needs=tuple(_need(text) for text in written),
    )
    if missing and not written:
        draft = dataclasses.replace(draft, needs=tuple(_needs(tree, draft, catalogue)))
    return _write(tree, path, draft_text(draft, catalogue), environments)


def _write(tree: Directory, path: str, text: str, environments: tuple[str, ...]) -> int:
    """Write what compiles, as every other command compiles it; else show why not."""
    failed = f"with {path} in it the project would not compile"
    warnings = write_checked(tree, path, text, lambda changed: _compiled(changed, environments), failed)
    print_diagnostics(warnings, tree)
    click.echo(f"wrote {path}")
    if not tree.exists(schema_path("profile")):
        click.echo("ringfence schema --write  # what editors complete it from")
    for env in environments:
        click.echo(f"ringfence allocate --env {env}  # gives it addresses; then: ringfence review --env {env}")
    return 0


def _compiled(tree: Tree, environments: tuple[str, ...]) -> list[Diagnostic]:
    """The warnings of a tree in some environments; raises `InputError` with the problems of the first that fails."""
    findings = Findings()
    for env in environments:
        plan_environment(tree, env, day_of(tree, env), findings)
    return list(dict.fromkeys(findings.sorted()))


# Needs


def _need(text: str) -> dict[str, Plain]:
    """A need as a profile has it, from one argument; raises `InputError`, located in that argument."""
    findings = Findings()
    document = parse_document("--need", text.encode(), findings)
    if document is not None:
        validate(Need, document, findings)
    findings.raise_if_failed()
    found = cast("dict[str, Any]", document.value if document is not None else {})
    # The capability first, whatever the order in which it was written.
    ordered = sorted(found, key=lambda name: name in REASONS)
    return {name: _plain(found[name]) for name in ordered}


def _plain(value: Any) -> Plain:
    if value is None:
        return {}
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in cast("Iterable[Any]", value)]
    return value if isinstance(value, str | int) else str(value)


# Questions


def _asked(question: str, default: str | None = None) -> str:
    """An answer that is not empty; questions go to standard error."""
    return str(click.prompt(question, default=default, err=True)).strip()


def _optional(question: str) -> str:
    return str(click.prompt(question, default="", show_default=False, err=True)).strip()


def _needs(tree: Directory, draft: Draft, catalogue: Catalogue) -> Iterator[dict[str, Plain]]:
    """Capabilities until none is named, each with its parameters, and with reasons where its grant needs them."""
    known = [
        name
        for name, each in catalogue.capabilities.items()
        if not each.capability.platform and each.capability.primitive != "agent.call"
    ]
    while name := _optional("A capability that it needs (none: go on)"):
        if name not in known:
            click.echo(f"  there is no capability `{visible(name)}`; {did_you_mean(name, known)}", err=True)
            continue
        capability = catalogue.capabilities[name].capability
        click.echo(f"  {visible(' '.join(capability.summary.split()))}", err=True)
        need: dict[str, Plain] = {name: _parameters(capability)}
        problems = _problems(tree, draft, catalogue, need)
        if {each.code for each in problems} == {UNANSWERED}:
            click.echo("  it is risky as granted here: say why, who approved it, and until when", err=True)
            need |= {key: _asked(f"  {key.replace('_', ' ')}") for key in ANSWERED}
            problems = _problems(tree, draft, catalogue, need)
        if problems:
            print_diagnostics(problems, None)
            click.echo("  so it was not taken", err=True)
            continue
        yield need


def _problems(tree: Directory, draft: Draft, catalogue: Catalogue, need: Mapping[str, Plain]) -> tuple[Diagnostic, ...]:
    """What would be wrong with a profile of this one need."""
    text = draft_text(dataclasses.replace(draft, needs=(need,)), catalogue)
    try:
        _compiled(Overlay(tree, {agent_path(draft.agent): text.encode()}), draft.environments)
    except InputError as error:
        return tuple(error.diagnostics)
    return ()


def _parameters(capability: Capability) -> dict[str, Plain]:
    """Each parameter that is required, and of the others those that are answered."""
    found: dict[str, Plain] = {}
    for name, parameter in capability.parameters.items():
        kind = " | ".join(parameter.values) if parameter.values else parameter.type
        several = ", several with commas" if parameter.many else ""
        question = f"  {name} ({kind}{several}): {visible(parameter.describe)}"
        if parameter.required:
            found[name] = _typed(parameter, _asked(question))
        elif text := _optional(f"{question} (optional)"):
            found[name] = _typed(parameter, text)
    return found


def _typed(parameter: Parameter, text: str) -> Plain:
    parts = [part.strip() for part in text.split(",")] if parameter.many else [text]
    values = [int(part) if parameter.type == "port" and part.isdigit() else part for part in parts if part]
    return values[0] if len(values) == 1 else values
