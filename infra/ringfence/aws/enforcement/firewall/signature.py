"""Signature ids: a number that follows from what a rule is about, and from nothing else.

The range is private: 1,000,000,000 to 3,999,999,999, above every published rule set (https://sidallocation.org
assigns them below), below 4,294,967,294, AWS's highest. Refusals and marks take the lower half; an observation has
the id of its refusal plus `OBSERVED_OFFSET`, so the two are known by each other.

Two things may fall on one number; among 10,000 rules that happens in one policy of thirty. Then the one whose text
sorts first keeps it and the other takes its next number. So a change elsewhere moves an id only when a rule that comes
or goes there has that very number: one chance in 1,500,000,000 for each pair of rules.
"""

import hashlib
from collections.abc import Iterable

FIRST = 1_000_000_000
"""The lowest id."""

OBSERVED_OFFSET = 1_500_000_000
"""How far an observation's id lies above that of the refusal it stands for."""


def signature_ids(keys: Iterable[str]) -> dict[str, int]:
    """An id for each key, the same for the same set of keys in any order."""
    taken: set[int] = set()
    ids: dict[str, int] = {}
    for key in sorted(set(keys)):
        turn = 0
        while (number := _number(key, turn)) in taken:
            turn += 1
        taken.add(number)
        ids[key] = number
    return ids


def _number(key: str, turn: int) -> int:
    digest = hashlib.sha256(f"{turn} {key}".encode()).digest()
    return FIRST + int.from_bytes(digest[:8], "big") % OBSERVED_OFFSET
