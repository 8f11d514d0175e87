"""The rules that may speak of one kind of connection, and which of them can match at all in a part of its traffic."""

from collections.abc import Collection, Hashable
from dataclasses import dataclass, field

from ringfence.verify.interval import ALL_PORTS
from ringfence.verify.language.expression import Expression
from ringfence.verify.suricata.judge import Effect, ReadRule, of_that_host
from ringfence.verify.suricata.moment import Moment, fits


@dataclass(eq=False, slots=True)
class Candidates:
    """The rules that may speak of one kind of connection: of its packets to the server, and of those to the client.

    Two are equal where rules of the same effects stand in the same order: they decide alike of all traffic, whatever
    the rules are called and of whom else they speak.
    """

    to_server: tuple[ReadRule, ...]
    to_client: tuple[ReadRule, ...]
    _effects: tuple[tuple[Effect, ...], tuple[Effect, ...]] = field(init=False, repr=False)
    _hash: int = field(init=False, repr=False)
    _fitting: dict[Hashable, tuple[ReadRule, ...]] = field(
        default_factory=dict[Hashable, tuple[ReadRule, ...]], init=False, repr=False
    )

    _asking: dict[frozenset[str], "Candidates"] = field(
        default_factory=dict[frozenset[str], "Candidates"], init=False, repr=False
    )

    def __post_init__(self) -> None:
        to_server, to_client = ([read.effect for read in rules] for rules in (self.to_server, self.to_client))
        self._effects = tuple(to_server), tuple(to_client)
        self._hash = hash(self._effects)

    def __hash__(self) -> int:
        """Worked out once: what is decided is remembered by it."""
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Candidates) and self._effects == other._effects)

    def fitting(self, moment: Moment, *, narrow: bool) -> tuple[ReadRule, ...]:
        """Those that a moment's state and protocol leave; what its buffers hold is not asked."""
        key = (moment.state, narrow)
        found = self._fitting.get(key)
        if found is None:
            rules = self.to_server if moment.to_server else self.to_client
            found = tuple(read for read in rules if fits(read.effect.condition, moment, narrow=narrow))
            self._fitting[key] = found
        return found

    def asking(self, buffers: frozenset[str]) -> "Candidates":
        """Those that can match where no other buffers than these are there: the ones that ask of no other."""
        found = self._asking.get(buffers)
        if found is None:
            found = self._asking[buffers] = Candidates(
                tuple([read for read in self.to_server if read.effect.buffers <= buffers]),
                tuple([read for read in self.to_client if read.effect.buffers <= buffers]),
            )
        return found

    def portless(self) -> "Candidates":
        """Those that speak of packets without ports: the ones that name none."""
        return Candidates(tuple(filter(_names_no_port, self.to_server)), tuple(filter(_names_no_port, self.to_client)))

    def at(self, hosts: Collection[Expression]) -> "Candidates":
        """Those that can match in requests to one host, ``hosts`` being all the languages asked for that it is in.

        What they ask of the host is answered with that: that a request has one is all that is left to ask.
        """
        return Candidates(_at(self.to_server, hosts), _at(self.to_client, hosts))


def _names_no_port(read: ReadRule) -> bool:
    header = read.rule.header
    return header is not None and header.source_ports.covers(ALL_PORTS) and header.destination_ports.covers(ALL_PORTS)


def _at(rules: tuple[ReadRule, ...], hosts: Collection[Expression]) -> tuple[ReadRule, ...]:
    return tuple(
        [
            read if read.effect.host is None else ReadRule(read.rule, of_that_host(read.effect))
            for read in rules
            if read.effect.host is None or read.effect.host in hosts
        ]
    )
