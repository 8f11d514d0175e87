"""Conversations as packets, and packets as a capture file.

Built with `struct` because thousands of conversations have to take seconds. Packets start at the IP header (link
type RAW), carry valid checksums unless a segment asks for an invalid one, and each knows which octets of which step
it carries: the verdict on a step is read off the verdicts on its packets.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ringfence.engine.flow import Address, Conversation, Message, Segment, Side, Step

SEGMENT_MAX = 1460
"""Payload octets of a full TCP segment on an Ethernet path (RFC 879: 1500 less two headers of 20)."""

_LINKTYPE_RAW = 101  # https://www.tcpdump.org/linktypes.html
_TCP, _UDP, _ICMP, _ICMP6 = 6, 17, 1, 58
_FIN, _SYN, _PSH, _ACK = 0x01, 0x02, 0x08, 0x10
_SYN_OPTIONS = struct.pack("!BBHBBBBBB", 2, 4, SEGMENT_MAX, 1, 3, 3, 7, 4, 2) + b"\x01\x01"
_FIRST_PORT, _LAST_PORT = 10000, 65000
_UNACKNOWLEDGED = 16  # segments that a sender has under way: below the window of the handshake
_TICK = 50  # microseconds between packets


@dataclass(frozen=True, slots=True)
class Carried:
    """Octets ``start`` to ``end`` of the step with this index."""

    step: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet of a capture; ``carries`` is empty for handshake, acknowledgement and end.

    Packets of one ``unit`` are fragments of one another: the receiver needs all of them.
    """

    data: bytes
    conversation: int
    unit: int
    sender: Side
    carries: tuple[Carried, ...] = ()


@dataclass(frozen=True, slots=True)
class Capture:
    """Conversations by their indices, their packets, and the pcap file of these: what an engine replays at once."""

    members: list[tuple[int, Conversation]]
    packets: list[Packet]
    file: bytes


class CaptureError(ValueError):
    """Conversations that cannot share a capture, or that cannot be written as packets."""


def captures(conversations: Iterable[Conversation]) -> tuple[Capture, ...]:
    """Conversations as captures, as few as possible: more than one only for those that no port tells apart."""
    built = ((members, build(members)) for members in batches(conversations))
    return tuple(Capture(members, packets, capture(packets)) for members, packets in built)


def batches(conversations: Iterable[Conversation]) -> Iterator[list[tuple[int, Conversation]]]:
    """Conversations with their indices, in groups whose members an engine cannot take for one flow.

    Client ports keep TCP and UDP apart; what has no ports, or names its port, gets a group of its own when its
    addresses and protocol are taken already.
    """
    groups: list[tuple[set[object], list[tuple[int, Conversation]]]] = [(set(), [])]
    for index, conversation in enumerate(conversations):
        key = _identity(conversation)
        for taken, members in groups:
            if key is None or key not in taken:
                taken.add(key)
                members.append((index, conversation))
                break
        else:
            groups.append(({key}, [(index, conversation)]))
    return (members for _, members in groups)


def _identity(conversation: Conversation) -> object:
    if conversation.protocol in ("tcp", "udp") and conversation.client_port is None:
        return None
    ends = frozenset((conversation.client, conversation.server))
    if conversation.protocol in ("tcp", "udp"):
        return (ends, conversation.protocol, conversation.client_port, conversation.port)
    return (ends, conversation.protocol)  # an engine does not tell pings apart by their identifiers


def build(members: Iterable[tuple[int, Conversation]]) -> list[Packet]:
    """The packets of one batch, conversation after conversation."""
    ports: dict[object, int] = {}
    packets: list[Packet] = []
    for index, conversation in members:
        key = (conversation.client, conversation.server, conversation.port, conversation.protocol)
        client_port = conversation.client_port
        if client_port is None:
            client_port = ports.get(key, _FIRST_PORT)
            ports[key] = client_port + 1
            if client_port > _LAST_PORT:
                raise CaptureError(f"more than {_LAST_PORT - _FIRST_PORT} conversations between the same two hosts")
        builder = _Builder(index, conversation, client_port)
        if conversation.protocol == "tcp":
            builder.tcp()
        else:
            builder.datagrams()
        packets += builder.packets
    return packets


