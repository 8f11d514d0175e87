"""Sets of strings by language and length together: a length limit of thousands needs no thousand states."""

import functools
from dataclasses import dataclass

from ringfence.verify.interval import Numbers
from ringfence.verify.language.decide import are_equal, is_empty, shortest_of_length
from ringfence.verify.language.expression import (
    ANYTHING,
    NOTHING,
    Expression,
    attach,
    complement,
    contains,
    intersection,
    union,
)
from ringfence.verify.language.octets import ANY_OCTET
from ringfence.verify.language.piece import Octet, Repeat

LENGTH_MAX = 2**31 - 1
ANY_LENGTH = Numbers(((0, LENGTH_MAX),))


@dataclass(frozen=True, slots=True)
class Region:
    """A set of strings: the union of its parts, each a language restricted to some lengths.

    Parts have disjoint lengths; what belongs to none is not in the set.
    """

    parts: tuple[tuple[Expression, Numbers], ...]

    @staticmethod
    def of(language: Expression, lengths: Numbers = ANY_LENGTH) -> "Region":
        """The strings of a language that have one of some lengths."""
        return _tidy([(language, lengths)])

    def __and__(self, other: "Region") -> "Region":
        if self is EVERYTHING:
            return other
        if other is EVERYTHING:
            return self
        return _tidy(
            [
                (intersection((mine, theirs)), lengths & other_lengths)
                for mine, lengths in self.parts
                for theirs, other_lengths in other.parts
            ]
        )

    def __sub__(self, other: "Region") -> "Region":
        return self & other.complement() if other.parts else self

    def __or__(self, other: "Region") -> "Region":
        return (self.complement() & other.complement()).complement()

    def complement(self) -> "Region":
        """All other strings."""
        covered = Numbers(())
        parts: list[tuple[Expression, Numbers]] = []
        for language, lengths in self.parts:
            parts.append((complement(language), lengths))
            covered |= lengths
        return _tidy([*parts, (ANYTHING, ANY_LENGTH - covered)])

    def __contains__(self, text: bytes) -> bool:
        return any(len(text) in lengths and contains(language, text) for language, lengths in self.parts)

    def example(self) -> bytes | None:
        """A shortest member, readable where there are readable ones; None when there is none."""
        found: list[bytes] = []
        for language, lengths in self.parts:
            for first, last in () if is_empty(language) else lengths.intervals:
                text = shortest_of_length(language, first)
                if text is not None and len(text) <= last:
                    found.append(text)
                    break
        return min(found, key=len, default=None)

    def is_empty(self) -> bool:
        """Whether the set has no member."""
        return all(
            is_empty(language) or (lengths != ANY_LENGTH and Region(((language, lengths),)).example() is None)
            for language, lengths in self.parts
        )

    def equals(self, other: "Region") -> bool:
        """Whether both sets have the same members."""
        if self.parts == other.parts:
            return True
        mine, theirs = dict(_by_lengths(self)), dict(_by_lengths(other))
        if mine.keys() == theirs.keys() and all(are_equal(mine[key], theirs[key]) for key in mine):
            return True
        return (self - other).is_empty() and (other - self).is_empty()


@functools.lru_cache(maxsize=4096)
def of_length(lengths: Numbers) -> Expression:
    """The strings of some lengths, as a language: a state for each octet up to the greatest of them."""
    any_octet = Octet(ANY_OCTET)
    return union(attach(Repeat(any_octet, first, last)) for first, last in lengths.intervals)


def _by_lengths(region: Region) -> list[tuple[Numbers, Expression]]:
    return [(lengths, language) for language, lengths in region.parts]


def _tidy(parts: list[tuple[Expression, Numbers]]) -> Region:
    by_lengths: dict[Numbers, Expression] = {}
    for language, lengths in parts:
        if lengths and language is not NOTHING:
            known = by_lengths.get(lengths)
            by_lengths[lengths] = language if known is None else union((known, language))
    by_language: dict[Expression, Numbers] = {}
    for lengths, language in by_lengths.items():
        by_language[language] = by_language.get(language, Numbers(())) | lengths
    ordered = tuple(sorted(by_language.items(), key=lambda part: part[1].first))
    if ordered == EVERYTHING_PARTS:
        return EVERYTHING
    return Region(ordered) if ordered else NO_REGION


EVERYTHING_PARTS = ((ANYTHING, ANY_LENGTH),)
EVERYTHING = Region(EVERYTHING_PARTS)
"""Every string."""
NO_REGION = Region(())
"""No string."""
