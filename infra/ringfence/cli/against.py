"""What `diff` compares: both sides compiled as of one day, and the problems of each located in it."""

import contextlib
import dataclasses
import datetime
from collections.abc import Callable, Generator
from pathlib import Path

from ringfence.aws.allocation_file import read_allocation
from ringfence.catalogue.load import Carrying
from ringfence.plan import plan_environment
from ringfence.policy.span import Span
from ringfence.profile.fleet import read_environments, read_fleet
from ringfence.project import find_root, line_at
from ringfence.review.difference import Against
from ringfence.review.through import State
from ringfence.source.diagnostic import Diagnostic, Findings
from ringfence.source.revision import base_of, revision
from ringfence.source.tree import Directory, Tree


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
