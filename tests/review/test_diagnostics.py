"""Diagnostics as SARIF: every code has its family, and every diagnostic its place and mend."""

import re

from reviewing import ROOT
from ringfence.policy.span import Span
from ringfence.review.diagnostics import FAMILIES, diagnostics_sarif
from ringfence.source.diagnostic import Diagnostic, Severity
from sarif_schema import read_sarif

PLACE = Span("profiles/agents/reader.yaml", 7, 5, 3)


def test_every_code_of_the_package_has_its_family() -> None:
    codes = {
        code
        for path in (ROOT / "infra").rglob("*.py")
        for code in re.findall(r'"(RF\d{3})"', path.read_text(encoding="utf-8"))
    }
    assert len(codes) > 50
    assert {code[:4] for code in codes} == set(FAMILIES)


def test_a_diagnostic_says_where_what_and_how_it_is_mended() -> None:
    first = Diagnostic(
        PLACE, "RF045", "two profiles name it", "rename one", related=((Span("a.yaml", 2), "the other"),)
    )
    second = Diagnostic(PLACE, "RF070", "`https` ends on 2026-12-01", "have it approved anew", Severity.WARNING)
    (run,) = read_sarif(diagnostics_sarif([second, first], "check"))["runs"]
    assert [(result["ruleId"], result["level"]) for result in run["results"]] == [
        ("RF045", "error"), ("RF070", "warning"),
    ]  # fmt: skip
    result = run["results"][0]
    assert result["message"]["text"] == "two profiles name it; rename one"
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 7, "startColumn": 5, "endColumn": 8}
    assert result["relatedLocations"][0]["message"]["text"] == "the other"
    assert run["automationDetails"]["id"] == "ringfence/check/"
