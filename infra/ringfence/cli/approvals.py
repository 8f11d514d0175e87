"""``--approvals-from``: approvals held against a CODEOWNERS file and the authors of the lines."""

import functools
from pathlib import Path

import click

from ringfence.profile.fleet import Fleet
from ringfence.source.diagnostic import Diagnostic, Findings, InputError
from ringfence.source.tree import Directory

approvals_option = click.option(
    "--approvals-from",
    type=click.Choice(["codeowners"]),
    help="Refuse approvals by who may not approve, or wrote the lines.",
)


def refused_approvals(
    tree: Directory, fleet: Fleet, before: Fleet | None = None, base: str | None = None
) -> tuple[Diagnostic, ...]:
    """The approvals of a fleet that cannot be true; only new ones where ``before`` is what it is compared with.

    CODEOWNERS is read as of ``base``, or as of where this left the main line: a change must not say itself who may
    approve it. Raises `InputError` where there is no such file, or git cannot tell.
    """
    from ringfence.cli.against import located
    from ringfence.review.approvals import refused
    from ringfence.source.codeowners import read_code_owners
    from ringfence.source.revision import authors_of, base_of, git, revision

    commit = base or base_of(tree.root)
    prefix = git(tree.root, "rev-parse", "--show-prefix").strip()
    top = Path(git(tree.root, "rev-parse", "--show-toplevel").rstrip("\n"))
    findings = Findings()
    with revision(top, commit) as there:
        owners = read_code_owners(there, findings)
    if owners is None:
        raise InputError(located(findings.sorted(), commit[:12]))
    return refused(fleet, before, owners, prefix, functools.lru_cache(functools.partial(authors_of, tree.root)))
