"""Evasions of the inspected agent over HTTP/2, prior knowledge as inspection presents a connection that chose h2."""

import dataclasses
from collections.abc import Iterator

from evasions import EVIL, FORBIDDEN, GET, HOST, OK, OTHER, Case, talk
from ringfence.engine import http1, http2
from ringfence.engine.flow import Conversation, Message, Side, Step, says
from ringfence.engine.http2 import Client, Header, frame, literal, opening, pseudo
from ringfence.policy.request import TARGET_MAX

PATH = "/repos/acme/site/pulls/7"
TWIN = talk(http1.raw(GET, "granted"), OK)
BAD = pseudo("POST", "/user/repos", HOST)


def granted(client: Client) -> Message:
    """The granted request over HTTP/2: what an environment that judges HTTP/2 lets through."""
    return client.request("GET", PATH, HOST, headers=(("user-agent", "curl/8.5.0"), ("accept", "*/*")), label="granted")


def one(mechanism: str, tries: str, *blocks: bytes | tuple[Header, ...]) -> Iterator[Case]:
    """One stream with this header block, each block a variant."""
    for number, block in enumerate(blocks):
        data = block if isinstance(block, bytes) else literal(block)
        variant = "" if len(blocks) == 1 else f"variant {number + 1}"
        yield Case(
            f"h2: {mechanism}", tries, variant, talk(Client().send(data, label=FORBIDDEN), http2.response()), TWIN
        )


def framed(mechanism: str, tries: str, *steps: Step) -> Case:
    return Case(f"h2: {mechanism}", tries, "", talk(*steps, http2.response()), TWIN)


def sent(data: bytes, **options: object) -> Message:
    return Message(Side.CLIENT, data, FORBIDDEN, **options)


def headers(block: bytes, *, stream: int = 1, flags: int = 0x5) -> bytes:
    return frame(http2.HEADERS, flags, stream, block)


