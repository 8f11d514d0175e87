"""Trees of files that profiles are read from: a directory, the same with changes, a git revision for comparison."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Protocol

from ringfence.policy.span import Span
from ringfence.source.diagnostic import Diagnostic, InputError, did_you_mean

SIZE_MAX = 1 << 20
"""The largest file that is read, in octets."""


class Tree(Protocol):
    """Files below one root; paths are relative, with forward slashes."""

    def names(self, folder: str, suffix: str) -> tuple[str, ...]:
        """The paths of the files directly in a folder whose names end so, sorted; none where it is missing.

        ``.`` is the root, whose files' paths are their names.
        """
        ...

    def read(self, path: str) -> bytes:
        """A file's content; raises `InputError`, located at the file, where it cannot be had."""
        ...

    def exists(self, path: str) -> bool:
        """Whether the tree has a file or folder of this path."""
        ...


class Directory:
    """A tree in the file system. Symbolic links that lead out of the root are refused."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._root = os.fspath(root)
        self._inside = os.path.join(os.path.realpath(root), "")  # noqa: PTH118 - pathlib drops the last slash

    def names(self, folder: str, suffix: str) -> tuple[str, ...]:
        """As `Tree.names`; hidden files are passed over."""
        try:
            with os.scandir(self.root / folder) as entries:
                found = [entry.name for entry in entries if entry.name.endswith(suffix) and entry.name[0] != "."]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise unreadable(folder, f"cannot be listed: {error.strerror}", "check the folder") from error
        return tuple(sorted(found) if folder == "." else (f"{folder}/{name}" for name in sorted(found)))

    def exists(self, path: str) -> bool:
        """As `Tree.exists`."""
        return (self.root / path).exists()

    def read(self, path: str) -> bytes:
        """As `Tree.read`; refuses what is not a regular file, is larger than `SIZE_MAX` or lies outside."""
        full = os.path.join(self._root, path)  # noqa: PTH118 - pathlib doubles the time of reading a large fleet
        try:
            # O_NONBLOCK: opening a named pipe must not wait for its writer
            descriptor = os.open(full, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise self._missing(path) from error
        except OSError as error:
            raise unreadable(path, f"cannot be read: {error.strerror}", "check the file") from error
        except ValueError as error:  # a null character in the name
            raise unreadable(path, f"cannot be read: {error}", "check the name") from error
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise unreadable(path, "is not a regular file", "only files are read")
            if self._turns(path) and not os.path.realpath(full).startswith(self._inside):
                raise leads_out(path)
            if status.st_size > SIZE_MAX:
                raise too_large(path, status.st_size)
            return os.read(descriptor, status.st_size + 1)
        except OSError as error:
            raise unreadable(path, f"cannot be read: {error.strerror}", "check the file") from error
        finally:
            os.close(descriptor)

    def _turns(self, path: str) -> bool:
        """Whether a path may lead elsewhere than its names say: by a link, by ``..``, or from the file system's root.

        Few do, and to resolve one takes longer than to read a profile.
        """
        full = self._root
        for name in path.split("/"):
            full = f"{full}/{name}"
            if name in ("", "..") or os.path.islink(full):  # noqa: PTH114 - as in `read`
                return True
        return False

    def _missing(self, path: str) -> InputError:
        if (self.root / path).is_symlink():
            return unreadable(path, "is a symbolic link to nothing", "put the file itself here")
        return missing(path, self)


@dataclass(frozen=True, slots=True)
class Overlay:
    """A tree over another: files that are new or have other contents, or are hidden (None)."""

    under: Tree
    files: Mapping[str, bytes | None] = field(default_factory=dict[str, bytes | None])

    def names(self, folder: str, suffix: str) -> tuple[str, ...]:
        """As `Tree.names`."""
        parent = "" if folder == "." else folder
        new = {path for path in self.files if path.endswith(suffix) and path.rpartition("/")[0] == parent}
        found = sorted({*self.under.names(folder, suffix), *new})
        return tuple(path for path in found if self.files.get(path, b"") is not None)

    def exists(self, path: str) -> bool:
        """As `Tree.exists`."""
        return self.files[path] is not None if path in self.files else self.under.exists(path)

    def read(self, path: str) -> bytes:
        """As `Tree.read`."""
        content = self.files[path] if path in self.files else self.under.read(path)
        if content is None:
            raise missing(path, self)
        return content


def missing(path: str, tree: Tree) -> InputError:
    """The refusal of a path that leads nowhere in a tree, with the nearest of its neighbours."""
    pure = PurePosixPath(path)
    try:
        siblings = tree.names(str(pure.parent), pure.suffix) if pure.suffix else ()
    except InputError:  # its folder is a file
        siblings = ()
    return unreadable(path, "does not exist", did_you_mean(path, siblings))


def unreadable(path: str, message: str, mend: str) -> InputError:
    """The refusal of what cannot be read or listed."""
    return InputError([Diagnostic(Span(path), "RF001", message, mend)])


def leads_out(path: str) -> InputError:
    """The refusal of a symbolic link that leads out of the tree."""
    message = "is a symbolic link that leads out of the tree"
    return InputError([Diagnostic(Span(path), "RF002", message, "put the file itself here")])


def too_large(path: str, size: int) -> InputError:
    """The refusal of a file of more than `SIZE_MAX` octets."""
    message = f"has {size} octets; at most {SIZE_MAX} are read"
    return InputError([Diagnostic(Span(path), "RF003", message, "split the file")])
