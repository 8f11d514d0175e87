"""Everything that is neither HTTP nor TLS, and every agent that has no grant for it.

The twin differs in who sends or where to: what the inspected or the opaque agent is granted, sent by it.
"""

import dataclasses
import ipaddress
import struct

# ruff: noqa: E501 - tables, one case a line
from collections.abc import Iterator

from evasions import CLAIMED_NAME, FORBIDDEN, GET, INSPECTED, NAMES, NOTHING, OK, OPAQUE, STRANGER, Case
from ringfence.engine import http1, http2, samples, tls
from ringfence.engine.flow import Conversation, Message, Segment, Side, Step, answers, says

HELLO = tls.client_hello(NAMES[0])
AGENTS = {"nothing": NOTHING, "inspected": INSPECTED, "opaque": OPAQUE}
INSPECTED_TWIN = Conversation("", (http1.raw(GET, "granted"), OK), INSPECTED)
OPAQUE_TWIN = Conversation("", (says(HELLO, "granted"), *tls.accepted()), OPAQUE)
V6_CLIENT, V6_SERVER = ipaddress.IPv6Address("2001:db8:40::4"), ipaddress.IPv6Address("2001:db8::20")


def sent(data: bytes) -> Message:
    return Message(Side.CLIENT, data, FORBIDDEN)


def by_agent(
    mechanism: str, tries: str, *steps: Step, port: int, protocol: str | int = "tcp", agents: tuple[str, ...] = tuple(AGENTS),
    variant: str = "", residual: str | None = None,
    **options: object,
) -> Iterator[Case]:  # fmt: skip
    """The same traffic from each agent, each a variant."""
    for agent in agents:
        twin = OPAQUE_TWIN if agent == "opaque" else INSPECTED_TWIN
        forbidden = Conversation("", steps, AGENTS[agent], STRANGER, port, protocol, **options)
        who = f"agent with {agent}" if agent == "nothing" else f"{agent} agent"
        yield Case(mechanism, tries, f"{variant}, {who}" if variant else who, forbidden, twin, residual)


def nothing() -> Iterator[Case]:
    """What others are granted, sent by the agent that is granted nothing."""
    for mechanism, twin in (
        ("granted request of another agent", INSPECTED_TWIN),
        ("granted name of another agent", OPAQUE_TWIN),
    ):
        first = twin.steps[0]
        forbidden = dataclasses.replace(
            twin, client=NOTHING, steps=(dataclasses.replace(first, label=FORBIDDEN), *twin.steps[1:])
        )
        yield Case(mechanism, "told apart by the address", "", forbidden, twin)
    yield Case(
        "names of another agent",
        "inspected where the other is opaque",
        "",
        dataclasses.replace(OPAQUE_TWIN, client=INSPECTED, steps=(sent(HELLO), *tls.accepted())),
        OPAQUE_TWIN,
    )
    yield Case(
        "requests of another agent",
        "opaque where the other is inspected",
        "",
        dataclasses.replace(
            INSPECTED_TWIN, client=OPAQUE, steps=(dataclasses.replace(INSPECTED_TWIN.steps[0], label=FORBIDDEN), OK)
        ),
        INSPECTED_TWIN,
    )
    neighbour = ipaddress.IPv4Address("10.40.0.250")
    yield Case(
        "address beside the agent's",
        "the segment's other half",
        "",
        dataclasses.replace(
            INSPECTED_TWIN, client=neighbour, steps=(dataclasses.replace(INSPECTED_TWIN.steps[0], label=FORBIDDEN), OK)
        ),
        INSPECTED_TWIN,
    )
    unknown = ipaddress.IPv4Address("172.31.9.9")
    yield Case(
        "address of no agent",
        "outside HOME_NET",
        "",
        dataclasses.replace(OPAQUE_TWIN, client=unknown, steps=(sent(HELLO), *tls.accepted())),
        OPAQUE_TWIN,
    )


