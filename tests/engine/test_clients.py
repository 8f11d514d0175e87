"""What clients send, read by others: the standard library's TLS, h2's own server, the engines."""

import ssl

import h2.config
import h2.connection
import h2.events
import pytest
from ringfence.engine import http1, http2, samples, tls
from ringfence.engine.flow import Conversation, Side, answers, says
from ringfence.engine.suricata import Engine


def offered(hello: bytes) -> str | None:
    """The server name that Python's TLS reads from a ClientHello; raises `ssl.SSLError` when it takes none."""
    seen: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = lambda _connection, name, _context: seen.append(name)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    incoming.write(hello)
    # The hello was read to its end: what is missing is a certificate.
    with pytest.raises(ssl.SSLError, match=r"NO_SHARED_CIPHER|NO_SUITABLE"):
        context.wrap_bio(incoming, outgoing, server_side=True).do_handshake()
    return seen[0] if seen else None


@pytest.mark.parametrize(
    "options",
    [{}, {"post_quantum": True}, {"encrypted": True}, {"padding": 3000}, {"alpn": ()}, {"alpn": ("dot",)}],
    ids=str,
)
def test_client_hellos_are_read_by_another_stack(options: dict[str, object]) -> None:
    assert offered(tls.client_hello("github.com", **options)) == "github.com"
    assert offered(tls.client_hello(None, **options)) is None


def test_client_hellos_cut_into_records_are_read_by_another_stack() -> None:
    hello = tls.client_hello("github.com", post_quantum=True)
    for sizes in ((1, 16000), (50,), (300, 7)):
        assert offered(tls.records(hello, sizes)) == "github.com"
    assert offered(tls.padded_first(hello, 9000)) == "github.com"


def test_a_client_hello_is_the_same_each_time_and_longer_than_a_segment_with_a_hybrid_share() -> None:
    first = tls.client_hello("github.com")
    tls.client_hello.cache_clear()
    assert tls.client_hello("github.com") == first
    assert len(first) < 1460 < len(tls.client_hello("github.com", post_quantum=True))


def test_names_that_no_stack_would_send_are_put_in_all_the_same() -> None:
    assert b"198.51.100.20" in tls.client_hello("198.51.100.20")
    assert b"\x00\x0bgithub.com\x00" in tls.client_hello("github.com\0")
    assert len(tls.without_extensions(tls.client_hello("github.com"))) < 200


def requests_of(*data: bytes) -> list[dict[str, str]]:
    """The requests that h2's server reads."""
    server = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="ascii"))
    server.initiate_connection()
    events = [event for part in data for event in server.receive_data(part)]
    return [dict(event.headers or ()) for event in events if isinstance(event, h2.events.RequestReceived)]


def test_http2_requests_are_read_by_another_stack() -> None:
    client = http2.Client()
    first = client.request("GET", "/pulls", "api.github.com", headers=(("accept", "*/*"),))
    second = client.request("POST", "/pulls", "api.github.com", body=b"{}", continued=3)
    assert requests_of(first.data, second.data) == [
        {":method": "GET", ":scheme": "https", ":path": "/pulls", ":authority": "api.github.com", "accept": "*/*"},
        {":method": "POST", ":scheme": "https", ":path": "/pulls", ":authority": "api.github.com"},
    ]
    assert first.decisive == len(first.data)
    assert second.decisive == len(second.data) - 9 - len(b"{}")


def test_literal_header_blocks_hold_long_values() -> None:
    fields = (*http2.pseudo("GET", "/" + "a" * 5000, "example.com"), ("x", "y" * 127))
    block = http2.Client().send(http2.literal(fields))
    assert requests_of(block.data)[0][":path"] == "/" + "a" * 5000


def test_http1_requests_are_decisive_at_the_end_of_their_head() -> None:
    message = http1.request("POST", "/pulls", "api.github.com", body=b"{}")
    assert message.data == (
        b"POST /pulls HTTP/1.1\r\nHost: api.github.com\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n"
        b"Content-Length: 2\r\n\r\n{}"
    )
    assert message.decisive == len(message.data) - 2
    assert b"Host" not in http1.request("GET", "/", None).data
    assert http1.response(body=b"").sender is Side.SERVER


@pytest.mark.suricata
def test_engines_take_each_sample_for_what_it_is(engine: Engine) -> None:
    """Each protocol's own rule matches its sample and no other: the samples are what they claim to be."""
    ok = answers(b"ok")
    conversations = {
        "http": Conversation("http", (http1.request("GET", "/", "a.example"), http1.response())),
        "http2": Conversation("http2", (http2.Client().request("GET", "/", "a.example"), http2.response())),
        "tls": Conversation("tls", (says(tls.client_hello("a.example")), *tls.accepted())),
        "ssh": Conversation("ssh", (says(samples.SSH_CLIENT), answers(samples.SSH_SERVER)), port=22),
        "dns": Conversation("dns", (says(samples.dns_query("a.example")),), port=53, protocol="udp"),
        "ntp": Conversation("ntp", (says(samples.NTP_CLIENT),), port=123, protocol="udp"),
        "quic": Conversation("quic", (says(samples.quic_initial()),), protocol="udp"),
        "smtp": Conversation("smtp", (answers(samples.SMTP_SERVER), says(b"EHLO a\r\n")), port=25),
        "snmp": Conversation("snmp", (says(samples.SNMP_CLIENT),), port=161, protocol="udp"),
        "none": Conversation("none", (says(samples.NOISE), ok)),
    }
    kinds = [kind for kind in conversations if kind != "none"]
    rules = "".join(
        f'alert {kind} any any -> any any (msg:"{kind}"; sid:{sid};)\n' for sid, kind in enumerate(kinds, 1)
    )
    verdicts = engine.judge(rules, list(conversations.values()))
    for kind, verdict in zip(conversations, verdicts, strict=True):
        expected = {"none": set(), "http2": {"http2", "http"}}.get(kind, {kind})
        assert {alert.message for alert in verdict.alerts} == expected, kind
        assert verdict.completed
