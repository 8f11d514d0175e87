"""YAML is read to the letter: what readers disagree on is refused, at its exact place."""

import time

import pytest
import yaml
from ringfence.policy.span import Span
from ringfence.source import document as document_module
from ringfence.source.diagnostic import Findings
from ringfence.source.document import Document, line_of, parse_document


def read(text: str | bytes) -> Document:
    findings = Findings()
    document = parse_document("a.yaml", text.encode() if isinstance(text, str) else text, findings)
    assert document is not None, findings.diagnostics
    assert not findings.diagnostics
    return document


def refused(text: str | bytes) -> list[tuple[str, int, int, int]]:
    """Code, line, column and width of each problem."""
    findings = Findings()
    parse_document("a.yaml", text.encode() if isinstance(text, str) else text, findings)
    assert findings.failed
    return [(found.code, found.span.line, found.span.column, found.span.width) for found in findings.sorted()]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-7", -7),
        ("443", 443),
        ("9223372036854775807", 9223372036854775807),
        ("2027-06-30", "2027-06-30"),
        ("'no'", "no"),
        ('"1e3"', "1e3"),
        ('"22:22"', "22:22"),
        ("Kim", "Kim"),
        ("none", "none"),
        ("nobody", "nobody"),
        ("10.0.0.0/16", "10.0.0.0/16"),
        ("eu-west-1a", "eu-west-1a"),
        ("8000-8080", "8000-8080"),
        ("~user", "~user"),
        ("=x", "=x"),
        ("0.0.0.0", "0.0.0.0"),  # noqa: S104 - a text here, not an address to bind
        ("|\n  two\n  lines", "two\nlines\n"),
        ("SEC-412: # nothing", {"SEC-412": None}),
    ],
)
def test_a_scalar_means_what_it_shows(written: str, meant: object) -> None:
    written = f"\n  {written}" if written.startswith("SEC") else f" {written}"
    assert read(f"key:{written}\n").value == {"key": meant}


@pytest.mark.parametrize(
    "written",
    [
        *("no", "No", "NO", "yes", "on", "Off", "y", "N", "True", "TRUE", "False", "Null", "NULL"),
        *("22:22", "1:30", "190:20:30.15", "1e3", "1E3", "1.5", "1.", ".5", "-1.5e-3", "+12", "+1.2"),
        *("0755", "0o17", "0x1F", "0b101", "1_000", "-0", "99999999999999999999", "-99999999999999999999"),
        *(".inf", "-.Inf", ".nan", ".NaN", "=", "<<"),
    ],
)
def test_a_scalar_that_readers_disagree_on_is_refused(written: str) -> None:
    assert refused(f"a: b\nkey: {written}\n") == [("RF020", 2, 6, len(written))]


