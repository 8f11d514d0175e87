"""What clients do every day within what they are granted: in the shapes that clients, servers and networks give it."""

import dataclasses

# ruff: noqa: E501 - tables, one case a line
from collections.abc import Iterator

from evasions import GET, HOST, INSPECTED, NAMES, NAMES_PORT_8443, OK, OPAQUE, OTHER, POST, POST_BODY
from ringfence.engine import http1, samples, tls
from ringfence.engine.flow import Conversation, Message, Segment, Side, Step, answers, says
from ringfence.policy.request import TARGET_MAX

GRANTED = http1.raw(GET, "granted")
PULL = "/repos/acme/site/pulls/7"
LONGEST_PATH = "/repos/acme/site/contents/".ljust(TARGET_MAX, "a")
LONGEST_QUERY = f"{PULL}?".ljust(TARGET_MAX, "a")


def talk(name: str, *steps: Step, **options: object) -> Conversation:
    return Conversation(name, steps, INSPECTED, **options)


def asked(name: str, request: Message, *answer: Step) -> Conversation:
    return talk(name, request, *(answer or (OK,)))


def clients() -> Iterator[Conversation]:
    """Heads as common clients write them, taken from their own output."""
    token = ("Authorization", "Bearer " + "t" * 1200)
    shapes: tuple[tuple[str, bytes], ...] = (
        ("curl", b"Host: %s\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n"),
        ("requests", b"Host: %s\r\nUser-Agent: python-requests/2.32.3\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\n"),
        ("urllib", b"Accept-Encoding: identity\r\nHost: %s\r\nUser-Agent: Python-urllib/3.11\r\nConnection: close\r\n"),
        ("undici", b"host: %s\r\nconnection: keep-alive\r\naccept: */*\r\naccept-language: *\r\nsec-fetch-mode: cors\r\nuser-agent: node\r\naccept-encoding: gzip, deflate\r\n"),
        ("Go", b"Host: %s\r\nUser-Agent: Go-http-client/1.1\r\nAccept-Encoding: gzip\r\n"),
        ("git", b"Host: %s\r\nUser-Agent: git/2.43.0\r\nAccept: */*\r\nAccept-Encoding: deflate, gzip, br, zstd\r\nPragma: no-cache\r\nGit-Protocol: version=2\r\n"),
        ("Java", b"Host: %s\r\nUser-Agent: Java-http-client/21\r\n"),
        ("a browser", b"Host: %s\r\nConnection: keep-alive\r\nsec-ch-ua: \"Chromium\";v=\"130\", \"Not?A_Brand\";v=\"99\"\r\nsec-ch-ua-mobile: ?0\r\nUpgrade-Insecure-Requests: 1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: text/html,*/*;q=0.8\r\nCookie: a=b; c=\"d e\"; _x={}\r\n"),
    )  # fmt: skip
    for name, fields in shapes:
        head = b"GET %s HTTP/1.1\r\n%s\r\n" % (PULL.encode(), fields % HOST.encode())
        yield asked(f"{name}, by its own head", http1.raw(head, "granted"))
    yield asked("a long token", http1.request("GET", PULL, HOST, headers=(token,)))
    yield asked("eight kilobytes of cookies", http1.request("GET", PULL, HOST, headers=(("Cookie", "a=b; " * 1600),)))
    yield asked("forty fields", http1.request("GET", PULL, HOST, headers=tuple((f"X-{n}", "y") for n in range(40))))
    yield asked("port in the Host", http1.request("GET", PULL, f"{HOST}:443"))
    yield asked("upper-case Host", http1.request("GET", PULL, HOST.upper()))
    yield asked("empty field", http1.request("GET", PULL, HOST, headers=(("X-Empty", ""),)))
    yield asked("field in UTF-8", http1.request("GET", PULL, HOST, headers=(("X-Name", "Zo\xc3\xab"),)))
    yield asked("conditional", http1.request("GET", PULL, HOST, headers=(("If-None-Match", 'W/"abc"'), ("Range", "bytes=0-99"))))  # fmt: skip


