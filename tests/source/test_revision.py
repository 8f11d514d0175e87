"""A revision reads as the directory that was committed, and never as what stands there now."""

import os
import subprocess
from pathlib import Path

import pytest
from ringfence.source.diagnostic import Diagnostic, InputError
from ringfence.source.revision import base_of, commit_of, revision
from ringfence.source.tree import SIZE_MAX, Directory

ROOT = Path(__file__).parents[2]


def git(root: Path, *arguments: str) -> str:
    identity = {f"GIT_{who}_{what}": text for who in ("AUTHOR", "COMMITTER") for what, text in
                (("NAME", "Kim"), ("EMAIL", "kim@acme.example"))}  # fmt: skip
    ran = subprocess.run(
        ["git", "-C", str(root), *arguments], env={**os.environ, **identity}, capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


def commit(root: Path, message: str = "change") -> str:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch", "main")
    (root / "profiles" / "agents").mkdir(parents=True)
    (root / "profiles" / "agents" / "analyst.yaml").write_text("agent: analyst\n", encoding="utf-8")
    (root / "profiles" / "agents" / ".hidden.yaml").write_text("", encoding="utf-8")
    (root / "Pulumi.dev.yaml").write_text("config: {}\n", encoding="utf-8")
    commit(root, "first")
    return root


def refused(root: Path, path: str, name: str = "HEAD") -> Diagnostic:
    with revision(root, name) as tree, pytest.raises(InputError) as caught:
        tree.read(path)
    (found,) = caught.value.diagnostics
    assert (found.span.path, bool(found.help)) == (path, True)
    return found


def test_what_was_committed_is_read_and_nothing_else(repository: Path) -> None:
    path = repository / "profiles" / "agents" / "analyst.yaml"
    path.write_text("agent: other\n", encoding="utf-8")
    (repository / "profiles" / "agents" / "new.yaml").touch()
    git(repository, "add", "--all")  # the index is not the revision either
    with revision(repository, "HEAD") as tree:
        assert tree.names("profiles/agents", ".yaml") == ("profiles/agents/analyst.yaml",)
        assert tree.names(".", ".yaml") == ("Pulumi.dev.yaml",)
        assert tree.names("missing", ".yaml") == ()
        assert tree.read("profiles/agents/analyst.yaml") == b"agent: analyst\n"
        assert (tree.exists("profiles/agents"), tree.exists("profiles/agents/new.yaml")) == (True, False)
        assert tree.commit == git(repository, "rev-parse", "HEAD")


def test_reading_leaves_the_repository_as_it_was(repository: Path) -> None:
    path = repository / "profiles" / "agents" / "analyst.yaml"
    path.write_text("agent: other\n", encoding="utf-8")
    before = {each: each.read_bytes() for each in repository.rglob("*") if each.is_file()}
    with revision(repository, "HEAD") as tree:
        tree.read("Pulumi.dev.yaml")
    assert {each: each.read_bytes() for each in repository.rglob("*") if each.is_file()} == before


def test_this_repositorys_own_files_read_the_same_from_a_commit_of_them(tmp_path: Path) -> None:
    """Every file of the example fleet, through both kinds of tree."""
    root = tmp_path / "clone"
    root.mkdir()
    git(root, "init", "--quiet")
    for path in (*ROOT.glob("Pulumi*.yaml"), *(ROOT / "profiles").rglob("*.yaml")):
        place = root / "inner" / path.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
    commit(root)
    directory = Directory(root / "inner")
    folders = [".", *(f"profiles/{name}" for name in ("agents", "classes", "catalogue", "allocations", "nowhere"))]
    with revision(root / "inner", "HEAD") as tree:
        assert tree.prefix == "inner"
        for folder in folders:
            names = directory.names(folder, ".yaml")
            assert tree.names(folder, ".yaml") == names
            assert {name: tree.read(name) for name in names} == {name: directory.read(name) for name in names}


@pytest.mark.parametrize("kind", ["missing", "folder", "dangling", "loop", "out", "absolute", "through-a-file"])
def test_what_is_no_file_of_the_tree_is_refused(repository: Path, kind: str) -> None:
    path = repository / "a.yaml"
    asked, expected = "a.yaml", ("RF001", "does not exist")
    match kind:
        case "missing":
            asked = "profiles/agents/analist.yaml"
        case "folder":
            asked, expected = "profiles", ("RF001", "is not a regular file")
        case "dangling":
            path.symlink_to("nowhere")
        case "loop":
            path.symlink_to("a.yaml")
            expected = ("RF001", "cannot be read: Too many levels of symbolic links")
        case "out":
            path.symlink_to("../outside.yaml")
            expected = ("RF002", "is a symbolic link that leads out of the tree")
        case "absolute":
            path.symlink_to("/etc/passwd")
            expected = ("RF002", "is a symbolic link that leads out of the tree")
        case _:
            asked = "Pulumi.dev.yaml/a.yaml"
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "change")
    found = refused(repository, asked)
    assert (found.code, found.message) == expected
    if kind == "missing":
        assert found.help == "did you mean `profiles/agents/analyst.yaml`?"


