"""Sets of IPv4 networks as rule headers name them: merged, turned around, written, and cut to length.

A negation cannot be cut in two (each half would cover what the other one excepts), so what is left out is computed and
named where it may be long: the complement of a set is itself a list of networks, and a list can be cut anywhere.
"""

import functools
import ipaddress
import itertools
from collections.abc import Iterable, Iterator

Networks = tuple[ipaddress.IPv4Network, ...]

_LAST = 2**32 - 1


def merged(networks: Iterable[ipaddress.IPv4Network]) -> Networks:
    """The same addresses in the fewest networks, in order."""
    # As `ipaddress.collapse_addresses`, which takes most of a large fleet's time; networks sorted by address nest or
    # stand apart, so whatever a network can be joined to is the last one that is kept.
    kept: list[ipaddress.IPv4Network] = []
    end = 0  # the address after the last network that is kept
    for first, length, each in sorted((int(each.network_address), each.prefixlen, each) for each in networks):
        if first < end:
            continue
        network = each
        end = first + (1 << (32 - length))
        while kept and kept[-1].prefixlen == length and _is_second_half(kept[-1], first, length):
            first, length = int(kept.pop().network_address), length - 1
            network = ipaddress.IPv4Network((first, length))
        kept.append(network)
    return tuple(kept)


def _is_second_half(one: ipaddress.IPv4Network, first: int, length: int) -> bool:
    """Whether the network that begins at ``first`` and ``one``, both of this length, are halves of one network."""
    return int(one.network_address) == first ^ (1 << (32 - length))


def complement(networks: Iterable[ipaddress.IPv4Network]) -> Networks:
    """Every other IPv4 address, in the fewest networks, in order."""
    return tuple(_complement(networks))


def _complement(networks: Iterable[ipaddress.IPv4Network]) -> Iterator[ipaddress.IPv4Network]:
    start = 0
    for network in merged(networks):
        first = int(network.network_address)
        if first > start:
            yield from _between(start, first - 1)
        start = int(network.broadcast_address) + 1
    if start <= _LAST:
        yield from _between(start, _LAST)


def _between(first: int, last: int) -> Iterator[ipaddress.IPv4Network]:
    return ipaddress.summarize_address_range(ipaddress.IPv4Address(first), ipaddress.IPv4Address(last))


def common(ones: Iterable[ipaddress.IPv4Network], others: Iterable[ipaddress.IPv4Network]) -> Networks:
    """The addresses that are in both sets, in the fewest networks, in order."""
    return complement((*complement(ones), *complement(others)))


def written(networks: Networks | None, room: int) -> Iterator[str]:
    """Networks as the address parts of rule headers, in as many as take at most ``room`` characters each.

    None is every address, of either IP version. Raises ValueError where one network has no room.
    """
    if networks is None:
        yield "any"
        return
    run: list[str] = []
    length = 1  # the bracket; each network brings a comma or the other bracket
    for network in networks:
        text = _text(int(network.network_address), network.prefixlen)
        if len(text) + 2 > room:
            raise ValueError(f"{room} characters cannot hold {text}")
        if length + len(text) + 1 > room:
            yield _listed(run)
            run, length = [], 1
        run.append(text)
        length += len(text) + 1
    if run:
        yield _listed(run)


def all_but(networks: Networks, room: int) -> Iterator[str]:
    """As `written`, for every address but those of the networks: negated where that has room, else what is left."""
    listed = f"!{_listed([_text(int(network.network_address), network.prefixlen) for network in networks])}"
    if len(listed) <= room:
        yield listed
    else:
        yield from written(complement(networks), room)


@functools.lru_cache(maxsize=65536)
def _text(first: int, length: int) -> str:
    return str(ipaddress.IPv4Network((first, length)))


def _listed(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"[{','.join(texts)}]"


def overlap(networks: Iterable[ipaddress.IPv4Network]) -> tuple[ipaddress.IPv4Network, ipaddress.IPv4Network] | None:
    """Two of the networks that share an address, or None."""
    ordered = sorted(networks)
    for one, other in itertools.pairwise(ordered):
        if one.overlaps(other):
            return one, other
    return None
