"""Kinds of packets, and what the filters below the application make of them.

https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html and vpc-network-acls.html. Filters are equal
that decide alike: names and numbers are for people, and numbers are an order besides.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ringfence.verify.interval import ALL_ADDRESSES, ALL_PORTS, NO_NUMBERS, Numbers, network_of

PROTOCOLS = ("tcp", "udp", "icmp", "other")
"""What the filters tell apart here; every protocol that is none of the first three is judged as one."""

_NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "tcp": "tcp", "udp": "udp", "icmp": "icmp"}
_EVERY = frozenset({"-1", "all"})

EPHEMERAL = Numbers(((1024, 65535),))
"""Client ports that any platform may choose (NAT gateways and Lambda: 1024 to 65535; the NACL page)."""
HTTPS = Numbers(((443, 443),))
"""The port of VPC endpoints."""

PRIVATE = (
    network_of("10.0.0.0/8")
    | network_of("100.64.0.0/10")
    | network_of("169.254.0.0/16")
    | network_of("172.16.0.0/12")
    | network_of("192.168.0.0/16")
)
"""What is nobody's on the internet (RFC 1918, RFC 6598, RFC 3927)."""
LOCAL = network_of("0.0.0.0/8") | network_of("127.0.0.0/8") | network_of("224.0.0.0/4") | network_of("240.0.0.0/4")
"""What no packet on the internet is addressed to: no route leads there, so nothing is asked of it."""
PUBLIC = ALL_ADDRESSES - PRIVATE - LOCAL


def protocols_of(text: str) -> tuple[str, ...]:
    """The protocols that a filter's own word for one means; an unknown number is another protocol."""
    if text in _EVERY:
        return PROTOCOLS
    return (_NUMBERS.get(text, "other"),)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a NACL: what it decides of packets from or to ``peers`` on the destination's ``ports``."""

    number: int = field(compare=False)
    allows: bool
    protocols: tuple[str, ...]
    peers: Numbers
    ports: Numbers
    name: str = field(compare=False)


def passed_by_entries(entries: Iterable[Entry], protocol: str) -> Numbers:
    """The destination ports on which entries for one peer, in their order, let packets pass."""
    open_ports, left = NO_NUMBERS, ALL_PORTS
    for entry in entries:
        if protocol in entry.protocols:
            if entry.allows:
                open_ports |= left & entry.ports
            left -= entry.ports
            if not left:
                break
    return open_ports


@dataclass(frozen=True, slots=True)
class Acl:
    """A NACL: entries of each direction by number; what none matches is denied."""

    name: str = field(compare=False)
    ingress: tuple[Entry, ...]
    egress: tuple[Entry, ...]

    def entries(self, direction: str) -> tuple[Entry, ...]:
        """Those of one direction."""
        return self.ingress if direction == "ingress" else self.egress

    def ports(self, direction: str, protocol: str, peer: int) -> Numbers:
        """The destination ports on which packets from or to an address pass."""
        return passed_by_entries((entry for entry in self.entries(direction) if peer in entry.peers), protocol)

    def decider(self, direction: str, protocol: str, peer: int, port: int) -> str:
        """The entry that decides of a packet, for people."""
        for entry in self.entries(direction):
            if protocol in entry.protocols and peer in entry.peers and port in entry.ports:
                return entry.name
        return f"the last denial of {self.name}"


@dataclass(frozen=True, slots=True)
class GroupRule:
    """One rule of a security group. Peers are addresses, or the members of a group, or a prefix list, by URN or id."""

    protocols: tuple[str, ...]
    ports: Numbers
    addresses: Numbers
    group: str
    prefix_list: str
    name: str = field(compare=False)


def opened_by_rules(rules: Iterable[GroupRule], protocol: str) -> Numbers:
    """The ports that rules for one peer open to it."""
    open_ports = NO_NUMBERS
    for rule in rules:
        if protocol in rule.protocols:
            open_ports |= rule.ports
    return open_ports


@dataclass(frozen=True, slots=True)
class Group:
    """A security group: it allows what any rule allows, and answers with it."""

    urn: str
    name: str = field(compare=False)
    ingress: tuple[GroupRule, ...]
    egress: tuple[GroupRule, ...]

    def rules(self, direction: str) -> tuple[GroupRule, ...]:
        """Those of one direction."""
        return self.ingress if direction == "ingress" else self.egress

    def ports(self, direction: str, protocol: str, peer: int | None, groups: Iterable[str]) -> Numbers:
        """The ports that rules open to an address, or to a member of some groups; None asks of groups alone."""
        members = frozenset(groups)
        rules = self.rules(direction)
        return opened_by_rules(
            (rule for rule in rules if rule.group in members or (peer is not None and peer in rule.addresses)), protocol
        )

    def prefix_ports(self, protocol: str, prefix_list: str) -> Numbers:
        """The ports that egress rules open to a prefix list."""
        return opened_by_rules((rule for rule in self.egress if rule.prefix_list == prefix_list), protocol)
