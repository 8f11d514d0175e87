"""What most commands start from: an environment compiled as of a day; and files written only where all compiles."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import click

from ringfence.aws.allocation import Allocation
from ringfence.aws.allocation_file import allocation_of
from ringfence.cli import INPUT
from ringfence.cli.edge import print_diagnostics, write_files
from ringfence.plan import Plan, plan_environment
from ringfence.project import day_of
from ringfence.source.diagnostic import Findings, InputError
from ringfence.source.tree import Directory, Overlay, Tree


@dataclass(frozen=True, slots=True)
class Compiled:
    """An environment's plan and its addresses, provisional ones where none are written."""

    plan: Plan
    allocation: Allocation


def compile_environment(
    tree: Tree, env: str, as_of: datetime.date | None, findings: Findings, *, strict: bool = False
) -> Compiled:
    """Compile an environment as of the day given, the day that its stack pins, or today; raises `InputError`."""
    day = day_of(tree, env, as_of)
    plan = plan_environment(tree, env, day, findings, strict=strict)
    return Compiled(plan, allocation_of(plan, tree, findings))


def planned(tree: Tree, env: str) -> Plan:
    """An environment's plan as of its own day; raises `InputError`. What is warned of is `check`'s to print."""
    return plan_environment(tree, env, day_of(tree, env), Findings())


_CheckedT = TypeVar("_CheckedT")


def write_checked(tree: Directory, path: str, text: str, check: Callable[[Tree], _CheckedT], else_: str) -> _CheckedT:
    """Write one file of a project, if ``check`` takes the project with it; what that returned.

    Where it raises `InputError`, its problems are printed below ``else_``, nothing is written, and the command ends.
    """
    changed = Overlay(tree, {path: text.encode("utf-8")})
    try:
        checked = check(changed)
    except InputError as error:
        click.echo(f"{else_}: nothing was written", err=True)
        print_diagnostics(error.diagnostics, changed)
        raise click.exceptions.Exit(INPUT) from error
    write_files(tree.root, {path: text})
    return checked
