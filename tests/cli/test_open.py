"""Break-glass as a person runs it: the narrowest need, written with its end, or nothing written at all."""

import datetime
import shutil
import subprocess
from pathlib import Path

import pytest
from commanding import ROOT, ringfence

AGENT = Path("profiles/agents/pr-contributor.yaml")
WHO = ("--because", "the release is blocked", "--approved-by", "kim", "--ticket", "SEC-9")
ISSUE = "POST https://api.github.com/repos/matplotlib/matplotlib/issues"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, tmp_path)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def test_the_narrowest_need_is_written_with_its_end_and_every_review_shows_it_first(clone: Path) -> None:
    ran = ringfence("open", "pr-contributor", ISSUE, "--for", "2h", *WHO, "--env", "prod", cwd=clone / "profiles")
    assert ran.code == 0, ran.err
    assert "  opens: POST /repos/matplotlib/matplotlib/issues on api.github.com:443" in ran.out.splitlines()
    assert "  risk: writes-in-public" in ran.out.splitlines()
    until = (datetime.datetime.now().astimezone() + datetime.timedelta(hours=2)).date()
    assert f"# opens it in prod; once more after {until} closes it" in ran.out
    before, after = ((root / AGENT).read_text().splitlines() for root in (ROOT, clone))
    added = [line for line in after if line not in before]
    assert added[0].startswith('  - https: {host: "api.github.com", methods: ["POST"]')
    assert len(after) == len(before) + len(added)
    for form, marked in (("text", "BREAK-GLASS · pr-contributor"), ("markdown", "- **break-glass**: `pr-contributor`")):
        shown = ringfence("review", "--env", "prod", "--format", form, cwd=clone).out
        assert shown.index(marked) < shown.index("code-sandbox"), "before the first agent"
    assert '"break_glass": "20' in ringfence("review", "--env", "prod", "--format", "json", cwd=clone).out
    widened = ringfence("diff", "--env", "prod", "--against-dir", str(ROOT), cwd=clone).out.partition("WIDENED")[2]
    assert " BREAK-GLASS since 20" in widened
    elsewhere = ringfence("review", "--env", "dev", cwd=clone)
    assert "BREAK-GLASS" not in elsewhere.out


def test_it_is_warned_of_for_as_long_as_it_is_open(clone: Path) -> None:
    ringfence("open", "pr-contributor", ISSUE, "--for", "30m", *WHO, cwd=clone)
    ran = ringfence("check", cwd=clone)
    assert ran.code == 0
    assert "RF078 warning: `https` is open in an emergency until" in ran.err
    assert ringfence("check", "--strict", cwd=clone).code == 1


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        ("POST https://api.github.com/user/repos", 2, "the ceiling forbids it in dev"),
        ("POST https://api.github.com/gists", 2, "the ceiling forbids it in dev"),
        ("PATCH https://api.github.com/gists/1", 2, "the ceiling forbids it in dev"),
        ("agent data-analyst", 2, "RF155"),
        ("GET https://10.0.0.1/", 2, "RF124"),
        ("agent reviewer", 0, ""),
    ],
    ids=[
        "the ceiling forbids it",
        "making a gist",
        "changing a gist",
        "a call has no end",
        "an address is no name",
        "it is open already",
    ],
)
def test_nothing_is_written_where_nothing_may_be_opened(clone: Path, target: str, code: int, said: str) -> None:
    ran = ringfence("open", "pr-contributor", target, "--for", "2h", *WHO, cwd=clone)
    assert ran.code == code, ran.out
    assert said in ran.err
    assert (clone / AGENT).read_text() == (ROOT / AGENT).read_text()


@pytest.mark.parametrize("lasts", ["8d", "2", "0h", "-1h", "2 h", "forever"])
def test_a_duration_is_short_and_written_with_its_unit(clone: Path, lasts: str) -> None:
    ran = ringfence("open", "pr-contributor", ISSUE, f"--for={lasts}", *WHO, cwd=clone)
    assert ran.code == 2
    assert "--for" in ran.err
    assert (clone / AGENT).read_text() == (ROOT / AGENT).read_text()


def test_what_the_profile_expects_otherwise_is_said(clone: Path) -> None:
    denied = "POST https://api.github.com/repos/matplotlib/matplotlib/forks"
    text = (clone / AGENT).read_text()
    (clone / AGENT).write_text(text.replace("expect:\n", f"expect:\n  - deny: {denied}\n"))
    ran = ringfence("open", "pr-contributor", denied, "--for", "2h", *WHO, "--env", "prod", cwd=clone)
    assert ran.code == 0, ran.err
    assert f"  against what the profile expects: deny {denied} ({AGENT}:" in ran.out