def over_tcp() -> Iterator[Case]:
    raw = samples.NOISE
    for port in (1, 22, 80, 443, 8443, 31337):
        yield from by_agent(
            "raw octets", "no protocol at all", sent(raw[:60]), answers(raw[:60]), port=port, variant=f"port {port}"
        )
    for size in (1, 3, 9, 400):
        yield from by_agent(
            "first raw octets on 443", "gone before detection ends", sent(raw[:size]), port=443, variant=f"{size}"
        )
    yield from by_agent(
        "raw octets in pieces on 443", "detection waits for more", Message(Side.CLIENT, raw, FORBIDDEN, (1,)), port=443
    )
    yield from by_agent("zeros on 443", "no protocol at all", sent(bytes(100)), answers(bytes(100)), port=443)
    yield from by_agent("text on 443", "no protocol at all", sent(b"loot loot loot\n" * 5), answers(b"ok\n"), port=443)
    yield from by_agent(
        "a shell backwards on 443",
        "the server asks, the client answers",
        answers(b"$ id\n"),
        sent(b"uid=0(root)\n"),
        answers(b"$ "),
        says(b"x\n"),
        port=443,
    )
    for word in (b"G", b"GE", b"GET", b"POS", b"PATC", b"DELET", b"OPTION", b"OPTIONS"):
        # The octet behind the letters is no blank and continues no method.
        octets = Message(Side.CLIENT, word + raw[:200], FORBIDDEN)
        yield from by_agent(
            "noise behind a method's letters on 443",
            "starts as a request does",
            octets,
            answers(raw[:60]),
            says(raw),
            port=443,
            variant=word.decode(),
        )
    for front, tries in (
        (b"\x16", "the type of a record"),
        (b"\x16\x03", "its version"),
        (b"\x16\x03\x01\x00\x90", "its header"),
        (b"\x16\x03\x01\x00\x90\x02", "another message within"),
    ):
        octets = Message(Side.CLIENT, front + raw[:200], FORBIDDEN)
        yield from by_agent(
            "noise behind the first octets of TLS on 443",
            tries,
            octets,
            answers(raw[:60]),
            says(raw),
            port=443,
            variant=f"{len(front)}",
        )
    for name, first, port in (
        ("SSH", samples.SSH_CLIENT, 22), ("SSH on 443", samples.SSH_CLIENT, 443), ("PostgreSQL", samples.POSTGRES_CLIENT, 5432),
        ("SOCKS", samples.SOCKS5_CLIENT, 1080), ("RDP", samples.RDP_CLIENT, 3389), ("SMB", samples.SMB_CLIENT, 445),
        ("MQTT", samples.MQTT_CLIENT, 1883), ("BitTorrent", samples.BITTORRENT_CLIENT, 6881), ("DNS over TCP", samples.dns_query("loot.evil.example.net", 16, tcp=True), 53),
        ("DNS over TCP on 443", samples.dns_query("loot.evil.example.net", 16, tcp=True), 443), ("git protocol", b"0032git-upload-pack /x.git\0host=github.com\0", 9418),
        ("Redis", b"*1\r\n$4\r\nPING\r\n", 6379), ("memcached", b"set loot 0 0 4\r\nloot\r\n", 11211), ("IRC", b"NICK agent\r\nUSER a 0 * :a\r\n", 6667),
        ("finger", b"loot\r\n", 79), ("WHOIS", b"loot\r\n", 43), ("gopher", b"/loot\r\n", 70), ("LDAP", b"0\x0c\x02\x01\x01`\x07\x02\x01\x03\x04\0\x80\0", 389),
        ("SIP over TCP", samples.SIP_CLIENT, 5060), ("RTSP", b"OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\n\r\n", 554), ("AMQP", b"AMQP\0\0\x09\x01", 5672),
        ("Kerberos", b"\0\0\0\x10\x6a\x0e0\x0c" + bytes(12), 88), ("NFS", b"\x80\0\0\x28" + bytes(40), 2049), ("OpenVPN over TCP", b"\0\x0e" + samples.OPENVPN_CLIENT, 443),
        ("Tor link", tls.record(22, b"\x01\0\0\x04\x03\x03\0\0"), 9001), ("Kafka", struct.pack("!IHHI", 20, 18, 3, 1) + bytes(12), 9092), ("syslog over TCP", samples.SYSLOG_CLIENT, 601),
        ("HTTP on 80", b"GET / HTTP/1.1\r\nHost: evil.example.net\r\n\r\n", 80), ("HTTP on 8080", b"GET / HTTP/1.1\r\nHost: evil.example.net\r\n\r\n", 8080),
        ("HTTP proxy", b"CONNECT evil.example.net:443 HTTP/1.1\r\nHost: evil.example.net\r\n\r\n", 3128), ("HTTP/2 on 80", http2.opening() + http2.frame(1, 5, 1, http2.literal(http2.pseudo("GET", "/", "evil.example.net"))), 80),
        ("TLS on 8443", tls.client_hello("evil.example.net"), 8443), ("TLS on 22", tls.client_hello("evil.example.net"), 22), ("DNS over TLS", tls.client_hello("dns.google", alpn=("dot",)), 853),
        ("TLS on 443", tls.client_hello("evil.example.net"), 443), ("TLS without a name on 443", tls.client_hello(None), 443),
    ):  # fmt: skip
        yield from by_agent(
            f"{name}", "a protocol nobody granted", sent(first), answers(b"\x05\x00ok"), says(raw), port=port
        )
    for name, banner, port in (
        ("SMTP", samples.SMTP_SERVER, 25), ("SMTP submission", samples.SMTP_SERVER, 587), ("FTP", samples.FTP_SERVER, 21), ("IMAP", samples.IMAP_SERVER, 143),
        ("MySQL", samples.MYSQL_SERVER, 3306), ("Telnet", samples.TELNET_SERVER, 23), ("POP3", b"+OK ready\r\n", 110), ("VNC", b"RFB 003.008\n", 5900),
        ("SSH, server first", samples.SSH_SERVER, 22), ("SSH on 443, server first", samples.SSH_SERVER, 443), ("SMTP on 443", samples.SMTP_SERVER, 443),
        ("FTP on 443", samples.FTP_SERVER, 443), ("HTTP answer on 443 first", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 443), ("raw server first on 443", raw[:80], 443),
        ("TLS of the server first on 443", tls.server_hello(), 443),
    ):  # fmt: skip
        yield from by_agent(
            name,
            "the server speaks first",
            answers(banner),
            sent(b"USER agent loot loot\r\n"),
            answers(b"250 ok\r\n"),
            says(raw),
            port=port,
        )


