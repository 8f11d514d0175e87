"""Evasions of the opaque agent: names, ClientHellos, and other things on the port of TLS."""

import struct

# ruff: noqa: E501 - tables, one case a line
from collections.abc import Iterator

from evasions import CLAIMED_NAME, FIRST_FLIGHT, FORBIDDEN, HELLO_BOUND, NAMES, NAMES_PORT_8443, OPAQUE, STRANGER, Case
from ringfence.engine import http1, http2, samples, tls
from ringfence.engine.flow import Conversation, Message, Segment, Side, Step, answers, says

NAME = NAMES[0]
EVIL = "evil.example.net"
AFTER = (*tls.accepted(), says(tls.application_data(), "data"))

AT_LENGTH = (*tls.accepted(), *(says(tls.application_data(1400), "data") for _ in range(30)))
"""What would follow, and more than any bound."""


def talk(*steps: Step, **options: object) -> Conversation:
    return Conversation("", steps, OPAQUE, **options)


def sent(data: bytes, pieces: tuple[int, ...] = ()) -> Message:
    return Message(Side.CLIENT, data, FORBIDDEN, pieces)


def good(pieces: tuple[int, ...] = (), **options: object) -> Conversation:
    return talk(says(tls.client_hello(NAME, **options), "granted", pieces=pieces), *AFTER)


TWIN = good()


def one(
    mechanism: str, tries: str, *hellos: bytes, residual: str | None = None, bound: int | None = None
) -> Iterator[Case]:
    for number, data in enumerate(hellos):
        variant = "" if len(hellos) == 1 else f"variant {number + 1}"
        after = AFTER if bound is None else AT_LENGTH
        yield Case(f"tls: {mechanism}", tries, variant, talk(sent(data), *after), TWIN, residual, bound)


def hello(name: str | None, **options: object) -> bytes:
    return tls.client_hello(name, **options)


def with_names(*entries: tuple[int, bytes]) -> bytes:
    """A ClientHello whose server name extension lists these (type, name)."""
    listed = b"".join(struct.pack("!BH", kind, len(name)) + name for kind, name in entries)
    return tls.with_extension(hello(None), 0, struct.pack("!H", len(listed)) + listed)


def names() -> Iterator[Case]:
    yield from one("another name", "plainly not granted", hello(EVIL), hello("gist.github.io"))
    yield from one("no name", "an absent buffer matches no negation", hello(None))
    yield from one("empty name", "an empty buffer", hello(""), with_names(), with_names((0, b"")))
    yield from one(
        "an address as name",
        "no name at all (RFC 6066, 3)",
        hello("198.51.100.20"),
        hello("2001:db8::1"),
        hello("[::1]"),
    )
    yield from one("name as a suffix", "a match without an anchor", hello("evilgithub.com"), hello("evil-github.com"))
    yield from one(
        "name as a prefix", "a match without an anchor", hello("github.com.evil.example.net"), hello("github.como")
    )
    yield from one("subdomain of an exact name", "exact is exact", hello("gist.github.com"), hello("a.b.github.com"))
    yield from one("apex of a subdomain grant", "subdomains only", hello("cdn-example.com"))
    yield from one("suffix of a subdomain grant", "a match without its dot", hello("evilcdn-example.com"))
    yield from one(
        "dot is any character", "a literal that was not escaped", hello("githubxcom.com"), hello("github-com")
    )
    yield from one("trailing dot", "another name to the engine, the same to DNS", hello("github.com."))
    yield from one("leading dot", "matches a suffix by itself", hello(".cdn-example.com"), hello(".github.com"))
    yield from one(
        "NUL in the name",
        "C strings end there",
        hello("evil.example.net\0.cdn-example.com"),
    )
    yield from one(
        "NUL behind a granted name",
        "C strings end there",
        hello("github.com\0.evil.example.net"),
        residual=CLAIMED_NAME,
    )
    yield from one(
        "blank in the name",
        "cut there by some",
        hello("github.com evil.example.net"),
        hello("evil.example.net .cdn-example.com"),
    )
    yield from one("slash in the name", "cut there by some", hello("evil.example.net/.cdn-example.com"))
    yield from one(
        "port in the name",
        "cut there by some",
        hello("github.com:443"),
        hello("evil.example.net:.cdn-example.com"),
    )
    yield from one("wildcard as name", "a pattern, not a name", hello("*.cdn-example.com"), hello("*"))
    yield from one("high octets in the name", "a look-alike", hello("g\xecthub.com"), hello("github.com\xff"))
    yield from one(
        "line feed behind the name", "$ matches before it", hello("github.com\n"), hello("raw.cdn-example.com\n")
    )
    yield from one(
        "very long name", "beyond DNS", hello("a." * 150 + "evil.net"), hello("a" * 3000 + ".cdn-example.com")
    )
    yield from one(
        "two names in the list",
        "the first or the last",
        with_names((0, EVIL.encode()), (0, NAME.encode())),
    )
    yield from one(
        "two names in the list, the granted one first",
        "the last counts",
        with_names((0, NAME.encode()), (0, EVIL.encode())),
        residual=CLAIMED_NAME,
    )
    yield from one(
        "name of another type",
        "type 0 is a host name",
        with_names((1, NAME.encode())),
        with_names((7, b"x"), (0, EVIL.encode())),
    )
    twice = tls.with_extension(hello(NAME), 0, tls.server_names(EVIL))
    yield from one(
        "two name extensions",
        "the first or the last",
        tls.with_extension(hello(EVIL), 0, tls.server_names(NAME)),
    )
    yield from one("two name extensions, the granted one first", "the last counts", twice, residual=CLAIMED_NAME)
    yield from one(
        "name beyond its extension",
        "a length that lies",
        tls.with_extension(hello(None), 0, b"\0\x20\0\0\x1dgithub.com"),
    )
    yield Case(
        "tls: granted name on another port", "443 is declared", "", talk(sent(hello(NAME)), *AFTER, port=8443), TWIN
    )
    yield Case("tls: name of port 8443 on 443", "8443 is declared", "", talk(sent(hello(NAMES_PORT_8443[0])), *AFTER),
               talk(says(hello(NAMES_PORT_8443[0]), "granted"), *AFTER, port=8443))  # fmt: skip
    for port in (22, 25, 80, 853, 8080, 9443):
        yield Case(
            "tls: another name on another port",
            "no port is exempt",
            f"{port}",
            talk(sent(hello(EVIL)), *AFTER, port=port),
            TWIN,
        )
    yield Case(
        "tls: resolver over TLS",
        "names outside the walled garden",
        "",
        talk(sent(hello("dns.google", alpn=("dot",))), *AFTER, port=853),
        TWIN,
    )
    yield from one(
        "resolver over HTTPS", "names outside the walled garden", hello("dns.google"), hello("cloudflare-dns.com")
    )
    yield Case(
        "tls: granted name to a strange server", "the name is the client's claim", "",
        talk(sent(hello(NAME)), *AFTER, server=STRANGER), TWIN, residual=CLAIMED_NAME,
    )  # fmt: skip
    yield Case(
        "tls: encrypted hello behind a granted outer name", "the inner name is hidden", "",
        talk(sent(hello(NAME, encrypted=True)), *AFTER), TWIN, residual=CLAIMED_NAME,
    )  # fmt: skip
    yield from one(
        "encrypted hello behind another outer name",
        "the inner name is hidden",
        hello("cloudflare-ech.com", encrypted=True),
    )
    yield from one("encrypted hello without an outer name", "no name is seen", hello(None, encrypted=True))


