"""Two branches that each add an agent: their merge is refused where it stands, and mended without moving anybody."""

import os
import subprocess
from pathlib import Path

import pytest
from commanding import Ran, ringfence, write_project

ALLOCATION = Path("profiles/allocations/dev.yaml")
MARKS = ("<<<<<<<", "=======", ">>>>>>>")


def git(root: Path, *words: str, code: int = 0) -> None:
    names = {
        f"GIT_{who}_{what}": f"{what}@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    ran = subprocess.run(
        ["git", "-C", str(root), "-c", "commit.gpgsign=false", *words],
        env={**os.environ, **names}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == code, ran.stdout + ran.stderr


def add_an_agent(root: Path, name: str) -> None:
    """On a branch of its own, from the first commit."""
    git(root, "switch", "--quiet", "--create", name, "first")
    reader = (root / "profiles" / "agents" / "reader.yaml").read_text(encoding="utf-8")
    (root / "profiles" / "agents" / f"{name}.yaml").write_text(reader.replace("reader", name), encoding="utf-8")
    assert ringfence("allocate", "--env", "dev", cwd=root).code == 0
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", f"adds {name}")


def review(root: Path) -> Ran:
    return ringfence("review", "--env", "dev", cwd=root)


@pytest.fixture
def conflicting(tmp_path: Path) -> Path:
    """A clone in the middle of a merge that git could not make."""
    root = write_project(tmp_path / "clone")
    assert ringfence("allocate", "--env", "dev", cwd=root).code == 0
    git(root, "init", "--quiet", "--initial-branch", "first")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "one agent")
    add_an_agent(root, "seeker")
    add_an_agent(root, "teller")
    git(root, "merge", "--quiet", "seeker", code=1)
    return root


def lines_of(root: Path) -> list[str]:
    return (root / ALLOCATION).read_text(encoding="utf-8").splitlines()


def test_marks_of_a_conflict_are_each_shown_where_they_stand(conflicting: Path) -> None:
    ran = review(conflicting)
    assert (ran.code, ran.out) == (2, "")
    marks = [(number, line[:7]) for number, line in enumerate(lines_of(conflicting), 1) if line[:7] in MARKS]
    assert [mark for _, mark in marks] == ["<<<<<<<", "=======", ">>>>>>>"]
    for number, mark in marks:
        assert f"{ALLOCATION}:{number}:1: RF021 a merge is not resolved here: git's mark `{mark}`" in ran.err
    assert "of an allocation, keep the lines of both" in ran.err


def test_both_sides_lines_with_one_subnet_are_refused_at_both_and_mended_without_moving_anybody(
    conflicting: Path,
) -> None:
    path = conflicting / ALLOCATION
    both = [line for line in lines_of(conflicting) if line[:7] not in MARKS]
    path.write_text("\n".join(both) + "\n", encoding="utf-8")
    ran = review(conflicting)
    assert (ran.code, ran.out) == (2, "")
    (seeker,) = (number for number, line in enumerate(both, 1) if line.startswith("  seeker:"))
    (teller,) = (number for number, line in enumerate(both, 1) if line.startswith("  teller:"))
    assert f"{ALLOCATION}:{max(seeker, teller)}:" in ran.err
    assert f"{ALLOCATION}:{min(seeker, teller)}:" in ran.err
    assert "RF083" in ran.err

    kept = [line for line in both if not line.startswith("  teller:")]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    assert ringfence("allocate", "--env", "dev", cwd=conflicting).code == 0
    after = lines_of(conflicting)
    assert [line for line in after if not line.startswith("  teller:")] == kept
    assert review(conflicting).code == 0
