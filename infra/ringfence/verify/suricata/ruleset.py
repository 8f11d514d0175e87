"""The rules of a policy, in the order in which they are asked, and which of them speak of given addresses and ports."""

import bisect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ringfence.verify.interval import ALL_ADDRESSES, Numbers, atoms
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


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of a policy, groups in their order; those that were not read are apart."""

    rules: tuple[ReadRule, ...]
    unread: tuple[Unread, ...]

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
        return atoms(self._sides(client=True), within)

    def destination_atoms(self, within: Numbers) -> tuple[Numbers, ...]:
        """The same of the server's side."""
        return atoms(self._sides(client=False), within)

    def port_atoms(self, within: Numbers) -> tuple[Numbers, ...]:
        """The same of the server's ports."""
        ports = [rule.rule.header.destination_ports for rule in self.rules if rule.rule.header]
        ports += [rule.rule.header.source_ports for rule in self.rules if rule.rule.header]
        return atoms(ports, within)

    def _sides(self, *, client: bool) -> list[Numbers]:
        sides: list[Numbers] = []
        for rule in self.rules:
            header = rule.rule.header
            if header is None:
                continue
            if rule.condition.to_server is not False or header.both_ways:
                sides.append(header.sources if client else header.destinations)
            if rule.condition.to_server is not True or header.both_ways:
                sides.append(header.destinations if client else header.sources)
        return sides

    def candidates(self, client: int, server: int, port: int, client_port: int) -> Candidates:
        """The rules that speak of a connection between two addresses, by the direction of its packets."""
        to_server: list[ReadRule] = []
        to_client: list[ReadRule] = []
        for rule in self.rules:
            if rule.condition.to_server is not False and _speaks_of(rule.rule, client, server, client_port, port):
                to_server.append(rule)
            if rule.condition.to_server is not True and _speaks_of(rule.rule, server, client, port, client_port):
                to_client.append(rule)
        return Candidates(tuple(to_server), tuple(to_client))


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
    index = bisect.bisect_right(intervals, (number, ALL_ADDRESSES.intervals[0][1])) - 1
    return index >= 0 and number <= intervals[index][1]