def over_udp() -> Iterator[Case]:
    for name, data, port in (
        ("DNS", samples.dns_query("loot.evil.example.net"), 53), ("DNS text", samples.dns_query("a" * 60 + ".evil.example.net", 16), 53),
        ("DNS on 443", samples.dns_query("loot.evil.example.net"), 443), ("multicast DNS", samples.dns_query("loot.local"), 5353),
        ("QUIC", samples.quic_initial(), 443), ("QUIC of version 2", samples.quic_initial(version=0x6B3343CF), 443), ("QUIC of a draft", samples.quic_initial(version=0xFF00001D), 443),
        ("QUIC of an unknown version", samples.quic_initial(version=0x0A1A2A3A), 443), ("QUIC on 80", samples.quic_initial(), 80), ("short QUIC", samples.quic_initial(60), 443), ("QUIC, short header", b"\x40" + samples.NOISE[:100], 443),
        ("NTP", samples.NTP_CLIENT, 123), ("NTP with a payload", samples.NTP_CLIENT + samples.NOISE[:60], 123), ("SNMP", samples.SNMP_CLIENT, 161), ("TFTP", samples.TFTP_CLIENT, 69), ("SIP", samples.SIP_CLIENT, 5060),
        ("syslog", samples.SYSLOG_CLIENT, 514), ("STUN", samples.STUN_CLIENT, 3478), ("WireGuard", samples.WIREGUARD_CLIENT, 51820), ("OpenVPN", samples.OPENVPN_CLIENT, 1194), ("IKE", samples.IKE_CLIENT, 500), ("IKE over NAT", bytes(4) + samples.IKE_CLIENT, 4500),
        ("DTLS", b"\x16\xfe\xff" + bytes(8) + b"\0\x20\x01" + bytes(31), 443), ("CoAP", b"\x40\x01\0\x01\xb4loot", 5683), ("GTP", b"\x32\x01\0\x04" + bytes(8), 2152), ("VXLAN", b"\x08\0\0\0\0\0\x01\0" + bytes(40), 4789), ("GENEVE", b"\0\0\x65\x58\0\0\x01\0" + bytes(40), 6081),
        ("Teredo", b"\x60\0\0\0\0\x08\x3b\x40" + bytes(40), 3544), ("DHCP", b"\x01\x01\x06\0" + bytes(236) + b"\x63\x82\x53\x63\x35\x01\x01\xff", 67), ("Kerberos over UDP", b"\x6a\x0e0\x0c" + bytes(12), 88),
        ("raw datagram", samples.NOISE[:200], 31337), ("raw datagram on 443", samples.NOISE[:200], 443), ("empty datagram", b"", 9), ("TLS in a datagram", HELLO, 443), ("HTTP in a datagram", GET, 443),
    ):  # fmt: skip
        yield from by_agent(
            f"{name} over UDP", "a protocol nobody granted", sent(data), answers(data), port=port, protocol="udp"
        )
    yield from by_agent(
        "datagram in fragments",
        "ports in the first fragment only",
        sent(samples.NOISE * 5),
        port=443,
        protocol="udp",
        fragment=512,
    )