def targets() -> Iterator[Conversation]:
    for target in (
        "/repos/acme/site/pulls/7", "/repos/acme/site/pulls/7?page=2&per_page=100", "/repos/acme/site/pulls/7?q=a+b%20c&d=%2F..%2F;e",
        "/repos/acme/site/pulls/a.b-c_d~e", "/repos/acme/site/pulls/%C3%A9%20x", "/repos/acme/site/pulls/a(b)*c'd!e$f&g+h,i=j:k@l",
        "/repos/acme/site/contents/", "/repos/acme/site/contents/a", "/repos/acme/site/contents/a/b/c.d/e", "/repos/acme/site/contents/a/b/",
        "/repos/acme/site/contents/.github/workflows/ci.yml", "/repos/acme/site/contents/a..b/c...", "/repos/acme/site/contents/...a?ref=main",
        LONGEST_PATH, "/repos/acme/site/contents" + "/a" * 500, LONGEST_QUERY, "/repos/acme/site/pulls/7?",
    ):  # fmt: skip
        yield asked(f"GET {target[:60]}", http1.request("GET", target, HOST))
    for method, target in (
        ("GET", "/feed?format=atom"), ("GET", "/exact"), ("GET", "/p/acme%2Fsite"), ("GET", "/p/acme%2fsite"), ("PUT", "/upload/report.pdf"),
    ):  # fmt: skip
        yield asked(f"{method} {target}", http1.request(method, target, OTHER))


def bodies() -> Iterator[Conversation]:
    head = POST[: -len(POST_BODY)]
    post = http1.raw(head, "granted", body=POST_BODY)
    yield asked("POST", post)
    yield asked("POST, body in a segment of its own", dataclasses.replace(post, pieces=(len(head), 1460)))
    yield talk("POST, waiting for 100", says(head.replace(b"Content", b"Expect: 100-continue\r\nContent"), "head"), answers(b"HTTP/1.1 100 Continue\r\n\r\n"), says(POST_BODY, "body"), OK)  # fmt: skip
    for size in (0, 5_000, 60_000, 200_000, 900_000):
        body = bytes(32 + n % 90 for n in range(size))
        yield asked(f"POST of {size} octets", http1.raw(head.replace(b"47", b"%d" % size), "granted", body=body))
    yield asked("POST of binary octets", http1.raw(head, "granted", body=samples.NOISE[:40] + b"\r\n\r\n\0\n\r"))
    yield asked("POST of text that looks like a request", http1.raw(head.replace(b"47", b"30"), "granted", body=b"see: GET /user HTTP/1.1\r\nA: b\r\n"[:30]))  # fmt: skip
    for status, fields, body in (
        ("204 No Content", b"", b""), ("304 Not Modified", b'ETag: "x"\r\n', b""), ("404 Not Found", b"Content-Length: 2\r\n", b"{}"),
        ("301 Moved Permanently", b"Location: https://evil.example.net/\r\nContent-Length: 0\r\n", b""),
        ("200 OK", b"Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n0\r\n\r\n"), ("200 OK", b"Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n", b"8\r\ndata: x\n\r\n" * 50 + b"0\r\n\r\n"),
        ("200 OK", b"Content-Encoding: gzip\r\nContent-Length: 30\r\n", b"\x1f\x8b\x08\0" + bytes(26)), ("200 OK", b"Content-Length: 900000\r\n", bytes(900_000)), ("500 Internal Server Error", b"Connection: close\r\n", b"oops"),
    ):  # fmt: skip
        answer = answers(b"HTTP/1.1 %s\r\n%s\r\n%s" % (status.encode(), fields, body))
        again = () if b"close" in fields or b"gzip" in fields else (GRANTED, OK)
        yield talk(f"answered {status}, {len(body)} octets", GRANTED, answer, *again)


