"""Somebody else's mistake holds up no emergency: what does not compile counts as it last did."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from ringfence.operate.last_good import last_good, written
from ringfence.policy.span import Span
from ringfence.source.diagnostic import Diagnostic, InputError
from ringfence.source.tree import Directory, Tree

MINE, OTHER, CLASS = "profiles/agents/mine.yaml", "profiles/agents/other.yaml", "profiles/classes/c.yaml"


def git(root: Path, *words: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()


def write(root: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository in which the other agent's profile was good, then broken, then broken otherwise."""
    git(tmp_path, "init", "-q")
    for text in ("good", "broken 1", "broken 2"):
        write(tmp_path, {MINE: "mine", OTHER: text, CLASS: "good"})
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-q", "-m", text)
    return tmp_path


def compiles(tree: Tree) -> None:
    """A stand-in for the compiler, which blames each file that says it is broken."""
    blamed = [path for folder in ("profiles/agents", "profiles/classes") for path in tree.names(folder, ".yaml")]
    found = [
        Diagnostic(Span(path), "RF999", tree.read(path).decode(), "mend it")
        for path in blamed
        if tree.read(path).startswith(b"broken")
    ]
    if found:
        raise InputError(found)


def test_a_broken_file_counts_as_at_the_newest_commit_that_compiles(root: Path) -> None:
    good = last_good(Directory(root), compiles, {})
    assert good.tree.read(OTHER) == b"good"
    (each,) = good.substitutions
    assert (each.path, each.commit, each.cause.message) == (OTHER, git(root, "rev-parse", "HEAD~2"), "broken 2")
    assert good.whole


def test_a_file_that_never_compiled_is_left_out_and_the_tree_is_not_whole(root: Path) -> None:
    write(root, {"profiles/agents/new.yaml": "broken from the start"})
    good = last_good(Directory(root), compiles, {})
    assert good.tree.names("profiles/agents", ".yaml") == (MINE, OTHER)
    assert not good.tree.exists("profiles/agents/new.yaml")
    assert {each.path: each.commit is None for each in good.substitutions} == {
        "profiles/agents/new.yaml": True,
        OTHER: False,
    }
    assert not good.whole


def test_the_change_is_made_in_whatever_version_counts(root: Path) -> None:
    write(root, {MINE: "broken too"})
    good = last_good(Directory(root), compiles, {MINE: lambda _path, content: content + b" quarantined"})
    assert good.tree.read(MINE) == b"mine quarantined"


def test_the_file_that_is_changed_is_never_left_out(tmp_path: Path) -> None:
    write(tmp_path, {MINE: "broken, and in no repository"})
    with pytest.raises(InputError) as raised:
        last_good(Directory(tmp_path), compiles, {MINE: lambda _path, content: content})
    assert [each.message for each in raised.value.diagnostics] == ["broken, and in no repository"]


def test_what_is_nobodys_file_is_an_error(root: Path) -> None:
    def refuses(_tree: Tree) -> None:
        raise InputError([Diagnostic(Span("AWS"), "RF999", "no account", "log in")])

    with pytest.raises(InputError) as raised:
        last_good(Directory(root), refuses, {})
    assert [each.message for each in raised.value.diagnostics] == ["no account"]


def test_pulumi_runs_in_the_project_itself_when_nothing_was_replaced(root: Path) -> None:
    write(root, {OTHER: "good"})
    with written(last_good(Directory(root), compiles, {}), root) as folder:
        assert folder == root


def test_else_it_runs_in_a_copy_with_the_files_as_they_count(root: Path) -> None:
    write(
        root,
        {
            "Pulumi.yaml": "name: ringfence\n",
            "Pulumi.dev.yaml": "config: {}\n",
            "infra/__main__.py": "main()\n",
            "profiles/agents/new.yaml": "broken from the start",
        },
    )
    (root / ".venv").mkdir()
    good = last_good(Directory(root), compiles, {MINE: lambda _path, _content: b"cut"})
    with written(good, root) as folder:
        assert folder != root
        assert {path: (folder / path).read_text() for path in (MINE, OTHER, CLASS)} == {
            MINE: "cut",
            OTHER: "good",
            CLASS: "good",
        }
        assert not (folder / "profiles/agents/new.yaml").exists()
        assert (folder / "infra/__main__.py").read_text() == "main()\n"
        assert (folder / ".venv").resolve() == (root / ".venv").resolve()
        assert (folder / "Pulumi.dev.yaml").is_file()
    assert not folder.exists()
    assert (root / OTHER).read_text() == "broken 2", "the project itself is as it was"
