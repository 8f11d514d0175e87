r"""The default denial: what is refused to everybody, whatever is declared.

The group stands alone: without the agents' groups no flow is ever marked as granted, and everything is refused. With
them, this group still holds what must be true of every flow before and besides what an agent may reach:

- a TCP flow was granted when it began, by its source and port; one that was not is refused at its first packet, and
  once more, whatever that packet looked like, as soon as it is established;
- nothing is said before the handshake is over, and the server says nothing before the client has said what it wants;
- on a port granted for TLS the client's first octets are a ClientHello that names a server; on a port granted for
  inspected HTTP they are a request;
- every request is one that cannot be read in two ways;
- what is not TCP over IPv4 is refused.

Why marks do not make the order of rules matter. A bit is set in one place and read in another:

===================  ==================================  ============================================
bit                  set on                              read on
===================  ==================================  ============================================
``ringfence.tls``,   any packet of the flow to the       established packets: the first packet of a
``ringfence.http``   server, the first one included      flow is never one
``ringfence.seen``   the packet in which TLS or HTTP     packets whose octets do not look like TLS or
                     is recognised                       HTTP: that packet is none, with or without it
``ringfence.named``  the packet that completes a         later packets, as the rules that read it are
                     ClientHello or request line         asked before those that set it see their data
===================  ==================================  ============================================
"""

import dataclasses
from collections.abc import Iterator, Mapping

from ringfence.aws.enforcement.firewall.networks import Networks, common, complement
from ringfence.aws.enforcement.firewall.request import line_refusals
from ringfence.aws.enforcement.firewall.rule import Draft, Kind, Toward
from ringfence.policy.request import METHODS

TLS_BIT = "ringfence.tls"
HTTP_BIT = "ringfence.http"
_SEEN = "ringfence.seen"
_NAMED = "ringfence.named"

HELLO_MAX = 16389
"""Octets in which a ClientHello has to be complete: one TLS record of the largest size (RFC 8446, 5.1)."""
HEAD_MAX = 16384
"""Octets in which the first request's head has to be complete."""
FIELDS_MAX = 48
"""Fields in a row within the part of a stream that the engine looks at, some 2,500 octets. Its parser takes 1,024 in
all (libhtp's limit of headers), so fewer than that many fields take more than fifty octets each."""
STREAM_MAX = 1_000_000
"""Octets that a client may send on one inspected connection. The engine looks at a stream's first megabyte
(``stream.reassembly.depth`` in suricata.yaml; AWS does not say what it has set) and at no request behind it."""

_STREAM = "established,only_stream"
_TLS = f"flowbits:isset,{TLS_BIT};"
_HTTP = f"flowbits:isset,{HTTP_BIT};"
_UNSEEN = f"flowbits:isnotset,{_SEEN};"
_UNNAMED = f"flowbits:isnotset,{_NAMED};"

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
    ("host-syntax", _HEAD + r'pcre:"/(?:^|\n)Host:(?![ \t]*[A-Za-z0-9.-]+(?::[0-9]+)?[ \t]*\r\n)/i";'),
    ("length", _HEAD + r'pcre:"/(?:^|\n)Content-Length:(?![ \t]*[0-9]{1,18}[ \t]*\r\n)/i";'),
    ("line-ending", _HEAD + r'pcre:"/(?:^|[^\r])\n|\r[^\n]|\x00/";'),
    ("field-syntax", _HEAD + rf'pcre:"/(?:^|\n)(?!\r\n)(?!{_NAME}+:{_VALUE}*\r\n)(?s:.)/";'),
)  # fmt: skip
"""Heads of HTTP/1 that are refused for every host: servers read them in different ways (RFC 9112, 2.2, 3.2, 5, 6)."""

_OVERRIDES = (
    "Transfer-Encoding", "Upgrade", "HTTP2-Settings",
    "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL",
)  # fmt: skip
"""Fields that no request may have: bodies without a length, in which engine and origin may lose each other; those that
leave HTTP (RFC 9110, 7.8); those that ask for another method or target than the request line's."""