def out_of_order(data: bytes, label: str) -> Conversation:
    """The ClientHello in two segments, of which the network delivers the second first."""
    cut = len(data) // 2
    return talk(
        Segment(Side.CLIENT, data[cut:], label, offset=cut, advances=False),
        Segment(Side.CLIENT, data[:cut], label),
        Segment(Side.CLIENT, b"", offset=len(data) - cut, flags=0x10, advances=False),
        closes=False,
    )


def shapes() -> Iterator[Case]:
    bad, fine = hello(EVIL), hello(NAME)
    for big in (False, True):
        long, short = hello(EVIL, post_quantum=big), "post-quantum" if big else "classic"
        for cut in (1, 3, 5, 6, 9, 43, 100, 300, 500, *((1000, 1459) if big else ())):
            yield Case(
                "tls: hello in two segments",
                "the first shows no name",
                f"{short}, cut after {cut}",
                talk(sent(long, (cut, 1460)), *AFTER),
                good((cut, 1460), post_quantum=big),
            )
        for size in (1, 16, 64, 200):
            yield Case(
                "tls: hello in pieces",
                "no packet shows the name",
                f"{short}, {size} octets",
                talk(sent(long, (size,)), *AFTER),
                good((size,), post_quantum=big),
            )
        yield Case(
            "tls: no name in a hello of two segments",
            "nothing to compare",
            short,
            talk(sent(hello(None, post_quantum=big), (400, 1460)), *AFTER),
            good((400, 1460), post_quantum=big),
        )
    for sizes in ((1, 16000), (4, 16000), (50,), (300, 16000)):
        yield Case(
            "tls: hello in several records",
            "a handshake message may span them",
            f"{sizes}",
            talk(sent(tls.records(bad, sizes)), *AT_LENGTH),
            TWIN,
            FIRST_FLIGHT,
            HELLO_BOUND,
        )
    yield Case(
        "tls: hello in records and segments",
        "both at once",
        "",
        talk(sent(tls.records(bad, (40,)), (64,)), *AFTER),
        TWIN,
    )
    yield Case(
        "tls: no name in several records",
        "nothing to compare",
        "",
        talk(sent(tls.records(hello(None), (60,))), *AFTER),
        TWIN,
    )
    for size in (2000, 9000, 15000):
        padded = tls.padded_first(bad, size)
        yield Case(
            "tls: name behind padding", "a limit on the hello", f"{size} octets", talk(sent(padded), *AFTER), TWIN
        )
    yield Case(
        "tls: name behind padding over records",
        "a limit on the handshake",
        "",
        talk(sent(tls.records(tls.padded_first(bad, 40000), (16000,))), *AFTER),
        TWIN,
    )
    for mechanism, tries, version in (
        ("record of SSL 3.0", "an old version", 0x0300), ("record of TLS 1.2", "a later version", 0x0303),
        ("record of no version", "receivers ignore it", 0x0505), ("record of version 3.255", "receivers ignore it", 0x03FF),
    ):  # fmt: skip
        data = bad[:1] + struct.pack("!H", version) + bad[3:]
        yield from one(mechanism, tries, data, residual=FIRST_FLIGHT, bound=HELLO_BOUND)
    yield from one(
        "hello of SSL 2.0",
        "a format of its own",
        b"\x80\x2e\x01\x03\x01\0\x15\0\0\0\x10" + bytes(40),
        b"\x80\x2e\x01\0\x02\0\x15\0\0\0\x10" + bytes(40),
    )
    yield from one("hello of TLS 1.0", "an old version within", bad[:9] + b"\x03\x01" + bad[11:])
    yield from one("hello of a lower version without extensions", "no room for a name", tls.without_extensions(bad))
    yield from one("an alert first", "another record in front", tls.record(21, b"\x01\0") + bad)
    yield from one("a change of cipher first", "another record in front", tls.record(20, b"\x01") + bad)
    yield from one("data first", "another record in front", tls.record(23, bytes(40)) + bad)
    yield from one("a heartbeat first", "another record in front", tls.record(24, b"\x01\0\x10" + bytes(16)) + bad)
    yield from one("empty records first", "records without octets", tls.record(22, b"") * 3 + bad)
    yield from one(
        "data without a hello",
        "records of TLS, no handshake",
        tls.record(23, bytes(200)),
        tls.record(23, bytes(40)) * 4,
    )
    yield from one("a record of an unknown type", "not TLS after all", b"\x63\x03\x01\x00\x40" + bytes(64))
    yield from one(
        "another handshake message",
        "not a hello",
        tls.record(22, b"\x02\0\0\x46" + bytes(70)),
        tls.record(22, b"\x0b\0\0\x20" + bytes(32)),
        tls.record(22, b"\0\0\0\0"),
    )
    yield from one(
        "a hello that is too short",
        "a length that lies",
        b"\x16\x03\x01\x00\x20" + bad[5:40] + bytes(100),
        b"\x16\x03\x01\x02\x00\x01\x00\x00\x02\x03\x03" + bytes(200),
        residual=FIRST_FLIGHT,
        bound=HELLO_BOUND,
    )
    yield from one(
        "a record that never ends",
        "the rest is never sent",
        b"\x16\x03\x01\x40\x00\x01\x00\x3f\xf0\x03\x03" + bytes(900),
        residual=FIRST_FLIGHT,
        bound=HELLO_BOUND,
    )
    yield from one("a record header only", "five octets, then anything", b"\x16\x03\x01\x02\x00" + samples.NOISE)
    yield from one("a record of no length", "nothing in it, then anything", b"\x16\x03\x01\x00\x00" + samples.NOISE)
    for big in (False, True):
        yield Case(
            "tls: hello out of order",
            "the end arrives first",
            "post-quantum" if big else "classic",
            out_of_order(hello(EVIL, post_quantum=big), FORBIDDEN),
            out_of_order(hello(NAME, post_quantum=big), "granted"),
        )
    yield Case(
        "tls: server speaks TLS first", "the sides exchanged", "",
        talk(answers(tls.server_hello()), sent(samples.NOISE)), TWIN,
    )  # fmt: skip
    yield Case("tls: a second hello for another name", "judged once?", "", talk(sent(bad), *AFTER, says(fine)), TWIN)


