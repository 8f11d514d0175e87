"""Requests and answers that no host may be sent, whatever is granted there.

A request has to say one thing to everybody who reads it: to the engine, to the origin, and to whatever stands before
the origin. What parsers are known to read in two ways is refused (RFC 9112 and 9110 say where), and so is what the
engine's own parser gives up on: after that it judges nothing more on the connection, and says nothing of it. The latter
is looked for in the stream, before the parser gets to the end of the head.
"""

import dataclasses
from collections.abc import Iterable, Iterator

from ringfence.aws.enforcement.firewall.mark import (
    ASKED_BIT,
    HTTP,
    HTTP2_BIT,
    LINE_BIT,
    STREAM,
    UNASKED,
    mark,
    refusal,
)
from ringfence.aws.enforcement.firewall.request import line_refusals
from ringfence.aws.enforcement.firewall.rule import Draft, Toward

FIELDS_MAX = 48
"""Fields in a row within the part of a stream that the engine looks at, some 2,500 octets. Its parser takes 1,024 in
all (libhtp's limit of headers), so fewer than that many fields take more than fifty octets each."""
HOST_MAX = 253
"""Octets of a host name (RFC 1035, 2.3.4)."""
STREAM_MAX = 1_000_000
"""Octets that a client may send on one inspected connection. The engine looks at a stream's first megabyte
(``stream.reassembly.depth`` in suricata.yaml; AWS does not say what it has set) and at no request behind it."""
AHEAD_MAX = 20
"""Packets with request lines that a client may send without an answer."""
AHEAD_LINES_MAX = 24
"""Request lines in one packet. With `AHEAD_MAX` fewer than 512 are open at once, which is where the parser gives up."""

LINE_MAX = 2_100
"""Octets within which a request line has its end: a method, `TARGET_MAX` octets and a version; the engine surely holds
2,304 of a stream (2,560 less a tenth at random: ``stream.reassembly.toserver-chunk-size`` in suricata.yaml)."""
BEGUN_MIN = 800
"""Octets of a target after which a line is noted that goes on: so few that, of segments of at most 1,460 octets, one
ends between there and what the engine surely holds."""

# Beside each expression stands a content that is always there: AWS wants one.
_HEAD = 'http.header.raw; content:"|0d 0a|"; '
_NAME = r"[!\x23\x24%&\x27*+.^_`|~0-9A-Za-z-]"
_VALUE = r"[^\x00-\x08\x0b-\x1f\x7f]"
_HEAD_REFUSALS: tuple[tuple[str, str], ...] = (
    # A request without any field has no field buffers; http.start is always there.
    ("no-host", 'http.start; content:!"|0d 0a|Host:"; nocase;'),
    ("unfinished-head", 'http.header.raw; content:!"|0d 0a 0d 0a|";'),
    *(
        refusal
        for name in ("Host", "Content-Length")
        for refusal in (
            (
                f"two-{name.lower()}-1",
                f'http.header.raw; content:"{name}:"; startswith; nocase; content:"|0a|{name}:"; nocase;',
            ),
            (
                f"two-{name.lower()}-2",
                f'http.header.raw; content:"|0a|{name}:"; nocase; content:"|0a|{name}:"; nocase; distance:0;',
            ),
        )
    ),
    ("length", _HEAD + r'pcre:"/(?:^|\n)Content-Length:(?![ \t]*[0-9]{1,18}[ \t]*\r\n)/i";'),
    ("line-ending", _HEAD + r'pcre:"/(?:^|[^\r])\n|\r[^\n]|\x00/";'),
    ("field-syntax", _HEAD + rf'pcre:"/(?:^|\n)(?!\r\n)(?!{_NAME}+:{_VALUE}*\r\n)(?s:.)/";'),
)  # fmt: skip
"""Heads of HTTP/1 that are refused for every host: servers read them in different ways (RFC 9112, 2.2, 3.2, 5, 6)."""

_FIELDS = (
    "Transfer-Encoding", "Upgrade", "HTTP2-Settings",
    "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL",
    "Forwarded", "X-Forwarded-Host", "X-Host", "X-HTTP-Host-Override",
)  # fmt: skip
"""Fields that no request may have: bodies without a length, in which engine and origin may lose each other; those that
leave HTTP (RFC 9110, 7.8); those that ask for another method, target or host than the request's own."""

