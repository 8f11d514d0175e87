"""Kinds of packets, and what the filters below the application make of them.

https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html and vpc-network-acls.html.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.verify.interval import ALL_PORTS, NO_NUMBERS, Numbers

PROTOCOLS = ("tcp", "udp", "icmp", "other")
"""What the filters tell apart here; every protocol that is none of the first three is judged as one."""

_NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "tcp": "tcp", "udp": "udp", "icmp": "icmp"}
_EVERY = frozenset({"-1", "all"})

EPHEMERAL = Numbers(((1024, 65535),))
"""Client ports that any platform may choose (NAT gateways and Lambda: 1024 to 65535; the NACL page)."""


def protocols_of(text: str) -> tuple[str, ...]:
    """The protocols that a filter's own word for one means; an unknown number is another protocol."""
    if text in _EVERY:
        return PROTOCOLS
    return (_NUMBERS.get(text, "other"),)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a NACL: what it decides of packets from or to ``peers`` on the destination's ``ports``."""

    number: int
    allows: bool
    protocols: tuple[str, ...]
    peers: Numbers
    ports: Numbers
    name: str


@dataclass(frozen=True, slots=True)
class Acl:
    """A NACL: entries of each direction by number; what none matches is denied."""

    name: str
    ingress: tuple[Entry, ...]
    egress: tuple[Entry, ...]

    def ports(self, direction: str, protocol: str, peer: int) -> Numbers:
        """The destination ports on which packets from or to an address pass."""
        open_ports, left = NO_NUMBERS, ALL_PORTS
        for entry in self.ingress if direction == "ingress" else self.egress:
            if protocol in entry.protocols and peer in entry.peers:
                if entry.allows:
                    open_ports |= left & entry.ports
                left -= entry.ports
                if not left:
                    break
        return open_ports

    def decider(self, direction: str, protocol: str, peer: int, port: int) -> str:
        """The entry that decides of a packet, for people."""
        for entry in self.ingress if direction == "ingress" else self.egress:
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
    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """A security group: it allows what any rule allows, and answers with it."""

    urn: str
    name: str
    ingress: tuple[GroupRule, ...]
    egress: tuple[GroupRule, ...]

    def ports(self, direction: str, protocol: str, peer: int | None, groups: Iterable[str]) -> Numbers:
        """The ports that rules open to an address, or to a member of some groups; None asks of groups alone."""
        members = frozenset(groups)
        open_ports = NO_NUMBERS
        for rule in self.ingress if direction == "ingress" else self.egress:
            if protocol in rule.protocols and (rule.group in members or (peer is not None and peer in rule.addresses)):
                open_ports |= rule.ports
        return open_ports

    def prefix_ports(self, protocol: str, prefix_list: str) -> Numbers:
        """The ports that egress rules open to a prefix list."""
        open_ports = NO_NUMBERS
        for rule in self.egress:
            if protocol in rule.protocols and rule.prefix_list == prefix_list:
                open_ports |= rule.ports
        return open_ports