def test_links_are_followed_within_the_tree(repository: Path) -> None:
    (repository / "linked.yaml").symlink_to("profiles/agents/analyst.yaml")
    (repository / "profiles" / "people").symlink_to("agents")
    (repository / "profiles" / "agents" / "up.yaml").symlink_to("../../Pulumi.dev.yaml")
    commit(repository)
    with revision(repository, "HEAD") as tree:
        assert tree.read("linked.yaml") == b"agent: analyst\n"
        assert tree.read("profiles/people/up.yaml") == b"config: {}\n"
        assert "profiles/people/analyst.yaml" in tree.names("profiles/people", ".yaml")


def test_a_file_larger_than_the_limit_is_refused(repository: Path) -> None:
    (repository / "a.yaml").write_bytes(b"a" * (SIZE_MAX + 1))
    (repository / "b.yaml").write_bytes(b"a" * SIZE_MAX)
    commit(repository)
    assert refused(repository, "a.yaml").code == "RF003"
    with revision(repository, "HEAD") as tree:
        assert len(tree.read("b.yaml")) == SIZE_MAX


def test_a_folder_that_is_a_file_cannot_be_listed(repository: Path) -> None:
    with revision(repository, "HEAD") as tree, pytest.raises(InputError) as caught:
        tree.names("Pulumi.dev.yaml", ".yaml")
    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == ("RF001", "cannot be listed: Not a directory")


@pytest.mark.parametrize("name", ["nowhere", "--help", "-x", "", "HEAD:profiles", "a b"])
def test_a_name_that_is_no_revision_is_refused(repository: Path, name: str) -> None:
    with pytest.raises(InputError) as caught:
        commit_of(repository, name)
    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == ("RF140", f"there is no revision `{name}` here")


def test_a_folder_without_a_repository_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        base_of(tmp_path)
    (found,) = caught.value.diagnostics
    assert found.code == "RF140"
    assert "not a git repository" in found.message


def test_a_branch_is_compared_with_the_commit_where_it_left_the_main_line(repository: Path) -> None:
    first = commit_of(repository, "HEAD")
    assert base_of(repository) == first
    git(repository, "switch", "--quiet", "--create", "change")
    (repository / "a.yaml").touch()
    commit(repository)
    git(repository, "switch", "--quiet", "main")
    (repository / "b.yaml").touch()
    second = commit(repository)
    assert base_of(repository) == second
    git(repository, "switch", "--quiet", "change")
    assert base_of(repository) == first


def test_a_branch_without_a_main_line_is_compared_with_its_last_commit(repository: Path) -> None:
    git(repository, "branch", "--move", "trunk")
    assert base_of(repository) == commit_of(repository, "HEAD")


def test_a_detached_head_without_a_main_line_is_no_guess(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "--detach")
    git(repository, "branch", "--delete", "--force", "main")
    with pytest.raises(InputError) as caught:
        base_of(repository)
    (found,) = caught.value.diagnostics
    assert "HEAD is detached" in found.message
    assert "--against" in found.help


def test_a_history_too_shallow_to_tell_is_no_guess(repository: Path, tmp_path: Path) -> None:
    git(repository, "switch", "--quiet", "--create", "change")
    for name in ("a.yaml", "b.yaml"):
        (repository / name).touch()
        commit(repository)
    git(repository, "switch", "--quiet", "main")
    shallow, url = tmp_path / "shallow", f"file://{repository}"
    git(tmp_path, "clone", "--quiet", "--depth", "1", "--no-single-branch", "--branch", "change", url, str(shallow))
    with pytest.raises(InputError) as caught:
        base_of(shallow)
    (found,) = caught.value.diagnostics
    assert "does not reach the commit where this left" in found.message
    assert "git fetch --unshallow" in found.help
