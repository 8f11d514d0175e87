"""Diagnostics are exact, ordered, and show hostile text as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ringfence.policy.span import Span
from ringfence.source.diagnostic import Diagnostic, Findings, InputError, Severity, did_you_mean, render, visible


def test_a_diagnostic_shows_place_caret_and_mend() -> None:
    found = Diagnostic(Span("profiles/agents/a.yaml", 3, 19, 4), "RF064", "no", "mend it")
    assert render(found, lambda span: "  - https: {host: 10.1}") == (
        "profiles/agents/a.yaml:3:19: RF064 no\n"
        "      - https: {host: 10.1}\n"
        "                      ^^^^\n"
        "  help: mend it"
    )


def test_a_warning_says_so_and_related_places_follow() -> None:
    found = Diagnostic(Span("a", 1), "RF070", "ends", "renew", Severity.WARNING, ((Span("b", 2, 3), "the other"),))
    assert render(found, lambda span: None) == "a:1:1: RF070 warning: ends\n  help: renew\n  see b:2:3: the other"


@pytest.mark.parametrize(
    ("line", "column", "width", "shown"),
    [
        ("a: 名前x", 6, 1, "    a: 名前x\n           ^"),
        ("a: 名前", 4, 2, "    a: 名前\n       ^^^^"),
        ("a: e\u0301x", 6, 1, "    a: e\u0301x\n        ^"),
        ("a:\tx", 4, 1, "    a:\\tx\n        ^"),
        ("a: \x1bx", 5, 1, "    a: \\x1bx\n           ^"),
        ("a: \u202ex", 4, 1, "    a: \\u202ex\n       ^^^^^^"),
        ("abc", 9, 1, "    abc\n       ^"),
    ],
)
def test_the_caret_stands_under_what_is_meant(line: str, column: int, width: int, shown: str) -> None:
    found = Diagnostic(Span("a", 1, column, width), "RF010", "m", "h")
    assert render(found, lambda span: line).split("\n", 1)[1] == f"{shown}\n  help: h"


def test_a_long_line_is_shown_around_its_place() -> None:
    found = Diagnostic(Span("a", 1, 5001, 3), "RF010", "m", "h")
    _, text, caret, _ = render(found, lambda span: "x" * 5000 + "bad" + "y" * 5000).split("\n")
    assert len(text) == 124
    assert text[caret.index("^") :].startswith("bad")
    assert caret.count("^") == 3


@given(st.text())
def test_nothing_printed_can_steer_a_terminal_or_a_reader(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert not set(shown) & set("\x1b\u202e\u2066\u200b\n\r\t\x00\x9b")
    assert visible(shown) == shown


@given(st.text(max_size=60), st.text(max_size=60), st.integers(1, 80), st.integers(1, 20))
def test_a_rendered_diagnostic_is_its_own_lines_only(line: str, message: str, column: int, width: int) -> None:
    found = Diagnostic(Span(message, 1, column, width), "RF010", message, message)
    lines = render(found, lambda span: line).split("\n")
    assert len(lines) in (2, 4)
    assert all(each.isprintable() for each in lines)


def test_findings_come_sorted_and_once() -> None:
    findings = Findings()
    findings.error(Span("b"), "RF002", "m", "h")
    findings.warning(Span("a", 9), "RF001", "m", "h")
    findings.error(Span("a", 10), "RF001", "m", "h")
    findings.error(Span("a", 9, 3), "RF001", "m", "h")
    findings.error(Span("b"), "RF002", "m", "h")
    places = [(found.span.path, found.span.line, found.span.column) for found in findings.sorted()]
    assert places == [("a", 9, 1), ("a", 9, 3), ("a", 10, 1), ("b", 1, 1)]
    with pytest.raises(InputError) as caught:
        findings.raise_if_failed()
    assert caught.value.diagnostics == findings.sorted()


def test_warnings_alone_do_not_fail() -> None:
    findings = Findings()
    findings.warning(Span("a"), "RF070", "m", "h")
    assert not findings.failed
    findings.raise_if_failed()


def test_did_you_mean() -> None:
    assert did_you_mean("githb.repository", ["github.repository", "https"]) == "did you mean `github.repository`?"
    assert did_you_mean("zzz", ["b", "a"]) == "one of: a, b"
    assert did_you_mean("zzz", []) == "none is defined"
