"""Languages with lengths, and witnesses of atoms, by brute force over short strings."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ringfence.verify.interval import Numbers
from ringfence.verify.language import decide
from ringfence.verify.language.atoms import witnesses
from ringfence.verify.language.expression import Expression, contains
from ringfence.verify.language.pcre import matched_by
from ringfence.verify.language.piece import LanguageError
from ringfence.verify.language.region import Region

STRINGS = [bytes(text) for length in range(6) for text in itertools.product(b"ab", repeat=length)]
patterns = st.sampled_from(
    ["^a*\\z", "^ab\\z", "^b\\z", "b", "^(?:ab)*\\z", "a.b", "^[ab]{2,3}\\z", "^a", "b\\z", "^\\z", "aa|bb", "^abab\\z"]
)
languages = patterns.map(lambda pattern: matched_by(pattern, "s"))
lengths = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=2).map(lambda pairs: Numbers.of(*pairs))
regions = st.builds(Region.of, languages, lengths)


def members(region: Region) -> set[bytes]:
    return {text for text in STRINGS if text in region}


@settings(deadline=None)
@given(regions, regions)
def test_regions_are_sets(one: Region, other: Region) -> None:
    assert members(one & other) == members(one) & members(other)
    assert members(one | other) == members(one) | members(other)
    assert members(one - other) == members(one) - members(other)
    assert members(one.complement()) == set(STRINGS) - members(one)
    if one.equals(other):
        assert members(one) == members(other)
    assert one.equals(one.complement().complement())


@settings(deadline=None)
@given(regions)
def test_an_example_is_a_shortest_member(region: Region) -> None:
    example = region.example()
    assert (example is None) == region.is_empty()
    if example is not None:
        assert example in region
        known = members(region)
        assert not known or len(example) <= min(map(len, known))


@settings(deadline=None)
@given(st.lists(languages, min_size=1, max_size=6))
def test_witnesses_are_one_for_each_way_of_belonging(chosen: list[Expression]) -> None:
    universe = matched_by("^[ab]{0,5}\\z")
    found = witnesses(chosen, universe)
    ways = {frozenset(index for index, each in enumerate(chosen) if contains(each, text)) for text in STRINGS}
    assert set(found) == ways
    for way, text in found.items():
        assert frozenset(index for index, each in enumerate(chosen) if contains(each, text)) == way
        assert contains(universe, text)


def test_a_question_that_is_too_large_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide, "STATES_MAX", 10)
    with pytest.raises(LanguageError, match="too many states"):
        decide.shortest(matched_by("^(?:a|b){30}c\\z"))