_NAMES = "http.header_names; content:"
_HTTP2_REFUSALS: tuple[tuple[str, str], ...] = (
    *((f"no-{name}", f'{_NAMES}!"|0d 0a 3a|{name}|0d 0a|";') for name in ("method", "scheme", "path", "authority")),
    *(
        (f"two-{name}", f'{_NAMES}"|3a|{name}|0d 0a|"; content:"|3a|{name}|0d 0a|"; distance:0;')
        for name in ("method", "scheme", "path", "authority")
    ),
    ("other-scheme", 'http.request_header; content:"|3a|scheme|3a 20|"; startswith; content:!"https"; distance:0;'),
    *((f"field-octet-{octet}", f'http.request_header; content:"|{octet}|";') for octet in ("00", "0a", "0d")),
    ("host-beside-authority", f'{_NAMES}"|0d 0a|host|0d 0a|"; nocase;'),
    ("extended-connect", f'{_NAMES}"|0d 0a 3a|protocol|0d 0a|";'),
    ("push-promise", "http2.frametype:PUSHPROMISE;"),
    *(
        (f"http2-{event.replace('_', '-')}", f"app-layer-event:http2.{event};")
        for event in (
            "invalid_frame_header", "invalid_frame_data", "invalid_frame_length", "invalid_header",
            "stream_id_reuse", "too_many_streams", "header_table_overflow", "reassembly_limit_reached",
        )
    ),
)  # fmt: skip
"""Requests of HTTP/2 that do not say once what they ask for (RFC 9113, 8.2.1, 8.3.1 and 8.4; RFC 8441), and frames that
the engine's parser lost itself in."""


def head_drafts(ports: Iterable[int], http2: str) -> Iterator[Draft]:
    """The refusals, for requests to these ports."""
    yield from _limits(http2)
    yield from _idle(http2)
    yield from _long_lines(http2)
    for form, matches in line_refusals(http2):
        yield refusal(form, matches, protocol="http", state="")
    http1 = "http" if http2 == "refuse" else "http1"
    for form, matches in _HEAD_REFUSALS:
        yield refusal(form, matches, protocol=http1, state="")
    for port in sorted(ports):
        host = rf'{_HEAD}pcre:"/(?:^|\n)Host:(?![ \t]*[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::{port})?[ \t]*\r\n)/i";'
        yield dataclasses.replace(
            refusal("host-syntax", host, protocol=http1, state=""), about=str(port), port=str(port)
        )
    yield refusal("long-host", f"http.host; bsize:>{HOST_MAX};", protocol="http", state="")
    for name in _FIELDS:
        matches = f'http.header_names; content:"|0d 0a|{name}|0d 0a|"; nocase;'
        yield refusal(f"field-{name.lower()}", matches, protocol="http", state="")
    yield refusal(
        "switching-protocols", 'http.stat_code; content:"101";', protocol="http", toward=Toward.CLIENT, state=""
    )
    if http2 == "refuse":
        yield refusal("http2", "", protocol="http2", state="")
        yield refusal("http2-preface", f"{HTTP} {_PREFACE}", state=STREAM)
        return
    for form, matches in _HTTP2_REFUSALS:
        yield refusal(form, matches, protocol="http2", state="")
    for port in sorted(ports):
        authority = rf"^:authority: (?![a-z0-9-]+(?:\.[a-z0-9-]+)+(?::{port})?\z)"
        matches = f'http.request_header; content:"|3a|authority|3a 20|"; startswith; pcre:"/{authority}/i";'
        syntax = refusal("authority-syntax", matches, protocol="http2", state="")
        yield dataclasses.replace(syntax, about=str(port), port=str(port))
    yield refusal("two-prefaces", f"{HTTP} {_PREFACE} {_PREFACE} distance:0;", state=STREAM)


