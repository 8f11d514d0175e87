"""What every test run shares: in CI nothing may be skipped."""

import os

import pytest

_SKIPPED: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect skips; an expected failure is reported as skipped too, but it did run."""
    if report.skipped and not hasattr(report, "wasxfail"):
        _SKIPPED.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Collect modules that were skipped as a whole."""
    if report.skipped:
        _SKIPPED.append(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With RINGFENCE_CI=1 a skip is a failure: what was not checked is not clean."""
    if os.environ.get("RINGFENCE_CI") == "1" and _SKIPPED and exitstatus in (0, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why the run failed."""
    if os.environ.get("RINGFENCE_CI") == "1" and _SKIPPED:
        terminalreporter.write_line(f"RINGFENCE_CI=1 and {len(_SKIPPED)} skipped: failed", red=True)
        for nodeid in sorted(set(_SKIPPED)):
            terminalreporter.write_line(f"  {nodeid}")
