"""Every diagnostic, on a project that has that one defect: code, place, caret and mend, to the letter.

Each folder of `bad` is laid over the same small project; ``expected.txt`` is the command and what it then says. To
write it anew after a change that was meant: ``RINGFENCE_ACCEPT=1 pytest tests/profile/test_bad_input.py``, and read
the difference.
"""

import os
import re
import shutil
from pathlib import Path

import pytest
from ringfence.cli import _run

ROOT = Path(__file__).parents[2]
BAD = Path(__file__).parent / "bad"
DEFECTS = sorted(path.name for path in BAD.iterdir())
COMMANDS = ("check --as-of 2026-11-23", "review --env dev --as-of 2026-11-23")

ELSEWHERE = {
    "RF001": "tests/source/test_tree.py",
    "RF002": "tests/source/test_tree.py",
    "RF003": "tests/source/test_tree.py",
    "RF004": "tests/cli/test_commands.py",
    "RF005": "tests/cli/test_commands.py",
    "RF006": "tests/cli/test_commands.py",
    "RF050": "tests/cli/test_commands.py",
    "RF085": "tests/cli/test_commands.py",
    "RF090": "tests/aws/enforcement/test_acls.py",
    "RF093": "tests/aws/enforcement/test_endpoint_policies.py",
    "RF094": "tests/aws/enforcement/test_endpoint_policies.py",
    "RF078": "tests/cli/test_open.py",
    "RF130": "tests/aws/live/test_live_command.py",
    "RF131": "tests/aws/live/test_live_calls.py",
    "RF132": "tests/aws/live/test_live_calls.py",
    "RF140": "tests/source/test_revision.py",
    "RF150": "tests/operate/test_direct.py",
    "RF151": "tests/operate/test_direct.py",
    "RF152": "tests/operate/test_direct.py",
    "RF153": "tests/operate/test_direct.py",
    "RF154": "tests/cli/test_quarantine.py",
    "RF155": "tests/cli/test_open.py",
    "RF156": "tests/cli/test_drift_command.py",
    "RF157": "tests/cli/test_drift_command.py",
    "RF158": "tests/cli/test_init.py",
    "RF160": "tests/source/test_codeowners.py",
    "RF161": "tests/source/test_codeowners.py",
    "RF162": "tests/cli/test_approvals.py",
    "RF163": "tests/cli/test_approvals.py",
    "RF170": "tests/cli/test_attribute.py",
    "RF171": "tests/cli/test_attribute.py",
    "RF190": "tests/operate/test_flow_flush.py",
    "RF191": "tests/operate/test_flow_flush.py",
    "RF192": "tests/operate/test_flow_flush.py",
}
"""Diagnostics of surroundings and of large fleets, which no small folder holds: the tests that provoke them."""

BASE = {
    "Pulumi.yaml": "name: ringfence\nruntime: python\n",
    "Pulumi.dev.yaml": (
        "config:\n"
        "  aws:region: eu-west-1\n"
        "  ringfence:environment:\n"
        '    account: "111111111111"\n'
        "    cidrs: [10.40.0.0/16]\n"
        "    zones: [eu-west-1a, eu-west-1b]\n"
    ),
    "profiles/agents/reader.yaml": (
        "agent: reader\n"
        "owner: docs-team\n"
        "purpose: reads one site\n"
        'workload: {platform: lambda, role: "arn:aws:iam::${account}:role/reader"}\n'
        "environments: [dev]\n"
        "needs: []\n"
    ),
}


def lay(defect: str | None, root: Path) -> Path:
    for name, text in BASE.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    if defect is not None:
        shutil.copytree(BAD / defect, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("expected.txt"))
    return root


def said(command: str, root: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = _run([*command.split(), "--root", str(root)])
    return code, capsys.readouterr().err.replace(str(root), "ROOT")


def codes_in(text: str) -> set[str]:
    return set(re.findall(r"\bRF\d{3}\b", text))


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_reported_at_its_place_with_its_mend(
    defect: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = lay(defect, tmp_path)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    expected = BAD / defect / "expected.txt"
    if os.environ.get("RINGFENCE_ACCEPT"):
        for command in COMMANDS:
            code, text = said(command, root, capsys)
            if text:
                break
        expected.write_text(f"$ ringfence {command}\n{text}exit {code}\n", encoding="utf-8")
    command = expected.read_text(encoding="utf-8").partition("\n")[0].removeprefix("$ ringfence ")
    code, text = said(command, root, capsys)
    assert f"$ ringfence {command}\n{text}exit {code}\n" == expected.read_text(encoding="utf-8")
    assert codes_in(text)
    errors = re.search(r"^\d+ errors?$", text, re.MULTILINE)
    assert code == (1 if "RF076" in text else 2 if errors else 0)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_the_project_without_a_defect_is_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS:
        assert said(command, lay(None, tmp_path), capsys) == (0, "")


def test_a_missing_folder_and_a_missing_environment_are_located(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = lay(None, tmp_path)
    (root / "Pulumi.dev.yaml").unlink()
    shutil.rmtree(root / "profiles")
    code, text = said(COMMANDS[0], root, capsys)
    assert code == 2
    assert text.startswith("profiles/agents:1:1: RF041 there is no such folder\n  help: profiles stand in")
    (root / "profiles" / "agents").mkdir(parents=True)
    code, text = said(COMMANDS[0], root, capsys)
    assert (code, text.splitlines()[0]) == (2, ".:1:1: RF051 there is no environment")


def test_every_code_of_the_package_has_a_defect_that_provokes_it() -> None:
    """Codes of the Pulumi program and of the proof (RF11x, RF12x) are theirs to test."""
    package = set()
    for path in (ROOT / "infra" / "ringfence").rglob("*.py"):
        package |= set(re.findall(r'"(RF\d{3})"', path.read_text(encoding="utf-8")))
    provoked = set()
    for defect in DEFECTS:
        provoked |= codes_in((BAD / defect / "expected.txt").read_text(encoding="utf-8"))
    for code, test in ELSEWHERE.items():
        assert code in (ROOT / test).read_text(encoding="utf-8"), f"{test} does not speak of {code}"
    here = {code for code in package if not code.startswith(("RF11", "RF12"))}
    assert here - provoked - ELSEWHERE.keys() == {"RF041", "RF051"}
    assert provoked <= package
    assert not provoked & ELSEWHERE.keys(), "a folder shows it, so the table need not"


def test_a_code_means_one_thing() -> None:
    """No two layers use one code, but for what is the same thing said in two places."""
    users: dict[str, set[str]] = {}
    for path in (ROOT / "infra" / "ringfence").rglob("*.py"):
        for code in re.findall(r'"(RF\d{3})"', path.read_text(encoding="utf-8")):
            users.setdefault(code, set()).add(str(path.relative_to(ROOT / "infra" / "ringfence")))
    shared = {code for code, files in users.items() if len(files) > 1}
    # An unknown key, a wrong kind, an unknown agent or environment, one without addresses, an AWS that does not answer:
    # each found in two places.
    assert shared == {"RF033", "RF035", "RF047", "RF050", "RF111", "RF131"}
