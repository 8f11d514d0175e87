"""Evasions over a connection of the inspected agent: framing, smuggling, later requests, upgrades, segments."""

import dataclasses

# ruff: noqa: E501 - tables, one case a line
from collections.abc import Iterator

from evasions import (
    EVIL,
    FIRST_FLIGHT,
    FORBIDDEN,
    GET,
    HOST,
    OK,
    OTHER,
    POST,
    POST_BODY,
    REQUEST_BOUND,
    Case,
    edited,
    labelled,
    on_request,
    talk,
    whole,
)
from ringfence.engine import http1
from ringfence.engine.flow import Conversation, Message, Segment, Side, Step, answers, says

BAD = b"POST /user/repos HTTP/1.1\r\nHost: api.github.com\r\nContent-Length: 2\r\n\r\n{}"
BAD_HOST = GET.replace(b"api.github.com", EVIL.encode())
GRANTED = http1.raw(GET, "granted")
POSTED = http1.raw(POST[: -len(POST_BODY)], "granted", body=POST_BODY)
MORE = bytes(index % 128 | 0x80 for index in range(200))
"""What would follow if the octets before it had been taken."""
AT_LENGTH = tuple(says(MORE, "more") for _ in range(100))
"""More of it than any bound."""
LENGTH = b"Content-Length: 47\r\n"
TWIN = talk(GRANTED, OK, http1.raw(GET, "granted again"), OK)


def after(
    mechanism: str,
    tries: str,
    *before: Step,
    forbidden: bytes = BAD,
    variant: str = "",
    twin: Conversation | None = None,
    bound: int | None = None,
) -> Case:
    """A forbidden request behind what ``before`` sets up; the twin asks for something granted there.

    Where that is itself nothing legitimate, the twin does without it.
    """
    return Case(
        mechanism,
        tries,
        variant,
        talk(*before, whole(forbidden), *((OK, says(MORE, "more")) if bound is None else AT_LENGTH)),
        twin or talk(*before, http1.raw(GET, "granted"), OK),
        None if bound is None else FIRST_FLIGHT,
        bound,
    )


def hidden(mechanism: str, tries: str, *fields: bytes, body: bytes = b"0\r\n\r\n" + BAD) -> Iterator[Case]:
    """A request hidden in what one reader takes for the body of a granted one; each framing a variant.

    The twin frames the same body the one way that all readers agree on. What must not pass is the whole of it.
    """
    for number, framing in enumerate(fields):
        head = edited(POST[: -len(POST_BODY)], (LENGTH, framing))
        twin = http1.raw(POST[: -len(POST_BODY)], "granted", body=POST_BODY)
        variant = "" if len(fields) == 1 else f"variant {number + 1}"
        yield Case(mechanism, tries, variant, talk(labelled(head, body), OK, OK), talk(twin, OK))


