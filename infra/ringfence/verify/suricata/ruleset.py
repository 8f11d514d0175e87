"""The rules of a policy, in the order in which they are asked, and which of them speak of given addresses and ports."""

import bisect
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ringfence.verify.interval import ADDRESS_MAX, Numbers, atoms
from ringfence.verify.suricata.condition import Condition, condition_of
from ringfence.verify.suricata.judge import ReadRule
from ringfence.verify.suricata.moment import Moment, fits
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


@dataclass(eq=False, slots=True)
class Candidates:
    """The rules that may speak of one kind of connection: of its packets to the server, and of those to the client."""

    to_server: tuple[ReadRule, ...]
    to_client: tuple[ReadRule, ...]
    _fitting: dict[tuple[object, ...], tuple[ReadRule, ...]] = field(
        default_factory=dict[tuple[object, ...], tuple[ReadRule, ...]], init=False
    )

    def fitting(self, moment: Moment, *, narrow: bool) -> tuple[ReadRule, ...]:
        """Those that a moment's state and protocol leave; what its buffers hold is not asked."""
        key = (moment.state, narrow)
        found = self._fitting.get(key)
        if found is None:
            rules = self.to_server if moment.to_server else self.to_client
            found = tuple(rule for rule in rules if fits(rule.condition, moment, narrow=narrow))
            self._fitting[key] = found
        return found

    @property
    def identity(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What tells these rules from others of the same set."""
        return tuple(map(id, self.to_server)), tuple(map(id, self.to_client))


@dataclass(frozen=True)
class RuleSet:
    """All rules of a policy, groups in their order; those that were not read are apart."""

    rules: tuple[ReadRule, ...]
    unread: tuple[Unread, ...]
    _known: dict[tuple[str, Numbers], tuple[Numbers, ...]] = field(
        default_factory=dict[tuple[str, Numbers], tuple[Numbers, ...]], init=False, repr=False, compare=False
    )

    @staticmethod
    def read(groups: Iterable[RuleText]) -> "RuleSet":
        """Read the groups, in evaluation order."""
        rules: list[ReadRule] = []
        unread: list[Unread] = []
        for group in groups:
            for rule in parse_rules(group.text, group.name, group.addresses, group.ports):
                try:
                    rules.append(ReadRule(rule, _condition(rule)))
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
                end = min(last, forward.same_until(start), backward.same_until(start))
                parts.setdefault((forward.at(start), backward.at(start)), []).append((start, end))
                start = end + 1
        return tuple(sorted((Numbers.of(*each) for each in parts.values()), key=lambda part: part.first))

    def destination_atoms(self, within: Numbers) -> tuple[Numbers, ...]:
        """The same of the server's side."""
        return self._atoms("server", within, lambda: self._sides(client=False))

    def port_atoms(self, within: Numbers) -> tuple[Numbers, ...]:
        """The same of the server's ports."""
        return self._atoms("port", within, self._ports)

    def _atoms(self, side: str, within: Numbers, sets: Callable[[], list[Numbers]]) -> tuple[Numbers, ...]:
        known = self._known.get((side, within))
        if known is None:
            known = atoms(sets(), within)
            self._known[side, within] = known
        return known

    def _ports(self) -> list[Numbers]:
        headers = [rule.rule.header for rule in self.rules if rule.rule.header]
        return [ports for header in headers for ports in (header.destination_ports, header.source_ports)]

    def _sides(self, *, client: bool) -> list[Numbers]:
        return [numbers for _, _, numbers in self._numbered(client=client)]

    def _numbered(self, *, client: bool) -> Iterator[tuple[int, bool, Numbers]]:
        """Each rule's addresses on one side: its number, whether of packets to the server, and the addresses."""
        for number, rule in enumerate(self.rules):
            header = rule.rule.header
            if header is None:
                continue
            both = header.sources | header.destinations if header.both_ways else None
            if rule.condition.to_server is not False:
                yield number, True, both or (header.sources if client else header.destinations)
            if rule.condition.to_server is not True:
                yield number, False, both or (header.destinations if client else header.sources)

    @functools.cached_property
    def _clients(self) -> "tuple[_Side, _Side]":
        numbered = list(self._numbered(client=True))
        return (
            _Side.of((number, addresses) for number, to_server, addresses in numbered if to_server),
            _Side.of((number, addresses) for number, to_server, addresses in numbered if not to_server),
        )

    def candidates(self, client: int, server: int, port: int, client_port: int) -> Candidates:
        """The rules that speak of a connection between two addresses, by the direction of its packets."""
        forward, backward = self._clients
        to_server = (self.rules[number] for number in forward.at(client))
        to_client = (self.rules[number] for number in backward.at(client))
        return Candidates(
            tuple(rule for rule in to_server if _speaks_of(rule.rule, client, server, client_port, port)),
            tuple(rule for rule in to_client if _speaks_of(rule.rule, server, client, port, client_port)),
        )


@dataclass(frozen=True, slots=True)
class _Side:
    """Which rules speak of an address: their numbers, in order, from each start to the next."""

    starts: list[int]
    members: list[tuple[int, ...]]

    @staticmethod
    def of(sets: Iterable[tuple[int, Numbers]]) -> "_Side":
        """Sweep over all sets at once."""
        events: dict[int, list[tuple[int, bool]]] = {0: []}
        for number, addresses in sets:
            for first, last in addresses.intervals:
                events.setdefault(first, []).append((number, True))
                events.setdefault(last + 1, []).append((number, False))
        active: set[int] = set()
        starts, members = sorted(events), list[tuple[int, ...]]()
        for start in starts:
            for number, begins in sorted(events[start], key=lambda event: event[1]):
                (active.add if begins else active.discard)(number)
            members.append(tuple(sorted(active)))
        return _Side(starts, members)

    def at(self, address: int) -> tuple[int, ...]:
        """The rules that speak of an address."""
        return self.members[bisect.bisect_right(self.starts, address) - 1]

    def same_until(self, address: int) -> int:
        """The last address up to which the same rules speak."""
        index = bisect.bisect_right(self.starts, address)
        return self.starts[index] - 1 if index < len(self.starts) else ADDRESS_MAX


def _condition(rule: Rule) -> Condition:
    if rule.unread is not None:
        raise RuleError(rule.unread)
    condition = condition_of(rule)
    action = rule.header.action if rule.header else ""
    if action == "pass" and any(test.buffer == "stream" for test in condition.tests):
        raise RuleError("a pass that looks at payload, whose reach over the flow is not read")
    return condition


def _speaks_of(rule: Rule, source: int, destination: int, source_port: int, destination_port: int) -> bool:
    header = rule.header
    if header is None:
        return False
    forward = (
        _has(header.destination_ports, destination_port)
        and _has(header.sources, source)
        and _has(header.destinations, destination)
        and _has(header.source_ports, source_port)
    )
    return forward or (
        header.both_ways
        and _has(header.destination_ports, source_port)
        and _has(header.sources, destination)
        and _has(header.destinations, source)
        and _has(header.source_ports, destination_port)
    )


def _has(members: Numbers, number: int) -> bool:
    intervals = members.intervals
    if len(intervals) == 1:
        return intervals[0][0] <= number <= intervals[0][1]
    index = bisect.bisect_right(intervals, (number, ADDRESS_MAX)) - 1
    return index >= 0 and number <= intervals[index][1]
