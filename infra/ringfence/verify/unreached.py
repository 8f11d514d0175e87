"""Rules that no traffic reaches: they decide nothing, and tell a reader otherwise.

What an earlier one has decided already, and what speaks of addresses that no agent has.
"""

import functools
from collections.abc import Iterable, Iterator

from ringfence.verify.finding import Finding, Kind
from ringfence.verify.interval import Numbers, atoms
from ringfence.verify.network import Network
from ringfence.verify.packet import Entry
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
