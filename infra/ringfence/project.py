"""What a run starts from, a command's and the Pulumi program's alike: the root, the day, and the lines of files."""

import datetime
from pathlib import Path

from ringfence.catalogue.load import BUILT_IN_FOLDER, built_in_file
from ringfence.policy.span import Span
from ringfence.profile.fleet import read_environments
from ringfence.source.diagnostic import Diagnostic, Findings, InputError
from ringfence.source.document import Document, line_of
from ringfence.source.tree import Tree

MARKER = "Pulumi.yaml"
"""The file that makes a folder the root of a project, as it does for Pulumi itself."""


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

    Where it is written without quotes, Pulumi writes it back with a time, as Go does, when it next writes the file
    (`pulumi stack init` does); that is the same day. Raises `InputError`, located, for what is no date.
    """
    config = stack.value.get("config") if isinstance(stack.value, dict) else None
    pinned = config.get("ringfence:as_of") if isinstance(config, dict) else None
    if pinned is None:
        return None
    try:
        return datetime.date.fromisoformat(str(pinned).removesuffix(" 00:00:00 +0000 UTC"))
    except ValueError as error:
        place = stack.span(("config", "ringfence:as_of"))
        message = "write YEAR-MONTH-DAY, such as 2027-06-30"
        raise InputError([Diagnostic(place, "RF052", f"{pinned!r} is no date", message)]) from error


def today(given: datetime.date | None, pinned: datetime.date | None = None) -> datetime.date:
    """The day of this run: the one given, the one that the stack pins, or today (local).

    What is allowed depends on no other clock.
    """
    return given or pinned or datetime.datetime.now().astimezone().date()


def day_of(tree: Tree, environment: str, given: datetime.date | None = None) -> datetime.date:
    """The day of a run about one environment: the one given, the one that its stack pins, or today.

    Raises `InputError` for a pinned one that is no date; other problems of the stack are for who reads all of it.
    """
    written = read_environments(tree, Findings()).get(environment)
    return today(given, pinned_day(written.document) if written else None)


def now() -> datetime.datetime:
    """This moment in UTC, to the second: when something is done, never what decides an access."""
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def line_at(tree: Tree | None, span: Span) -> str | None:
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