def cases() -> Iterator[Case]:
    get = pseudo("GET", PATH, HOST)
    yield from one("ungranted method", "plainly not granted", pseudo("DELETE", PATH, HOST), BAD)
    yield from one(
        "another path", "plainly not granted", pseudo("GET", "/user", HOST), pseudo("GET", PATH + "/merge", HOST)
    )
    yield from one("another host", "plainly not granted", pseudo("GET", PATH, EVIL))
    yield from one("no authority", "an absent buffer matches no negation", pseudo("GET", PATH, None))
    yield from one("host only", "7.0 has no host buffer then", (*pseudo("GET", PATH, None), ("host", EVIL)))
    yield from one(
        "authority and another host", "only the first is seen", (*get, ("host", EVIL)), (("host", EVIL), *get)
    )
    yield from one(
        "two authorities", "the first or the last", (*get, (":authority", EVIL)), ((":authority", EVIL), *get)
    )
    yield from one("two paths", "the first or the last", (*get, (":path", "/user")), ((":path", "/user"), *get))
    yield from one("two methods", "the first or the last", (*get, (":method", "DELETE")), ((":method", "DELETE"), *get))
    yield from one("no path", "an absent buffer", (get[0], get[1], get[3]))
    yield from one("no method", "an absent buffer", get[1:])
    yield from one("empty path", "an empty buffer", pseudo("GET", "", HOST))
    yield from one("pseudo fields behind others", "malformed (RFC 9113, 8.3)", (("accept", "*/*"), *BAD))
    yield from one(
        "upper-case field names", "malformed (RFC 9113, 8.2.1)", ((":Method", "POST"), *BAD[1:]), (*get, ("Host", EVIL))
    )
    yield from one("unknown pseudo field", "malformed", (*BAD, (":x", "y")))
    yield from one(
        "other scheme", "http or none", pseudo("POST", "/user", HOST, "http"), pseudo("GET", PATH, HOST, "file")
    )
    yield from one("CONNECT", "a tunnel (RFC 9113, 8.5)", ((":method", "CONNECT"), (":authority", f"{EVIL}:443")))
    yield from one(
        "extended CONNECT", "WebSocket (RFC 8441)", (*pseudo("CONNECT", PATH, HOST), (":protocol", "websocket"))
    )
    yield from one("authority with user information", "which part is the host?", pseudo("GET", PATH, f"{HOST}@{EVIL}"))
    yield from one("authority with another port", "443 is declared", pseudo("GET", PATH, f"{HOST}:8443"))
    yield from one("authority with a trailing dot", "the same to DNS", pseudo("GET", PATH, f"{HOST}."))
    yield from one(
        "authority in parts",
        "NUL, blank, slash",
        *(pseudo("GET", PATH, HOST + end) for end in ("\0." + EVIL, " " + EVIL, "/." + EVIL)),
    )
    yield from one("empty authority", "an empty buffer", pseudo("GET", PATH, ""))
    yield from one(
        "dot segments",
        "resolved by origins",
        pseudo("GET", f"{PATH}/../../../../../user", HOST),
        pseudo("GET", "/repos/acme/site/contents/%2e%2e/x", HOST),
    )
    yield from one("absolute path", "a whole URL as path", pseudo("GET", f"https://{EVIL}{PATH}", HOST))
    yield from one(
        "path with a line end",
        "a second request to a proxy that goes down to HTTP/1",
        pseudo("GET", f"{PATH} HTTP/1.1\r\nHost: {EVIL}\r\n\r\n", HOST),
    )
    yield from one(
        "method with a line end",
        "a second request to such a proxy",
        pseudo(f"GET / HTTP/1.1\r\nHost: {EVIL}\r\n\r\nGET", PATH, HOST),
    )
    yield from one("field with a line end", "a second field to such a proxy", (*get, ("x", f"y\r\nhost: {EVIL}")))
    yield from one(
        "hop-by-hop fields",
        "framing of HTTP/1 (RFC 9113, 8.2.2)",
        (*get, ("transfer-encoding", "chunked")),
        (*get, ("connection", "upgrade"), ("upgrade", "websocket")),
    )
    yield from one("lower-case method", "methods are case-sensitive", pseudo("delete", PATH, HOST))
    yield from one(
        "method override field", "the origin acts on another method", (*get, ("x-http-method-override", "DELETE"))
    )
    yield from one(
        "over-long path",
        "a decided length at most",
        pseudo("GET", "/repos/acme/site/contents/".ljust(TARGET_MAX + 1, "a"), HOST),
    )
    yield from one("very long path", "the engine's own limits", pseudo("GET", "/user?" + "a" * 15000, HOST))
    yield from one(
        "very many fields",
        "the engine's own limits",
        (*(("x", "y" * 20) for _ in range(600)), *BAD),
        (*BAD[1:], *(("x", "y" * 20) for _ in range(600)), BAD[0]),
    )
    yield from one(
        "block of nonsense", "a decoder that failed", b"\xff\xff\xff\xff\xff\xff" + literal(BAD), b"\x40" + literal(BAD)
    )
    yield from one("index that is not there", "a decoder that failed", b"\xbe" + literal(BAD), b"\x80" + literal(BAD))
    yield from one("table size over the limit", "a decoder that lost its table", b"\x3f\xe1\xff\x07" + literal(BAD))

    coded = Client()
    yield Case(
        "h2: coded fields",
        "indexed and Huffman-coded",
        "",
        talk(coded.request("POST", "/user/repos", HOST, label=FORBIDDEN), http2.response()),
        TWIN,
    )
    for mechanism, count in (("later stream", 1), ("hundredth stream", 99)):
        client = Client()
        before: list[Step] = []
        for number in range(count):
            before += [granted(client), http2.response(2 * number + 1, first=number == 0)]
        yield framed(
            mechanism, "judged as the first", *before, client.request("POST", "/user/repos", HOST, label=FORBIDDEN)
        )
    client = Client()
    yield framed(
        "later stream to another host",
        "one connection, many hosts",
        granted(client),
        http2.response(),
        client.request("GET", PATH, EVIL, label=FORBIDDEN),
    )
    client = Client()
    yield framed(
        "stream in the same segment",
        "pipelined",
        granted(client),
        client.request("POST", "/user/repos", HOST, label=FORBIDDEN, joined=True),
    )
    client = Client()
    first = client.request("POST", "/repos/acme/site/pulls", HOST, body=b"{}", label="granted")
    yield framed(
        "stream within another's body", "interleaved", first, client.request("GET", "/user", HOST, label=FORBIDDEN)
    )
    for cut in (1, 5, 16):
        yield Case(
            "h2: header block in continuations",
            "no single frame shows it",
            f"{cut} octets",
            talk(Client().send(literal(BAD), label=FORBIDDEN, continued=cut), http2.response()),
            TWIN,
        )
    for size in (1, 2, 3, 7, 16):
        yield Case(
            "h2: in pieces",
            "no single packet shows it",
            f"{size} octets",
            talk(Client().send(literal(BAD), label=FORBIDDEN, pieces=(size,)), http2.response()),
            TWIN,
        )
    for at in (3, 10, 24, 30, 40, 60):
        yield Case(
            "h2: first segment cut",
            "the preface or a frame in two",
            f"after {at}",
            talk(Client().send(literal(BAD), label=FORBIDDEN, pieces=(at, 1460)), http2.response()),
            TWIN,
        )
    block = literal(BAD)
    yield framed(
        "padded headers", "offsets that move", sent(opening() + headers(b"\x10" + block + bytes(16), flags=0xD))
    )
    yield framed(
        "padding longer than the frame", "a parser that failed", sent(opening() + headers(b"\xff" + block, flags=0xD))
    )
    yield framed(
        "headers with priority", "offsets that move", sent(opening() + headers(bytes(4) + b"\x10" + block, flags=0x25))
    )
    yield framed("even stream", "a server's number", sent(opening() + headers(block, stream=2)))
    yield framed("stream of zero", "the connection's number", sent(opening() + headers(block, stream=0)))
    yield framed("very high stream", "a limit on numbers", sent(opening() + headers(block, stream=0x7FFFFFFF)))
    yield framed("reserved bit set", "ignored by receivers", sent(opening() + headers(block, stream=0x80000001)))
    yield framed(
        "unknown frames first", "ignored by receivers", sent(opening() + frame(0xEE, 0, 0, bytes(40)) + headers(block))
    )
    yield framed(
        "empty frames first", "a flood of nothing", sent(opening() + frame(http2.DATA, 0, 1, b"") * 20 + headers(block))
    )
    yield framed(
        "settings many times",
        "a limit on frames",
        sent(opening() + frame(http2.SETTINGS, 0, 0, b"") * 200 + headers(block)),
    )
    yield framed("settings left out", "lax servers take it", sent(http2.PREFACE + headers(block)))
    yield framed(
        "headers before settings",
        "lax servers take it",
        sent(http2.PREFACE + headers(block) + frame(http2.SETTINGS, 0, 0, b"")),
    )
    yield framed(
        "data before headers",
        "lax servers take it",
        sent(opening() + frame(http2.DATA, 0, 1, b"x" * 50) + headers(block)),
    )
    yield framed(
        "stream reset first", "and used all the same", sent(opening() + frame(3, 0, 1, bytes(4)) + headers(block))
    )
    yield framed(
        "after the going away", "and used all the same", sent(opening() + frame(7, 0, 0, bytes(8)) + headers(block))
    )
    yield framed(
        "frame over the limit",
        "16,384 octets at most",
        sent(opening() + headers(block + literal((("x", "y" * 20000),)))),
    )
    yield framed(
        "push promise of a client",
        "a request in another frame",
        sent(opening() + frame(http2.PUSH_PROMISE, 4, 1, b"\0\0\0\2" + block)),
    )
    yield framed(
        "trailers with pseudo fields",
        "a second request on the stream",
        sent(opening() + headers(literal(get), flags=0x4) + frame(http2.DATA, 0, 1, b"{}") + headers(block)),
    )
    yield framed("preface twice", "a parser that starts again", sent(http2.PREFACE + opening() + headers(block)))
    yield framed("preface in lower case", "not recognised", sent(opening().replace(b"PRI", b"pri") + headers(block)))
    yield framed("preface after an empty line", "not recognised", sent(b"\r\n" + opening() + headers(block)))
    yield framed("frames without a preface", "not recognised", sent(frame(http2.SETTINGS, 0, 0, b"") + headers(block)))
    client = Client(opened=True)
    early: tuple[Step, ...] = (says(opening(), "opening"), http2.response(), client.send(block, label=FORBIDDEN))
    yield framed("answer before the request", "the server's settings first", *early)
    many = b"".join(headers(literal(get), stream=2 * number + 1) for number in range(1200))
    yield framed(
        "behind a thousand streams",
        "a limit on open streams",
        says(opening() + many, "many"),
        sent(headers(block, stream=2401)),
    )


