"""`init` writes a first profile that `check` accepts, or nothing."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commanding import DAY, ROOT, Ran, ringfence, write_project

GIVEN = ("--owner", "docs-team", "--purpose", "reads two sites", "--platform", "ecs", "--env", "dev")


def init(root: Path, *arguments: str) -> Ran:
    return ringfence("init", *arguments, "--root", str(root))


def profile(root: Path, name: str = "second") -> Path:
    return root / "profiles" / "agents" / f"{name}.yaml"


def test_what_is_given_becomes_a_commented_profile_that_check_accepts(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    github = "github.repository: {repository: acme/site, access: contribute, fork: bot/site}"
    needs = (
        "https: {host: example.com, methods: [GET]}",
        f"{{because: pushes its fork, {github}, approved_by: kim, until: 2099-01-01}}",
        "aws.bedrock: {model: anthropic.claude-sonnet-4-5-20250929-v1:0}",
    )
    words = [word for need in needs for word in ("--need", need)]
    ran = init(root, "second", *GIVEN, *words)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == "wrote profiles/agents/second.yaml"
    text = profile(root).read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../schema/profile.schema.json\n")
    lines = [line.partition(" # ")[0] for line in text.splitlines()]
    for line in (
        "agent: second",
        'owner: "docs-team"',
        '  execution_role: "arn:aws:iam::${account}:role/second-execution"',
        "environments: [dev]",
        '  - https: {host: "example.com", methods: ["GET"]}',
        '    because: "pushes its fork"',
        '    until: "2099-01-01"',
    ):
        assert line in lines
    checked = ringfence("check", "--strict", "--as-of", DAY, "--root", str(root))
    assert (checked.code, checked.err) == (0, "")
    assert checked.out.startswith("dev · 2 agents · ")


def test_its_comments_are_examples_that_compile(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    init(root, "second", *GIVEN, "--need", "https: {host: example.com, methods: [GET]}")
    text = profile(root).read_text(encoding="utf-8")
    head, expected = text.split("# expect:\n")
    lines = [line.removeprefix("# ") for line in expected.splitlines()]
    opened = head.replace("# serves:", "serves:") + "\n".join(["expect:", *(line.removeprefix("#") for line in lines)])
    profile(root).write_text(opened.replace("# calls: [AGENT]", "calls: [] #") + "\n", encoding="utf-8")
    checked = ringfence("check", "--as-of", DAY, "--root", str(root))
    assert (checked.code, checked.err) == (0, "")
    assert "3 of 3 expectations hold" in checked.out


def test_without_needs_it_reaches_nothing_but_what_its_platform_needs(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    ran = init(root, "second", "--owner", "o", "--purpose", "p", "--platform", "lambda", "--env", "dev")
    assert ran.code == 0
    assert "needs: []" in profile(root).read_text(encoding="utf-8")


def test_a_profile_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    before = profile(root, "reader").read_bytes()
    ran = init(root, "reader", *GIVEN)
    assert ran.code == 2
    assert "profiles/agents/reader.yaml:1:1: RF158 is there already" in ran.err
    assert profile(root, "reader").read_bytes() == before


@pytest.mark.parametrize(
    ("need", "said"),
    [
        ("https: {host: 'not a host', methods: [GET]}", "letters, digits and hyphens, in labels"),
        ("github.repo: {repository: a/b}", "unknown capability `github.repo`"),
        ("github.repository: {repository: a/b, access: contribute, fork: c/d}", "RF072"),
        ("https", "--need:1:1: RF031 a need is a capability with its parameters"),
        ("[", "--need:2:1: RF010 not YAML"),
        ("{https: {host: example.com}, tls: {host: example.com}}", "a need names one capability"),
    ],
)
def test_what_does_not_compile_is_located_and_nothing_is_written(need: str, said: str, tmp_path: Path) -> None:
    root = write_project(tmp_path)
    ran = init(root, "second", *GIVEN, "--need", need)
    assert ran.code == 2
    assert said in ran.err
    assert ran.out == ""
    assert [path.name for path in profile(root).parent.iterdir()] == ["reader.yaml"]


@pytest.mark.parametrize("name", ["../second", "Second", "a b", "x/y", ""])
def test_a_name_that_is_no_agents_is_refused(name: str, tmp_path: Path) -> None:
    root = write_project(tmp_path)
    before = sorted(path for path in root.rglob("*"))
    ran = init(root, name, *GIVEN)
    assert ran.code == 2
    assert sorted(path for path in root.rglob("*")) == before


def test_an_unknown_environment_is_refused_with_the_nearest(tmp_path: Path) -> None:
    ran = init(write_project(tmp_path), "second", *GIVEN[:-1], "dav")
    assert ran.code == 2
    assert "RF050 there is no environment `dav`" in ran.err
    assert "did you mean `dev`" in ran.err


def test_without_a_terminal_what_is_missing_is_named(tmp_path: Path) -> None:
    ran = init(write_project(tmp_path), "second", "--owner", "docs-team")
    assert ran.code == 2
    assert "missing --purpose, --platform, --env; on a terminal they are asked" in ran.err


def test_texts_that_yaml_would_read_otherwise_stay_texts(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    owner, purpose = 'yes # "no"', "{a: b}: - ${account}"
    ran = init(root, "second", "--owner", owner, "--purpose", purpose, "--platform", "lambda", "--env", "dev")
    assert ran.code == 0
    review = ringfence("review", "--env", "dev", "--as-of", DAY, "--root", str(root)).out
    assert owner in review
    assert purpose in review


def test_on_a_terminal_it_asks(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    answers = [
        ("name", "Wrong Name"),
        ("name", "second"),
        ("Owner", "docs-team"),
        ("Purpose", "reads a repository"),
        ("Platform", "lambda"),
        ("Environments", ""),
        ("capability", "github.repositry"),
        ("capability", "github.repository"),
        ("repository", "acme/site"),
        ("access", "read"),
        ("visibility", "public"),
        ("capability", "https"),
        ("host", "example.com"),
        ("methods", "POST"),
        ("paths", "/form"),
        ("because", "sends the form"),
        ("approved by", "kim"),
        ("until", "2099-01-01"),
    ]
    said, code = converse(["init", "--root", str(root)], answers)
    assert code == 0, said
    assert "did you mean `github.repository`" in said
    text = profile(root).read_text(encoding="utf-8")
    assert '  - github.repository: {repository: "acme/site", access: "read", visibility: "public"}' in text
    assert '  - https: {host: "example.com", methods: "POST", paths: "/form"}\n    because: "sends the form"' in text
    assert ringfence("check", "--as-of", DAY, "--root", str(root)).code == 0


def converse(arguments: list[str], answers: list[tuple[str, str]]) -> tuple[str, int]:
    """Run the command on a terminal; each answer is given when its question stands there, then empty ones."""
    master, slave = pty.openpty()
    program = [sys.executable, "-c", "from ringfence.cli import main; main()", *arguments]
    process = subprocess.Popen(program, cwd=ROOT, stdin=slave, stdout=slave, stderr=slave, close_fds=True)
    os.close(slave)
    said, unread, waiting, unexpected = "", "", list(answers), 0
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ready, _, _ = select.select([master], [], [], 0.2)
        if not ready:
            if process.poll() is not None:
                break
            continue
        try:
            part = os.read(master, 4096).decode("utf-8", "replace")
        except OSError:  # the other end is closed
            break
        said, unread = said + part, unread + part
        if unread.rstrip(" ").endswith((":", "]", ")")) and unread.endswith(" "):
            _, answer = waiting.pop(0) if waiting and waiting[0][0] in unread else ("", "")
            unexpected += not answer
            assert unexpected < 20, said
            os.write(master, f"{answer}\n".encode())
            unread = ""
    os.close(master)
    return said, process.wait(10)
