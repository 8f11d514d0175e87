"""The command as a person runs it in an emergency, from somewhere in the clone and with somebody's work half done."""

import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from commanding import ROOT, ringfence

AGENT = Path("profiles/agents/pr-contributor.yaml")
WHY = ("--because", "wrote to a stranger", "--ticket", "SEC-9")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    (tmp_path / "infra").mkdir()
    shutil.copy(ROOT / "infra" / "__main__.py", tmp_path / "infra")
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, tmp_path)
    (tmp_path / ".venv").mkdir()
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "all of it")):
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True)
    return tmp_path


@pytest.fixture
def pulumi(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A `pulumi` that notes its folder and words, and fails where a file says so; and the notes. No engine: which
    commands are run, where and in what order is what is asked here, what they do is asked of the real one.
    """
    folder = tmp_path_factory.mktemp("bin")
    notes = folder / "notes"
    program = folder / "pulumi"
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$(pwd) $(cat profiles/agents/reviewer.yaml | head -c 9) $*" >> {notes}\n'
        f"! test -e {folder}/fails\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return f"{folder}:/usr/bin:/bin", notes


def test_it_is_declared_shown_and_the_commands_are_printed(clone: Path) -> None:
    ran = ringfence("quarantine", "pr-contributor", "--env", "prod", *WHY, cwd=clone / "profiles")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert lines[0] == "pr-contributor in prod: cut off · wrote to a stranger · SEC-9"
    assert "    api.github.com:443" in lines
    assert "    agent reviewer:8080" in lines
    assert any(line.startswith("    R202 metadata: ") for line in lines)
    commands = [line for line in lines if line.startswith("pulumi ")]
    assert [line.partition("  # ")[2] for line in commands] == [
        "denies everything at its NACL",
        "makes its role worth nothing",
        "removes every way that led to it or from it",
    ]
    written = (clone / AGENT).read_text()
    assert '  because: "wrote to a stranger"\n  ticket: "SEC-9"\n' in written
    added = [number for number, line in enumerate(written.splitlines()) if line not in (ROOT / AGENT).read_text()]
    assert added == list(range(added[0], added[0] + 5)), "five lines in one place"
    assert ringfence("check", "--as-of", "2026-11-23", cwd=clone).code == 0


def test_whoever_called_it_is_cut_from_it(clone: Path) -> None:
    ran = ringfence("quarantine", "reviewer", "--env", "dev", *WHY, cwd=clone)
    assert "    called by orchestrator" in ran.out.splitlines()


def test_doing_it_twice_changes_nothing_more(clone: Path) -> None:
    ringfence("quarantine", "pr-contributor", *WHY, cwd=clone)
    once = (clone / AGENT).read_text()
    ran = ringfence("quarantine", "pr-contributor", *WHY, cwd=clone)
    assert ran.code == 0
    assert f"{AGENT} says so already" in ran.out
    assert (clone / AGENT).read_text() == once


def test_another_profile_that_does_not_compile_holds_nothing_up(clone: Path, pulumi: tuple[str, Path]) -> None:
    path, notes = pulumi
    (clone / "profiles/agents/reviewer.yaml").write_text("agent: [")
    (clone / "profiles/agents/newcomer.yaml").write_text("agent: newcomer\n")
    ran = ringfence("quarantine", "pr-contributor", "--env", "dev", *WHY, "--apply", cwd=clone, PATH=path)
    assert ran.code == 0, ran.err
    assert "  profiles/agents/reviewer.yaml does not compile, and counts as at " in ran.out
    assert "  profiles/agents/newcomer.yaml does not compile, and is left out: RF032" in ran.out
    (called,) = notes.read_text().splitlines()
    assert not called.startswith(f"{clone} "), "it ran in a copy"
    assert " # A revie" not in called
    assert "/egress/quarantine" in called
    assert "/ingress/quarantine" in called
    assert (clone / "profiles/agents/reviewer.yaml").read_text() == "agent: ["


def test_the_nacl_comes_first_and_each_step_is_run_as_printed(clone: Path, pulumi: tuple[str, Path]) -> None:
    path, notes = pulumi
    ran = ringfence("quarantine", "pr-contributor", "--env", "prod", *WHY, "--apply", cwd=clone, PATH=path)
    assert ran.code == 0, ran.err
    called = [line.partition(" up ")[2] for line in notes.read_text().splitlines()]
    assert ["quarantine" in each for each in called] == [True, False, False]
    assert "RolePolicy" in called[1]
    assert "--target" not in called[2]


def test_a_step_that_fails_ends_it_and_names_the_way_without_pulumi(clone: Path, pulumi: tuple[str, Path]) -> None:
    path, notes = pulumi
    (notes.parent / "fails").touch()
    ran = ringfence("quarantine", "pr-contributor", "--env", "prod", *WHY, "--apply", cwd=clone, PATH=path)
    assert ran.code == 1
    assert "pulumi ended in 1: what comes after it was not done; --direct goes without it" in ran.err
    assert len(notes.read_text().splitlines()) == 1


def test_without_pulumi_the_commands_are_printed_and_it_is_not_called_done(clone: Path) -> None:
    ran = ringfence("quarantine", "pr-contributor", "--env", "dev", *WHY, "--apply", cwd=clone, PATH="/usr/bin:/bin")
    assert ran.code == 1
    assert "there is no `pulumi` on PATH" in ran.err
    assert "denies everything at its NACL" in ran.out


def test_lifting_gives_back_and_leaves_older_sessions_worthless(clone: Path) -> None:
    ringfence("quarantine", "pr-contributor", *WHY, cwd=clone)
    ran = ringfence("quarantine", "pr-contributor", "--lift", cwd=clone)
    assert ran.code == 0, ran.err
    text = (clone / AGENT).read_text()
    assert "quarantined" not in text
    assert "sessions_since: " in text
    again = ringfence("quarantine", "pr-contributor", "--lift", cwd=clone)
    assert (again.code, again.out) == (0, "pr-contributor is not cut off\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pr-contributer", *WHY), "unknown agent `pr-contributer`"),
        (("pr-contributor", "--env", "pord", *WHY), "there is no environment `pord`"),
        (("ledger-reconciler", "--env", "dev", *WHY), "RF123 `ledger-reconciler` is not in dev"),
        (("pr-contributor",), "say why: --because TEXT"),
        (("pr-contributor", "--lift", "--direct"), "--lift ends a quarantine"),
    ],
)
def test_a_wrong_call_is_refused_and_writes_nothing(clone: Path, words: tuple[str, ...], said: str) -> None:
    before = {path: path.read_bytes() for path in clone.glob("profiles/**/*.yaml")}
    ran = ringfence("quarantine", *words, cwd=clone)
    assert ran.code == 2
    assert said in ran.err
    assert {path: path.read_bytes() for path in clone.glob("profiles/**/*.yaml")} == before


def test_a_profile_that_cannot_be_edited_is_cut_off_all_the_same(clone: Path, pulumi: tuple[str, Path]) -> None:
    path, notes = pulumi
    (clone / AGENT).write_text("agent: [")
    ran = ringfence("quarantine", "pr-contributor", "--env", "dev", *WHY, "--apply", cwd=clone, PATH=path)
    assert ran.code == 0, ran.err
    assert "RF154 cannot be edited" in ran.err
    assert "/egress/quarantine" in notes.read_text()


def test_a_misspelt_environment_of_its_own_leaves_none_out(clone: Path) -> None:
    profile = clone / "profiles" / "agents" / "on-call-assistant.yaml"
    profile.write_text(profile.read_text().replace("environments: [staging, prod]", "environments: [staging, prd]"))
    ran = ringfence("quarantine", "on-call-assistant", *WHY, cwd=clone)
    assert ran.code == 0, ran.err
    cut = [line.partition(": cut off")[0] for line in ran.out.splitlines() if ": cut off" in line]
    assert cut == ["on-call-assistant in prod", "on-call-assistant in staging"], "where it last was: dev never had it"
    assert "unknown environment `prd`" in ran.out


def test_an_error_that_no_version_mends_is_shown_where_it_is_in_the_file(clone: Path) -> None:
    profile = clone / AGENT
    profile.write_text(profile.read_text().replace("environments: [dev,", "environments: [dve,"))
    shutil.rmtree(clone / ".git")
    ran = ringfence("quarantine", "pr-contributor", *WHY, cwd=clone)
    assert ran.code == 2
    line = profile.read_text().splitlines().index("environments: [dve, staging, prod]") + 1
    assert ran.err.startswith(
        f"{AGENT}:{line}:16: RF047 unknown environment `dve`\n    environments: [dve, staging, prod]"
    )