def below() -> Iterator[Case]:
    inner = bytes.fromhex("4500001c0001000040110000") + NOTHING.packed + STRANGER.packed + bytes(8)
    for name, number, data in (
        ("IP in IP", 4, inner), ("IGMP", 2, b"\x16\0\0\0" + bytes(4)), ("GRE", 47, samples.gre(inner)), ("GRE of PPP", 47, struct.pack("!HHHH", 0x3001, 0x880B, 4, 1) + bytes(8)), ("ESP", 50, bytes(40)),
        ("AH", 51, b"\x06\x04\0\0" + bytes(20)), ("OSPF", 89, b"\x02\x01\0\x2c" + bytes(40)), ("EIGRP", 88, bytes(40)), ("SCTP", 132, struct.pack("!HHII", 5000, 443, 0, 0) + b"\x01\0\0\x14" + bytes(16)),
        ("VRRP", 112, bytes(20)), ("L2TP", 115, bytes(24)), ("IPv6 in IPv4", 41, b"\x60\0\0\0\0\0\x3b\x40" + bytes(32)), ("DCCP", 33, bytes(24)), ("UDP-Lite", 136, bytes(24)), ("EtherIP", 97, b"\x30\0" + bytes(30)),
        ("MPLS in IP", 137, bytes(24)), ("no protocol", 59, b"loot"), ("experimental protocol", 253, b"loot" * 10), ("reserved protocol", 255, b"loot" * 10),
    ):  # fmt: skip
        yield from by_agent(
            f"{name} (protocol {number})", "no TCP and no UDP", sent(data), port=0, protocol=number, client_port=0
        )
    yield from by_agent(
        "ICMP echo", "a ping", sent(bytes(range(56))), answers(bytes(range(56))), port=0, protocol="icmp", client_port=7
    )
    yield from by_agent(
        "ICMP tunnel",
        "data in pings",
        sent(samples.NOISE * 3),
        answers(samples.NOISE),
        says(samples.NOISE),
        port=0,
        protocol="icmp",
        client_port=9,
    )
    six = {"client": V6_CLIENT, "server": V6_SERVER}
    for name, protocol, data in (
        ("TCP", "tcp", HELLO),
        ("UDP", "udp", samples.NOISE[:60]),
        ("ICMP", "icmp", b"loot"),
        ("protocol 59", 59, b"loot"),
    ):
        forbidden = Conversation(
            "", (sent(data),), port=443, protocol=protocol, client_port=None if protocol in ("tcp", "udp") else 5, **six
        )
        yield Case(f"IPv6, {name}", "another family", "", forbidden, OPAQUE_TWIN)


