"""Requests and openings that are not plain: each differs from a plain request in one thing, and none may pass.

An origin may read them differently from the engine, or they leave HTTP (RFC 9110 and RFC 9112, the sections beside
each). A policy never grants them, so what a rule set lets through of them is more than was declared.
"""

import dataclasses

from ringfence.policy.request import METHODS
from ringfence.verify.suricata.conversation import Head
from ringfence.verify.suricata.moment import Value

COMMON = b"User-Agent: agent\r\nAccept: */*\r\n"


def plain_head(method: str, host: bytes, *, fields: bytes = COMMON) -> Head:
    """A plain HTTP/1.1 request of a method to a host, its target open."""
    word = method.encode()
    body = b"Content-Length: 2\r\n" if method in ("POST", "PUT", "PATCH") else b""
    return Head(
        line=Value(word + b" ", open_=True, end=b" HTTP/1.1"),
        fields=b"Host: " + host + b"\r\n" + fields + body + b"\r\n",
        method=Value(word),
        target=Value(b"", open_=True),
        host=host,
    )


def any_line(host: bytes) -> Head:
    """A request to a host whose whole line is open: any method, target and version, or none of them."""
    head = plain_head("GET", host)
    return Head(Value(b"", open_=True), head.fields, host=host)


def odd_heads(host: bytes) -> tuple[tuple[str, Head], ...]:
    """Requests with an odd head, by what is odd; the target is open."""
    odd = [(name, _with(host, fields, line_end, seen)) for name, fields, line_end, seen in _odd(host)]
    plain = plain_head("POST", host)
    odd.append(("a field longer than the engine reads", dataclasses.replace(plain, events=_TOO_LONG)))
    return tuple(odd)


_TOO_LONG = frozenset({"http.request_field_too_long"})
"""What the engine notes of a field beyond its limit, after which it reads no further."""


def _with(host: bytes, fields: bytes, line_end: bytes, seen: bytes | None) -> Head:
    head = plain_head("POST", host)
    if not line_end:
        return Head(Value(b"POST /"), fields, head.method, Value(b"/"), seen)
    return Head(
        Value(b"POST ", open_=True, end=line_end), fields, head.method, head.target, seen, line_end.strip()
    )  # fmt: skip


