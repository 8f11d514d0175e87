"""Sets of octets, as bit masks: bit *n* stands for the octet *n*."""

import functools
from collections.abc import Iterable

NO_OCTET = 0
ANY_OCTET = (1 << 256) - 1

_LOWER = sum(1 << octet for octet in range(ord("a"), ord("z") + 1))
_UPPER = sum(1 << octet for octet in range(ord("A"), ord("Z") + 1))
_CASE_DISTANCE = ord("a") - ord("A")

_READABLE = tuple(
    dict.fromkeys(
        (
            *b"abcdefghijklmnopqrstuvwxyz0123456789/-._~ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            *range(0x21, 0x7F),
            0x20,
            *range(256),
        )
    )
)
_RANKS = {octet: rank for rank, octet in enumerate(_READABLE)}


def octets(values: Iterable[int]) -> int:
    """The set of some octets, each 0 to 255."""
    mask = 0
    for value in values:
        mask |= 1 << value
    return mask


def octet_range(first: int, last: int) -> int:
    """The set from ``first`` to ``last``, both included."""
    return (1 << (last + 1)) - (1 << first)


def without_case(mask: int) -> int:
    """The set widened by the other case of each ASCII letter in it."""
    return mask | ((mask & _UPPER) << _CASE_DISTANCE) | ((mask & _LOWER) >> _CASE_DISTANCE)


def members(mask: int) -> list[int]:
    """The octets of a set, ascending."""
    return [octet for octet in range(256) if mask >> octet & 1]


@functools.lru_cache(maxsize=65536)
def readable_member(mask: int) -> int:
    """One octet of a set that is not empty: a letter or digit if there is one, else what prints, else any."""
    for octet in _READABLE:
        if mask >> octet & 1:
            return octet
    raise ValueError("the empty set of octets has no member")


def readable_rank(mask: int) -> int:
    """How early the readable member of a set stands among all octets."""
    return _RANKS[readable_member(mask)]


def readable_order(text: bytes) -> tuple[int, list[int]]:
    """What puts strings in order: the shorter first, then the more readable."""
    return len(text), [_RANKS[octet] for octet in text]
