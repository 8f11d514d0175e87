"""The parts of traffic that rules look into, by keyword: in whose direction, and of which protocol.

https://docs.suricata.io/en/latest/rules/http-keywords.html, tls-keywords.html, dns-keywords.html,
quic-keywords.html, ja-keywords.html. Each holds at most one value in a transaction, but those in `REPEATED`.
"""

TO_SERVER = frozenset(
    {
        "http.accept",
        "http.accept_enc",
        "http.accept_lang",
        "http.connection",
        "http.cookie",
        "http.host",
        "http.host.raw",
        "http.method",
        "http.referer",
        "http.request_body",
        "http.request_header",
        "http.request_line",
        "http.uri",
        "http.uri.raw",
        "http.user_agent",
        "dns.query",
        "ja3.hash",
        "ja4.hash",
        "quic.sni",
        "quic.version",
        "tls.sni",
    }
)
"""Buffers of what clients send."""

EITHER_WAY = frozenset(
    {
        "http.content_len",
        "http.content_type",
        "http.header",
        "http.header.raw",
        "http.header_names",
        "http.protocol",
        "http.start",
    }
)
"""Buffers that both directions have; the rule's own direction says which."""

TO_CLIENT = frozenset(
    {
        "http.location",
        "http.response_body",
        "http.response_header",
        "http.response_line",
        "http.server",
        "http.stat_code",
        "http.stat_msg",
        "tls.cert_issuer",
        "tls.cert_subject",
    }
)
"""Buffers of what servers send."""

REPEATED = frozenset({"dns.query", "http.request_header", "http.response_header"})
"""Buffers with several values in one transaction; a match of any is a match."""

BUFFERS = TO_SERVER | EITHER_WAY | TO_CLIENT
"""Every keyword that names a buffer."""

STREAM = "stream"
"""What was sent in one direction of a TCP connection so far, reassembled; in other protocols, a packet's payload."""

PACKET = "packet"
"""One packet's payload, for rules that look at packets alone (``flow:no_stream``)."""

HOST = "http.host"
"""The host of a request, lower-cased, without its port."""

SERVER_NAME = "tls.sni"
"""The server name that a TLS client sends."""

LOWERED = frozenset({HOST})
"""Buffers that the engine has lower-cased."""
