"""`review --format html`: one file, and the difference in it where one is asked for."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from commanding import DAY, ROOT, ringfence, write_project


def data_in(page: str) -> dict[str, Any]:
    (text,) = re.findall(r'<script id="data" type="application/json">(.*?)</script>', page)
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The example fleet as a git repository with one commit, and one change after it."""
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, tmp_path)
    for words in (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=kim", "-c", "user.email=kim@acme.example", "commit", "--quiet", "-m", "the fleet"],
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    profile = tmp_path / "profiles" / "agents" / "reviewer.yaml"
    need = "needs:\n  - https: {host: docs.acme.example, methods: [GET]}\n"
    profile.write_text(profile.read_text(encoding="utf-8").replace("needs:\n", need, 1), encoding="utf-8")
    return tmp_path


def test_one_command_each_gives_three_reviews_of_a_change_that_begin_with_what_widens(clone: Path) -> None:
    page = clone / "review.html"
    options = ("--env", "prod", "--as-of", DAY, "--against", "HEAD")
    ran = ringfence("review", *options, "--format", "html", "--out", str(page), cwd=clone)
    assert (ran.code, ran.out) == (0, "")
    difference = data_in(page.read_text(encoding="utf-8"))["difference"]
    assert difference["summary"][0] == "2 accesses widened"
    assert [access["destination"] for entry in difference["widened"] for access in entry["accesses"]] == [
        "docs.acme.example:443",
        "names in the VPC",
    ]
    text = ringfence("diff", *options, cwd=clone).out.splitlines()
    assert text[1].startswith("2 accesses widened")
    assert next(line for line in text if not line[:1].isdigit() and line.isupper()) == "WIDENED"
    markdown = ringfence("diff", *options, "--format", "markdown", cwd=clone).out
    assert re.findall(r"^#+ .*", markdown, re.MULTILINE)[1] == "### Widened"


def test_without_another_side_there_is_no_difference(clone: Path) -> None:
    ran = ringfence("review", "--env", "prod", "--as-of", DAY, "--format", "html", cwd=clone)
    assert ran.code == 0
    assert data_in(ran.out)["difference"] is None


def test_another_folder_is_the_other_side(clone: Path) -> None:
    ran = ringfence(
        "review", "--env", "prod", "--as-of", DAY, "--format", "html", "--against-dir", str(ROOT), cwd=clone
    )
    assert data_in(ran.out)["difference"]["opens"] is True


@pytest.mark.parametrize("options", [("--against", "HEAD"), ("--source-url", "https://git.example/{path}")])
def test_only_the_page_takes_the_other_side_and_addresses(options: tuple[str, ...], tmp_path: Path) -> None:
    ran = ringfence("review", "--env", "dev", *options, "--root", str(write_project(tmp_path)))
    assert ran.code == 2
    assert "are for --format html; `ringfence diff` has other formats" in ran.err


def test_two_other_sides_are_refused(tmp_path: Path) -> None:
    root = str(write_project(tmp_path))
    words = ("--against", "HEAD", "--against-dir", root)
    ran = ringfence("review", "--env", "dev", "--format", "html", *words, "--root", root)
    assert ran.code == 2
    assert "three answers to one question" in ran.err


@pytest.mark.parametrize("url", ["javascript:alert(1)//{path}", "http://git.example/{path}", "https://git.example/"])
def test_an_address_of_lines_that_leads_elsewhere_is_refused(url: str, tmp_path: Path) -> None:
    root = str(write_project(tmp_path))
    ran = ringfence("review", "--env", "dev", "--format", "html", "--source-url", url, "--root", root)
    assert ran.code == 2
    assert "write an https:// address with {path}" in ran.err


def test_an_unknown_revision_writes_nothing(clone: Path) -> None:
    page = clone / "review.html"
    ran = ringfence(
        "review", "--env", "prod", "--against", "no-such", "--format", "html", "--out", str(page), cwd=clone
    )
    assert ran.code == 2
    assert "no-such" in ran.err
    assert not page.exists()


@pytest.mark.parametrize("form", ["text", "markdown", "json", "html"])
def test_every_format_goes_into_a_file(form: str, tmp_path: Path) -> None:
    root = str(write_project(tmp_path))
    words = ("review", "--env", "dev", "--as-of", DAY, "--format", form, "--root", root)
    ran = ringfence(*words, "--out", str(tmp_path / "new" / "file"))
    assert (ran.code, ran.out) == (0, "")
    assert (tmp_path / "new" / "file").read_text(encoding="utf-8") == ringfence(*words).out