_NAMES = "http.header_names; content:"
_HTTP2_REFUSALS: tuple[tuple[str, str], ...] = (
    *((f"no-{name}", f'{_NAMES}!"|0d 0a 3a|{name}|0d 0a|";') for name in ("method", "path", "authority")),
    *(
        (f"two-{name}", f'{_NAMES}"|3a|{name}|0d 0a|"; content:"|3a|{name}|0d 0a|"; distance:0;')
        for name in ("method", "path", "authority")
    ),
    ("host-beside-authority", f'{_NAMES}"|0d 0a|host|0d 0a|"; nocase;'),
    ("extended-connect", f'{_NAMES}"|0d 0a 3a|protocol|0d 0a|";'),
)
"""Requests of HTTP/2 that do not say once what they ask for (RFC 9113, 8.3.1; RFC 8441)."""


def default_drafts(grants: Mapping[int, Networks], observed: Networks, http2: str) -> Iterator[Draft]:
    """The default group's rules. ``grants`` are the networks that may use each TCP port; ``observed`` those that are
    watched and refused nothing; ``http2`` is "refuse" or "judge"."""
    for refusal in (*_transport(grants), *_beginning(http2), *_limits(), *_requests(http2)):
        if not observed:
            yield refusal
            continue
        for networks, is_observed in ((complement(observed), False), (observed, True)):
            scope = networks if refusal.agents is None else common(refusal.agents, networks)
            if scope:
                yield dataclasses.replace(refusal, agents=scope, observed=is_observed)
    # No agent has an IPv6 address, so there is nothing to observe.
    yield _refusal("ipv6", "", protocol="ip6", toward=Toward.EITHER, state="")
    head = 'content:"|16 03|"; startswith; content:"|01|"; offset:5; depth:1;'
    yield _mark("tls-seen", "tcp", f"{_TLS} {head} flowbits:set,{_SEEN};", state=_STREAM)
    yield _mark("tls-named", "tls", f'{_TLS} tls.sni; content:"."; flowbits:set,{_NAMED};')
    yield _mark("http-seen", "http", f"{_HTTP} flowbits:set,{_SEEN};")
    yield _mark("http-named", "http", f'{_HTTP} http.host; content:"."; flowbits:set,{_NAMED};')


def _refusal(
    form: str, matches: str, *, protocol: str = "tcp", toward: Toward = Toward.SERVER, state: str = "established"
) -> Draft:
    kind = Kind.DROP if toward is Toward.EITHER else Kind.REJECT
    return Draft(form, "", kind, protocol, None, "any", toward, state, matches, f"ringfence {form}")


def _mark(
    form: str, protocol: str, matches: str, *, toward: Toward = Toward.SERVER, state: str = "established"
) -> Draft:
    return Draft(form, "", Kind.MARK, protocol, None, "any", toward, state, matches, f"ringfence {form}")


def _transport(grants: Mapping[int, Networks]) -> Iterator[Draft]:
    """What is not TCP, and TCP from a source to a port that is not granted to it: refused at the first packet."""
    yield _refusal("udp", "", protocol="udp", toward=Toward.EITHER, state="")
    yield _refusal("icmp", "", protocol="icmp", toward=Toward.EITHER, state="")
    yield _refusal("ip-protocol", "ip_proto:!6;", protocol="ip", toward=Toward.EITHER, state="")
    ports = sorted(grants)
    other = "any" if not ports else f"!{ports[0]}" if len(ports) == 1 else f"![{','.join(map(str, ports))}]"
    yield dataclasses.replace(_refusal("port", "", state=""), port=other)
    for port in ports:
        ungranted = _refusal("source", "", state="")
        yield dataclasses.replace(ungranted, about=str(port), agents=complement(grants[port]), port=str(port))
    yield _refusal("ungranted", f"flowbits:isnotset,{TLS_BIT}; flowbits:isnotset,{HTTP_BIT};")
    yield _refusal("early-data", "dsize:>0;", state="not_established")
    yield _refusal("early-answer", "dsize:>0;", state="not_established", toward=Toward.CLIENT)


