"""First payloads of protocols that are neither HTTP nor TLS: enough for an engine to take them for what they are."""

import struct

SSH_CLIENT = b"SSH-2.0-OpenSSH_9.6\r\n"
SSH_SERVER = b"SSH-2.0-babeld-8f3a\r\n"
SMTP_SERVER = b"220 mail.example.com ESMTP ready\r\n"
FTP_SERVER = b"220 ftp.example.com ready\r\n"
IMAP_SERVER = b"* OK IMAP4rev1 ready\r\n"
MYSQL_SERVER = b"\x4a\0\0\0\x0a8.0.36\0" + bytes(range(1, 64))
POSTGRES_CLIENT = struct.pack("!II", 41, 196608) + b"user\0agent\0database\0orders\0\0"
SOCKS5_CLIENT = b"\x05\x01\x00"
TELNET_SERVER = b"\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff\xfd\x27"
RDP_CLIENT = b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"
SMB_CLIENT = b"\0\0\0\x54\xfeSMB@\0" + bytes(74)
MQTT_CLIENT = b"\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05agent"
BITTORRENT_CLIENT = b"\x13BitTorrent protocol" + bytes(48)
NTP_CLIENT = b"\x23" + bytes(47)
STUN_CLIENT = struct.pack("!HHI", 1, 0, 0x2112A442) + bytes(range(12))
WIREGUARD_CLIENT = b"\x01\0\0\0" + bytes(i * 7 % 256 for i in range(144))
OPENVPN_CLIENT = b"\x38" + bytes(range(8)) + b"\0" + bytes(4)
IKE_CLIENT = bytes(range(8)) + bytes(8) + b"\x21\x20\x22\x08" + bytes(4) + struct.pack("!I", 60) + bytes(32)
SNMP_CLIENT = bytes.fromhex("302602010104067075626c6963a019020401020304020100020100300b300906052b060102010500")
TFTP_CLIENT = b"\0\x01loot\0octet\0"
SIP_CLIENT = b"OPTIONS sip:a@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 10.40.0.4\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"
SYSLOG_CLIENT = b"<13>1 2026-01-01T00:00:00Z agent - - - - loot"
NOISE = bytes((i * i * 31 + 17) % 251 | 0x80 for i in range(400))
"""Octets that start no protocol."""


def dns_query(name: str, kind: int = 1, *, identity: int = 0x1234, tcp: bool = False) -> bytes:
    """A DNS question (RFC 1035, 4.1): kind 1 is A, 16 TXT, 65 HTTPS; over TCP with its length in front."""
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.split(".")) + b"\0"
    data = struct.pack("!HHHHHH", identity, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!HH", kind, 1)
    return struct.pack("!H", len(data)) + data if tcp else data


def quic_initial(size: int = 1200, version: int = 1) -> bytes:
    """A QUIC packet with the long header of a client's Initial (RFC 9000, 17.2.2).

    Its payload is not encrypted for its connection, so an engine sees the header and no server name.
    """
    head = b"\xc3" + struct.pack("!I", version) + b"\x08" + bytes(range(0x83, 0x8B)) + b"\0\0"
    rest = size - len(head) - 2
    return head + struct.pack("!H", 0x4000 | rest) + bytes(i * 73 % 256 for i in range(rest))


def gre(inner: bytes, protocol: int = 0x0800) -> bytes:
    """A GRE payload around an IP packet (RFC 2784)."""
    return struct.pack("!HH", 0, protocol) + inner