def smuggling() -> Iterator[Case]:
    te = b"Transfer-Encoding: chunked\r\n"
    yield from hidden("length and chunks", "CL.TE and TE.CL", LENGTH + te, te + LENGTH, b"Content-Length: 0\r\n" + te)
    yield from hidden(
        "two lengths", "the first or the last counts", LENGTH + b"Content-Length: 5\r\n", b"Content-Length: 5\r\n" + LENGTH,
        b"Content-Length: 0\r\nContent-length: 47\r\n", body=POST_BODY,
    )  # fmt: skip
    yield from hidden(
        "length as a list",
        "the first or the last",
        b"Content-Length: 47, 5\r\n",
        b"Content-Length: 5,47\r\n",
        body=POST_BODY,
    )
    yield from hidden(
        "signed length",
        "read as a number by some",
        b"Content-Length: +47\r\n",
        b"Content-Length: -1\r\n",
        body=POST_BODY,
    )
    yield from hidden("length in another base", "read as a number by some", b"Content-Length: 0x2f\r\n", body=POST_BODY)
    yield from hidden(
        "length with text",
        "cut off by some",
        b"Content-Length: 47x\r\n",
        b"Content-Length: 4 7\r\n",
        b"Content-Length: 0;47\r\n",
        body=POST_BODY,
    )
    yield from hidden("empty length", "none, or zero", b"Content-Length:\r\n", body=POST_BODY)
    yield from hidden(
        "length beyond 64 bits", "wraps around", b"Content-Length: 18446744073709551663\r\n", body=POST_BODY
    )
    yield from hidden(
        "folded length",
        "joined or dropped",
        b"Content-Length:\r\n 47\r\n",
        b"Content-Length: 4\r\n 7\r\n",
        body=POST_BODY,
    )
    yield from hidden(
        "length with a blank before the colon",
        "a field to some",
        b"Content-Length : 47\r\n",
        b"Content-Length\t: 47\r\n",
        body=POST_BODY,
    )
    yield from hidden(
        "unknown transfer coding",
        "chunked to lax readers",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunkedx\r\n",
        b"Transfer-Encoding: identity\r\n",
    )
    yield from hidden(
        "two transfer codings",
        "the last one frames",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
    )
    yield from hidden(
        "transfer coding twice", "the first or the last field", te + b"Transfer-Encoding: identity\r\n", te + te
    )
    yield from hidden(
        "transfer coding in odd spelling",
        "chunked to some",
        b"Transfer-Encoding: \x0bchunked\r\n",
        b'Transfer-Encoding: "chunked"\r\n',
        b"Transfer-Encoding: chunked;x=1\r\n",
    )
    yield from hidden(
        "folded transfer coding",
        "joined or dropped",
        b"Transfer-Encoding:\r\n chunked\r\n",
        b"X: y\r\n Transfer-Encoding: chunked\r\n" + LENGTH,
    )
    yield from hidden(
        "transfer coding with a blank before the colon", "a field to some", b"Transfer-Encoding : chunked\r\n" + LENGTH
    )
    yield from hidden(
        "transfer coding behind a line feed", "a field to some", b"X: y\nTransfer-Encoding: chunked\r\n" + LENGTH
    )
    yield from hidden(
        "NUL in the transfer coding",
        "dropped by some",
        b"Transfer-Encoding: chun\0ked\r\n" + LENGTH,
        b"Transfer-Encoding\0: chunked\r\n" + LENGTH,
    )
    for mechanism, tries, body in (
        ("chunk size in another spelling", "0x5, or none at all", b"0x5\r\nhello\r\n0\r\n\r\n" + BAD),
        ("chunk size that wraps around", "beyond 64 bits", b"10000000000000000\r\n\r\n0\r\n\r\n" + BAD),
        ("chunk size with a line feed", "an odd line end", b"5\nhello\n0\n\n" + BAD),
        ("chunk extension with a line feed", "ends the line for some", b"5;a\nx\r\nhello\r\n0\r\n\r\n" + BAD),
        ("chunk that runs over", "data longer than its size", b"2\r\nhello\r\n0\r\n\r\n" + BAD),
        ("trailer that is a field", "a Host behind the body", b"0\r\nHost: evil.example.net\r\n\r\n" + BAD),
    ):
        head = edited(POST[: -len(POST_BODY)], (LENGTH, te))
        behind = Message(Side.CLIENT, BAD, FORBIDDEN, (), BAD.index(b"\r\n\r\n") + 4, joined=True)
        before = http1.raw(head, "carrier", body=body[: -len(BAD)])
        yield Case(mechanism, tries, "", talk(before, behind, OK, OK), talk(POSTED, OK))
    yield after("second request behind the body", "the length ends before it", http1.raw(POST, "granted"), OK)
    inside = edited(POST, (LENGTH, b"Content-Length: 0\r\n"))[: -len(POST_BODY)]
    yield Case(
        "request behind a length of zero", "a body to those who ignore the length", "",
        talk(http1.raw(inside, "carrier"), Message(Side.CLIENT, BAD, FORBIDDEN, (), 60, joined=True), OK, OK),
        talk(POSTED, OK),
    )  # fmt: skip
    for variant, end in (("line feeds", b"\n\n"), ("mixed", b"\n\r\n"), ("blank line with a blank", b"\r\n \r\n")):
        head = GET[:-4] + end
        yield Case(
            "head ended oddly", "another request behind it for some", variant,
            talk(labelled(head + BAD), OK), talk(GRANTED, OK),
        )  # fmt: skip


