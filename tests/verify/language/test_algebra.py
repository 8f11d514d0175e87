"""The algebra of languages, by brute force over every short string of a small alphabet."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from ringfence.verify.language.decide import (
    are_disjoint,
    are_equal,
    difference_example,
    is_empty,
    is_subset,
    shortest,
    shortest_of_length,
)
from ringfence.verify.language.expression import (
    ANYTHING,
    EMPTY_STRING,
    NOTHING,
    Expression,
    attach,
    before,
    complement,
    contains,
    derivative,
    difference,
    intersection,
    literal,
    one_of,
    union,
)
from ringfence.verify.language.octets import members, octets, readable_member, without_case
from ringfence.verify.language.piece import Ahead, Choice, End, Literal, Octet, Piece, Repeat, Sequence

ALPHABET = b"ab"
UNIVERSE = [bytes(text) for length in range(6) for text in itertools.product(ALPHABET, repeat=length)]

pieces: st.SearchStrategy[Piece] = st.recursive(
    st.sampled_from([Literal(b"a"), Literal(b"b"), Literal(b"ab"), Octet(octets(b"ab")), Octet(octets(b"abc"))]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Sequence(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Choice(tuple(parts))),
        st.builds(Repeat, inner, st.integers(0, 2), st.sampled_from([2, 3, None])),
    ),
    max_leaves=6,
)
languages = pieces.map(attach)


def strings(language: Expression) -> set[bytes]:
    return {text for text in UNIVERSE if contains(language, text)}


@settings(max_examples=200, deadline=None)
@given(languages, languages)
def test_the_operations_are_those_of_sets(one: Expression, other: Expression) -> None:
    assert strings(union((one, other))) == strings(one) | strings(other)
    assert strings(intersection((one, other))) == strings(one) & strings(other)
    assert strings(complement(one)) == set(UNIVERSE) - strings(one)
    assert strings(difference(one, other)) == strings(one) - strings(other)


@settings(max_examples=200, deadline=None)
@given(languages, languages)
def test_equality_is_the_absence_of_a_difference(one: Expression, other: Expression) -> None:
    difference_found = difference_example(one, other)
    assert are_equal(one, other) == (difference_found is None)
    assert (is_subset(one, other) and is_subset(other, one)) == (difference_found is None)
    if difference_found is not None:
        text, is_first = difference_found
        assert contains(one, text) == is_first
        assert contains(other, text) != is_first
        short = sorted(strings(one) ^ strings(other), key=len)
        assert not short or len(text) <= len(short[0])


@settings(max_examples=200, deadline=None)
@given(languages)
def test_quotients_take_a_beginning_and_an_ending_away(language: Expression) -> None:
    short = [text for text in UNIVERSE if len(text) <= 3]
    for affix in (b"a", b"ab", b"bb"):
        assert {text for text in short if contains(derivative(language, affix), text)} == {
            text for text in short if contains(language, affix + text)
        }
        assert {text for text in short if contains(before(language, affix), text)} == {
            text for text in short if contains(language, text + affix)
        }


@settings(max_examples=200, deadline=None)
@given(languages, st.integers(0, 5))
def test_a_shortest_string_of_a_length_is_one(language: Expression, least: int) -> None:
    known = sorted((text for text in strings(language) if len(text) >= least), key=len)
    found = shortest_of_length(language, least)
    if known:
        assert found is not None
        assert len(found) == len(known[0])
    if found is not None:
        assert contains(language, found)
        assert len(found) >= least


def test_the_ends_of_the_algebra() -> None:
    a = literal(b"a")
    assert union((a, complement(a))) is ANYTHING
    assert intersection((a, complement(a))) is NOTHING
    assert union(()) is NOTHING
    assert intersection(()) is ANYTHING
    assert literal(b"", a) is a
    assert one_of(0) is NOTHING
    assert one_of(octets(b"a")) is a
    assert is_empty(NOTHING)
    assert not is_empty(EMPTY_STRING)
    assert shortest(NOTHING) is None
    assert are_disjoint(a, literal(b"b"))


def test_looking_ahead_sees_all_that_follows() -> None:
    no_b_then = attach(Sequence((Ahead(Literal(b"b"), negative=True), Octet(octets(b"ab")))), literal(b"b"))
    assert strings(no_b_then) == {b"ab"}
    at_the_end = attach(Sequence((Literal(b"a"), End())), EMPTY_STRING)
    assert strings(at_the_end) == {b"a"}
    assert attach(End(), literal(b"a")) is NOTHING


def test_sets_of_octets() -> None:
    assert members(without_case(octets(b"aZ1"))) == sorted(b"aAzZ1")
    assert readable_member(octets(b"\x00k")) == ord("k")
