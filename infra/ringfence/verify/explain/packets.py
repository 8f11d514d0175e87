"""Security groups and NACLs, asked about one packet and its answer."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from ringfence.policy.span import Span
from ringfence.verify.explain.step import Answer, Step
from ringfence.verify.interval import PORT_MAX, Numbers, networks_text, ports_text
from ringfence.verify.network import Network, Subnet
from ringfence.verify.packet import EPHEMERAL, PROTOCOLS, Entry, Group, GroupRule

CLIENT_PORT = 49152
"""A client's port: ephemeral wherever one looks (RFC 6335, 6)."""


@dataclass(frozen=True, slots=True)
class Packet:
    """What is asked of filters: a protocol and a port of the server's; the lines that speak of it."""

    protocol: str
    port: int
    declared: tuple[Span, ...] = ()

    def __str__(self) -> str:
        return f"{self.protocol} {self.port}"


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end: its address, and the groups or the prefix list by which a security group can name it."""

    name: str
    address: int
    groups: frozenset[str] = frozenset()
    prefix_list: str = ""


def group_step(network: Network, group: Group, direction: str, packet: Packet, peer: Peer) -> Step:
    """What a security group says of packets to (``egress``) or from (``ingress``) a peer."""
    way = "to" if direction == "egress" else "from"
    of = f"{packet} {way} {peer.name}"
    for rule in group.egress if direction == "egress" else group.ingress:
        if packet.protocol in rule.protocols and packet.port in rule.ports and _is_peer(rule, peer):
            text = f"{rule.name}: {_rule_text(network, rule, way)}"
            return Step("sg", Answer.ALLOW, of, text, group.urn, packet.declared)
    return Step("sg", Answer.DENY, of, f"no {direction} rule of {group.name} allows it", group.urn, packet.declared)


def _is_peer(rule: GroupRule, peer: Peer) -> bool:
    if rule.group:
        return rule.group in peer.groups
    if rule.prefix_list:
        return rule.prefix_list == peer.prefix_list
    return peer.address in rule.addresses


def _rule_text(network: Network, rule: GroupRule, way: str) -> str:
    if rule.group:
        known = network.groups.get(rule.group)
        peer = f"the group {known.name if known else rule.group}"
    elif rule.prefix_list:
        peer = f"the prefix list of {rule.prefix_list.rpartition('::')[2]}"
    else:
        peer = networks_text(rule.addresses)
    return f"{_protocols(rule.protocols)} {ports_text(rule.ports)} {way} {peer}"


def _protocols(protocols: tuple[str, ...]) -> str:
    return "every protocol," if protocols == PROTOCOLS else "/".join(protocols)


def out_and_back(network: Network, subnet: Subnet, packet: Packet, peer: Peer) -> tuple[Step, Step]:
    """What a client's NACL says of packets to a peer, and of the answers, which it knows nothing of."""
    return packet_step(network, subnet, "egress", packet, peer), answers_step(network, subnet, "ingress", packet, peer)


def in_and_back(network: Network, subnet: Subnet, packet: Packet, peer: Peer) -> tuple[Step, Step]:
    """The same of a server's NACL."""
    return packet_step(network, subnet, "ingress", packet, peer), answers_step(network, subnet, "egress", packet, peer)


def packet_step(network: Network, subnet: Subnet, direction: str, packet: Packet, peer: Peer) -> Step:
    """What a subnet's NACL says of packets to or from a peer's address."""
    of = f"{packet} {'to' if direction == 'egress' else 'from'} {peer.name}, {subnet.name}"
    acl = network.acls.get(subnet.acl)
    if acl is None:
        return Step("nacl", Answer.UNKNOWN, of, f"{subnet.name} has no NACL of its own", subnet.urn, packet.declared)
    entries = acl.egress if direction == "egress" else acl.ingress
    entry = _deciding(entries, packet.protocol, packet.port, peer.address)
    if entry is None:
        rule = f"* deny: no entry of {acl.name} speaks of it"
        return Step("nacl", Answer.DENY, of, rule, subnet.acl, packet.declared)
    answer = Answer.ALLOW if entry.allows else Answer.DENY
    return Step("nacl", answer, of, _entry_text(entry), subnet.acl, packet.declared)


def answers_step(network: Network, subnet: Subnet, direction: str, packet: Packet, peer: Peer) -> Step:
    """What a NACL says of the answers: packets to a client's port, of which each platform chooses its own."""
    step = packet_step(network, subnet, direction, Packet(packet.protocol, CLIENT_PORT), peer)
    way = "to" if direction == "egress" else "from"
    of = f"answers {way} {peer.name} on {packet.protocol} {ports_text(EPHEMERAL)}, {subnet.name}"
    acl = network.acls.get(subnet.acl)
    open_ports = acl.ports(direction, packet.protocol, peer.address) & EPHEMERAL if acl else EPHEMERAL
    rule = step.rule if open_ports == EPHEMERAL or not open_ports else f"{step.rule}; only {ports_text(open_ports)}"
    answer = step.answer if acl is None else Answer.ALLOW if open_ports else Answer.DENY
    return Step("nacl", answer, of, rule, step.resource, packet.declared)


def _deciding(entries: Sequence[Entry], protocol: str, port: int, peer: int) -> Entry | None:
    """The first entry, by number, that speaks of a packet."""
    found = (each for each in entries if protocol in each.protocols and port in each.ports and peer in each.peers)
    return next(found, None)


def _entry_text(entry: Entry) -> str:
    ports = "" if entry.ports == Numbers(((0, PORT_MAX),)) else f" {ports_text(entry.ports)}"
    action = "allow" if entry.allows else "deny"
    protocols = "every protocol" if entry.protocols == PROTOCOLS else "/".join(entry.protocols)
    return f"{entry.number} {action} {protocols}{ports}, {networks_text(entry.peers)} ({entry.name})"


def at(address: int) -> Peer:
    """The peer at an address that no group or list stands for."""
    return Peer(str(ipaddress.IPv4Address(address)), address)
