"""Rules that no traffic reaches: they decide nothing, and tell a reader otherwise.

What an earlier one has decided already, and what speaks of addresses that no agent has.
"""

import functools
from collections.abc import Iterable, Iterator

from ringfence.verify.finding import Finding, Kind
from ringfence.verify.interval import Numbers, atoms
from ringfence.verify.language.decide import is_empty
from ringfence.verify.language.expression import difference
from ringfence.verify.network import Network
from ringfence.verify.packet import Entry
from ringfence.verify.suricata.condition import Condition
from ringfence.verify.suricata.judge import ReadRule
from ringfence.verify.suricata.rule import Header
from ringfence.verify.suricata.ruleset import RuleSet


def unreached_entries(network: Network) -> Iterator[Finding]:
    """NACL entries all of whose packets earlier entries decide."""
    for urn, acl in network.acls.items():
        for direction in ("ingress", "egress"):
            entries = acl.entries(direction)
            for index in _decided_before(entries):
                what = f"no packet reaches an entry ({direction}): earlier ones decide all of its"
                yield Finding(Kind.INCONSISTENT, "", "nacl", what, entries[index].name, urn)


@functools.lru_cache(maxsize=16384)
def _decided_before(entries: tuple[Entry, ...]) -> tuple[int, ...]:
    return tuple(index for index, entry in enumerate(entries) if not _decides(entry, entries[:index]))


def _decides(entry: Entry, earlier: Iterable[Entry]) -> bool:
    """Whether some packet is left to an entry."""
    for protocol in entry.protocols:
        before = [other for other in earlier if protocol in other.protocols and other.peers.meets(entry.peers)]
        for part in atoms([other.peers for other in before], entry.peers):
            left = entry.ports
            for other in before:
                if part.first in other.peers:
                    left -= other.ports
            if left:
                return True
    return False


def unreached_rules(rules: RuleSet, agents: Numbers, inside: Numbers, resource: str) -> Iterator[Finding]:
    """Rules of the firewall about addresses ``inside`` the VPC that none of its ``agents`` has.

    A rule about all but some agents is none of these: it holds for whoever comes.
    """

    @functools.lru_cache(maxsize=4096)
    def is_somebody(addresses: Numbers) -> bool:
        return addresses.meets(agents) or not inside.covers(addresses)

    for read in rules.rules:
        header = read.rule.header
        if header is None:
            continue
        ends = [header.sources] if read.condition.to_server is not False else []
        ends += [header.destinations] if read.condition.to_server is not True else []
        ends += [header.sources, header.destinations] if header.both_ways else []
        if not any(map(is_somebody, ends)):
            what = "no packet reaches a rule: no agent has an address that it speaks of"
            yield Finding(Kind.INCONSISTENT, "", "firewall", what, read.rule.name, resource)


def overtaken_rules(rules: RuleSet, resource: str) -> Iterator[Finding]:
    """Rules of the firewall that pass what one before them has refused already, or the other way round.

    Only one rule that asks for no more than the later one is looked for, and none that asks for flow bits or counters,
    which what stands between the two may change. Refusals behind refusals decide nothing either: the forms of the
    firewall overlap on purpose, so these are not findings.
    """
    passing: list[ReadRule] = []
    refusing: list[ReadRule] = []
    for later in rules.rules:
        if later.effect.action == "alert":
            continue
        same, others = (passing, refusing) if later.effect.action == "pass" else (refusing, passing)
        same.append(later)
        for earlier in others:
            if _reaches(earlier.rule.header, later.rule.header) and _asks_no_more(earlier.condition, later.condition):
                what = f"no packet reaches a rule: {earlier.rule.name} decides all of its before"
                yield Finding(Kind.INCONSISTENT, "", "firewall", what, later.rule.name, resource)
                break


def _reaches(earlier: Header | None, later: Header | None) -> bool:
    """Whether the one header speaks of all that the other speaks of."""
    if earlier is None or later is None or (later.both_ways and not earlier.both_ways):
        return False
    return (
        earlier.sources.covers(later.sources)
        and earlier.source_ports.covers(later.source_ports)
        and earlier.destinations.covers(later.destinations)
        and earlier.destination_ports.covers(later.destination_ports)
    )


def _asks_no_more(earlier: Condition, later: Condition) -> bool:
    """Whether whatever the later condition holds for, the earlier one holds for too, by each of its parts."""
    tests = {test.buffer: test for test in later.tests}
    return (
        not (earlier.bits or earlier.not_bits or earlier.counters)
        and earlier.transport in ("ip", later.transport)
        and earlier.application in (None, later.application)
        and earlier.not_applications <= later.not_applications
        and earlier.established in (None, later.established)
        and earlier.to_server in (None, later.to_server)
        and earlier.payload in (None, later.payload)
        and earlier.sent.covers(later.sent)
        and earlier.ip_protocols.covers(later.ip_protocols)
        and earlier.events <= later.events
        and earlier.only_first_packet <= later.only_first_packet
        and earlier.whole_stream <= later.whole_stream
        and all(
            (other := tests.get(test.buffer)) is not None
            and test.lengths.covers(other.lengths)
            and is_empty(difference(other.language, test.language))
            for test in earlier.tests
        )
    )
