"""Where a command's resources come from: a file that Pulumi wrote, or the program itself."""

import datetime
from pathlib import Path

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
    "--preview", metavar="FILE", type=click.Path(path_type=Path), help="From `pulumi preview --json`."
)


def read_file(path: Path) -> ResourceGraph:
    """The resources of an export or a preview; raises `InputError`."""
    try:
        return read_state(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, GraphError) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        mend = "give what `pulumi stack export` or `pulumi preview --json` wrote"
        raise InputError([Diagnostic(Span(str(path)), "RF120", f"cannot be read: {reason}", mend)]) from error


def registered(tree: Tree, env: str, day: datetime.date) -> ResourceGraph:
    """What the Pulumi program registers, run in-process; needs the extra `deploy`; raises `InputError`."""
    try:
        from ringfence.aws.resources.graph import registered_graph
    except ImportError as error:
        message = f"the program cannot be run here: {error}"
        mend = "install the extra `deploy`, or give --stack-export or --preview"
        raise InputError([Diagnostic(Span("infra/__main__.py"), "RF121", message, mend)]) from error
    return registered_graph(tree, env, day)