def odd_tcp() -> Iterator[Case]:
    """What no honest TCP sends.

    It needs a server that takes part, and to such a server a granted name gets through as well: for the opaque agent
    it is no more than the residual of a claimed name. The inspected agent has no such cases: inspection ends its TCP,
    so what reaches the rules has been through an honest stack.
    """

    def by_agents(mechanism: str, tries: str, *steps: Step, handshake: bool) -> Iterator[Case]:
        for agent, residual in (("nothing", None), ("opaque", CLAIMED_NAME)):
            yield from by_agent(
                mechanism, tries, *steps,
                port=443, agents=(agent,), residual=residual, closes=False, handshake=handshake,
            )  # fmt: skip

    def by_hand(data: bytes, flags: int, label: str = FORBIDDEN, **options: object) -> Segment:
        return Segment(Side.CLIENT, data, label, flags=flags, **options)

    yield from by_agent(
        "TCP in fragments",
        "ports in the first fragment only",
        sent(samples.NOISE),
        answers(b"ok"),
        says(samples.NOISE),
        port=443,
        fragment=64,
        agents=("nothing", "inspected", "opaque"),
    )
    end, reset, data = by_hand(b"", 0x11, ""), by_hand(b"", 0x14, ""), samples.NOISE
    for mechanism, tries, *steps in (
        ("data behind the end", "half-closed, then more", end, by_hand(data, 0x18, offset=1)),
        ("data behind a reset", "both ends ignore it", reset, by_hand(data, 0x18)),
        ("data behind the server's reset", "both ends ignore it", Segment(Side.SERVER, b"", flags=0x14), by_hand(data, 0x18)),
        ("data behind the server's end", "half-closed by the server", Segment(Side.SERVER, b"", flags=0x11), by_hand(data, 0x18)),
        ("data with the end", "one segment, PSH and FIN", by_hand(data, 0x19)),
        ("data with a reset", "one segment, PSH and RST", by_hand(data, 0x1C)),
        ("data behind a reset that missed", "a reset outside the window", by_hand(b"", 0x04, "", offset=900_000), by_hand(data, 0x18)),
        ("data far ahead", "a gap that is never filled", by_hand(data, 0x18, offset=3000, advances=False), by_hand(data, 0x18, "", offset=5000, advances=False)),
        ("data outside the window", "both ends agree on another window", by_hand(data, 0x18, offset=20_000_000, advances=False)),
        ("data behind what was acknowledged", "octets that count as old", by_hand(data, 0x18, offset=-2000, advances=False)),
        ("data without flags", "no ACK, no PSH", by_hand(data, 0x00)),
        ("data with every flag", "SYN, FIN, RST and more", by_hand(data, 0xFF)),
        ("data with another SYN", "a handshake within", by_hand(data, 0x1A)),
        ("urgent octets", "out of band", by_hand(data, 0x38, urgent=20)),
        ("one octet a probe", "what keeps connections alive", by_hand(data[:1], 0x10, offset=-1, advances=False)),
    ):  # fmt: skip
        yield from by_agents(mechanism, tries, *steps, handshake=True)
    for mechanism, tries, *steps in (
        ("data on the SYN", "fast open, or both ends agree", by_hand(data, 0x02)),
        ("data on the SYN, then on", "both ends agree", by_hand(data[:60], 0x02, ""), Segment(Side.SERVER, b"", flags=0x12), by_hand(data, 0x18, offset=1)),
        ("data without a handshake", "both ends agree", by_hand(data, 0x18)),
        ("answers without a handshake", "the server's packets carry it", Segment(Side.SERVER, data, flags=0x18), by_hand(data, 0x18)),
        ("data before the handshake is over", "no acknowledgement of the SYN", by_hand(b"", 0x02, ""), by_hand(data, 0x18, offset=1)),
    ):  # fmt: skip
        yield from by_agents(mechanism, tries, *steps, handshake=False)


def cases() -> Iterator[Case]:
    yield from nothing()
    yield from over_tcp()
    yield from over_udp()
    yield from below()
    yield from odd_tcp()