def _beginning(http2: str) -> Iterator[Draft]:
    """How a granted flow may begin."""
    yield _refusal("server-first", f"{_TLS} {_UNNAMED} dsize:>0;", toward=Toward.CLIENT)
    # A server of HTTP/2 sends its settings as soon as it has the client's preface (RFC 9113, 3.4).
    asked = _UNNAMED if http2 == "refuse" else _UNSEEN
    yield _refusal("server-first-http", f"{_HTTP} {asked} dsize:>0;", toward=Toward.CLIENT)
    # Octets of the stream, not of a packet: a ClientHello may come in any pieces (RFC 8446, 5.1 and 4).
    for index, match in enumerate(
        ('content:!"|16|"; depth:1;', 'content:!"|16 03|"; depth:2;', 'content:!"|01|"; offset:5; depth:1;')
    ):
        known = (1, 2, 6)[index]
        yield _refusal(f"not-hello-{known}", f"{_TLS} {_UNSEEN} stream_size:client,>,{known}; {match}", state=_STREAM)
    yield _refusal("not-tls", f"{_TLS} app-layer-protocol:!tls;")
    yield _refusal("long-hello", f"{_TLS} {_UNNAMED} stream_size:client,>,{HELLO_MAX + 1};")
    # JA4's fourth character: d with a server name, i without (https://github.com/FoxIO-LLC/ja4).
    yield _refusal("no-sni", f'{_TLS} ja4.hash; content:"i"; offset:3; depth:1;', protocol="tls", state="")
    yield _refusal(
        "sni-syntax",
        f'{_TLS} tls.sni; content:"."; pcre:!"/^[a-z0-9-]+(?:\\.[a-z0-9-]+){{1,126}}\\z/i";',
        protocol="tls", state="",
    )  # fmt: skip
    words = [f"{method} " for method in METHODS] + (["PRI * HTTP/2.0"] if http2 == "judge" else [])
    for length in range(1, max(map(len, words)) + 1):
        starts = sorted({word[:length] for word in words})
        none = " ".join(f'content:!"{start}"; depth:{len(start)};' for start in starts)
        yield _refusal(
            f"not-request-{length}", f"{_HTTP} {_UNSEEN} stream_size:client,>,{length}; {none}", state=_STREAM
        )
    yield _refusal("not-http", f"{_HTTP} app-layer-protocol:!http;")
    yield _refusal("long-head", f"{_HTTP} {_UNNAMED} stream_size:client,>,{HEAD_MAX};")


def _limits() -> Iterator[Draft]:
    """What the engine's HTTP parser gives up on: after it the engine judges nothing more on that connection.

    Looked for in the stream, before the parser gets to the end of the head.
    """
    yield _refusal("coding", f'{_HTTP} content:"|0a|Transfer-Encoding"; nocase;', state=_STREAM)
    yield _refusal(
        "stream-length",
        rf'{_HTTP} content:"|0a|Content-Length"; nocase; '
        rf'pcre:"/\nContent-Length:[ \t]*(?:[^0-9 \t]|[0-9]+[^0-9\r])/i";',
        state=_STREAM,
    )
    yield _refusal(
        "many-fields",
        rf'{_HTTP} content:"|0d 0a|"; pcre:"/(?:\n[!-9\x3b-~]{{1,200}}:[^\r\n]{{0,200}}\r){{{FIELDS_MAX}}}/";',
        state=_STREAM,
    )
    yield _refusal("long-field", f"{_HTTP} app-layer-event:http.request_field_too_long;", protocol="http", state="")
    yield _refusal("long-stream", f"{_HTTP} stream_size:client,>,{STREAM_MAX};")


def _requests(http2: str) -> Iterator[Draft]:
    """Requests and answers that no host may be sent."""
    for form, matches in line_refusals(http2):
        yield _refusal(form, matches, protocol="http", state="")
    for form, matches in _HEAD_REFUSALS:
        yield _refusal(form, matches, protocol="http" if http2 == "refuse" else "http1", state="")
    for name in _OVERRIDES:
        matches = f'http.header_names; content:"|0d 0a|{name}|0d 0a|"; nocase;'
        yield _refusal(f"field-{name.lower()}", matches, protocol="http", state="")
    yield _refusal(
        "switching-protocols", 'http.stat_code; content:"101";', protocol="http", toward=Toward.CLIENT, state=""
    )
    if http2 == "refuse":
        yield _refusal("http2", "", protocol="http2", state="")
        return
    for form, matches in _HTTP2_REFUSALS:
        yield _refusal(form, matches, protocol="http2", state="")
