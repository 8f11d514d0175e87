"""TLS as clients send it: ClientHellos from Python's own TLS stack, and edited ones for what it would not send."""

import functools
import re
import ssl
import struct
from collections.abc import Callable

from ringfence.engine.flow import Message, answers

_SERVER_NAME, _GROUPS, _PADDING, _KEY_SHARE, _ECH = 0, 10, 21, 51, 0xFE0D
_FIXED = bytes(range(32))
_X25519 = struct.pack("!H", 29)
_SHARE = struct.pack("!H", 36) + _X25519 + struct.pack("!H", 32) + _FIXED  # one share, of X25519
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.[a-z]+\Z")  # what a stack takes
_HYBRID_GROUP = 0x11EC  # X25519MLKEM768, https://www.iana.org/assignments/tls-parameters
_HYBRID = struct.pack("!HH", _HYBRID_GROUP, 1216) + bytes(i * 31 % 256 for i in range(1216))
"""Its client share: 1,184 octets of ML-KEM-768 and 32 of X25519."""


@functools.lru_cache(maxsize=1024)
def client_hello(
    name: str | None,
    *,
    alpn: tuple[str, ...] = ("h2", "http/1.1"),
    post_quantum: bool = False,
    encrypted: bool = False,
    padding: int = 0,
) -> bytes:
    """The TLS record of a ClientHello for this server name; None sends no server name.

    The standard library writes it; its random octets are made the same ones each time. ``post_quantum`` adds the
    key share of X25519MLKEM768, which makes it longer than a segment; ``encrypted`` adds an encrypted_client_hello
    extension, so ``name`` is the outer one; ``padding`` adds that many octets (RFC 7685). A ``name`` that no stack
    would send (an address, an empty text) is put in by hand.
    """
    named = name is not None and len(name) < 254 and _HOST.match(name)
    hello = _Hello.read(_standard(alpn, name if named else None))
    hello.edit(_GROUPS, lambda _: _listed(_X25519))  # libraries offer more or less by their age
    if name is not None and not named:
        hello.extensions.insert(0, (_SERVER_NAME, server_names(name)))
    if post_quantum:
        hello.edit(_GROUPS, lambda body: _listed(_HYBRID_GROUP.to_bytes(2, "big") + body[2:]))
        hello.edit(_KEY_SHARE, lambda body: _listed(_HYBRID + body[2:]))
    if encrypted:
        hello.extensions.append((_ECH, b"\0\0\1\0\1\7\0\x20" + bytes(range(32)) + b"\0\xb0" + bytes(176)))
    if padding:
        hello.remove(_PADDING)
        hello.extensions.append((_PADDING, bytes(padding)))
    return hello.write()


@functools.lru_cache(maxsize=1)
def server_hello() -> bytes:
    """A ServerHello of TLS 1.3 with an encrypted record behind it, as far as an engine can read one."""
    body = b"\x03\x03" + bytes(range(32)) + b"\x20" + bytes(range(32)) + b"\x13\x01\x00"
    extensions = struct.pack("!HHH", 43, 2, 0x0304) + struct.pack("!HHHH", _KEY_SHARE, 36, 29, 32) + bytes(range(32))
    body += struct.pack("!H", len(extensions)) + extensions
    handshake = b"\x02" + len(body).to_bytes(3, "big") + body
    return record(22, handshake) + record(20, b"\x01") + record(23, bytes(range(200)))


def application_data(size: int = 120) -> bytes:
    """A record of encrypted data."""
    return record(23, bytes(index * 37 % 256 for index in range(size)))


def record(kind: int, body: bytes, version: int = 0x0303) -> bytes:
    """One TLS record: 22 handshake, 23 application data, 21 alert, 20 change cipher spec."""
    return struct.pack("!BHH", kind, version, len(body)) + body


def records(hello: bytes, sizes: tuple[int, ...]) -> bytes:
    """The same handshake message cut into several records (RFC 8446, 5.1), the last size repeated."""
    body, out, start, turn = hello[5:], b"", 0, 0
    while start < len(body):
        size = sizes[min(turn, len(sizes) - 1)]
        out += record(22, body[start : start + size], 0x0301)
        start, turn = start + size, turn + 1
    return out


def accepted() -> tuple[Message, ...]:
    """What a server answers to a ClientHello that it takes."""
    return (answers(server_hello(), "server hello"),)


def _standard(alpn: tuple[str, ...], name: str | None) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(list(alpn))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = context.wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        connection.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake without a server does not end")


def _listed(items: bytes) -> bytes:
    return struct.pack("!H", len(items)) + items


class _Hello:
    """A ClientHello in parts (RFC 8446, 4.1.2)."""

    def __init__(self, front: bytes, extensions: list[tuple[int, bytes]]) -> None:
        self.front = front
        self.extensions = extensions

    @staticmethod
    def read(data: bytes) -> "_Hello":
        body = bytearray(data[9:])
        position = 34  # version and random
        body[2:position] = _FIXED
        body[position + 1 : position + 1 + body[position]] = _FIXED[: body[position]]
        position += 1 + body[position]  # session
        position += 2 + int.from_bytes(body[position : position + 2], "big")  # cipher suites
        position += 1 + body[position]  # compression
        front, rest = bytes(body[:position]), bytes(body[position + 2 :])
        extensions: list[tuple[int, bytes]] = []
        while rest:
            kind, length = struct.unpack("!HH", rest[:4])
            extensions.append((kind, rest[4 : 4 + length]))
            rest = rest[4 + length :]
        extensions = [(kind, _SHARE if kind == _KEY_SHARE else value) for kind, value in extensions]
        return _Hello(front, extensions)

    def edit(self, kind: int, change: Callable[[bytes], bytes]) -> None:
        self.extensions = [(one, change(body) if one == kind else body) for one, body in self.extensions]

    def remove(self, kind: int) -> None:
        self.extensions = [(one, body) for one, body in self.extensions if one != kind]

    def write(self) -> bytes:
        encoded = b"".join(struct.pack("!HH", kind, len(body)) + body for kind, body in self.extensions)
        body = self.front + struct.pack("!H", len(encoded)) + encoded
        return record(22, b"\x01" + len(body).to_bytes(3, "big") + body, 0x0301)


def server_names(name: str) -> bytes:
    """The body of a server_name extension (RFC 6066, 3)."""
    encoded = name.encode("latin-1")
    entry = struct.pack("!BH", 0, len(encoded)) + encoded
    return struct.pack("!H", len(entry)) + entry


def with_extension(hello: bytes, kind: int, body: bytes) -> bytes:
    """The ClientHello with an extension put behind all others, even a second one of its kind."""
    parts = _Hello.read(hello)
    return _Hello(parts.front, [*parts.extensions, (kind, body)]).write()


def padded_first(hello: bytes, size: int) -> bytes:
    """The ClientHello with a padding extension of this size in front of all others."""
    parts = _Hello.read(hello)
    parts.remove(_PADDING)
    return _Hello(parts.front, [(_PADDING, bytes(size)), *parts.extensions]).write()


def without_extensions(hello: bytes) -> bytes:
    """The ClientHello cut before its extensions, as before RFC 3546."""
    front = _Hello.read(hello).front
    return record(22, b"\x01" + len(front).to_bytes(3, "big") + front, 0x0301)
