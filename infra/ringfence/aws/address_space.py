"""Free addresses as aligned blocks: a buddy system, so that what is taken from the head and the tail never moves."""

import bisect
import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network

_BITS = 32


class AddressSpace:
    """The free part of some networks.

    The first block with room is taken, from the head for agents, from the tail for what belongs to the environment
    itself, so that the middle stays whole. The same requests in the same order always get the same blocks.
    """

    def __init__(self, networks: Iterable[Network], used: Iterable[Network]) -> None:
        """Everything in ``networks`` that no network in ``used`` takes; those outside are passed over."""
        self._free: dict[int, list[int]] = {length: [] for length in range(_BITS + 1)}
        taken = sorted((int(network.network_address), network.prefixlen) for network in used)
        starts = [start for start, _ in taken]
        for network in networks:
            first = int(network.network_address)
            low = bisect.bisect_left(starts, first)
            high = bisect.bisect_left(starts, first + network.num_addresses)
            self._add(first, network.prefixlen, taken[low:high])

    def _add(self, start: int, length: int, taken: list[tuple[int, int]]) -> None:
        """Put a block's free parts in, without what is taken of it; ``taken`` lies inside the block, sorted."""
        if not taken:
            self._put(start, length)
            return
        if taken[0][1] <= length:
            return
        half = 1 << (_BITS - length - 1)
        middle = bisect.bisect_left(taken, (start + half, 0))
        self._add(start, length + 1, taken[:middle])
        self._add(start + half, length + 1, taken[middle:])

    def _put(self, start: int, length: int) -> None:
        bisect.insort(self._free[length], start)

    def give_back(self, network: Network) -> None:
        """Make a network free again; buddies are not joined, since the space lives for one allocation only."""
        self._put(int(network.network_address), network.prefixlen)

    def take(self, length: int, *, from_tail: bool = False) -> Network | None:
        """A block of this prefix length, or None where no free block is large enough."""
        fitting = [found for found in range(length + 1) if self._free[found]]
        if not fitting:
            return None
        if from_tail:
            found = max(fitting, key=lambda each: self._free[each][-1])
        else:
            found = min(fitting, key=lambda each: self._free[each][0])
        start = self._free[found].pop(-1 if from_tail else 0)
        while found < length:
            found += 1
            half = 1 << (_BITS - found)
            # the other half of each split stays free
            self._put(start if from_tail else start + half, found)
            start += half if from_tail else 0
        return ipaddress.IPv4Network((start, length))

    def take_neighbours(self, length: int, count: int, *, from_tail: bool = False) -> tuple[Network, ...]:
        """Several blocks of one length, side by side where that is possible; fewer than asked where space ends.

        Neighbours can be written as one network in rules, which have few places.
        """
        together = length - (count - 1).bit_length()
        block = self.take(together, from_tail=from_tail) if count > 1 and together >= 0 else None
        if block is not None:
            parts = tuple(block.subnets(new_prefix=length))
            for spare in parts[count:]:
                self.give_back(spare)
            return parts[:count]
        single = (self.take(length, from_tail=from_tail) for _ in range(count))
        return tuple(network for network in single if network is not None)

    @property
    def free_addresses(self) -> int:
        """How many addresses are free."""
        return sum(len(blocks) << (_BITS - length) for length, blocks in self._free.items())