def others() -> Iterator[Case]:
    bad = http1.raw(b"GET /loot HTTP/1.1\r\nHost: github.com\r\n\r\n", FORBIDDEN)
    for port in (443, 80, 8080):
        yield Case(
            "tls: HTTP without TLS",
            "a granted name in a Host",
            f"port {port}",
            talk(bad, http1.response(), port=port),
            TWIN,
        )
    yield Case(
        "tls: HTTP/2 without TLS",
        "a granted name in an authority",
        "",
        talk(http2.Client().request("GET", "/loot", NAME, label=FORBIDDEN), http2.response()),
        TWIN,
    )
    yield Case(
        "tls: proxy request without TLS",
        "a tunnel through a proxy",
        "",
        talk(http1.raw(b"CONNECT github.com:443 HTTP/1.1\r\n\r\n", FORBIDDEN), http1.response()),
        TWIN,
    )
    yield Case(
        "tls: the name in plain text",
        "a match on the packet",
        "",
        talk(sent(b"github.com\r\n"), answers(b"ok\r\n")),
        TWIN,
    )
    yield Case(
        "tls: STARTTLS",
        "TLS within another protocol",
        "",
        talk(
            answers(samples.SMTP_SERVER),
            says(b"EHLO agent\r\n", FORBIDDEN),
            answers(b"250 STARTTLS\r\n"),
            says(b"STARTTLS\r\n"),
        ),
        TWIN,
    )


def cases() -> Iterator[Case]:
    yield from names()
    yield from shapes()
    yield from others()
