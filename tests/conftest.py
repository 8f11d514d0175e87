"""What every test run shares: in CI nothing may be skipped, and counts that tests want read are printed at the end.

A test that calls ``record_property("counts", line)`` has its line printed, also when it ran in another process.
"""

import os

import pytest
from hypothesis import settings
from ringfence.engine.suricata import HOW_TO_GET, VERSIONS, Engine, find_engines

# How long an example takes depends on the machine; no test is about that.
settings.register_profile("ringfence", deadline=None)
settings.load_profile("ringfence")

_ENGINES = {engine.major: engine for engine in find_engines()}
_SKIPPED: list[str] = []


@pytest.fixture(scope="session", params=VERSIONS, ids=[f"suricata-{major}" for major in VERSIONS])
def engine(request: pytest.FixtureRequest) -> Engine:
    """The real engine, each version in turn."""
    found = _ENGINES.get(request.param)
    if found is None:
        pytest.skip(f"no Suricata {request.param}: {HOW_TO_GET}")
    return found


def pytest_report_header() -> str:
    """Which engines there are."""
    return "engines: " + (", ".join(str(engine) for engine in _ENGINES.values()) or f"none: {HOW_TO_GET}")


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
    if _is_ci() and _SKIPPED and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the counts, and why a run without failures failed."""
    lines = [
        str(value)
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, value in report.user_properties
        if name == "counts"
    ]
    if lines:
        terminalreporter.section("counts")
        for line in sorted(lines):
            terminalreporter.write_line(line)
    if _is_ci() and _SKIPPED:
        terminalreporter.write_line(f"RINGFENCE_CI=1 and {len(set(_SKIPPED))} skipped: failed", red=True)


def _is_ci() -> bool:
    return os.environ.get("RINGFENCE_CI") == "1"