def legitimate() -> Iterator[Conversation]:
    """What an environment that judges HTTP/2 lets through: the granted request in each shape that clients give it."""
    for size in (1, 2, 3, 7, 16, 1460):
        client = Client()
        yield talk(dataclasses.replace(granted(client), pieces=(size,)), http2.response())
    for at in (3, 10, 24, 30, 40, 60):
        yield talk(dataclasses.replace(granted(Client()), pieces=(at, 1460)), http2.response())
    client = Client()
    yield talk(granted(client), http2.response(), granted(client), http2.response(3, first=False))
    client = Client()
    yield talk(granted(client), dataclasses.replace(granted(client), joined=True), http2.response())
    client = Client()
    posted = client.request("POST", "/repos/acme/site/pulls", HOST, body=b"{}", label="granted")
    yield talk(posted, http2.response(), granted(client), http2.response(3, first=False))
    get = literal((*pseudo("GET", PATH, HOST), ("accept", "*/*")))
    for cut in (1, 5, 16):
        yield talk(Client().send(get, label="granted", continued=cut), http2.response())
    # Not padded ones: 7.0.10 does not read them, so they are refused there.
    yield talk(says(opening() + headers(bytes(4) + b"\x10" + get, flags=0x25), "granted"), http2.response())
    early = Client(opened=True)
    yield talk(says(opening(), "opening"), http2.response(), early.send(get, label="granted"))
    yield talk(Client().request("PUT", "/upload/a", OTHER, body=b"x" * 5000, label="granted"), http2.response())
