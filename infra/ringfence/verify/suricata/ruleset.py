"""The rules of a policy, in the order in which they are asked, and which of them speak of given addresses and ports."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ringfence.verify.interval import ALL_ADDRESSES, ALL_PORTS, NO_NUMBERS, Numbers, Spans, atoms
from ringfence.verify.suricata.buffers import STREAM
from ringfence.verify.suricata.candidates import Candidates
from ringfence.verify.suricata.condition import condition_of
from ringfence.verify.suricata.judge import ReadRule, effect_of
from ringfence.verify.suricata.parse import parse_rules
from ringfence.verify.suricata.rule import Rule, RuleError


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule group as it stands in a resource: its name, its text and its variables."""

    name: str
    text: str
    addresses: Mapping[str, Numbers]
    ports: Mapping[str, Numbers]


@dataclass(frozen=True, slots=True)
class Unread:
    """A rule that could not be read, and why: with it, nothing about the firewall is proved."""

    rule: Rule
    reason: str


@dataclass(frozen=True, slots=True)
class _Way:
    """One way in which a rule, by its number, speaks of packets in one direction of a connection."""

    number: int
    clients: Numbers
    client_ports: Numbers
    servers: Numbers
    server_ports: Numbers

    def is_to(self, server: int, port: int, client_port: int) -> bool:
        """Whether it is of connections to a server's port from a client's."""
        return port in self.server_ports and server in self.servers and client_port in self.client_ports


@dataclass(frozen=True)
class RuleSet:
    """All rules of a policy, groups in their order; those that were not read are apart."""

    rules: tuple[ReadRule, ...]
    unread: tuple[Unread, ...]
    _there: dict[tuple[int, int, int], "tuple[_Speakers, _Speakers]"] = field(
        default_factory=dict[tuple[int, int, int], "tuple[_Speakers, _Speakers]"], init=False, repr=False, compare=False
    )

    @staticmethod
    def read(groups: Iterable[RuleText], clients: Numbers = ALL_ADDRESSES) -> "RuleSet":
        """Read the groups, in evaluation order, but for rules that speak of none of some clients' connections."""
        rules: list[ReadRule] = []
        unread: list[Unread] = []
        for group in groups:
            for rule in parse_rules(group.text, group.name, group.addresses, group.ports):
                if clients is not ALL_ADDRESSES and not _may_speak_of(rule, clients):
                    continue
                try:
                    rules.append(_read(rule))
                except RuleError as error:
                    unread.append(Unread(rule, str(error)))
        return RuleSet(tuple(rules), tuple(unread))

    def source_atoms(self, within: Numbers) -> tuple[Numbers, ...]:
        """``within``, parted so that every rule speaks of all of a part, or of none of it, as the client's side."""
        parts: dict[tuple[tuple[int, ...], tuple[int, ...]], list[tuple[int, int]]] = {}
        forward, backward = self._clients
        for first, last in within.intervals:
            start = first
            while start <= last:
                end = backward.same_until(start, forward.same_until(start, last))
                parts.setdefault((forward.at(start), backward.at(start)), []).append((start, end))
                start = end + 1
        return tuple(sorted((Numbers.of(*each) for each in parts.values()), key=lambda part: part.first))

    def destination_atoms(self, within: Numbers) -> tuple[Numbers, ...]:
        """The same of the server's side."""
        return atoms((way.servers for ways in self._ways for way in ways), within)

    def port_atoms(self, within: Numbers) -> tuple[Numbers, ...]:
        """The same of the server's ports."""
        return atoms((way.server_ports for ways in self._ways for way in ways), within)

    @functools.cached_property
    def client_port_atoms(self) -> tuple[Numbers, ...]:
        """The same of the client's ports."""
        return atoms((way.client_ports for ways in self._ways for way in ways), ALL_PORTS)

    @functools.cached_property
    def _ways(self) -> tuple[list[_Way], list[_Way]]:
        """How rules speak of packets to the server, and of packets to the client."""
        to_server: list[_Way] = []
        to_client: list[_Way] = []
        for number, read in enumerate(self.rules):
            header = read.rule.header
            if header is None:
                continue
            ends = ((header.sources, header.source_ports), (header.destinations, header.destination_ports))
            for client, server in (ends, ends[::-1]) if header.both_ways else (ends,):
                if read.condition.to_server is not False:
                    to_server.append(_Way(number, *client, *server))
                if read.condition.to_server is not True:
                    to_client.append(_Way(number, *server, *client))
        return to_server, to_client

    @functools.cached_property
    def _clients(self) -> "tuple[_Speakers, _Speakers]":
        """Which rules speak of a client, in each direction."""
        to_server, to_client = (self._speakers(ways) for ways in self._ways)
        return to_server, to_client

    @functools.cached_property
    def _setters(self) -> Mapping[str, Numbers]:
        """On whose connections each flow bit may be set: the clients of whom a rule speaks that sets it."""
        clients: dict[str, list[tuple[int, int]]] = {}
        for ways in self._ways:
            for way in ways:
                for bit in self.rules[way.number].condition.sets:
                    clients.setdefault(bit, []).extend(way.clients.intervals)
        return {bit: Numbers.of(*intervals) for bit, intervals in clients.items()}

    def _speakers(self, ways: Iterable[_Way]) -> "_Speakers":
        return _Speakers.of(ways, self.rules, self._setters)

    def candidates(self, client: int, server: int, port: int, client_port: int) -> Candidates:
        """The rules that may match on a connection between two addresses, by the direction of its packets.

        Not those that ask for a flow bit which no rule sets on that client's connections.
        """
        key = (server, port, client_port)
        there = self._there.get(key)
        if there is None:
            to_server, to_client = (self._speakers(way for way in ways if way.is_to(*key)) for ways in self._ways)
            there = self._there[key] = (to_server, to_client)
        to_server, to_client = (tuple([self.rules[number] for number in each.of_client(client)]) for each in there)
        return Candidates(to_server, to_client)