def connections() -> Iterator[Conversation]:
    yield talk("a hundred requests", *(step for _ in range(100) for step in (GRANTED, OK)))
    yield talk(
        "both hosts on one connection",
        GRANTED,
        OK,
        http1.request("PUT", "/upload/a", OTHER, body=b"hi"),
        OK,
        GRANTED,
        OK,
    )
    yield talk(
        "pipelined", GRANTED, *(dataclasses.replace(GRANTED, joined=True) for _ in range(9)), *(OK for _ in range(10))
    )
    for size in (1, 2, 3, 7, 16, 100):
        pieces = dataclasses.replace(GRANTED, pieces=(size,))
        yield talk(f"in pieces of {size}", pieces, OK, pieces, OK)
        posted = http1.raw(POST[: -len(POST_BODY)], "granted", body=POST_BODY, pieces=(size,))
        yield talk(f"POST in pieces of {size}", posted, OK, pieces, OK)
    for size in (300, 1000, 1460):
        upload = http1.request(
            "PUT", "/upload/".ljust(TARGET_MAX, "a"), OTHER, body=b"NO LINE ENDS HERE " + b"a" * 60_000
        )
        upload = dataclasses.replace(upload, pieces=(size,))
        yield talk(f"a long target and a large body in pieces of {size}", GRANTED, OK, upload, OK, GRANTED, OK)
        ahead = (GRANTED, dataclasses.replace(upload, joined=True))
        yield talk(f"a long target and a large body ahead of an answer, in pieces of {size}", *ahead, OK, OK)
    yield talk("sent twice", GRANTED, OK, GRANTED, OK, persistent=True)
    yield talk("in IP fragments", http1.request("GET", PULL, HOST, headers=(("X", "y" * 900),)), OK, fragment=512)
    yield talk("opened and closed again")
    yield talk("left open", GRANTED, OK, closes=False)
    yield talk("reset at the end", GRANTED, OK, Segment(Side.CLIENT, b"", flags=0x14), closes=False)


def tls_clients() -> Iterator[Conversation]:
    def opaque(name: str, *steps: Step, **options: object) -> Conversation:
        return Conversation(name, steps, OPAQUE, **options)

    after: tuple[Step, ...] = (
        *tls.accepted(),
        says(tls.record(20, b"\x01") + tls.application_data(), "data"),
        answers(tls.application_data(3000)),
    )
    for name in (NAMES[0], "raw.cdn-example.com", "a.b.cdn-example.com", "a-1.cdn-example.com"):
        yield opaque(f"name {name}", says(tls.client_hello(name)), *after)
    yield opaque("name in upper case", says(tls.client_hello(NAMES[0].upper())), *after)
    yield opaque("another port", says(tls.client_hello(NAMES_PORT_8443[0])), *after, port=8443)
    for label, options in (
        ("post-quantum", {"post_quantum": True}), ("no ALPN", {"alpn": ()}), ("HTTP/1.1 only", {"alpn": ("http/1.1",)}), ("padded", {"padding": 600}), ("padded far", {"padding": 9000}),
    ):  # fmt: skip
        hello = tls.client_hello(NAMES[0], **options)
        yield opaque(label, says(hello), *after)
        for size in (1, 5, 6, 100, 700):
            yield opaque(f"{label} in pieces of {size}", says(hello, pieces=(size,)), *after)
        yield opaque(f"{label} sent twice", says(hello), *after, persistent=True)
        yield opaque(f"{label} in IP fragments", says(hello), *after, fragment=256)
    hello = tls.client_hello(NAMES[0])
    yield opaque("with early data", says(hello + tls.record(20, b"\x01") + tls.application_data(400)), *after)
    yield opaque(
        "asked to try again",
        says(hello),
        answers(tls.record(22, b"\x02\0\0\x54\x03\x03" + bytes(82))),
        says(tls.record(20, b"\x01") + hello),
        *after,
    )
    yield opaque("turned away", says(hello), answers(tls.record(21, b"\x02\x28")))
    yield opaque("record of TLS 1.2", says(hello[:1] + b"\x03\x03" + hello[3:]), *after)
    yield opaque("opened and closed again")
    yield opaque(
        "much data",
        says(hello),
        *tls.accepted(),
        *(says(tls.application_data(1400)) for _ in range(900)),
        *(answers(tls.application_data(16000)) for _ in range(4)),
    )


def conversations() -> Iterator[Conversation]:
    yield from clients()
    yield from targets()
    yield from bodies()
    yield from connections()
    yield from tls_clients()