def _odd(host: bytes) -> list[tuple[str, bytes, bytes, bytes | None]]:
    """Name, fields, end of the line, and the host that the engine sees."""
    line = b" HTTP/1.1"
    ours = b"Host: " + host + b"\r\n"
    odd: list[tuple[str, bytes, bytes, bytes | None]] = [
        ("HTTP/1.0 without Host", b"Accept: */*\r\n\r\n", b" HTTP/1.0", None),
        ("HTTP/1.1 without Host (RFC 9112, 3.2)", b"Accept: */*\r\n\r\n", line, None),
        ("no field at all", b"\r\n", line, None),
        ("HTTP/1.0", ours + b"\r\n", b" HTTP/1.0", host),
        ("another version", ours + b"\r\n", b" HTTP/1.2", host),
        ("HTTP/0.9, no version", ours + b"\r\n", b"", host),
        ("something behind the version", ours + b"\r\n", b" HTTP/1.1 ", host),
        ("two Hosts (RFC 9112, 3.2)", ours + b"Host: other.invalid\r\n\r\n", line, host),
        ("two Hosts, ours second", b"Host: other.invalid\r\n" + ours + b"\r\n", line, host),
        ("two Hosts of other case", ours + b"hOST: other.invalid\r\n\r\n", line, host),
        ("a Host with a user before it", b"Host: user@" + host + b"\r\n\r\n", line, host),
        ("a Host with a path behind it", b"Host: " + host + b"/x\r\n\r\n", line, host),
        ("a Host with a blank in it", b"Host: " + host + b" other.invalid\r\n\r\n", line, host),
        ("an upgrade (RFC 9110, 7.8)", ours + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", line, host),
        ("an upgrade in other case", ours + b"upgrade: h2c\r\n\r\n", line, host),
        ("HTTP2-Settings", ours + b"HTTP2-Settings: AAMAAABk\r\n\r\n", line, host),
        ("two lengths (RFC 9112, 6.3)", ours + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\n", line, host),
        ("a length that is no number", ours + b"Content-Length: 2x\r\n\r\n", line, host),
        ("a list of lengths", ours + b"Content-Length: 2, 2\r\n\r\n", line, host),
        (
            "a length and a coding (RFC 9112, 6.1)",
            ours + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", line, host,
        ),
        ("an unknown coding", ours + b"Transfer-Encoding: gzip, chunked\r\n\r\n", line, host),
        ("two codings", ours + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n", line, host),
        ("a coding with an octet before it", ours + b"Transfer-Encoding: \x0bchunked\r\n\r\n", line, host),
        ("a bare line feed (RFC 9112, 2.2)", ours + b"Accept: */*\nX: y\r\n\r\n", line, host),
        ("a bare carriage return", ours + b"Accept: */*\rX: y\r\n\r\n", line, host),
        ("a null octet", ours + b"Accept: \x00\r\n\r\n", line, host),
        ("another control character", ours + b"Accept: \x01\r\n\r\n", line, host),
        ("a blank before the colon (RFC 9112, 5.1)", ours + b"Accept : */*\r\n\r\n", line, host),
        ("a folded field (RFC 9112, 5.2)", ours + b"Accept: */*\r\n folded\r\n\r\n", line, host),
        ("a field without a colon", ours + b"Accept\r\n\r\n", line, host),
        ("a field without a name", ours + b": x\r\n\r\n", line, host),
        ("a head that does not end", ours, line, host),
    ]  # fmt: skip
    odd += [
        (f"another target or method by {name.decode()}", ours + name + b": x\r\n\r\n", line, host)
        for name in (
            b"X-HTTP-Method", b"X-HTTP-Method-Override", b"X-Method-Override", b"X-Original-URL", b"X-Rewrite-URL",
            b"Forwarded", b"X-Forwarded-Host", b"X-Host", b"X-HTTP-Host-Override",
        )
    ]  # fmt: skip
    return odd


_UNREAD_LINE = b"POST / HTTP/1.1\r\nHost: example.invalid\r\n"
UNREAD_REQUESTS: tuple[tuple[str, bytes], ...] = (
    ("two lengths", _UNREAD_LINE + b"Content-Length: 0\r\nContent-Length: 47\r\n\r\n"),
    ("two lengths of other case", _UNREAD_LINE + b"Content-Length: 0\r\nContent-length: 47\r\n\r\n"),
    ("two lengths, one far behind", _UNREAD_LINE + b"Content-Length: 0\r\nA: b\r\nC: d\r\nContent-Length: 47\r\n\r\n"),
    ("an empty length", _UNREAD_LINE + b"Content-Length:\r\n\r\n"),
    ("a length of blanks", _UNREAD_LINE + b"content-length: \t \r\n\r\n"),
    ("a length in another base", _UNREAD_LINE + b"Content-Length: 0x2f\r\n\r\n"),
    ("a length with text behind it", _UNREAD_LINE + b"Content-Length: 47x\r\n\r\n"),
    ("a length beyond 64 bits", _UNREAD_LINE + b"Content-Length: 18446744073709551663\r\n\r\n"),
    ("an unknown coding", _UNREAD_LINE + b"Transfer-Encoding: xchunked\r\n\r\n"),
    ("a coding of other case", _UNREAD_LINE + b"transfer-encoding: identity\r\n\r\n"),
    ("a coding with a null octet before the colon", _UNREAD_LINE + b"Transfer-Encoding\0: chunked\r\n\r\n"),
    ("carriage returns as its line ends", _UNREAD_LINE.replace(b"\r\n", b"\r") + b"\r"),
    ("more fields than a head has", _UNREAD_LINE + b"".join(b"X-%d: y\r\n" % index for index in range(60)) + b"\r\n"),
)
"""Requests that the engines do not read to their end, or not as requests, as they stand in the stream (measured): no
rule that asks of a request's parts sees them."""

UNRECOGNISED_OPENINGS: tuple[tuple[str, bytes], ...] = (
    ("a random octet", b"\x8e\x01\x77\x00\xff\x10\x80\x3c\x9a\x5d\x42\x11"),
    ("an empty line before a request (RFC 9112, 2.2)", b"\r\nPOST / HTTP/1.1\r\n"),
    *((f"a blank before {method}", f" {method} / HTTP/1.1\r\n".encode()) for method in METHODS),
    ("a method in lower case", b"post / HTTP/1.1\r\n"),
    ("an unknown method", b"BREW / HTTP/1.1\r\n"),
    ("a method that begins like a known one", b"GETX / HTTP/1.1\r\n"),
    ("a method that begins like a longer one", b"OPTIONX / HTTP/1.1\r\n"),
    ("CONNECT", b"CONNECT other.invalid:443 HTTP/1.1\r\n"),
    ("TRACE", b"TRACE / HTTP/1.1\r\n"),
    ("an SSH client", b"SSH-2.0-OpenSSH_9.2\r\n"),
    ("an SMTP client", b"EHLO agent\r\nMAIL FROM:<a>\r\n"),
    ("a DNS message", b"\x00\x1d\xab\xcd\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"),
    ("HTTP/2 with prior knowledge", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("a TLS record that is no handshake", b"\x17\x03\x03\x00\x20" + bytes(range(32))),
    ("a heartbeat (RFC 6520)", b"\x18\x03\x03\x00\x20\x01\x00\x10" + bytes(range(29))),
    ("a handshake that is no ClientHello", b"\x16\x03\x01\x00\x20\x02" + bytes(range(31))),
    ("a record of no known version", b"\x16\x04\x01\x00\x20\x01" + bytes(range(31))),
    ("an SSL 2 hello", b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10\x01\x00\x80"),
    ("a ClientHello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(32))),
)
"""What a client may send first that is neither a known request nor, where TLS is expected, a ClientHello."""