@dataclass(frozen=True, slots=True)
class _Speakers:
    """Which rules may speak of a client: of everybody, and of some.

    Those of some stand together where they ask for the same flow bits, behind the clients on whose connections these
    may be set: a rule that is made for one part of many clients is not looked at for the others.
    """

    everybody: tuple[int, ...]
    gates: Spans
    behind: tuple[Spans, ...]

    @staticmethod
    def of(ways: Iterable[_Way], rules: Sequence[ReadRule], setters: Mapping[str, Numbers]) -> "_Speakers":
        """By the ways in which rules speak, and where each flow bit for which they ask may be set."""
        everybody: set[int] = set()
        some: dict[frozenset[str], list[tuple[int, Numbers]]] = {}
        for way in ways:
            asked = rules[way.number].condition.bits
            if way.clients == ALL_ADDRESSES and not asked:
                everybody.add(way.number)
            else:
                some.setdefault(asked, []).append((way.number, way.clients))
        gates = [
            functools.reduce(Numbers.__and__, (setters.get(bit, NO_NUMBERS) for bit in asked), ALL_ADDRESSES)
            for asked in some
        ]
        others = (Spans.of(each for each in known if each[0] not in everybody) for known in some.values())
        return _Speakers(tuple(sorted(everybody)), Spans.of(enumerate(gates)), tuple(others))

    def at(self, client: int) -> tuple[int, ...]:
        """The rules that speak of some clients and of this one, in any order."""
        return tuple([number for gate in self.gates.at(client) for number in self.behind[gate].at(client)])

    def same_until(self, client: int, last: int) -> int:
        """The greatest client up to ``last`` until which the same rules speak of all."""
        until = self.gates.same_until(client, last)
        for gate in self.gates.at(client):
            until = self.behind[gate].same_until(client, until)
        return until

    def of_client(self, client: int) -> list[int]:
        """The rules that speak of a client, in their order."""
        return sorted((*self.everybody, *self.at(client)))


def _may_speak_of(rule: Rule, clients: Numbers) -> bool:
    """Whether a rule may speak of packets to or from some clients, by its header and its direction."""
    header = rule.header
    if header is None or header.sources.meets(clients):
        return True
    to_server = any(each.keyword == "flow" and "to_server" in (each.value or "") for each in rule.options)
    return (header.both_ways or not to_server) and header.destinations.meets(clients)


def _read(rule: Rule) -> ReadRule:
    if rule.unread is not None or rule.header is None:
        raise RuleError(rule.unread or "a rule without a header")
    condition = condition_of(rule)
    if rule.header.action == "pass" and any(test.buffer == STREAM for test in condition.tests):
        raise RuleError("a pass that looks at payload, whose reach over the flow is not read")
    return ReadRule(rule, effect_of(rule.header.action, condition))
