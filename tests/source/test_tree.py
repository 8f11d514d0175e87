"""Files are read from below one root, and nothing else is: each refusal is a located diagnostic, never a traceback."""

import os
import socket
from pathlib import Path

import pytest
from ringfence.source.diagnostic import Diagnostic, InputError
from ringfence.source.tree import SIZE_MAX, Directory


def refused(tree: Directory, path: str) -> Diagnostic:
    with pytest.raises(InputError) as caught:
        tree.read(path)
    (found,) = caught.value.diagnostics
    assert found.span.path == path
    assert found.help
    return found


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a" * SIZE_MAX)
    assert Directory(tmp_path).read("a.yaml") == b"a" * SIZE_MAX


def test_a_file_larger_than_the_limit_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.yaml").open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    found = refused(Directory(tmp_path), "a.yaml")
    assert (found.code, found.message) == ("RF003", f"has {50 * 1024 * 1024} octets; at most {SIZE_MAX} are read")


def test_a_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "analyst.yaml").touch()
    found = refused(Directory(tmp_path), "analist.yaml")
    assert (found.code, found.message, found.help) == ("RF001", "does not exist", "did you mean `analyst.yaml`?")
    assert refused(Directory(tmp_path), "no/such/folder.yaml").code == "RF001"


@pytest.mark.parametrize("kind", ["folder", "pipe", "socket", "device", "dangling", "loop", "null"])
def test_what_is_not_a_regular_file_is_refused_without_waiting(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.yaml"
    name = "a.yaml"
    expected = "is not a regular file"
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(str(path))
            expected = "cannot be read: No such device or address"
        case "device":
            path.symlink_to("/dev/zero")
        case "dangling":
            path.symlink_to("nowhere")
            expected = "is a symbolic link to nothing"
        case "loop":
            path.symlink_to("a.yaml")
            expected = "cannot be read: Too many levels of symbolic links"
        case _:
            name = "a\0b.yaml"
            expected = "cannot be read: embedded null byte"
    found = refused(Directory(tmp_path), name)
    assert (found.code, found.message) == ("RF001", expected)


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        # Root reads whatever its mode: a file of the kernel's that can only be written refuses it all the same.
        target = Path("/proc/self/task") / str(os.getpid()) / "mem"
        tree = Directory(target.parent)
        found = refused(tree, "mem")
    else:
        (tmp_path / "a.yaml").touch(mode=0)
        found = refused(Directory(tmp_path), "a.yaml")
    assert found.code == "RF001"
    assert found.message.startswith("cannot be read: ")


def test_links_are_followed_within_the_tree_only(tmp_path: Path) -> None:
    root = tmp_path / "root"
    outside = tmp_path / "root-beside"
    for folder in (root / "profiles", outside):
        folder.mkdir(parents=True)
        (folder / "a.yaml").write_text("agent: a\n")
    (root / "inside.yaml").symlink_to("profiles/a.yaml")
    (root / "outside.yaml").symlink_to(outside / "a.yaml")
    (root / "linked").symlink_to(outside)
    tree = Directory(root)
    assert tree.read("inside.yaml") == b"agent: a\n"
    for path in ("outside.yaml", "linked/a.yaml", "../root-beside/a.yaml"):
        assert refused(tree, path).code == "RF002"


def test_a_root_that_is_itself_a_link_is_a_root(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.yaml").write_text("x: 1\n")
    (tmp_path / "link").symlink_to("real")
    assert Directory(tmp_path / "link").read("a.yaml") == b"x: 1\n"


def test_the_root_of_the_file_system_may_be_the_tree() -> None:
    assert b"root" in Directory(Path("/")).read("etc/passwd")


def test_names_are_sorted_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", ".hidden.yaml", "c.yml", "d.yaml.bak"):
        (tmp_path / name).touch()
    tree = Directory(tmp_path)
    assert tree.names(".", ".yaml") == ("a.yaml", "b.yaml")
    assert tree.names("missing", ".yaml") == ()


def test_a_folder_that_is_a_file_cannot_be_listed(tmp_path: Path) -> None:
    (tmp_path / "agents").touch()
    with pytest.raises(InputError) as caught:
        Directory(tmp_path).names("agents", ".yaml")
    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == ("RF001", "cannot be listed: Not a directory")
