"""What every command does where Ringfence meets its surroundings: the root, the day, messages and files."""

import contextlib
import datetime
import functools
import gc
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from ringfence.catalogue.load import BUILT_IN_FOLDER, built_in_file
from ringfence.policy.span import Span
from ringfence.source.diagnostic import Diagnostic, Findings, InputError, Severity, render
from ringfence.source.document import Document, line_of
from ringfence.source.tree import Directory, Tree

MARKER = "Pulumi.yaml"
"""The file that makes a folder the root of a project, as it does for Pulumi itself."""

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
    return click.option("--env", "env", required=True, metavar="ENV", help="The environment: a Pulumi.ENV.yaml.")(
        command
    )


def find_root(given: Path | None) -> Path:
    """The folder given, or the nearest ancestor of the working directory with `MARKER`; raises `InputError`."""
    if given is not None:
        if not given.is_dir():
            raise InputError([Diagnostic(Span(str(given)), "RF005", "is no folder", "name the project's folder")])
        return given
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / MARKER).is_file():
            return folder
    message = f"there is no {MARKER} here or in any folder above"
    raise InputError([Diagnostic(Span(str(here)), "RF004", message, "change into the project, or name it: --root DIR")])


def pinned_day(stack: Document) -> datetime.date | None:
    """The day that a stack's file pins as ``ringfence:as_of``, for the program and for every command alike.

    Raises `InputError`, located, for what is no date.
    """
    config = stack.value.get("config") if isinstance(stack.value, dict) else None
    pinned = config.get("ringfence:as_of") if isinstance(config, dict) else None
    if pinned is None:
        return None
    try:
        return datetime.date.fromisoformat(str(pinned))
    except ValueError as error:
        place = stack.span(("config", "ringfence:as_of"))
        message = "write YEAR-MONTH-DAY, such as 2027-06-30"
        raise InputError([Diagnostic(place, "RF052", f"{pinned!r} is no date", message)]) from error


def today(given: datetime.date | None, pinned: datetime.date | None = None) -> datetime.date:
    """The day of this run: the one given, the one that the stack pins, or today (local). Nothing else asks a clock."""
    return given or pinned or datetime.datetime.now().astimezone().date()


def print_diagnostics(diagnostics: Iterable[Diagnostic], tree: Tree | None = None) -> None:
    """Print what was found, in order, each with its line and mend, to standard error."""
    errors = 0
    for diagnostic in diagnostics:
        click.echo(render(diagnostic, functools.partial(_line_of, tree)), err=True)
        errors += diagnostic.severity is Severity.ERROR
    if errors:
        click.echo(f"{errors} {'error' if errors == 1 else 'errors'}", err=True)


def _line_of(tree: Tree | None, span: Span) -> str | None:
    """The line that a span is on, from the tree or from the built-in catalogue; None where it cannot be shown."""
    try:
        if span.path.startswith(BUILT_IN_FOLDER):
            content = built_in_file(span.path)
        elif tree is not None:
            content = tree.read(span.path)
        else:
            return None
    except (InputError, OSError):
        return None
    return line_of(content.decode("utf-8", "replace").removeprefix("\ufeff"), span.line)


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
