"""What `diff` and the review's page compare: both sides compiled as of one day, the problems of each located in it."""

import contextlib
import dataclasses
import datetime
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, TypeVar

import click

from ringfence.aws.allocation_file import read_allocation
from ringfence.catalogue.load import Carrying
from ringfence.cli import INPUT
from ringfence.cli.edge import print_diagnostics
from ringfence.cli.progress import step
from ringfence.plan import plan_environment
from ringfence.policy.span import Span
from ringfence.profile.fleet import read_environments, read_fleet
from ringfence.project import find_root, line_at
from ringfence.review.difference import Against, Difference
from ringfence.review.through import State
from ringfence.source.diagnostic import Diagnostic, Findings, InputError, did_you_mean
from ringfence.source.revision import base_of, revision
from ringfence.source.tree import Directory, Tree

_CommandT = TypeVar("_CommandT", bound=Callable[..., Any])


@dataclasses.dataclass(frozen=True, slots=True)
class Other:
    """The other side that the command line names; with nothing, where the change left the main line."""

    name: str | None
    folder: Path | None
    export: Path | None

    @staticmethod
    def of(name: str | None, folder: Path | None, export: Path | None) -> "Other":
        """What the three options say; raises `UsageError` where they say more than one thing."""
        if sum(each is not None for each in (name, folder, export)) > 1:
            raise click.UsageError("--against, --against-dir and --against-export are three answers to one question")
        return Other(name, folder, export)

    def __bool__(self) -> bool:
        """Whether any was named."""
        return any(each is not None for each in (self.name, self.folder, self.export))


def against_options(command: _CommandT) -> _CommandT:
    """``--against``, ``--against-dir`` and ``--against-export``, of which at most one is given."""
    for option in (
        click.option(
            "--against-export", "export", metavar="FILE", type=click.Path(path_type=Path),
            help="What is deployed: from `pulumi stack export`.",
        ),
        click.option(
            "--against-dir", "folder", metavar="DIR", type=click.Path(path_type=Path), help="Another project."
        ),
        click.option("--against", "name", metavar="REF", help="A git revision; else where this left the main line."),
    ):  # fmt: skip
        command = option(command)
    return command


@contextlib.contextmanager
def other_side(root: Path, name: str | None, folder: Path | None) -> Generator[tuple[Tree, Against]]:
    """The tree that the working tree is compared with, and what it is called; raises `InputError`.

    ``name`` is a revision, ``folder`` another project; with neither it is where the change left the main line.
    """
    if folder is not None:
        yield Directory(find_root(folder)), Against("directory", str(folder), None)
        return
    with revision(root, name or base_of(root)) as tree:
        yield tree, Against("revision", name or tree.commit, tree.commit)


def compiled_state(tree: Tree, environment: str, day: datetime.date, findings: Findings) -> State:
    """One side: its fleet, the environment's plan where it has one, and its agents' addresses.

    Raises `InputError` with every problem of the side when any is an error.
    """
    tree = Carrying.of(tree)
    if environment in read_environments(tree, Findings()):
        plan = plan_environment(tree, environment, day, findings)
        allocation = read_allocation(tree, environment, findings)
        findings.raise_if_failed()
        networks = {
            name: tuple(str(segment.network) for segment in held)
            for name, held in (allocation.agents.items() if allocation is not None else ())
        }
        return State(plan.fleet, plan, networks)
    fleet = read_fleet(tree, findings)
    findings.raise_if_failed()
    return State(fleet, None)


def located(diagnostics: tuple[Diagnostic, ...], name: str) -> tuple[Diagnostic, ...]:
    """Problems of the other side, with its name before each path: ``main:profiles/agents/reader.yaml``."""

    def there(span: Span) -> Span:
        return dataclasses.replace(span, path=f"{name}:{span.path}")

    return tuple(
        dataclasses.replace(
            each, span=there(each.span), related=tuple((there(place), text) for place, text in each.related)
        )
        for each in diagnostics
    )


def lines_of(here: Tree, there: Tree | None, name: str) -> Callable[[Span], str | None]:
    """The text of a line of either side, told apart by the name before its path."""

    def line(span: Span) -> str | None:
        prefix = f"{name}:"
        if there is not None and span.path.startswith(prefix):
            return line_at(there, dataclasses.replace(span, path=span.path.removeprefix(prefix)))
        return line_at(here, span)

    return line


def both_sides(here: Tree, there: Tree, name: str, env: str, day: datetime.date) -> tuple[State, State]:
    """Both sides, before and after; raises `InputError` with the problems of both, each located in its own."""
    states: list[State] = []
    problems: list[Diagnostic] = []
    for tree, prefix in ((there, name), (here, None)):
        findings = Findings()
        step(f"compiling {prefix or 'the working tree'}")
        try:
            states.append(compiled_state(tree, env, day, findings))
        except InputError as error:
            problems += error.diagnostics if prefix is None else located(error.diagnostics, prefix)
    if problems:
        print_diagnostics(problems, line=lines_of(here, there, name))
        raise click.exceptions.Exit(INPUT)
    step("comparing both sides")
    before, after = states
    if before.plan is None and after.plan is None:
        known = {*before.fleet.environments, *after.fleet.environments}
        message = f"there is no environment `{env}` on either side"
        raise InputError([Diagnostic(Span(f"Pulumi.{env}.yaml"), "RF050", message, did_you_mean(env, known))])
    return before, after


def with_export(tree: Tree, env: str, day: datetime.date, path: Path) -> Difference:
    """The difference to a deployed stack; warnings of the working tree are `check`'s to print."""
    from ringfence.cli.state import read_file
    from ringfence.review.deployed import compare_deployed

    plan = plan_environment(Carrying.of(tree), env, day, Findings())
    return compare_deployed(read_file(path, env), plan, Against("export", str(path), None))


def difference_to(other: Other, tree: Directory, env: str, day: datetime.date) -> Difference:
    """The difference from the other side to the working tree; raises `InputError` with the problems of both."""
    from ringfence.review.compare import compare  # a review that compares nothing does not wait for it

    if other.export is not None:
        return with_export(tree, env, day, other.export)
    with other_side(tree.root, other.name, other.folder) as (there, against):
        return compare(*both_sides(tree, there, against.prefix, env, day), env, day, against)
