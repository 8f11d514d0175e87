"""Where a command's resources come from: a file that Pulumi wrote, or the program itself."""

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from ringfence.policy.span import Span
from ringfence.source.diagnostic import Diagnostic, InputError
from ringfence.source.tree import Tree
from ringfence.verify.graph import GraphError, ResourceGraph
from ringfence.verify.state import read_state

stack_export_option = click.option(
    "--stack-export", metavar="FILE", type=click.Path(path_type=Path), help="From `pulumi stack export`."
)
preview_option = click.option(
    "--preview", metavar="FILE", type=click.Path(path_type=Path), help="From `pulumi preview --json --show-sames`."
)


def read_file(path: Path, env: str | None = None) -> ResourceGraph:
    """The resources of an export or a preview; raises `InputError`, also where it is of another environment."""
    graph = read_as(read_state, "`pulumi stack export` or `pulumi preview --json --show-sames`", path)
    if env is not None:
        check_stack(path, graph.stack, env)
    return graph


def check_stack(path: Path, stack: str, env: str) -> None:
    """Raise `InputError` for a file that says of itself that it is of another environment's stack."""
    if stack and stack != env:
        message = f"it is of the stack `{stack}`, and {env} is asked about"
        raise InputError([Diagnostic(Span(str(path)), "RF120", message, f"give that of `{env}`, or `--env {stack}`")])


_ReadT = TypeVar("_ReadT")


def read_as(reader: Callable[..., _ReadT], written_by: str, *paths: Path) -> _ReadT:
    """What a reader makes of the texts of some files; raises `InputError`, at the file, where it makes nothing."""
    texts: list[str] = []
    for path in paths:
        try:
            texts.append(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
            raise unreadable(str(path), reason, written_by) from error
    try:
        return reader(*texts)
    except GraphError as error:
        raise unreadable(str(paths[-1]), str(error), written_by) from error


def unreadable(place: str, reason: str, written_by: str) -> InputError:
    """What Pulumi wrote cannot be read."""
    return InputError([Diagnostic(Span(place), "RF120", f"cannot be read: {reason}", f"give what {written_by} wrote")])


def registered(tree: Tree, env: str, day: datetime.date) -> ResourceGraph:
    """What the Pulumi program registers, run in-process; needs the extra `deploy`; raises `InputError`."""
    try:
        from ringfence.aws.resources.graph import registered_graph
    except ImportError as error:
        message = f"the program cannot be run here: {error}"
        mend = "install the extra `deploy`, or give --stack-export or --preview"
        raise InputError([Diagnostic(Span("infra/__main__.py"), "RF121", message, mend)]) from error
    return registered_graph(tree, env, day)
