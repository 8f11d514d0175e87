"""A git revision as a tree of files, read by plumbing alone: nothing is checked out, no hook and no filter runs.

`git cat-file --batch` answers for trees and blobs alike, so one process reads a whole revision. Raw tree objects are
described in https://git-scm.com/book/en/v2/Git-Internals-Git-Objects: mode, blank, name, NUL, the object's name.
"""

import posixpath
import re
import subprocess
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ringfence.policy.span import Span
from ringfence.source.diagnostic import Diagnostic, InputError
from ringfence.source.tree import SIZE_MAX, leads_out, missing, too_large, unreadable

MAIN = ("origin/HEAD", "main", "origin/main", "master", "origin/master")
"""Where the line of development that changes are merged into is looked for, in this order."""

_LINKS_MAX = 40
"""How many symbolic links may lead to a file, as Linux has it (path_resolution(7))."""
_FOLDER, _LINK, _MODULE = "40000", "120000", "160000"


def git(root: Path, *arguments: str) -> str:
    """What a git command prints; raises `InputError` with git's own reason where it fails or is not installed."""
    try:
        ran = subprocess.run(  # noqa: S603 - git itself, and no shell; callers end options before what people wrote
            ["git", "-C", str(root), *arguments],  # noqa: S607 - the one on PATH, as a person would run it
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise _refused(str(root), "git is not installed", "install git, or compare with --against-dir") from error
    if ran.returncode != 0:
        reason = ran.stderr.decode("utf-8", "replace").strip().partition("\n")[0].removeprefix("fatal: ")
        raise _refused(str(root), f"git {arguments[0]}: {reason or ran.returncode}", "check the repository")
    return ran.stdout.decode("utf-8", "surrogateescape")


def commit_of(root: Path, name: str) -> str:
    """The whole name of the commit that a revision stands for; raises `InputError`."""
    git(root, "rev-parse", "--git-dir")  # whatever keeps git from reading here has a better message of its own
    try:
        return git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").strip()
    except InputError as error:
        message, mend = f"there is no revision `{name}` here", "name a commit, a branch or a tag; fetch it first"
        raise _refused(str(root), message, mend) from error


def base_of(root: Path) -> str:
    """The commit that a change is compared with unless told: where it left the main line (`MAIN`).

    On the main line itself that is ``HEAD``, so that what is not committed yet is the change; so it is on a branch
    of a repository without any of `MAIN`. Raises `InputError` where the answer would be a guess: a history that is
    too shallow to reach that commit, or a detached ``HEAD`` without a main line, as machines check it out.
    """
    head = commit_of(root, "HEAD")
    for name in MAIN:
        try:
            main = commit_of(root, name)
        except InputError:
            continue
        try:
            return git(root, "merge-base", head, main).strip()
        except InputError as error:
            message = f"the history here does not reach the commit where this left {name}"
            raise _refused(
                str(root), message, "fetch all of it (`git fetch --unshallow`), or name --against"
            ) from error
    try:
        git(root, "symbolic-ref", "--quiet", "HEAD")
    except InputError as error:
        message = f"HEAD is detached, and there is none of {', '.join(MAIN)} to compare with"
        raise _refused(
            str(root), message, "fetch the branch that this is to be merged into, or name --against"
        ) from error
    return head


@contextmanager
def revision(root: Path, name: str) -> "Generator[Revision]":
    """The tree of a revision at the same place of its repository as ``root``; raises `InputError`."""
    commit = commit_of(root, name)
    prefix = git(root, "rev-parse", "--show-prefix").rstrip("\n").rstrip("/")
    process = subprocess.Popen(  # noqa: S603 - as in `git`
        ["git", "-C", str(root), "cat-file", "--batch"],  # noqa: S607
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both were asked for")
        yield Revision(commit, prefix, process.stdin, process.stdout)


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: str
    object: str


@dataclass(slots=True)
class Revision:
    """A tree (`source.tree.Tree`) at one commit. Symbolic links that lead out of it are refused.

    ``prefix`` is the folder of the repository that is the tree's root, empty for the repository's own.
    """

    commit: str
    prefix: str
    _requests: IO[bytes] = field(repr=False)
    _answers: IO[bytes] = field(repr=False)
    _folders: dict[str, dict[str, _Entry]] = field(default_factory=dict[str, dict[str, _Entry]], repr=False)

    def names(self, folder: str, suffix: str) -> tuple[str, ...]:
        """As `Tree.names`; hidden files are passed over."""
        found = self._find(folder)
        if found is None:
            return ()
        if found.mode != _FOLDER:
            raise unreadable(folder, "cannot be listed: Not a directory", "check the folder")
        names = sorted(name for name in self._folder(found.object) if name.endswith(suffix) and name[0] != ".")
        return tuple(names if folder == "." else (f"{folder}/{name}" for name in names))

    def exists(self, path: str) -> bool:
        """As `Tree.exists`."""
        try:
            return self._find(path) is not None
        except InputError:
            return False

    def read(self, path: str) -> bytes:
        """As `Tree.read`; refuses what is no file, or is larger than `SIZE_MAX`."""
        found = self._find(path)
        if found is None:
            raise missing(path, self)
        if found.mode in {_FOLDER, _MODULE}:
            raise unreadable(path, "is not a regular file", "only files are read")
        kind, content = self._object(found.object)
        if kind != "blob":
            raise unreadable(path, f"cannot be read: its object is {kind}", "check the repository: git fsck")
        if len(content) > SIZE_MAX:
            raise too_large(path, len(content))
        return content

    def _find(self, path: str) -> _Entry | None:
        """What a path leads to, symbolic links followed; None where there is nothing."""
        parts = [part for part in posixpath.normpath(path).split("/") if part != "."]
        for _ in range(_LINKS_MAX):
            entry, place = self._root(), 0
            while entry is not None and place < len(parts) and entry.mode == _FOLDER:
                entry = self._folder(entry.object).get(parts[place])
                place += 1
            if entry is None or (entry.mode != _LINK and place < len(parts)):
                return None
            if entry.mode != _LINK:
                return entry
            parts = self._followed(path, parts[: place - 1], entry, parts[place:])
        raise unreadable(path, "cannot be read: Too many levels of symbolic links", "put the file itself here")

    def _followed(self, path: str, folder: Sequence[str], link: _Entry, rest: Sequence[str]) -> list[str]:
        target = self._object(link.object)[1].decode("utf-8", "surrogateescape")
        whole = posixpath.normpath(posixpath.join("/".join(folder), target, *rest))
        if whole.startswith(("/", "..")):
            raise leads_out(path)
        return [part for part in whole.split("/") if part != "."]

    def _root(self) -> _Entry | None:
        kind, _ = self._object(f"{self.commit}:{self.prefix}")
        return _Entry(_FOLDER, f"{self.commit}:{self.prefix}") if kind == "tree" else None

    def _folder(self, name: str) -> dict[str, _Entry]:
        found = self._folders.get(name)
        if found is None:
            found = self._folders[name] = dict(_entries(self._object(name)[1], len(self.commit) // 2))
        return found

    def _object(self, name: str) -> tuple[str, bytes]:
        """The kind and content of an object; ("missing", b"") where there is none."""
        self._requests.write(name.encode("utf-8", "surrogateescape") + b"\n")
        self._requests.flush()
        head = self._answers.readline().decode("ascii", "replace").split()
        if len(head) != 3 or not head[2].isdecimal():
            return "missing", b""
        content = self._answers.read(int(head[2]))
        self._answers.read(1)  # a newline ends each answer
        return head[1], content


def _entries(content: bytes, length: int) -> Iterator[tuple[str, _Entry]]:
    """What a raw tree object lists; object names have ``length`` octets (SHA-1 or SHA-256)."""
    position = 0
    while position < len(content):
        end = content.index(b"\0", position)
        mode, _, name = content[position:end].partition(b" ")
        object_ = content[end + 1 : end + 1 + length].hex()
        yield name.decode("utf-8", "surrogateescape"), _Entry(mode.decode("ascii"), object_)
        position = end + 1 + length


def _refused(path: str, message: str, mend: str) -> InputError:
    return InputError([Diagnostic(Span(path), "RF140", message, mend)])


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a line: name and address of the commit, or those that git would put into one now."""

    name: str
    address: str


def authors_of(root: Path, path: str) -> dict[int, Author]:
    """The author of each line of a file as it stands in the working tree; of one not committed yet, git's own user.

    Raises `InputError` where git cannot tell.
    """
    here = _identity(root)
    try:
        blamed = git(root, "blame", "--porcelain", "--", path)
    except InputError:
        if not (root / path).is_file():
            raise
        lines = (root / path).read_bytes().count(b"\n") + 1
        return dict.fromkeys(range(1, lines + 1), here)  # not in the last commit: nobody else has touched it
    return dict(_blamed(blamed, here))


def _identity(root: Path) -> Author:
    matched = re.match(r"(.*) <(.*)> \d+ \S+\Z", git(root, "var", "GIT_AUTHOR_IDENT").strip())
    return Author(matched.group(1), matched.group(2)) if matched else Author("", "")


def _blamed(text: str, here: Author) -> Iterator[tuple[int, Author]]:
    """The format of `git blame --porcelain` (git-blame(1)): who wrote a commit stands at its first line only."""
    names: dict[str, dict[str, str]] = {}
    commit, number = "", 0
    for line in text.split("\n"):
        if line.startswith("\t"):
            told = names[commit]
            yield number, here if not commit.strip("0") else Author(told["author"], told["author-mail"].strip("<>"))
        elif matched := re.match(r"([0-9a-f]{40,64}) \d+ (\d+)", line):
            commit, number = matched.group(1), int(matched.group(2))
            names.setdefault(commit, {})
        else:
            key, _, value = line.partition(" ")
            names.get(commit, {})[key] = value
