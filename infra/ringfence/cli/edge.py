"""What every command does where Ringfence meets its surroundings: the root, the day, messages and files."""

import contextlib
import datetime
import functools
import gc
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from ringfence.cli import complete
from ringfence.cli.progress import progress
from ringfence.policy.span import Span
from ringfence.project import MARKER, find_root, line_at
from ringfence.source.diagnostic import Diagnostic, Findings, InputError, Severity, render
from ringfence.source.tree import Directory, Tree

_CommandT = TypeVar("_CommandT", bound=Callable[..., Any])


def _day(_: click.Context, __: click.Parameter, value: str | None) -> datetime.date | None:
    try:
        return None if value is None else datetime.date.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no date; write YEAR-MONTH-DAY, such as 2027-06-30") from error


root_option = click.option(
    "--root", metavar="DIR", type=click.Path(path_type=Path), help=f"The project; else the nearest {MARKER} upwards."
)
as_of_option = click.option(
    "--as-of", metavar="DATE", callback=_day, help="The day that decides what has expired; today unless given."
)
strict_option = click.option("--strict", is_flag=True, help="Warnings, residuals and expired grants are findings.")


def env_option(command: _CommandT) -> _CommandT:
    """``--env``, required: a command about one environment never guesses which."""
    return click.option(
        "--env", "env", required=True, metavar="ENV", shell_complete=complete.environments,
        help="The environment: a Pulumi.ENV.yaml.",
    )(command)  # fmt: skip


def one_env_option(command: _CommandT) -> _CommandT:
    """``--env`` of a command about an agent: one of its environments, or all of them."""
    return click.option(
        "--env", "env", metavar="ENV", shell_complete=complete.environments,
        help="In this environment only; in all of the agent's unless given.",
    )(command)  # fmt: skip


def print_diagnostics(
    diagnostics: Iterable[Diagnostic], tree: Tree | None = None, line: Callable[[Span], str | None] | None = None
) -> None:
    """Print what was found, in order, each with its line and mend, to standard error.

    ``line`` gives a span's line where there is more than one ``tree`` that it may be of.
    """
    line = line or functools.partial(line_at, tree)
    errors = 0
    for diagnostic in diagnostics:
        click.echo(render(diagnostic, line), err=True)
        errors += diagnostic.severity is Severity.ERROR
    if errors:
        click.echo(f"{errors} {'error' if errors == 1 else 'errors'}", err=True)


def finish(findings: Findings, tree: Tree, *, strict: bool) -> int:
    """Print the warnings; 1 where strictness makes them findings, else 0. Errors have been raised before."""
    warnings = findings.sorted()
    print_diagnostics(warnings, tree)
    return 1 if strict and warnings else 0


def on_tree(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command ``--root`` and hand it the ``tree``; print the problems that end it.

    Garbage is not collected meanwhile: a command makes much, drops little, and ends, and walking what a large
    fleet is made of, again and again, would double its time.
    """

    @functools.wraps(command)
    def run(root: Path | None, **options: Any) -> int:
        tree = Directory(find_root(root))
        gc.disable()
        try:
            with progress(click.get_current_context().command_path):
                return command(tree=tree, **options)
        except InputError as error:
            print_diagnostics(error.diagnostics, tree)
            return 2
        finally:
            gc.enable()

    return root_option(run)


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write all files below a folder, or none: each is written beside its place first, then all are renamed.

    Raises `InputError`, located at the folder or file, where that is refused.
    """
    import tempfile  # with it come compression and random numbers, which only writing needs

    written: list[tuple[str, Path]] = []
    place = folder
    try:
        for name, text in files.items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.is_dir():
                raise IsADirectoryError(0, "Is a directory")
            handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
            written.append((temporary, place))
            with open(handle, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - mkstemp gives a number
                file.write(text)
            Path(temporary).chmod(0o644)
        for temporary, place in written:
            Path(temporary).replace(place)
    except OSError as error:
        for temporary, _ in written:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)  # noqa: PTH108 - a text, and no Path need be made for it
        message = f"cannot be written: {error.strerror}"
        raise InputError([Diagnostic(Span(str(place)), "RF006", message, "check the folder")]) from error
