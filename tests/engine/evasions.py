"""What an evasion is, and the three agents that try them.

Each case is a conversation whose step ``forbidden`` must not reach the server, beside its twin: the same conversation
but for one thing, which must. A mechanism is a way around; its variants (offsets, sizes, spellings) are counted apart.
"""

import dataclasses
import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ringfence.engine import http1
from ringfence.engine.flow import Conversation, Message, Side, Step

INSPECTED = ipaddress.IPv4Address("10.40.0.4")
"""Its TLS is decrypted; it is granted the requests of `GRANTED`."""
OPAQUE = ipaddress.IPv4Address("10.40.1.4")
"""Its TLS is not decrypted; it is granted the names of `NAMES`."""
NOTHING = ipaddress.IPv4Address("10.40.2.4")
"""It is granted nothing."""
STRANGER = ipaddress.IPv4Address("203.0.113.66")
"""A server that no grant speaks of."""

HOST = "api.github.com"
OTHER = "files.example.com"
EVIL = "evil.example.net"

GRANTED = {
    HOST: (
        "GET /repos/acme/site/pulls/{number}",
        "POST /repos/acme/site/pulls",
        "GET /repos/acme/site/contents/**",
    ),
    OTHER: ("PUT /upload/{name}", "GET /feed?format=atom", "GET /exact?-", "GET /p/acme%2Fsite"),
}
NAMES = ("github.com", "*.cdn-example.com")
NAMES_PORT_8443 = ("packages.example.org",)

GET = b"GET /repos/acme/site/pulls/7 HTTP/1.1\r\nHost: api.github.com\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n"
POST_BODY = b'{"title":"fix","head":"acme:fix","base":"main"}'
POST = (
    b"POST /repos/acme/site/pulls HTTP/1.1\r\nHost: api.github.com\r\nUser-Agent: curl/8.5.0\r\n"
    b"Content-Length: 47\r\n\r\n" + POST_BODY
)
OK = http1.response(label="answer")
FORBIDDEN = "forbidden"

CLAIMED_NAME = "R102"
"""The residual of opaque TLS: a granted name is the client's claim, and any server may take it."""
FIRST_FLIGHT = "octets before a verdict"
"""The residual of judging what is sent: what arrived before there was enough to judge; no answer comes back."""
HELLO_BOUND = 16389
"""Octets of one TLS record of the largest size (RFC 8446, 5.1), which a ClientHello may fill."""
REQUEST_BOUND = 18432
"""Octets of the longest request line or field that the engine reads (libhtp's default limit)."""


@dataclass(frozen=True, slots=True)
class Case:
    """One evasion. ``residual`` says why it may pass; ``bound`` is how many octets of the client at most then do, from
    the forbidden step on, without an answer; None is no bound."""

    mechanism: str
    tries: str
    variant: str
    forbidden: Conversation
    twin: Conversation
    residual: str | None = None
    bound: int | None = None

    @property
    def name(self) -> str:
        return f"{self.mechanism}, {self.variant}" if self.variant else self.mechanism


def talk(*steps: Step, client: ipaddress.IPv4Address = INSPECTED, **options: object) -> Conversation:
    return Conversation("", steps, client, **options)


def conversation_named(conversation: Conversation, name: str) -> Conversation:
    return dataclasses.replace(conversation, name=name)


def labelled(head: bytes, body: bytes = b"", **options: object) -> Message:
    return http1.raw(head, FORBIDDEN, body=body, **options)


def whole(data: bytes) -> Message:
    """A request of which the receiver needs no more than the head, found by its blank line when there is one."""
    front = len(data) - len(data.lstrip(b"\r\n"))
    end = data.find(b"\r\n\r\n", front)
    return Message(Side.CLIENT, data, FORBIDDEN, (), None if end < 0 else end + 4)


def edited(base: bytes, *edits: tuple[bytes, bytes]) -> bytes:
    """The base with each old text, which must be there, replaced once."""
    for old, new in edits:
        assert base.count(old) >= 1, (old, base)
        base = base.replace(old, new, 1)
    return base


def on_request(base: bytes, table: Iterable[tuple[str, str, *tuple[tuple[bytes, bytes], ...]]]) -> Iterator[Case]:
    """Cases that edit one granted request: (mechanism, what it tries, (old, new), ...), each edit a variant."""
    for mechanism, tries, *edits in table:
        for number, edit in enumerate(edits):
            variant = "" if len(edits) == 1 else f"variant {number + 1}"
            yield Case(
                mechanism, tries, variant, talk(whole(edited(base, edit)), OK), talk(http1.raw(base, "granted"), OK)
            )