def test_every_scalar_that_pyyaml_would_change_is_refused_or_read_alike() -> None:
    """PyYAML's own reading of YAML 1.1 is the oracle: ours never gives another type silently."""
    for text in ("1", "-1", "true", "false", "null", "~", "017", "1_0", "yes", "0x10", "1.0", "12:30", "2001-01-01"):
        theirs = yaml.safe_load(text)
        findings = Findings()
        ours = parse_document("a.yaml", text.encode(), findings)
        assert ours is not None
        if not findings.failed:
            assert ours.value in (theirs, text)
            assert isinstance(theirs, type(ours.value)) or text == "2001-01-01"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", [("RF019", 3, 1, 1)]),
        ("a: {b: 1, b: 2, b: 3}\n", [("RF019", 1, 11, 1), ("RF019", 1, 17, 1)]),
        ("a: 1\n'a': 2\n", [("RF019", 2, 1, 3)]),
        ("a: &x [1]\nb: *x\n", [("RF015", 1, 4, 6)]),
        ("a: &x word\nb: *x\n", [("RF015", 1, 4, 7)]),
        ("&x a: 1\nb: {*x : 2}\n", [("RF015", 1, 1, 4)]),
        ("a: &x [*x]\n", [("RF015", 1, 4, 7)]),
        ("a: !python/object:os.system x\n", [("RF017", 1, 4, 26)]),
        ("a: !!binary aGk=\n", [("RF017", 1, 4, 13)]),
        ("a: !!set {b}\n", [("RF017", 1, 4, 9)]),
        ('a: !x "quoted"\n', [("RF017", 1, 4, 11)]),
        ("!x a: 1\n", [("RF017", 1, 1, 4)]),
        ("? [a, b]\n: 1\n", [("RF018", 1, 3, 6)]),
        ("a: 1\n---\nb: 2\n", [("RF013", 2, 1, 1)]),
        (
            "a: 1\n<<<<<<< HEAD\nb: 2\n||||||| base\n=======\nb: 3\n>>>>>>> theirs\n",
            [("RF021", 2, 1, 1), ("RF021", 4, 1, 1), ("RF021", 5, 1, 1), ("RF021", 7, 1, 1)],
        ),
        ("", [("RF011", 1, 1, 1)]),
        ("# nothing but this\n", [("RF011", 1, 1, 1)]),
        ("---\n", []),
        ("a: [1\n", [("RF010", 2, 1, 1)]),
        ("a: b: c\n", [("RF010", 1, 5, 1)]),
        ("\ta: 1\n", [("RF010", 1, 1, 1)]),
        ("a: 'x\n", [("RF010", 2, 1, 1)]),
        ("a: *nothing\n", [("RF010", 1, 4, 1)]),
        ("%YAML 9.9\n---\na: 1\n", [("RF010", 1, 1, 1)]),
        ("a: no\nb: {c: 1e3, c: 2}\n", [("RF019", 2, 13, 1), ("RF020", 1, 4, 2), ("RF020", 2, 8, 3)]),
    ],
)
def test_what_must_not_stand_in_a_file(text: str, expected: list[tuple[str, int, int, int]]) -> None:
    if not expected:
        assert read(text).value is None
        return
    assert sorted(refused(text)) == expected


def test_both_places_of_a_repeated_key_are_named() -> None:
    findings = Findings()
    parse_document("a.yaml", b"a: 1\nb: 2\na: 3\n", findings)
    (found,) = findings.diagnostics
    assert found.related == ((Span("a.yaml", 1, 1, 1), "first here"),)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a: 1\n".encode("utf-16"), [("RF012", 1, 1, 1)]),
        ("a: 1\n".encode("utf-16-be"), [("RF014", 1, 1, 1)]),  # no mark: its null octets show
        ("a: 1\n".encode("utf-32-le"), [("RF014", 1, 2, 1)]),
        (b"a: 1\nb: caf\xe9\n", [("RF012", 2, 7, 1)]),
        ("ä: ü\nb: ".encode() + b"\xff", [("RF012", 2, 4, 1)]),
        (b"\xef\xbb\xbfa: \xff", [("RF012", 1, 4, 1)]),
        (b"\x7fELF\x02\x01", [("RF014", 1, 1, 1)]),
        (bytes(range(1, 9)) * 100, [("RF014", 1, 1, 1)]),
        ("a: b\x00c", [("RF014", 1, 5, 1)]),
        ("a: 1\nb: \x1b[31m", [("RF014", 2, 4, 1)]),
        ("a: pay\u202eload", [("RF014", 1, 7, 1)]),
        ("a: \u2066x\u2069", [("RF014", 1, 4, 1)]),
        ("a: x\u200by", [("RF014", 1, 5, 1)]),
        ("a: x\u2028y", [("RF014", 1, 5, 1)]),
        ("a: x\x85y", [("RF014", 1, 5, 1)]),
        ("a: x\ufeffy", [("RF014", 1, 5, 1)]),
        ("a: 1\r\nb: \u202e", [("RF014", 2, 4, 1)]),
        ("a: 1\rb: \u202e", [("RF014", 2, 4, 1)]),
        ("a: ü\nb: ö\ufffe", [("RF014", 2, 5, 1)]),
        (b"\xed\xa0\x80", [("RF012", 1, 1, 1)]),  # a surrogate is no UTF-8 (RFC 3629, 3)
    ],
)
def test_other_encodings_and_hidden_characters(content: str | bytes, expected: list[object]) -> None:
    assert refused(content) == expected