def head_marks(http2: str) -> Iterator[Draft]:
    """The marks of where in its requests and answers a connection is."""
    answered = f'{HTTP} http.stat_code; content:!"1"; startswith; flowbits:unset,{ASKED_BIT};'
    yield mark("asked", "http", f'{HTTP} http.request_line; content:" "; flowbits:set,{ASKED_BIT};')
    yield mark("answered", "http", answered, toward=Toward.CLIENT)
    yield mark("ahead", "tcp", f"{HTTP} dsize:>0; {_LINE} flowint:{_AHEAD},+,1;")
    if http2 == "judge":
        yield mark("http2", "http2", f"{HTTP} flowbits:set,{HTTP2_BIT};")
    going_on = rf"[A-Z]{{2,}} (?:\/|[Hh][Tt][Tt][Pp])[^ \r\n]{{{BEGUN_MIN},}}\z"
    begun = rf'{_text(http2)}content:" "; pcre:"/{going_on}/"; flowbits:set,{LINE_BIT};'
    ended = rf'content:"|0a|"; pcre:"/\n(?![^\n]*{going_on})[^\n]*\z/"; flowbits:unset,{LINE_BIT};'
    yield mark("line-begun", "tcp", f"{HTTP} {begun}", state=STREAM)
    yield mark("line-ended", "tcp", f"{HTTP} flowbits:isset,{LINE_BIT}; {ended}", state=STREAM)
    yield mark("caught-up", "tcp", f"{HTTP} dsize:>0; flowint:{_AHEAD},=,0;", toward=Toward.CLIENT)


_AHEAD = "ringfence.ahead"
_PREFACE = 'content:"PRI * HTTP/2.0|0d 0a|";'
_LINE = 'content:" HTTP/1.1|0d 0a|";'


def _limits(http2: str) -> Iterator[Draft]:
    yield refusal("coding", f'{HTTP} content:"|0a|Transfer-Encoding"; nocase;', state=STREAM)
    yield refusal(
        "stream-length",
        rf'{HTTP} content:"|0a|Content-Length"; nocase; '
        rf'pcre:"/\nContent-Length:[ \t]*(?:[^0-9 \t]|[0-9]+[^0-9\r]|[0-9]{{16}})/i";',
        state=STREAM,
    )
    yield refusal(
        "stream-lengths",
        rf'{HTTP} content:"|0a|Content-Length"; nocase; '
        rf'pcre:"/\nContent-Length[^\n]*\n(?:[^\r\n]+\r\n){{0,{FIELDS_MAX}}}Content-Length/i";',
        state=STREAM,
    )
    yield refusal("stream-line-ending", rf'{HTTP} content:" HTTP/1.1|0d|"; pcre:"/ HTTP\/1\.1\r[^\n]/";', state=STREAM)
    yield refusal(
        "many-fields",
        rf'{HTTP} content:"|0d 0a|"; pcre:"/(?:\n[!-9\x3b-~]{{1,200}}:[^\r\n]{{0,200}}\r){{{FIELDS_MAX}}}/";',
        state=STREAM,
    )
    yield refusal("long-field", f"{HTTP} app-layer-event:http.request_field_too_long;", protocol="http", state="")
    yield refusal("long-stream", f"{HTTP} stream_size:client,>,{STREAM_MAX};")
    if http2 == "refuse":
        yield refusal("far-ahead", f"{HTTP} flowint:{_AHEAD},>,{AHEAD_MAX}; dsize:>0; {_LINE}")
        yield refusal("many-ahead", f"{HTTP} dsize:>0; {_LINE} {' '.join([f'{_LINE} distance:0;'] * AHEAD_LINES_MAX)}")


def _idle(http2: str) -> Iterator[Draft]:
    """Where no request is under way the client's next octets are one: text, and not a tunnel inside the connection."""
    for name, first in (
        ("high", "byte_test:1,>,126,0;"),
        ("low", "byte_test:1,<,9,0;"),
        ("control", "byte_test:1,>,13,0; byte_test:1,<,32,0;"),
    ):
        yield refusal(f"not-text-{name}", f"{HTTP} {UNASKED} {_text(http2)}dsize:>0; {first}")


def _long_lines(http2: str) -> Iterator[Draft]:
    """Request lines on which the engine's parser gives up, at 18,000 octets: long before, while they go on.

    Where no request is under way whatever has no end is one. Ahead of an answer it may be a body, so there a line is
    told by how it begins: a method and a path or an address (RFC 9112, 3.2).
    """
    endless = f'isdataat:{LINE_MAX - 1}; content:!"|0a|";'
    yield refusal("long-line", f"{HTTP} {UNASKED} {_text(http2)}{endless}", state=STREAM)
    yield refusal("long-line-ahead", f"{HTTP} flowbits:isset,{LINE_BIT}; {endless}", state=STREAM)


def _text(http2: str) -> str:
    return f"flowbits:isnotset,{HTTP2_BIT}; " if http2 == "judge" else ""