def later() -> Iterator[Case]:
    for count in (1, 2, 99):
        before = tuple(step for _ in range(count) for step in (GRANTED, OK))
        yield after("later request", "a pass is for the whole flow", *before, variant=f"number {count + 1}")
    yield after("reuse for another host", "one connection, another name", GRANTED, OK, forbidden=BAD_HOST)
    yield after(
        "reuse for a forbidden path",
        "one connection, another path",
        GRANTED,
        OK,
        forbidden=GET.replace(b"/7", b"/7/merge"),
    )
    yield after(
        "later request without Host", "nothing to compare", GRANTED, OK, forbidden=b"GET /user HTTP/1.0\r\n\r\n"
    )
    yield after("later request after an empty line", "origins skip it", GRANTED, OK, forbidden=b"\r\n" + BAD)
    yield after(
        "later request of an unknown method",
        "recognition is over",
        GRANTED,
        OK,
        forbidden=BAD.replace(b"POST", b"BREW"),
    )
    for size in (100, 3000, 60000):
        yield after(
            "raw octets after a request", "recognition is over", GRANTED, OK,
            forbidden=MORE * (size // 100), variant=f"{size} octets", bound=REQUEST_BOUND,
        )  # fmt: skip
    yield after("later HTTP/0.9", "recognition is over", GRANTED, OK, forbidden=b"GET /user\r\n")
    yield after(
        "TLS after a request",
        "a tunnel in the tunnel",
        GRANTED,
        OK,
        forbidden=b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00" * 9,
        bound=REQUEST_BOUND,
    )
    yield after(
        "preface of HTTP/2 after a request",
        "prior knowledge, later",
        GRANTED,
        OK,
        forbidden=b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
        bound=REQUEST_BOUND,
    )
    for gap in (1, 4, 5, 20):
        joined = GET + BAD
        yield Case(
            "pipelined request", "in the segment of the one before", f"cut {gap} octets into it",
            talk(
                Message(Side.CLIENT, GET, "granted", (len(GET) + gap, 1460)),
                Message(Side.CLIENT, BAD, FORBIDDEN, (), BAD.index(b"\r\n\r\n") + 4, joined=True), OK, OK,
            ),
            talk(Message(Side.CLIENT, joined[: len(GET)] + GET, "granted", (len(GET) + gap, 1460)), OK, OK),
        )  # fmt: skip
    for count in (20, 600, 2500):
        many = tuple(dataclasses.replace(GRANTED, joined=number > 0) for number in range(count))
        yield Case(
            "pipelined behind many", "a limit on open transactions", f"{count}",
            talk(*many, dataclasses.replace(whole(BAD), joined=True), OK),
            talk(*many, dataclasses.replace(GRANTED, joined=True), OK) if count < 500 else TWIN,
        )  # fmt: skip  # no client leaves hundreds open
    yield after(
        "early answer", "the answer comes before the request is complete", says(GET[:40]), OK, says(GET[40:]), twin=TWIN
    )
    yield after(
        "answer to nothing",
        "the server speaks first",
        answers(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        GRANTED,
        OK,
        twin=TWIN,
    )
    yield after("no answer at all", "requests only", GRANTED)
    yield after(
        "answer that is not HTTP",
        "the parser of answers fails",
        GRANTED,
        answers(bytes(range(128, 228)) * 3),
        twin=TWIN,
    )
    yield after(
        "answer without a length", "until the connection ends", GRANTED, answers(b"HTTP/1.1 200 OK\r\n\r\nhello")
    )
    yield after(
        "answer of 204 with a body",
        "no body by definition",
        GRANTED,
        answers(b"HTTP/1.1 204 No Content\r\nContent-Length: 50\r\n\r\n"),
    )
    yield after("interim answer", "100 and then another", GRANTED, answers(b"HTTP/1.1 100 Continue\r\n\r\n"), OK)
    yield after(
        "answer of two lengths",
        "the parser of answers loses its place",
        GRANTED,
        answers(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\nContent-Length: 0\r\n\r\n"),
        twin=TWIN,
    )
    yield after(
        "answer compressed to the limit",
        "decompression gives up",
        GRANTED,
        answers(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n" + bytes(20)),
        twin=TWIN,
    )
    yield after("answer of 101 that nobody asked for", "leaves HTTP", GRANTED, http1.switching("chat"), twin=TWIN)
    for size in (200_000, 1_100_000, 3_000_000):
        # The engine puts a megabyte together, then it looks no more: a rule may well refuse what is larger.
        twin = None if size < 1_000_000 else TWIN
        up = http1.raw(edited(POST, (b"47", b"%d" % size))[: -len(POST_BODY)], "granted", body=bytes(size))
        down = http1.response(body=bytes(size))
        yield after("behind a large body", "a limit of reassembly", up, OK, variant=f"{size} octets", twin=twin)
        yield after("behind a large answer", "a limit of reassembly", GRANTED, down, variant=f"{size} octets")
    for size in (8_000, 20_000, 70_000):
        field = http1.raw(GET.replace(b"Accept", b"X: " + b"a" * size + b"\r\nAccept"), "carrier")
        yield Case(
            "behind a long field", "a parser's limit ends its work", f"{size} octets",
            talk(field, OK, whole(BAD), OK), TWIN,
        )  # fmt: skip
    for count in (200, 1100, 3000):
        fields = http1.raw(
            GET.replace(b"Accept", b"".join(b"X%d: y\r\n" % n for n in range(count)) + b"Accept"), "carrier"
        )
        yield Case(
            "behind many fields", "a parser's limit ends its work", f"{count}",
            talk(fields, OK, whole(BAD), OK), TWIN,
        )  # fmt: skip
    for variant, broken in (
        ("chunk", edited(POST[: -len(POST_BODY)], (LENGTH, b"Transfer-Encoding: chunked\r\n")) + b"zz\r\n"),
        ("length", edited(POST[: -len(POST_BODY)], (LENGTH, b"Content-Length: x\r\n"))),
        ("coding", edited(POST[: -len(POST_BODY)], (LENGTH, b"Transfer-Encoding: x\r\n"))),
        ("field", edited(GET, (b"Accept: */*", b":"))),
        ("host", edited(GET, (b"api.github.com", b"api.github.com:99999"))),
    ):
        yield Case(
            "behind a broken request", "a parser that failed judges nothing more", variant,
            talk(http1.raw(broken, "carrier"), OK, whole(BAD), OK), TWIN,
        )  # fmt: skip


def upgrades() -> Iterator[Case]:
    def asking(*fields: bytes) -> bytes:
        return GET[:-2] + b"".join(field + b"\r\n" for field in fields) + b"\r\n"

    websocket = (
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: eA==",
    )
    for mechanism, tries, request, protocol in (
        ("WebSocket", "frames that no rule sees", asking(*websocket), "websocket"),
        (
            "WebSocket without Connection",
            "some servers switch all the same",
            asking(b"Upgrade: websocket"),
            "websocket",
        ),
        (
            "upgrade to h2c",
            "HTTP/2 on the same connection",
            asking(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__"),
            "h2c",
        ),
        ("upgrade to TLS", "TLS within", asking(b"Connection: Upgrade", b"Upgrade: TLS/1.0"), "TLS/1.0"),
        ("upgrade to anything", "leaves HTTP", asking(b"Connection: Upgrade", b"Upgrade: chat/2"), "chat/2"),
        (
            "upgrade in other case",
            "field names are case-insensitive",
            asking(b"connection: upgrade", b"uPGRADE: chat"),
            "chat",
        ),
        (
            "upgrade of a list",
            "the second is taken",
            asking(b"Connection: keep-alive, Upgrade", b"Upgrade: x, websocket"),
            "websocket",
        ),
        ("folded upgrade", "joined or dropped", asking(b"Connection: Upgrade", b"Upgrade:\r\n websocket"), "websocket"),
        (
            "upgrade with a blank before the colon",
            "a field to some",
            asking(b"Connection: Upgrade", b"Upgrade : websocket"),
            "websocket",
        ),
        ("settings of HTTP/2 alone", "half an upgrade", asking(b"HTTP2-Settings: AAMAAABkAAQAAP__"), "h2c"),
    ):
        tunnelled = says(bytes(range(130, 230)), "tunnelled")
        yield Case(mechanism, tries, "", talk(whole(request), http1.switching(protocol), tunnelled), talk(GRANTED, OK))


def segments() -> Iterator[Case]:
    for size in (1, 2, 3, 7, 16, 64):
        for mechanism, bad in (("in pieces", BAD), ("in pieces to another host", BAD_HOST)):
            yield Case(
                mechanism, "no single packet shows it", f"{size} octets",
                talk(dataclasses.replace(whole(bad), pieces=(size,)), OK),
                talk(dataclasses.replace(GRANTED, pieces=(size,)), OK),
            )  # fmt: skip
    for at in range(1, 24, 3):
        yield Case(
            "first segment cut", "the word that recognition needs", f"after {at}",
            talk(dataclasses.replace(whole(BAD), pieces=(at, 1460)), OK),
            talk(dataclasses.replace(GRANTED, pieces=(at, 1460)), OK),
        )  # fmt: skip

    def out_of_order(data: bytes, label: str) -> tuple[Step, ...]:
        half = len(data) // 2
        return (
            Segment(Side.CLIENT, data[half:], label, offset=half, advances=False),
            Segment(Side.CLIENT, data[:half], label),
            Segment(Side.CLIENT, b"", "", offset=len(data) - half, flags=0x10, advances=False),
        )

    yield Case(
        "segments out of order",
        "the end arrives first",
        "",
        talk(*out_of_order(BAD, FORBIDDEN), closes=False),
        talk(*out_of_order(GET, "granted"), closes=False),
    )

    def by_hand(flags: int, data: bytes, label: str, **options: int) -> Segment:
        return Segment(Side.CLIENT, data, label, flags=flags, **options)

    for mechanism, tries, flags in (
        ("urgent data", "octets out of band", 0x38),
        ("push and end at once", "the last segment carries it", 0x19),
        ("odd flags", "congestion bits", 0xD8),
    ):
        yield Case(
            mechanism,
            tries,
            "",
            talk(by_hand(flags, BAD, FORBIDDEN), OK, closes=False),
            talk(by_hand(flags, GET, "granted"), OK, closes=False),
        )
    yield Case(
        "identical overlap",
        "a second copy with the rest",
        "",
        talk(by_hand(0x18, BAD[:30], "start"), by_hand(0x18, BAD, FORBIDDEN, offset=-30), OK, closes=False),
        talk(by_hand(0x18, GET[:30], "start"), by_hand(0x18, GET, "granted", offset=-30), OK, closes=False),
    )
    fragments = http1.raw(GET.replace(b"Accept", b"X: " + b"a" * 600 + b"\r\nAccept"), "granted")
    bad = whole(BAD.replace(b"Content", b"X: " + b"a" * 600 + b"\r\nContent"))
    for size in (8, 64, 512):
        yield Case(
            "IP fragments",
            "no fragment shows it",
            f"{size} octets",
            talk(bad, OK, fragment=size),
            talk(fragments, OK, fragment=size),
        )


def other_host() -> Iterator[Case]:
    put = b"PUT /upload/report HTTP/1.1\r\nHost: files.example.com\r\nContent-Length: 2\r\n\r\nhi"
    yield from on_request(
        put,
        (
            ("upload to another name", "plainly not granted", (b"/upload/report", b"/uploads/report"), (b"/upload/report", b"/upload/a/b")),
            ("upload to the other host", "the product of grants", (OTHER.encode(), HOST.encode())),
            ("upload under another method", "the product of grants", (b"PUT ", b"PATCH "), (b"PUT ", b"POST ")),
        ),
    )  # fmt: skip


def cases() -> Iterator[Case]:
    yield from smuggling()
    yield from later()
    yield from upgrades()
    yield from segments()
    yield from other_host()
