"""The rules of a policy, in the order in which they are asked, and which of them speak of given addresses and ports."""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ringfence.verify.interval import ALL_ADDRESSES, ALL_PORTS, Numbers, Spans, atoms
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
    def _clients(self) -> tuple[Spans, Spans]:
        """Which rules speak of a client, in each direction; those that speak of all tell none apart."""
        to_server, to_client = (
            Spans.of((way.number, way.clients) for way in ways if way.clients != ALL_ADDRESSES) for ways in self._ways
        )
        return to_server, to_client

    def candidates(self, client: int, server: int, port: int, client_port: int) -> Candidates:
        """The rules that speak of a connection between two addresses, by the direction of its packets."""
        key = (server, port, client_port)
        there = self._there.get(key)
        if there is None:
            to_server, to_client = (_Speakers.of(ways, *key) for ways in self._ways)
            there = self._there[key] = (to_server, to_client)
        to_server, to_client = (tuple([self.rules[number] for number in each.of_client(client)]) for each in there)
        return Candidates(to_server, to_client)


@dataclass(frozen=True, slots=True)
class _Speakers:
    """Which rules speak of packets between a server's port and a client's, in order: of every client, and of one."""

    everybody: tuple[int, ...]
    clients: Spans

    @staticmethod
    def of(ways: Iterable[_Way], server: int, port: int, client_port: int) -> "_Speakers":
        """Those that speak of packets between these."""
        here = [
            way
            for way in ways
            if port in way.server_ports and server in way.servers and client_port in way.client_ports
        ]
        everybody = {way.number for way in here if way.clients == ALL_ADDRESSES}
        clients = ((way.number, way.clients) for way in here if way.number not in everybody)
        return _Speakers(tuple(sorted(everybody)), Spans.of(clients))

    def of_client(self, client: int) -> list[int]:
        """Those that speak of a client."""
        return sorted((*self.everybody, *self.clients.at(client)))


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
