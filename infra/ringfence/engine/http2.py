"""HTTP/2 as TLS inspection presents it to the rules: frames in plain, after the preface (RFC 9113)."""

import struct
from dataclasses import dataclass, field

import hpack

from ringfence.engine.flow import Message, Side

Header = tuple[str, str]

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, PUSH_PROMISE, CONTINUATION = 0, 1, 4, 5, 9
END_STREAM, END_HEADERS, ACK = 0x1, 0x4, 0x1


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """One frame (RFC 9113, 4.1)."""
    return len(payload).to_bytes(3, "big") + struct.pack("!BBI", kind, flags, stream) + payload


def pseudo(method: str, target: str, authority: str | None, scheme: str = "https") -> tuple[Header, ...]:
    """The pseudo-header fields of a request; an authority of None leaves it out."""
    fields = ((":method", method), (":scheme", scheme), (":path", target))
    return fields if authority is None else (*fields, (":authority", authority))


def literal(fields: tuple[Header, ...]) -> bytes:
    """A header block of literals without indexing or Huffman code (RFC 7541, 6.2.2), whatever the fields say."""
    return b"".join(b"\0" + _text(name) + _text(value) for name, value in fields)


def _text(text: str) -> bytes:
    data = text.encode("latin-1")
    if len(data) < 127:
        return bytes([len(data)]) + data
    rest, out = len(data) - 127, b"\x7f"
    while rest >= 128:
        out += bytes([rest % 128 + 128])
        rest //= 128
    return out + bytes([rest]) + data


def opening(settings: tuple[tuple[int, int], ...] = ((3, 100), (4, 65536))) -> bytes:
    """The preface and the client's settings."""
    return PREFACE + frame(SETTINGS, 0, 0, b"".join(struct.pack("!HI", *setting) for setting in settings))


@dataclass(slots=True)
class Client:
    """The client's end of one connection: stream numbers and the header table go on from request to request."""

    stream: int = 1
    opened: bool = False
    encoder: hpack.Encoder = field(default_factory=hpack.Encoder)

    def request(
        self,
        method: str,
        target: str,
        authority: str | None,
        *,
        headers: tuple[Header, ...] = (),
        body: bytes = b"",
        label: str = "",
        pieces: tuple[int, ...] = (),
        joined: bool = False,
        continued: int | None = None,
    ) -> Message:
        """A request; the first brings the connection's opening with it. It is decisive when its headers are there.

        ``continued`` cuts the header block after that many octets, into CONTINUATION frames.
        """
        block = self.encoder.encode([*pseudo(method, target, authority), *headers])
        return self.send(
            block, body=body, label=label or f"{method} {authority}{target}", pieces=pieces, joined=joined,
            continued=continued,
        )  # fmt: skip

    def send(
        self, block: bytes, *, body: bytes = b"", label: str = "", pieces: tuple[int, ...] = (),
        joined: bool = False, continued: int | None = None, before: bytes = b"",
    ) -> Message:  # fmt: skip
        """A request with a header block written octet by octet; ``before`` are frames that precede it."""
        ends = 0 if body else END_STREAM
        parts = [block] if continued is None else [block[i : i + continued] for i in range(0, len(block), continued)]
        head = before if self.opened else opening() + before
        self.opened = True
        for index, part in enumerate(parts):
            last = END_HEADERS if index == len(parts) - 1 else 0
            head += frame(CONTINUATION if index else HEADERS, last | (0 if index else ends), self.stream, part)
        tail = frame(DATA, END_STREAM, self.stream, body) if body else b""
        self.stream += 2
        return Message(Side.CLIENT, head + tail, label, pieces, len(head), joined)


def response(stream: int = 1, *, first: bool = True, body: bytes = b"{}") -> Message:
    """The origin's answer on a stream, after its own settings when it is the first."""
    block = literal(((":status", "200"), ("content-type", "application/json")))
    start = frame(SETTINGS, 0, 0, b"") + frame(SETTINGS, ACK, 0, b"") if first else b""
    data = start + frame(HEADERS, END_HEADERS, stream, block) + frame(DATA, END_STREAM, stream, body)
    return Message(Side.SERVER, data)
