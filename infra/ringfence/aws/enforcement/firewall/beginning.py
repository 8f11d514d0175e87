"""How a granted flow may begin: with a ClientHello that names a server, or with a request.

The engine takes a protocol for known, unknown or failed, and a rule that asks which one says nothing while it is
unknown. So the first octets of the stream are compared here, octet by octet: on a port granted for TLS with a
handshake record that holds a ClientHello (RFC 8446, 5.1 and 4), on one granted for HTTP with a method and a blank.
They may come in pieces of any size.

A negated content is true of a part of the stream that does not hold its beginning. When the second segment arrives
before the first, the engine has only that. Then nothing may be said yet: so the stream's length (``stream_size`` counts
the SYN too) is compared with the length of what is there (``isdataat``), for streams of up to some 2,000 octets. Beyond
that, more than the engine holds of a stream at a time, a gap before the first octets is refused.
"""

from collections.abc import Callable, Iterator

from ringfence.aws.enforcement.firewall.mark import (
    HTTP,
    NAMED_BIT,
    SEEN_BIT,
    STREAM,
    TLS,
    UNNAMED,
    UNSEEN,
    mark,
    refusal,
)
from ringfence.aws.enforcement.firewall.rule import Draft, Toward
from ringfence.policy.request import METHODS

HELLO_MAX = 16389
"""Octets in which a ClientHello has to be complete: one TLS record of the largest size (RFC 8446, 5.1)."""
HEAD_MAX = 16384
"""Octets in which the first request's head has to be complete."""

_WINDOW = 2048
"""Octets of a beginning that the engine surely holds (2,560 less a tenth at random:
``stream.reassembly.toserver-chunk-size`` and ``randomize-chunk-size`` in suricata.yaml)."""


def beginning_drafts(http2: str) -> Iterator[Draft]:
    """The refusals of flows that begin otherwise."""
    yield refusal("server-first", f"{TLS} {UNNAMED} dsize:>0;", toward=Toward.CLIENT)
    # Not before the head is complete: a server may answer as soon as it knows enough (RFC 9112, 9.5).
    yield refusal("server-first-http", f"{HTTP} {UNSEEN} dsize:>0;", toward=Toward.CLIENT)
    yield from _first_octets("not-record", TLS, 1, 2, _without_start(("|16 03|",)))
    yield from _first_octets("not-hello", TLS, 6, 6, lambda _: 'content:!"|01|"; offset:5; depth:1;')
    yield refusal("not-tls", f"{TLS} app-layer-protocol:!tls;")
    yield refusal("long-hello", f"{TLS} {UNNAMED} stream_size:client,>,{HELLO_MAX + 1};")
    # JA4's fourth character: d with a server name, i without (https://github.com/FoxIO-LLC/ja4).
    yield refusal("no-sni", f'{TLS} ja4.hash; content:"i"; offset:3; depth:1;', protocol="tls", state="")
    yield refusal(
        "sni-syntax",
        rf'{TLS} tls.sni; content:"."; pcre:!"/^[a-z0-9-]+(?:\.[a-z0-9-]+)+\z/i";',
        protocol="tls",
        state="",
    )
    words = [f"{method} " for method in METHODS] + (["PRI * HTTP/2.0"] if http2 == "judge" else [])
    yield from _first_octets("not-request", HTTP, 1, max(map(len, words)), _without_start(words))
    yield refusal("not-http", f"{HTTP} app-layer-protocol:!http;")
    yield refusal("long-head", f"{HTTP} {UNNAMED} stream_size:client,>,{HEAD_MAX};")


def beginning_marks() -> Iterator[Draft]:
    """The marks of flows that began as they may."""
    head = 'content:"|16 03|"; startswith; content:"|01|"; offset:5; depth:1;'
    yield mark("tls-seen", "tcp", f"{TLS} {head} flowbits:set,{SEEN_BIT};", state=STREAM)
    yield mark("tls-named", "tls", f'{TLS} tls.sni; content:"."; flowbits:set,{NAMED_BIT};')
    yield mark("http-seen", "http", f"{HTTP} flowbits:set,{SEEN_BIT};")
    yield mark("http-named", "http", f'{HTTP} http.host; content:"."; flowbits:set,{NAMED_BIT};')


def _without_start(words: tuple[str, ...] | list[str]) -> Callable[[int], str]:
    """Matches of a beginning of so many octets that is no beginning of a word; a word is text or ``|16 03|``."""
    encoded = [bytes.fromhex(word.strip("|")) if word.startswith("|") else word.encode() for word in words]

    def matches(length: int) -> str:
        starts = sorted({word[:length] for word in encoded})
        return " ".join(f'content:!"|{start.hex(" ")}|"; depth:{len(start)};' for start in starts)

    return matches


def _first_octets(form: str, bit: str, first: int, enough: int, other: Callable[[int], str]) -> Iterator[Draft]:
    """Refusals of streams that ``other`` matches: when ``first`` octets are there, or more, or ``enough``."""
    for length in range(first, enough):
        held = f" isdataat:{length - 1};" if length > 1 else ""
        exactly = f"stream_size:client,=,{length + 1};{held}"
        yield refusal(f"{form}-{length}", f"{bit} {UNSEEN} {exactly} {other(length)}", state=STREAM)
    least = enough
    while least <= _WINDOW:
        between = f"stream_size:client,>,{least}; stream_size:client,<,{2 * least + 1}; isdataat:{least - 1};"
        yield refusal(f"{form}-{least}", f"{bit} {UNSEEN} {between} {other(enough)}", state=STREAM)
        least *= 2
    yield refusal(f"{form}-{least}", f"{bit} {UNSEEN} stream_size:client,>,{least}; {other(enough)}", state=STREAM)
