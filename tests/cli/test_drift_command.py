"""`ringfence drift` as a person calls it: what it needs, and what it says where that is missing."""

from pathlib import Path

from commanding import DAY, ringfence, write_project
from ringfence.verify.graph import ResourceGraph


def test_two_exports_are_needed_or_none(tmp_path: Path) -> None:
    ran = ringfence("drift", "--env", "dev", "--before", "x.json", "--root", str(write_project(tmp_path)))
    assert (ran.code, ran.out) == (2, "")
    assert "give both or neither" in ran.err


def test_without_pulumi_it_says_how_to_do_without(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    ran = ringfence("drift", "--env", "dev", "--as-of", DAY, "--root", str(root), PATH=str(tmp_path))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[:2] == [
        "pulumi:1:1: RF156 there is no `pulumi` on PATH",
        "  help: put it there, or give --before and --after: `pulumi stack export --stack dev` around a refresh",
    ]


def test_what_is_no_export_is_located(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    (root / "a.json").write_text("{}", encoding="utf-8")
    files = ("--before", str(root / "a.json"), "--after", str(root / "a.json"))
    ran = ringfence("drift", "--env", "dev", "--as-of", DAY, *files, "--root", str(root))
    assert ran.code == 2
    assert "RF120 cannot be read: neither a stack export" in ran.err


def test_exports_of_another_environment_are_refused(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    path = root / "prod.json"
    path.write_text(ResourceGraph("ringfence", "prod", ()).to_json(), encoding="utf-8")
    files = ("--before", str(path), "--after", str(path))
    ran = ringfence("drift", "--env", "dev", "--as-of", DAY, *files, "--root", str(root))
    assert (ran.code, ran.out) == (2, "")
    assert f"{path}:1:1: RF120 it is of the stack `prod`, and dev is asked about" in ran.err


def test_a_command_of_pulumis_that_fails_is_said_with_its_reason(tmp_path: Path) -> None:
    root = write_project(tmp_path / "project")
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "pulumi").write_text("#!/bin/sh\necho 'no stack named dev' >&2\nexit 255\n", encoding="utf-8")
    (tools / "pulumi").chmod(0o755)
    ran = ringfence("drift", "--env", "dev", "--as-of", DAY, "--root", str(root), PATH=f"{tools}:/usr/bin:/bin")
    assert (ran.code, ran.out) == (2, "")
    assert "RF157 `pulumi stack export --stack dev --show-secrets` ended in 255: no stack named dev" in ran.err
