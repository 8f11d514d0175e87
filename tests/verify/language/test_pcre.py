"""The expressions against Python's own engine, which reads this part of the syntax as PCRE does."""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ringfence.verify.language.decide import are_equal, is_empty, shortest
from ringfence.verify.language.expression import contains
from ringfence.verify.language.pcre import matched_by
from ringfence.verify.language.piece import LanguageError

LETTERS = "abA/.\n"

atoms = st.sampled_from(
    ["a", "b", "A", "/", r"\.", ".", "[ab]", "[^a]", r"\w", r"\W", r"\n", "[a-b/]", "(?:ab)", "[^/.]"]
)
lookaheads = st.sampled_from(["(?!a)", "(?=b)", r"(?!\.+(?:/|\Z))", "(?!ab|b)", "(?=.*b)"])


def repeated(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    quantifier = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}", "*?"])
    return st.builds(lambda body, sign: f"(?:{body}){sign}", inner, quantifier)


expressions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        repeated(inner),
        st.builds(lambda look, rest: f"(?:{look}{rest})", lookaheads, inner),
    ),
    max_leaves=8,
)
anchored = st.builds(
    lambda start, body, end: start + body + end,
    st.sampled_from(["", "^", r"\A"]),
    expressions,
    st.sampled_from(["", "$", r"\Z"]),
)


@settings(max_examples=400, deadline=None)
@given(
    anchored, st.lists(st.text(LETTERS, max_size=7), min_size=12, max_size=12), st.sampled_from(["", "i", "s", "is"])
)
def test_a_string_is_matched_exactly_when_pythons_engine_matches_it(pattern: str, texts: list[str], flags: str) -> None:
    ours = pattern.replace(r"\Z", r"\z")
    try:
        language = matched_by(ours, flags)
    except LanguageError:
        # A repetition of something that looks ahead and may be empty, the one thing drawn here that is refused.
        assume(condition=False)
        raise
    theirs = re.compile(pattern.encode(), (re.IGNORECASE if "i" in flags else 0) | (re.DOTALL if "s" in flags else 0))
    for text in texts:
        assert contains(language, text.encode()) == bool(theirs.search(text.encode())), (pattern, text)


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        (r"^/a$", ["/a", "/a\n"], ["/a/", "x/a", "/a\n\n"]),
        (r"^/a\z", ["/a"], ["/a\n"]),
        (r"\.example\.com\Z", [".example.com", "x.example.com\n"], ["example.com"]),
        ("[[:digit:]]{2}-[]x]", ["12-]", "..99-x"], ["1-x"]),
        (r"\x41[\x30-\x32\-]", ["A0", "A-"], ["A3"]),
        ("a{,2}", ["a{,2}"], ["aa"]),
        ("(^a|b)c", ["ac", "xbc", "bc"], ["xac"]),
        ("^(?:GET|HEAD) ", ["GET ", "HEAD /"], ["get ", "xGET "]),
        ("^a(?i:b(?-i:c))(?s:.)$", ["aBc.", "abc\n"], ["aBC.", "Abc."]),
        (r"^(?!.*\.\.)[a.]+$", ["a.a", "a"], ["a..a"]),
    ],
)
def test_what_pcre_says_of_anchors_classes_and_odd_braces(pattern: str, inside: list[str], outside: list[str]) -> None:
    language = matched_by(pattern)
    assert [text for text in inside if not contains(language, text.encode())] == []
    assert [text for text in outside if contains(language, text.encode())] == []


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"(a)\1", r"the escape `\1`"),
        ("(?<=a)b", "a group that is neither"),
        ("(?>a)", "a group that is neither"),
        ("a++", "possessive"),
        (r"\bword", r"the escape `\b`"),
        ("a^b", "not at the start"),
        ("(*ACCEPT)a", "a verb"),
        ("(a", "unclosed"),
        ("a)", "unmatched"),
        ("[a", "ends too early"),
        ("*a", "a quantifier of nothing"),
        ("a{70000}", "out of range"),
        ("[[:nope:]]", "[:nope:]"),
        ("\u20ac", "beyond one octet"),
    ],
)
def test_what_is_not_regular_or_not_read_is_refused_by_name(pattern: str, reason: str) -> None:
    with pytest.raises(LanguageError, match=re.escape(reason)):
        matched_by(pattern)


def test_a_flag_that_is_not_read_is_refused() -> None:
    with pytest.raises(LanguageError, match="the flag 'm'"):
        matched_by("a", "m")


def test_two_spellings_of_one_language_are_equal() -> None:
    assert are_equal(matched_by("^(?:a|ab)(?:c|bcd)?$"), matched_by("^a(?:b?c|bb?cd|b)?$"))


def test_two_languages_of_one_difference_are_not_equal() -> None:
    assert not are_equal(matched_by("^a{3,40}$"), matched_by("^a{3,41}$"))


def test_the_shortest_string_is_a_shortest_one_and_belongs() -> None:
    language = matched_by(r"^/(?!\.+(?:/|\z))[a-z.]+/x{3}\z")
    found = shortest(language)
    assert found is not None
    assert contains(language, found)
    assert len(found) == len("/a/xxx")


def test_an_impossible_expression_is_empty() -> None:
    assert is_empty(matched_by(r"^a(?!b)b"))
