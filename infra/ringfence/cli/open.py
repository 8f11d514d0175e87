"""``ringfence open``: break-glass, a grant that expires, opened in an emergency and shown before all else."""

import datetime
import re

import click

from ringfence.cli import complete
from ringfence.cli.asked import agent_of, environments_of, profile_path, remedy_of, target_of
from ringfence.cli.compiled import planned, write_checked
from ringfence.cli.edge import on_tree, one_env_option
from ringfence.operate.pulumi_steps import whole_step
from ringfence.policy.flow import Access, Https, Service
from ringfence.policy.span import Span
from ringfence.policy.verdict import judge
from ringfence.profile.break_glass import LONGEST, Opening, opened_text
from ringfence.profile.expect import check_expectations
from ringfence.profile.model import Need
from ringfence.profile.remedy import Refusal, Suggestion
from ringfence.project import now
from ringfence.source.diagnostic import Diagnostic, Findings, InputError, visible
from ringfence.source.tree import Directory, Tree

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class _Duration(click.ParamType[datetime.timedelta]):
    name = "duration"

    def convert(
        self, value: str | datetime.timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime.timedelta:
        if isinstance(value, datetime.timedelta):
            return value
        written = re.fullmatch(r"([1-9]\d{0,4})([mhd])", value)
        if written is None:
            self.fail(f"{visible(value)!r} is no duration: write 30m, 2h or 1d", param, ctx)
        lasts = datetime.timedelta(**{_UNITS[written.group(2)]: int(written.group(1))})
        if lasts > LONGEST:
            self.fail(f"at most {LONGEST.days}d: what is needed for longer is a need like any other", param, ctx)
        return lasts


@click.command()
@click.argument("agent", shell_complete=complete.agents)
@click.argument("target")
@click.option("--for", "lasts", type=_Duration(), required=True, metavar="DURATION", help="30m, 2h, 1d; at most 7d.")
@click.option("--because", metavar="TEXT", required=True, help="Why.")
@click.option("--approved-by", metavar="NAME", required=True, help="Who answers for it.")
@click.option("--ticket", metavar="TICKET", help="Where it is followed.")
@one_env_option
@on_tree
def command(
    tree: Directory,
    agent: str,
    target: str,
    lasts: datetime.timedelta,
    because: str,
    approved_by: str,
    ticket: str | None,
    env: str | None,
) -> int:
    """Open TARGET to AGENT in an emergency: the smallest need that allows it, with an end.

    Targets are written as for `explain`. The need is written into the profile, marked as break-glass, which every
    review shows before all else; what it opens besides is printed. The ceiling still holds. Nothing is deployed: the
    commands are printed. A profile knows days: the need counts until the end of the day on which the duration ends,
    and what is deployed stays until the next deployment after that day.
    """
    path = profile_path(tree, agent)
    since = now()
    until = (since + lasts).astimezone().date()
    environments = environments_of(tree, path, env)
    remedies = {name: _remedy(tree, agent, target, name) for name in environments}
    wanting = {name: remedy for name, remedy in remedies.items() if remedy is not None}
    for name in environments:
        if name not in wanting:
            click.echo(visible(f"{agent} in {name}: {target} is allowed already"))
    if not wanting:
        return 0
    suggestion = next(iter(wanting.values()))
    opening = Opening(because, approved_by, ticket, since, until, tuple(wanting))
    written = opened_text(tree.read(path).decode("utf-8"), _need(path, agent, suggestion), opening)
    contradicted = write_checked(
        tree,
        path,
        written,
        lambda changed: [text for name in wanting for text in _check(changed, name, agent, target)],
        f"with the need in it, {path} would not compile",
    )
    _show(agent, target, suggestion, opening)
    for text in dict.fromkeys(contradicted):
        click.echo(visible(f"  against what the profile expects: {text}"))
    click.echo(f"wrote {path}")
    for name in wanting:
        step = whole_step(name, f"opens it in {name}; once more after {until} closes it")
        click.echo(f"{step}  # {step.purpose}")
    return 0


def _remedy(tree: Tree, agent: str, target: str, env: str) -> Suggestion | None:
    """What would open the target in one environment, None where it is open; raises `InputError` where nothing may."""
    plan = planned(tree, env)
    remedy = remedy_of(tree, plan, agent_of(plan, agent), target_of(plan, target), Findings(), narrowest=True)
    if isinstance(remedy, Refusal):
        place = remedy.place or plan.fleet.profiles[agent].span("agent")
        raise InputError([Diagnostic(place, "RF155", f"cannot be opened in {env}: {remedy.reason}", remedy.mend)])
    return remedy


def _need(path: str, agent: str, suggestion: Suggestion) -> Need:
    if suggestion.need is None:
        message = "a call of another agent has no end, so it cannot be opened for a while"
        raise InputError([Diagnostic(Span(path), "RF155", message, f"declare it in `{agent}`: `calls: [AGENT]`")])
    return suggestion.need


def _check(tree: Tree, env: str, agent: str, target: str) -> list[str]:
    """Hold the amended profile to everything that a profile is held to; raises `InputError`.

    What the profile expects otherwise holds nothing up in an emergency: it is returned, to be said.
    """
    plan = planned(tree, env)
    if not judge(plan.declared.of(agent), target_of(plan, target)).allowed:
        place = plan.fleet.profiles[agent].span("needs")
        message = f"what opens {target} elsewhere does not open it in {env}"
        raise InputError([Diagnostic(place, "RF155", message, f"name one environment: --env {env}")])
    failures = check_expectations(plan.fleet, plan.declared)
    return [f"{each.wanted} {each.target} ({each.span})" for each in failures if each.agent == agent]


def _show(agent: str, target: str, suggestion: Suggestion, opening: Opening) -> None:
    who = f"{opening.approved_by} until {opening.until}"
    parts = [f"{agent} in {', '.join(opening.environments)}: {target}", opening.because, opening.ticket, who]
    click.echo(visible(" · ".join(filter(None, parts))))
    for label, texts in (
        ("opens", [_opened(access) for access in suggestion.opens]),
        ("risk", suggestion.risks),
        ("what a granted request may carry", suggestion.carries),
        ("residual", [f"{left.code} {left.subject}: {left.reason}" for left in suggestion.residuals]),
    ):
        for text in texts:
            click.echo(visible(f"  {label}: {text}"))


def _opened(access: Access) -> str:
    """An access with all that it grants: in an emergency this is what is read."""
    match access:
        case Https(requests=requests):
            return f"{', '.join(map(str, requests)) or 'any request'} on {access}"
        case Service(resources=resources):
            return f"{access} on {', '.join(resources)}"
        case _:
            return str(access)
