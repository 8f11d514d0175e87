"""What could follow on a command line: agents, environments, capabilities. A mistake completes to nothing."""

from pathlib import Path

import click


def environments(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """The environments of the project that are spelled so far."""
    root = _root(context)
    names = sorted(path.name[len("Pulumi.") : -len(".yaml")] for path in root.glob("Pulumi.*.yaml")) if root else []
    return [name for name in names if name.startswith(begun)]


def agents(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """The agents of the project that are spelled so far."""
    root = _root(context)
    names = sorted(path.stem for path in (root / "profiles" / "agents").glob("*.yaml")) if root else []
    return [name for name in names if name.startswith(begun)]


def capabilities(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """The capabilities, the project's own among them, that are spelled so far."""
    from ringfence.catalogue.load import load_catalogue
    from ringfence.source.diagnostic import Findings, InputError
    from ringfence.source.tree import Directory

    root = _root(context)
    try:
        known = load_catalogue(Directory(root) if root else None, Findings()).capabilities
    except InputError:
        return []
    return sorted(name for name, each in known.items() if name.startswith(begun) and not each.capability.platform)


def _root(context: click.Context) -> Path | None:
    """The project that is meant, as `project.find_root` finds it; None where there is none."""
    given = context.params.get("root")
    if given is not None:
        return Path(given)
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "Pulumi.yaml").is_file()), None)
