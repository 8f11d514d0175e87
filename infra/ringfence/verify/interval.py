"""Sets of whole numbers as intervals: addresses and ports, exactly."""

import bisect
import functools
import ipaddress
import itertools
import math
from collections.abc import Iterable, Sequence
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


@dataclass(frozen=True, slots=True)
class Spans:
    """Which of some numbered sets hold a number: from each start to the next, the same."""

    starts: list[int]
    members: list[tuple[int, ...]]

    @staticmethod
    def of(sets: Iterable[tuple[int, Numbers]]) -> "Spans":
        """Sweep over all of them at once; several of one number are one."""
        events: dict[int, list[tuple[int, int]]] = {0: []}
        for index, members in sets:
            for first, last in members.intervals:
                events.setdefault(first, []).append((index, 1))
                events.setdefault(last + 1, []).append((index, -1))
        starts, found = sorted(events), list[tuple[int, ...]]()
        inside: dict[int, int] = {}
        for start in starts:
            for index, change in events[start]:
                inside[index] = inside.get(index, 0) + change
                if not inside[index]:
                    del inside[index]
            found.append(tuple(sorted(inside)))
        return Spans(starts, found)

    def at(self, number: int) -> tuple[int, ...]:
        """The sets that hold a number."""
        return self.members[bisect.bisect_right(self.starts, number) - 1]

    def same_until(self, number: int, last: int) -> int:
        """The greatest number up to ``last`` until which the same sets hold all."""
        index = bisect.bisect_right(self.starts, number)
        return min(last, self.starts[index] - 1) if index < len(self.starts) else last


def atoms_of(sets: Sequence[Numbers], universe: Numbers) -> list[tuple[Numbers, tuple[int, ...]]]:
    """The same as `atoms`, each part with the indices of the sets that hold it."""
    spans = Spans.of((index, members) for index, members in enumerate((universe, *sets), start=-1))
    parts: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for members, (start, end) in zip(spans.members, itertools.pairwise(spans.starts), strict=False):
        if members and members[0] == -1:
            parts.setdefault(members, []).append((start, end - 1))
    return [(Numbers.of(*intervals), members[1:]) for members, intervals in parts.items()]


def atoms(sets: Iterable[Numbers], universe: Numbers) -> tuple[Numbers, ...]:
    """The coarsest partition of ``universe`` in which each part lies within or outside every one of ``sets``.

    Two numbers are in one part exactly when the same sets hold them (atomic predicates: Yang and Lam, "Real-Time
    Verification of Network Properties Using Atomic Predicates", ICNP 2013). Parts come by their least member.
    """
    return tuple(part for part, _ in atoms_of(tuple(dict.fromkeys(sets)), universe))
