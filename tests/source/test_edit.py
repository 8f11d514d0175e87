"""A file that is edited keeps every other octet, and says afterwards what it was meant to say."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ringfence.source.diagnostic import Findings
from ringfence.source.document import parse_document
from ringfence.source.edit import EditError, with_item, with_key, without_key

PROFILE = """\
# The agent that answers.
agent: reader   # its name
owner: docs-team
needs:

  # A site.
  - https: {host: example.com}
    because: reads it   # every day

  # What follows the last need.
expect: []
"""
CUT = {"because": "wrote to a stranger: twice", "since": "2026-11-20T09:00:00Z"}


def value_of(text: str) -> Any:
    findings = Findings()
    document = parse_document("a.yaml", text.encode(), findings)
    assert document is not None
    assert not findings.diagnostics
    return document.value


def test_a_key_is_added_after_another_one_and_nothing_else_changes() -> None:
    assert with_key(PROFILE, "quarantined", CUT, after="agent") == PROFILE.replace(
        "# its name\n",
        '# its name\nquarantined:\n  because: "wrote to a stranger: twice"\n  since: "2026-11-20T09:00:00Z"\n',
    )


def test_taking_the_key_away_gives_back_the_same_octets() -> None:
    for text in (PROFILE, PROFILE.replace("\n", "\r\n"), "{agent: a, owner: b}", "agent: a"):
        cut = with_key(text, "quarantined", CUT, after="agent")
        assert value_of(cut)["quarantined"] == CUT
        assert without_key(cut, "quarantined") == text


def test_a_key_that_stands_is_replaced_where_it_stands() -> None:
    text = "agent: a\nquarantined: false # so far\nowner: b\n"
    cut = with_key(text, "quarantined", CUT, after="agent")
    assert cut.splitlines()[1] == "quarantined: # so far"
    assert value_of(cut) == {"agent": "a", "quarantined": CUT, "owner": "b"}
    lifted = with_key(text, "quarantined", True, after="agent")
    assert lifted == text.replace("false", "true")


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("a: 1\nneeds: []\n", 'a: 1\nneeds: [{https: {host: "x.org"}, because: "b"}]\n'),
        ("a: 1\nneeds: [{x: 1}] # c\n", 'a: 1\nneeds: [{x: 1}, {https: {host: "x.org"}, because: "b"}] # c\n'),
        ("a: 1\nneeds:\n", 'a: 1\nneeds:\n  - https: {host: "x.org"}\n    because: "b"\n'),
        ("a: 1\n", 'a: 1\nneeds:\n  - https: {host: "x.org"}\n    because: "b"\n'),
        ("a: 1", 'a: 1\nneeds:\n  - https: {host: "x.org"}\n    because: "b"'),
        ("a: 1\nneeds:\n- x: 1\nb: 2\n", 'a: 1\nneeds:\n- x: 1\n- https: {host: "x.org"}\n  because: "b"\nb: 2\n'),
    ],
)
def test_an_item_is_added_in_the_shape_of_the_list(text: str, edited: str) -> None:
    assert with_item(text, "needs", {"https": {"host": "x.org"}, "because": "b"}, after="a") == edited


def test_an_item_comes_before_the_comments_that_follow_the_list() -> None:
    edited = with_item(PROFILE, "needs", {"tls": {"host": "x.org"}}, after="owner")
    assert edited == PROFILE.replace("# every day\n", '# every day\n  - tls: {host: "x.org"}\n')


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- a\n", "it is not a mapping"),
        ("", "it is not a mapping"),
        ("a: [\n", "it is not YAML"),
        ("b: 1\n", "there is no `agent`"),
    ],
)
def test_what_is_no_profile_is_not_edited(text: str, reason: str) -> None:
    with pytest.raises(EditError, match=reason):
        with_key(text, "quarantined", True, after="agent")


def test_an_item_needs_a_list() -> None:
    with pytest.raises(EditError, match="`needs` is not a list"):
        with_item("needs: {a: 1}\n", "needs", {"x": 1}, after="needs")


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" "), max_size=20)
PLAIN = st.recursive(
    st.booleans() | st.integers(-(10**9), 10**9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.from_regex(r"[b-m]{1,5}", fullmatch=True), inner),
    max_leaves=6,
)


@given(PLAIN, st.sampled_from([PROFILE, "{agent: a, owner: b}", "agent: a\nowner: |\n  b\n  c\nz: 1\n"]))
@settings(deadline=None)
def test_whatever_is_written_is_read_back_and_the_rest_is_unchanged(value: Any, text: str) -> None:
    before = value_of(text)
    for after in ("agent", "owner"):
        edited = with_key(text, "quarantined", value, after=after)
        assert value_of(edited) == {**before, "quarantined": value}
        assert without_key(edited, "quarantined") == text
        assert value_of(with_key(edited, "quarantined", False, after=after)) == {**before, "quarantined": False}
