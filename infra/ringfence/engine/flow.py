"""Conversations: what two hosts send each other, before it is cut into packets.

A conversation holds the payloads and who sends them; addresses and segment sizes are part of it, sequence numbers
and client ports are not: those are given when the packets are built, so that any number of conversations fit into
one capture. The server's answers belong to it, because an engine reaches some verdicts only when they come.
"""

import enum
import ipaddress
from dataclasses import dataclass, field

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

AGENT = ipaddress.IPv4Address("10.40.0.4")
"""The client of a conversation that names none."""
ORIGIN = ipaddress.IPv4Address("198.51.100.20")
"""The server of a conversation that names none: a documentation address (RFC 5737) outside every HOME_NET."""


class Side(enum.Enum):
    """Who sends."""

    CLIENT = "client"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Message:
    """One request, answer or datagram.

    ``pieces`` are the payload lengths of its segments, the last one repeated as often as needed; empty means as
    large as the path takes. ``decisive`` is the number of octets after which the receiver can act on it, None for
    all of them: a server may answer a request at the end of its head, before the body. A ``joined`` message starts
    in the segment in which the message before it ends, as a pipelined request does.
    """

    sender: Side
    data: bytes
    label: str = ""
    pieces: tuple[int, ...] = ()
    decisive: int | None = None
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """One TCP segment written by hand, for what an honest stack never sends.

    ``offset`` shifts it from the sender's next sequence number; ``advances`` says whether that number moves on by the
    payload's length. A segment with an invalid checksum counts as never received.
    """

    sender: Side
    data: bytes
    label: str = ""
    offset: int = 0
    flags: int = 0x18  # PSH, ACK
    advances: bool = True
    valid_checksum: bool = True
    ttl: int = 64
    urgent: int = 0
    decisive: int | None = None


Step = Message | Segment


@dataclass(frozen=True, slots=True)
class Conversation:
    """Steps between a client and a server.

    ``protocol`` is "tcp", "udp", "icmp" (each message an echo and its data) or an IP protocol number (each message
    the packet's whole payload). TCP starts with its handshake unless ``handshake`` is false, and ends with FIN unless
    ``closes`` is false. ``client_port`` is chosen when the packets are built unless it is given.
    """

    name: str
    steps: tuple[Step, ...] = ()
    client: Address = AGENT
    server: Address = ORIGIN
    port: int = 443
    protocol: str | int = "tcp"
    client_port: int | None = None
    handshake: bool = True
    closes: bool = True
    fragment: int | None = field(default=None)
    """Payload octets of each IP fragment (a multiple of 8), for packets larger than that."""
    persistent: bool = False
    """Whether the client sends each of its flights again, as one does that ignores resets and loss: a rule that
    drops a packet and not its flow has to drop the second copy too."""


def says(data: bytes, label: str = "", *, pieces: tuple[int, ...] = (), decisive: int | None = None) -> Message:
    """A message of the client."""
    return Message(Side.CLIENT, data, label, pieces, decisive)


def answers(data: bytes, label: str = "", *, pieces: tuple[int, ...] = ()) -> Message:
    """A message of the server."""
    return Message(Side.SERVER, data, label, pieces)