def capture(packets: Iterable[Packet]) -> bytes:
    """A pcap file of the packets; the first is number 1 to the engine."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, _LINKTYPE_RAW)]
    for number, packet in enumerate(packets):
        seconds, micros = divmod(number * _TICK, 1_000_000)
        out.append(struct.pack("<IIII", 1_700_000_000 + seconds, micros, len(packet.data), len(packet.data)))
        out.append(packet.data)
    return b"".join(out)


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class _Builder:
    """The packets of one conversation, in order."""

    def __init__(self, index: int, conversation: Conversation, client_port: int) -> None:
        self.index = index
        self.conversation = conversation
        self.client_port = client_port
        self.packets: list[Packet] = []
        self.sequence = {Side.CLIENT: 1_000_000, Side.SERVER: 5_000_000}
        self.unit = 0

    def tcp(self) -> None:
        if self.conversation.handshake:
            self._segment(Side.CLIENT, b"", _SYN, options=_SYN_OPTIONS)
            self.sequence[Side.CLIENT] += 1
            self._segment(Side.SERVER, b"", _SYN | _ACK, options=_SYN_OPTIONS)
            self.sequence[Side.SERVER] += 1
            self._segment(Side.CLIENT, b"", _ACK)
        for run in _runs(self.conversation.steps):
            index, step = run[0]
            if isinstance(step, Segment):
                self._by_hand(index, step)
            else:
                self._run(index, [message for _, message in run if isinstance(message, Message)])
        if self.conversation.closes:
            for side in (Side.CLIENT, Side.SERVER):
                self._segment(side, b"", _FIN | _ACK)
                self.sequence[side] += 1
            self._segment(Side.CLIENT, b"", _ACK)

    def _run(self, first: int, messages: list[Message]) -> None:
        """Messages of one sender that follow each other without a pause, cut as the first one says."""
        sender = messages[0].sender
        if any(message.sender is not sender for message in messages):
            raise CaptureError(f"{self.conversation.name}: a joined message has another sender")
        spans: list[tuple[int, int, int]] = []
        position = 0
        for offset, message in enumerate(messages):
            spans.append((first + offset, position, position + len(message.data)))
            position += len(message.data)
        data = b"".join(message.data for message in messages)
        for turn in range(2 if self.conversation.persistent and sender is Side.CLIENT else 1):
            for number, (start, end) in enumerate(_cuts(len(data), messages[0].pieces)):
                carries = tuple(
                    Carried(step, max(start, low) - low, min(end, high) - low)
                    for step, low, high in spans
                    if low < end and start < high
                )
                self._segment(sender, data[start:end], _PSH | _ACK, carries, offset=start - turn * len(data))
                if number % _UNACKNOWLEDGED == _UNACKNOWLEDGED - 1 and not turn:
                    self._segment(_other(sender), b"", _ACK, acknowledges=end)
            self.sequence[sender] += 0 if turn else len(data)
        self._segment(_other(sender), b"", _ACK)

    def _by_hand(self, index: int, step: Segment) -> None:
        carries = (Carried(index, 0, len(step.data)),) if step.valid_checksum else ()
        self._segment(
            step.sender, step.data, step.flags, carries,
            offset=step.offset, valid=step.valid_checksum, ttl=step.ttl, urgent=step.urgent,
        )  # fmt: skip
        if step.advances:
            self.sequence[step.sender] += len(step.data)

    def _segment(
        self, sender: Side, data: bytes, flags: int, carries: tuple[Carried, ...] = (), *,
        options: bytes = b"", offset: int = 0, acknowledges: int = 0, valid: bool = True, ttl: int = 64,
        urgent: int = 0,
    ) -> None:  # fmt: skip
        source_port, target_port = self._ports(sender)
        acknowledged = self.sequence[_other(sender)] + acknowledges if flags & _ACK else 0
        header = struct.pack(
            "!HHIIBBHHH",
            source_port,
            target_port,
            (self.sequence[sender] + offset) & 0xFFFFFFFF,
            acknowledged,
            (20 + len(options)) // 4 << 4,
            flags,
            64240,
            0,
            urgent,
        )
        self._transport(sender, _TCP, header + options + data, 16, carries, valid=valid, ttl=ttl)

    def datagrams(self) -> None:
        for index, step in enumerate(self.conversation.steps):
            if isinstance(step, Segment):
                raise CaptureError(f"{self.conversation.name}: a segment outside TCP")
            carries = (Carried(index, 0, len(step.data)),)
            match self.conversation.protocol:
                case "udp":
                    source_port, target_port = self._ports(step.sender)
                    header = struct.pack("!HHHH", source_port, target_port, 8 + len(step.data), 0)
                    self._transport(step.sender, _UDP, header + step.data, 6, carries)
                case "icmp":
                    self._echo(step, index, carries)
                case int(number):
                    self._ip(step.sender, number, step.data, carries, 64)
                case other:
                    raise CaptureError(f"{self.conversation.name}: no protocol {other!r}")

    def _echo(self, step: Message, index: int, carries: tuple[Carried, ...]) -> None:
        six = self.conversation.client.version == 6
        kind = (128 if six else 8) if step.sender is Side.CLIENT else (129 if six else 0)
        body = struct.pack("!BBHHH", kind, 0, 0, self.client_port, index) + step.data
        if six:
            self._transport(step.sender, _ICMP6, body, 2, carries)
        else:
            self._ip(step.sender, _ICMP, _put(body, 2, checksum(body)), carries, 64)

    def _transport(
        self, sender: Side, number: int, body: bytes, at: int, carries: tuple[Carried, ...], *,
        valid: bool = True, ttl: int = 64,
    ) -> None:  # fmt: skip
        """Adds the checksum over the pseudo header (RFC 9293, 3.1; RFC 8200, 8.1) at octet ``at``."""
        source, target = self._addresses(sender)
        if source.version == 4:
            pseudo = source.packed + target.packed + struct.pack("!BBH", 0, number, len(body))
        else:
            pseudo = source.packed + target.packed + struct.pack("!IHBB", len(body), 0, 0, number)
        value = checksum(pseudo + body)
        self._ip(sender, number, _put(body, at, value if valid else value ^ 0x5555), carries, ttl)

    def _ip(self, sender: Side, number: int, body: bytes, carries: tuple[Carried, ...], ttl: int) -> None:
        source, target = self._addresses(sender)
        self.unit += 1
        if source.version == 6:
            header = struct.pack("!IHBB", 6 << 28, len(body), number, ttl) + source.packed + target.packed
            self.packets.append(Packet(header + body, self.index, self.unit, sender, carries))
            return
        size = self.conversation.fragment or len(body)
        for start in range(0, max(len(body), 1), max(size, 1)):
            part = body[start : start + size]
            more = 0x2000 if start + size < len(body) else 0
            header = struct.pack(
                "!BBHHHBBH", 0x45, 0, 20 + len(part), self.unit & 0xFFFF, more | start // 8, ttl, number, 0
            )
            header += source.packed + target.packed
            self.packets.append(
                Packet(_put(header, 10, checksum(header)) + part, self.index, self.unit, sender, carries)
            )

    def _addresses(self, sender: Side) -> tuple[Address, Address]:
        ends = (self.conversation.client, self.conversation.server)
        return ends if sender is Side.CLIENT else (ends[1], ends[0])

    def _ports(self, sender: Side) -> tuple[int, int]:
        ends = (self.client_port, self.conversation.port)
        return ends if sender is Side.CLIENT else (ends[1], ends[0])


def _other(side: Side) -> Side:
    return Side.SERVER if side is Side.CLIENT else Side.CLIENT


def _put(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + struct.pack("!H", value) + data[at + 2 :]


def _runs(steps: tuple[Step, ...]) -> list[list[tuple[int, Step]]]:
    """Steps with their indices; a message and those joined to it are one run."""
    runs: list[list[tuple[int, Step]]] = []
    for index, step in enumerate(steps):
        if runs and isinstance(step, Message) and step.joined:
            runs[-1].append((index, step))
        else:
            runs.append([(index, step)])
    return runs


def _cuts(length: int, pieces: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Where segments of these lengths, the last one repeated, begin and end."""
    sizes = pieces or (SEGMENT_MAX,)
    start = 0
    turn = 0
    while start < length:
        end = min(length, start + min(sizes[min(turn, len(sizes) - 1)], SEGMENT_MAX))
        yield start, end
        start, turn = end, turn + 1
