"""The last good state of a tree: for an emergency that somebody else's mistake must not hold up.

A file that does not compile counts as it last did in the repository's history. A file that never did is left out:
then the tree is not whole, and only what is named may be deployed from it, since the rest would be taken for removed.
"""

import shutil
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ringfence.source.diagnostic import Diagnostic, InputError, Severity
from ringfence.source.revision import git
from ringfence.source.tree import Directory, Overlay, Tree

VERSIONS = 50
"""How many versions of a file are tried, from the newest back."""

Amend = Callable[[str, bytes], bytes]
"""A file's content as it is to count: path and content to content."""


@dataclass(frozen=True, slots=True)
class Substitution:
    """A file that counts as it was at a commit, or not at all where no version of it compiles; ``cause`` is why."""

    path: str
    commit: str | None
    cause: Diagnostic


@dataclass(frozen=True, slots=True)
class LastGood:
    """A tree that compiles, and what had to be replaced for it; ``files`` are the contents as they are amended."""

    tree: Overlay
    substitutions: tuple[Substitution, ...]

    @property
    def whole(self) -> bool:
        """Whether every file counts in some version."""
        return all(each.commit is not None for each in self.substitutions)


def last_good(tree: Directory, compiles: Callable[[Tree], object], amend: Mapping[str, Amend]) -> LastGood:
    """The tree with as few files as they last were as it takes for ``compiles`` to raise no `InputError`.

    ``amend`` holds what is to be changed in files by their paths, in whatever version of theirs counts. Raises the
    `InputError` of what no version of a file mends.
    """
    history: dict[str, Iterator[tuple[str, bytes]]] = {}
    substituted: dict[str, Substitution] = {}
    files: dict[str, bytes | None] = {}

    def replace(path: str, cause: Diagnostic) -> None:
        """The next older version counts, the first that can be amended where it is to be."""
        first = substituted[path].cause if path in substituted else cause
        for commit, content in history.setdefault(path, _versions(tree, path)):
            try:
                files[path] = amend[path](path, content) if path in amend else content
            except InputError:
                continue
            substituted[path] = Substitution(path, commit, first)
            return
        if path in amend:
            raise InputError([first])
        files[path] = None
        substituted[path] = Substitution(path, None, first)

    def as_it_stands(path: str, cause: Diagnostic) -> Diagnostic:
        """A cause where it is in the file itself: an amendment moves lines."""
        try:
            compiles(Overlay(tree, {other: content for other, content in files.items() if other != path}))
        except InputError as error:
            same = (each for each in error.diagnostics if each.span.path == path)
            return next((each for each in same if (each.code, each.message) == (cause.code, cause.message)), cause)
        return cause

    for path, change in amend.items():
        try:
            files[path] = change(path, tree.read(path))
        except InputError as error:
            replace(path, error.diagnostics[0])

    while True:
        overlay = Overlay(tree, dict(files))
        try:
            compiles(overlay)
        except InputError as error:
            blamed = {each.span.path: each for each in reversed(error.diagnostics) if each.severity is Severity.ERROR}
            wrong = {path: each for path, each in blamed.items() if _is_ours(path) and overlay.exists(path)}
            if not wrong:
                raise
            for path, cause in wrong.items():
                replace(path, as_it_stands(path, cause) if path in amend and path not in substituted else cause)
        else:
            return LastGood(overlay, tuple(substituted[path] for path in sorted(substituted)))


def _is_ours(path: str) -> bool:
    return path.startswith("profiles/") or (path.startswith("Pulumi.") and path.endswith(".yaml"))


def _versions(tree: Directory, path: str) -> Iterator[tuple[str, bytes]]:
    """The versions of a file in the history, newest first; none outside a repository."""
    try:
        commits = git(tree.root, "log", "--format=%H", f"--max-count={VERSIONS}", "--", path).split()
    except InputError:
        return
    for commit in commits:
        try:
            content = git(tree.root, "show", f"{commit}:./{path}")
        except InputError:  # the commit that removed it
            continue
        yield commit, content.encode("utf-8", "surrogateescape")


@contextmanager
def written(good: LastGood, root: Path) -> Generator[Path]:
    """A folder that Pulumi can run in: the project itself where nothing was replaced, else a copy for the while."""
    if not good.substitutions:
        yield root
        return
    with TemporaryDirectory(prefix="ringfence-") as name:
        folder = Path(name)
        shutil.copytree(root / "profiles", folder / "profiles")
        (folder / "infra").mkdir()
        # The program finds the project from its own folder, so that has to be a real one here.
        shutil.copy(root / "infra" / "__main__.py", folder / "infra")
        for stack in root.glob("Pulumi*.yaml"):
            shutil.copy(stack, folder)
        (folder / ".venv").symlink_to((root / ".venv").resolve())
        for path, content in good.tree.files.items():
            if content is None:
                (folder / path).unlink()
            else:
                (folder / path).write_bytes(content)
        yield folder
