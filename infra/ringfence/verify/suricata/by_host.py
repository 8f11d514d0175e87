"""Which of some rules can match in requests to one host, found by what each takes in `http.host`.

Rules may name many hosts, each of which concerns few of them. Looked up by host, a place costs what differs there.
"""

import operator
from collections.abc import Collection, Hashable
from dataclasses import dataclass

from ringfence.verify.language.expression import Expression
from ringfence.verify.suricata.candidates import Candidates
from ringfence.verify.suricata.judge import Effect, ReadRule, of_that_host

_Asking = tuple[int, int, Effect]
"""A rule that asks for a host: its place, how many rules that do not ask stand before it, and its effect there."""


@dataclass(frozen=True, slots=True)
class _Direction:
    """The rules of one direction by what they take: those that take any host, and the others by the hosts."""

    rules: tuple[ReadRule, ...]
    anywhere: list[ReadRule]
    asking: dict[Expression, tuple[_Asking, ...]]

    @staticmethod
    def of(rules: tuple[ReadRule, ...]) -> "_Direction":
        anywhere: list[ReadRule] = []
        asking: dict[Expression, tuple[_Asking, ...]] = {}
        for place, read in enumerate(rules):
            host = read.effect.host
            if host is None:
                anywhere.append(read)
            else:
                asking[host] = (*asking.get(host, ()), (place, len(anywhere), of_that_host(read.effect)))
        return _Direction(rules, anywhere, asking)

    def taking(self, hosts: Collection[Expression]) -> list[_Asking]:
        """The rules that ask for a host and take it, in order."""
        return sorted([each for host in hosts for each in self.asking.get(host, ())], key=_place)

    def at(self, hosts: Collection[Expression]) -> tuple[ReadRule, ...]:
        here = self.anywhere.copy()
        for place, before, effect in reversed(self.taking(hosts)):
            here.insert(before, ReadRule(self.rules[place].rule, effect))
        return tuple(here)

    def key(self, hosts: Collection[Expression]) -> Hashable:
        return tuple([asking[1:] for asking in self.taking(hosts)])


_place = operator.itemgetter(0)


@dataclass(frozen=True, slots=True)
class ByHost:
    """Rules by host."""

    to_server: _Direction
    to_client: _Direction

    @staticmethod
    def of(candidates: Candidates) -> "ByHost":
        """Sort rules by the hosts that they ask for."""
        return ByHost(_Direction.of(candidates.to_server), _Direction.of(candidates.to_client))

    def at(self, hosts: Collection[Expression]) -> Candidates:
        """The rules that can match in requests to one host, ``hosts`` being all languages asked for that it is in.

        What they ask of the host is answered with that: that a request has one is all that is left to ask.
        """
        return Candidates(self.to_server.at(hosts), self.to_client.at(hosts))

    def key(self, hosts: Collection[Expression]) -> Hashable:
        """Equal for two hosts where `at` gives equal candidates: the same effects, between the same other rules."""
        return self.to_server.key(hosts), self.to_client.key(hosts)
