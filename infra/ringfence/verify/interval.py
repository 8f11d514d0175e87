"""Sets of whole numbers as intervals: addresses and ports, exactly."""

import bisect
import functools
import ipaddress
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

ADDRESS_MAX = 2**32 - 1
PORT_MAX = 65535


@dataclass(frozen=True, slots=True)
class Numbers:
    """A set of whole numbers: disjoint intervals, ascending, none touching the next; ends included."""

    intervals: tuple[tuple[int, int], ...]

    @staticmethod
    def of(*intervals: tuple[int, int]) -> "Numbers":
        """The union of some intervals, in any order; reversed ones are empty."""
        merged: list[tuple[int, int]] = []
        for first, last in sorted(interval for interval in intervals if interval[0] <= interval[1]):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], last))
            else:
                merged.append((first, last))
        return Numbers(tuple(merged))

    def __or__(self, other: "Numbers") -> "Numbers":
        return Numbers.of(*self.intervals, *other.intervals)

    def __and__(self, other: "Numbers") -> "Numbers":
        if self is other:
            return self
        found: list[tuple[int, int]] = []
        mine, theirs = iter(self.intervals), iter(other.intervals)
        left, right = next(mine, None), next(theirs, None)
        while left is not None and right is not None:
            first, last = max(left[0], right[0]), min(left[1], right[1])
            if first <= last:
                found.append((first, last))
            if left[1] < right[1]:
                left = next(mine, None)
            else:
                right = next(theirs, None)
        return Numbers(tuple(found))

    def __sub__(self, other: "Numbers") -> "Numbers":
        found: list[tuple[int, int]] = []
        taken = other.intervals
        index = 0
        for first, last in self.intervals:
            start = first
            while index < len(taken) and taken[index][1] < start:
                index += 1
            for low, high in itertools.islice(taken, index, None):
                if low > last:
                    break
                if low > start:
                    found.append((start, low - 1))
                start = high + 1
            if start <= last:
                found.append((start, last))
        return Numbers(tuple(found))

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def __contains__(self, number: int) -> bool:
        index = bisect.bisect_right(self.intervals, (number, math.inf)) - 1
        return index >= 0 and number <= self.intervals[index][1]

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.intervals)

    def covers(self, other: "Numbers") -> bool:
        """Whether every number of ``other`` is in this set."""
        return not other - self

    def meets(self, other: "Numbers") -> bool:
        """Whether some number is in both."""
        return bool(self & other)

    @property
    def first(self) -> int:
        """The least member; IndexError for the empty set."""
        return self.intervals[0][0]


NO_NUMBERS = Numbers(())
ALL_ADDRESSES = Numbers(((0, ADDRESS_MAX),))
ALL_PORTS = Numbers(((0, PORT_MAX),))


@functools.lru_cache(maxsize=65536)
def addresses_of(network: ipaddress.IPv4Network) -> Numbers:
    """The addresses of a network."""
    return Numbers(((int(network.network_address), int(network.broadcast_address)),))


@functools.lru_cache(maxsize=65536)
def network_of(text: str) -> Numbers:
    """The addresses of a network or an address as text; raises ValueError, also where host bits are set."""
    return addresses_of(ipaddress.IPv4Network(text))


def networks_text(addresses: Numbers) -> str:
    """Addresses as CIDR blocks, for people."""
    blocks = [
        str(network)
        for first, last in addresses.intervals
        for network in ipaddress.summarize_address_range(ipaddress.IPv4Address(first), ipaddress.IPv4Address(last))
    ]
    return ", ".join(blocks) or "no address"


def ports_text(ports: Numbers) -> str:
    """Ports, for people."""
    if ports == ALL_PORTS:
        return "any port"
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ports.intervals)


def atoms(sets: Iterable[Numbers], universe: Numbers) -> tuple[Numbers, ...]:
    """The coarsest partition of ``universe`` in which each part lies within or outside every one of ``sets``.

    Two numbers are in one part exactly when the same sets hold them (atomic predicates: Yang and Lam, "Real-Time
    Verification of Network Properties Using Atomic Predicates", ICNP 2013). Parts come by their least member.
    """
    distinct = tuple(dict.fromkeys(sets))
    events: dict[int, list[int]] = {}
    for index, members in enumerate(distinct):
        for first, last in members.intervals:
            events.setdefault(first, []).append(index)
            events.setdefault(last + 1, []).append(index)
    borders = sorted({*events, universe.first, universe.intervals[-1][1] + 1} if universe else ())
    parts: dict[frozenset[int], list[tuple[int, int]]] = {}
    inside: set[int] = set()
    for start, end in itertools.pairwise(borders):
        inside.symmetric_difference_update(events.get(start, ()))
        parts.setdefault(frozenset(inside), []).append((start, end - 1))
    found = (Numbers.of(*intervals) & universe for intervals in parts.values())
    return tuple(sorted((part for part in found if part), key=lambda part: part.first))
