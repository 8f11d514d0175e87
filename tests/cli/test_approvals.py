"""`--approvals-from codeowners`, in a real clone with commits of several people."""

import os
import subprocess
from pathlib import Path

import pytest
from commanding import DAY, Ran, ringfence, write_project
from ringfence.review.approvals import is_author, is_owner
from ringfence.source.revision import Author

READER = Path("profiles") / "agents" / "reader.yaml"
OWNERS = "* @everybody\n/profiles/ @kim lee@acme.example @acme/security\n/profiles/agents/other.yaml @noor\n"


def git(root: Path, who: str, *arguments: str) -> None:
    names = {f"GIT_{role}_{key}": text for role in ("AUTHOR", "COMMITTER")
             for key, text in (("NAME", who), ("EMAIL", f"{who}@acme.example"))}  # fmt: skip
    subprocess.run(["git", "-C", str(root), *arguments], env={**os.environ, **names}, check=True, capture_output=True)


def profile(approver: str, *, name: str = "reader", until: str = "2027-01-01", host: str = "example.com") -> str:
    return (
        f"agent: {name}\nowner: docs-team\npurpose: writes to one site\n"
        f'workload: {{platform: lambda, role: "arn:aws:iam::${{account}}:role/{name}"}}\n'
        "environments: [dev]\nneeds:\n"
        f"  - https: {{host: {host}, methods: [POST]}}\n"
        f"    because: it must\n    approved_by: {approver!r}\n    until: {until}\n"
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    root = write_project(tmp_path / "clone")
    (root / "CODEOWNERS").write_text(OWNERS, encoding="utf-8")
    git(root, "ana", "init", "--quiet", "--initial-branch", "main")
    git(root, "ana", "add", "--all")
    git(root, "ana", "commit", "--quiet", "--message", "first")
    return root


def change(root: Path, text: str, who: str, path: Path = READER) -> None:
    (root / path).write_text(text, encoding="utf-8")
    git(root, who, "add", "--all")
    git(root, who, "commit", "--quiet", "--message", "change")


def run(root: Path, *command: str, who: str = "ana") -> Ran:
    names = {"GIT_AUTHOR_NAME": who, "GIT_AUTHOR_EMAIL": f"{who}@acme.example"}
    return ringfence(*command, "--as-of", DAY, "--approvals-from", "codeowners", cwd=root, **names)


@pytest.mark.parametrize(
    ("approver", "author", "code"),
    [
        ("kim", "ana", None),
        ("@Kim", "ana", None),
        ("lee@acme.example", "ana", None),
        ("@acme/security", "ana", None),
        ("noor", "ana", "RF162"),  # owns another file
        ("lee", "ana", "RF162"),  # an address is not a name
        ("everybody", "ana", "RF162"),  # an earlier match
        ("kim", "kim", "RF163"),
    ],
)
def test_an_approver_must_own_the_file_and_not_have_written_the_lines(
    clone: Path, approver: str, author: str, code: str | None
) -> None:
    change(clone, profile(approver), author)
    ran = run(clone, "check")
    assert ran.code == (1 if code else 0), ran.err
    if code:
        assert f"profiles/agents/reader.yaml:9:18: {code} `{approver}`" in ran.err
        assert "help: have a" in ran.err
    else:
        assert ran.err == ""


def test_another_file_has_other_owners(clone: Path) -> None:
    change(clone, profile("noor", name="other"), "ana", Path("profiles/agents/other.yaml"))
    assert run(clone, "check").code == 0
    change(clone, profile("kim", name="other"), "ana", Path("profiles/agents/other.yaml"))
    ran = run(clone, "check")
    assert (ran.code, "its owners are @noor (CODEOWNERS)" in ran.err) == (1, True)


def test_a_single_line_of_the_need_by_its_approver_is_enough(clone: Path) -> None:
    change(clone, profile("kim"), "ana")
    change(clone, profile("kim", host="example.org"), "kim")
    ran = run(clone, "check")
    assert ran.code == 1
    assert "RF163 `kim` approves lines of kim <kim@acme.example>, who is the same" in ran.err


def test_what_is_not_committed_is_by_who_would_commit_it(clone: Path) -> None:
    (clone / READER).write_text(profile("kim"), encoding="utf-8")
    assert run(clone, "check", who="ana").code == 0
    assert "RF163" in run(clone, "check", who="kim").err
    (clone / READER).with_name("new.yaml").write_text(profile("kim", name="new"), encoding="utf-8")
    assert run(clone, "check", who="kim").err.count("RF163") == 2


def test_a_difference_holds_new_claims_only(clone: Path) -> None:
    change(clone, profile("noor"), "ana")
    assert run(clone, "diff", "--env", "dev").code == 0
    assert run(clone, "check").code == 1
    (clone / READER).write_text(profile("noor", until="2027-02-01"), encoding="utf-8")
    ran = run(clone, "diff", "--env", "dev")
    assert (ran.code, "RF162" in ran.err) == (1, True)
    assert ran.out.startswith("dev · against ")


def test_a_change_does_not_say_itself_who_may_approve_it(clone: Path) -> None:
    git(clone, "ana", "switch", "--quiet", "--create", "change")
    (clone / "CODEOWNERS").write_text("* @mallory\n", encoding="utf-8")
    change(clone, profile("mallory"), "ana")
    for command in (["check"], ["diff", "--env", "dev"]):
        ran = run(clone, *command)
        assert (ran.code, "RF162 `mallory` may not approve" in ran.err) == (1, True)


def test_accepted_risks_are_approvals_too(clone: Path) -> None:
    text = profile("kim") + (
        "accepts:\n  - risk: private-to-anywhere\n    because: x\n    approved_by: noor\n    until: 2027-01-01\n"
    )
    change(clone, text, "ana")
    assert "reader.yaml:14:18: RF162 `noor` may not approve `private-to-anywhere`" in run(clone, "check").err


def test_a_project_below_the_repositorys_root_is_owned_by_its_whole_path(tmp_path: Path) -> None:
    root = tmp_path / "all"
    project = write_project(root / "agents")
    (root / "CODEOWNERS").write_text("* @noor\n/agents/profiles/ @kim\n", encoding="utf-8")
    git(root, "ana", "init", "--quiet", "--initial-branch", "main")
    change(root, profile("kim"), "ana", Path("agents") / READER)
    assert run(project, "check").code == 0
    change(root, profile("noor"), "ana", Path("agents") / READER)
    assert "RF162" in run(project, "check").err


def test_without_the_file_or_with_a_wrong_one_nothing_is_approved(clone: Path) -> None:
    change(clone, OWNERS + "x y\n", "ana", Path("CODEOWNERS"))
    wrong = run(clone, "check")
    assert (wrong.code, ":CODEOWNERS:4:1: RF161 'y' is no owner" in wrong.err) == (2, True)
    (clone / "CODEOWNERS").unlink()
    git(clone, "ana", "commit", "--quiet", "--all", "--message", "none")
    none = run(clone, "check")
    assert (none.code, "RF160 there is no CODEOWNERS file" in none.err) == (2, True)


def test_names_of_people() -> None:
    hidden = Author("Kim K.", "12345+Kim@users.noreply.github.com")
    assert is_author("kim", hidden)
    assert is_author("@kim", hidden)
    assert is_author("kim k.", hidden)
    assert not is_author("lee", hidden)
    assert is_owner("acme/security", "@acme/security")
    assert not is_owner("security", "@acme/security")
