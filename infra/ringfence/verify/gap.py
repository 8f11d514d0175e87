"""Where a filter's openings are not those that are needed, over all addresses: decided once for all that are alike."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.verify.interval import ALL_ADDRESSES, NO_NUMBERS, Numbers, atoms_of
from ringfence.verify.needs import Area, needed_ports
from ringfence.verify.packet import (
    LOCAL,
    PRIVATE,
    PROTOCOLS,
    PUBLIC,
    Entry,
    GroupRule,
    opened_by_rules,
    passed_by_entries,
)

_ROUTABLE = ALL_ADDRESSES - LOCAL


@dataclass(frozen=True, slots=True)
class Gap:
    """The ports that are open and those that are needed between the agent and some addresses, by protocol."""

    protocol: str
    addresses: Numbers
    have: Numbers
    need: Numbers


@functools.lru_cache(maxsize=16384)
def group_gaps(rules: tuple[GroupRule, ...], areas: tuple[Area, ...]) -> tuple[Gap, ...]:
    """The gaps of one direction of a group, for peers that are addresses."""
    return tuple(_group_gaps(rules, areas))


def _group_gaps(rules: tuple[GroupRule, ...], areas: tuple[Area, ...]) -> Iterator[Gap]:
    sets = (*(rule.addresses for rule in rules), *(area.addresses for area in areas))
    for part, members in atoms_of(sets, ALL_ADDRESSES):
        ours = [rules[index] for index in members if index < len(rules)]
        asked = [areas[index - len(rules)] for index in members if index >= len(rules)]
        for protocol in PROTOCOLS:
            have, need = opened_by_rules(ours, protocol), needed_ports(asked, protocol)
            if have != need:
                yield Gap(protocol, part, have, need)


@functools.lru_cache(maxsize=16384)
def acl_gaps(entries: tuple[Entry, ...], areas: tuple[Area, ...], cidrs: Numbers) -> tuple[Gap, ...]:
    """The gaps of one direction of a NACL, the VPC's addresses apart from all others."""
    return tuple(_acl_gaps(entries, areas, cidrs))


def _acl_gaps(entries: tuple[Entry, ...], areas: tuple[Area, ...], cidrs: Numbers) -> Iterator[Gap]:
    sets = (*(entry.peers for entry in entries), *(area.addresses for area in areas), PRIVATE, cidrs)
    areas_end = len(entries) + len(areas)
    for part, members in atoms_of(sets, _ROUTABLE):
        ours = [entries[index] for index in members if index < len(entries)]
        asked = [areas[index - len(entries)] for index in members if len(entries) <= index < areas_end]
        for protocol in PROTOCOLS:
            have, need = passed_by_entries(ours, protocol), needed_ports(asked, protocol)
            if have != need:
                yield Gap(protocol, part, have, need)


@functools.lru_cache(maxsize=16384)
def public_ports(
    rules: tuple[GroupRule, ...], acls: tuple[tuple[Entry, ...], ...], cidrs: Numbers
) -> dict[str, Numbers]:
    """The ports on which a group and some of the NACLs let packets out to public addresses, by protocol."""
    found: dict[str, Numbers] = dict.fromkeys(PROTOCOLS, NO_NUMBERS)
    entries = tuple(entry for acl in acls for entry in acl)
    for part, _ in atoms_of((*(rule.addresses for rule in rules), *(entry.peers for entry in entries)), PUBLIC - cidrs):
        ours = [rule for rule in rules if part.first in rule.addresses]
        for protocol in PROTOCOLS:
            by_group = opened_by_rules(ours, protocol)
            for acl in acls if by_group else ():
                passing = passed_by_entries((entry for entry in acl if part.first in entry.peers), protocol)
                found[protocol] |= by_group & passing
    return found
