import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SKIPS = """
import pytest

def test_one():
    pytest.skip("no engine")

def test_two(record_property):
    record_property("counts", "x: 3")
"""
MODULE = "import pytest\npytest.skip('no engine', allow_module_level=True)\n"
EXPECTED = "import pytest\n@pytest.mark.xfail\ndef test_one():\n    assert False\n"
FINE = "def test_one():\n    pass\n"


def run(tmp_path: Path, text: str, ci: str, *options: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "test_it.py").write_text(text)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    environment = {**os.environ, "RINGFENCE_CI": ci, "PYTEST_ADDOPTS": ""}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("text", "ci", "options", "expected"),
    [
        (SKIPS, "1", (), 1),
        (SKIPS, "1", ("-n", "2"), 1),
        (SKIPS, "", (), 0),
        (MODULE, "1", (), 1),
        (EXPECTED, "1", (), 0),
        (FINE, "1", (), 0),
    ],
    ids=["skip in CI", "in another process", "skip elsewhere", "skipped module", "expected failure", "nothing skipped"],
)
def test_a_skip_fails_the_run_in_ci_only(
    tmp_path: Path, text: str, ci: str, options: tuple[str, ...], expected: int
) -> None:
    finished = run(tmp_path, text, ci, *options)
    assert finished.returncode == expected, finished.stdout + finished.stderr
    if expected:
        assert "RINGFENCE_CI=1 and 1 skipped: failed" in finished.stdout
    assert ("x: 3" in finished.stdout) == (text == SKIPS)