def test_a_byte_order_mark_moves_nothing() -> None:
    document = read("\ufeffagent: x\n")
    assert document.value == {"agent": "x"}
    assert document.span(("agent",)) == Span("a.yaml", 1, 8, 1)
    assert document.line(1) == "agent: x"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_are_counted_alike_for_every_line_break(newline: str) -> None:
    document = read(newline.join(["a: 1", "b:", "  c: [x, yy]", ""]))
    assert document.span(("b", "c", 1)) == Span("a.yaml", 3, 10, 2)
    assert document.line(3) == "  c: [x, yy]"


def test_a_line_outside_the_text_is_none() -> None:
    assert line_of("a\nb", 0) is None
    assert line_of("a\nb", 2) == "b"
    assert line_of("a\nb", 3) is None


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100000,
        "a: " + "[" * 300 + "]" * 300,
        "a: " + "[" * 41 + "]" * 41,
        "{a: " * 200 + "x" + "}" * 200,
        "- " * 50000 + "x",
        "? " * 50000 + "x",
        "a: " + "[{b: " * 30 + "x" + "}]" * 30,
        "".join(" " * level + "a:\n" for level in range(60)),
        "".join(" " * level + "a:\n" for level in range(700)),
        "".join("-\n" + " " * (2 * level) for level in range(1, 200)) + "x",
        "- -\t- - " * 100,
    ],
    ids=range(11),
)
def test_deep_nesting_is_refused_without_following_it(text: str) -> None:
    started = time.process_time()
    codes = {code for code, *_ in refused(text)}
    assert codes <= {"RF016", "RF010"}
    assert codes
    assert time.process_time() - started < 5


def test_the_deepest_nesting_that_is_read() -> None:
    value = read("a: " + "[" * 38 + "1" + "]" * 38).value
    for _ in range(38):
        assert isinstance(value, dict | list)
        value = value["a"] if isinstance(value, dict) else value[0]
    assert value == [1]


def test_a_laughing_document_costs_nothing() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    started = time.process_time()
    assert {code for code, *_ in refused("\n".join(lines))} == {"RF015"}
    assert time.process_time() - started < 2


def test_spans_of_values_and_keys() -> None:
    document = read('agent: x\nneeds:\n  - https: {host: example.com, methods: [GET, "PUT"]}\n    because: to read\n')
    assert document.span(("needs", 0, "https", "host")) == Span("a.yaml", 3, 19, 11)
    assert document.span(("needs", 0, "https", "methods", 1)) == Span("a.yaml", 3, 47, 5)
    assert document.key_span(("needs", 0, "https")) == Span("a.yaml", 3, 5, 5)
    assert document.key_span(("needs", 0)) == document.span(("needs", 0)) == Span("a.yaml", 3, 5, 1)
    # what is not there is shown at the nearest part that is
    assert document.span(("needs", 0, "https", "nothing")) == document.span(("needs", 0, "https"))
    assert document.span(("needs", 7)) == document.span(("needs",))
    assert document.span(("needs", -1)) == document.span(("needs",))
    assert document.key_span(("nothing", "here")) == document.span()


def test_reading_without_libyaml_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(yaml.BaseLoader):
        resolve = document_module._Loader.resolve
        descend_resolver = document_module._Loader.descend_resolver
        ascend_resolver = document_module._Loader.ascend_resolver

    texts = ["a: [1, no]\n", "a: {b: x}\n", "a: 1\na: 2\n", "a: &x y\nb: *x\n", "a: ! 1\n", "a: [\n", "x: \ufffe"]
    before: list[object] = []
    for text in texts:
        findings = Findings()
        document = parse_document("a.yaml", text.encode(), findings)
        before.append((document and document.value, [(found.code, found.span.line) for found in findings.diagnostics]))
    monkeypatch.setattr(document_module, "_Loader", Slow)
    for text, expected in zip(texts, before, strict=True):
        findings = Findings()
        document = parse_document("a.yaml", text.encode(), findings)
        found = (document and document.value, [(found.code, found.span.line) for found in findings.diagnostics])
        assert found == expected, text
