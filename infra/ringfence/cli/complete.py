"""What could follow on a command line: agents, environments, capabilities. A mistake completes to nothing."""

from collections.abc import Callable
from pathlib import Path

import click

from ringfence.profile.fleet import agent_names, stack_names
from ringfence.project import find_root
from ringfence.source.diagnostic import Findings, InputError
from ringfence.source.tree import Directory, Tree


def environments(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """The environments of the project that are spelled so far."""
    return _begun(context, stack_names, begun)


def agents(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """The agents of the project that are spelled so far."""
    return _begun(context, agent_names, begun)


def _begun(context: click.Context, names: Callable[[Tree], list[str]], begun: str) -> list[str]:
    tree = _tree(context)
    try:
        return [name for name in names(tree) if name.startswith(begun)] if tree else []
    except InputError:
        return []


def capabilities(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """The capabilities, the project's own among them, that are spelled so far."""
    from ringfence.catalogue.load import load_catalogue

    try:
        known = load_catalogue(_tree(context), Findings()).capabilities
    except InputError:
        return []
    return sorted(name for name, each in known.items() if name.startswith(begun) and not each.capability.platform)


def _tree(context: click.Context) -> Directory | None:
    """The project that is meant; None where there is none."""
    given = context.params.get("root")
    try:
        return Directory(find_root(None if given is None else Path(given)))
    except InputError:
        return None
