import dataclasses
import datetime
import ipaddress

from hypothesis import given
from hypothesis import strategies as st
from ringfence.policy.digest import LENGTH, access_digest
from ringfence.policy.flow import Access, AgentCall, Flow, Grant, Https, Internet, Service, Tls, Transport
from ringfence.policy.host import HostPattern
from ringfence.policy.port import PortRange
from ringfence.policy.request import RequestPattern
from ringfence.policy.span import Span

PLACE = Span("profiles/agents/a.yaml", 3)
GRANT = Grant("https", "profile", PLACE, Span("catalogue/https.yaml"))
HOST = HostPattern.parse("docs.example.com")

NETWORK = ipaddress.IPv4Network("10.60.8.9/32")

ACCESSES: list[Access] = [
    Https(HOST, 443, ()),
    Https(HOST, 443, (RequestPattern.parse("GET /a"),)),
    Https(HOST, 443, (RequestPattern.parse("GET /a?-"),)),
    Https(HOST, 443, (RequestPattern.parse("GET /a"), RequestPattern.parse("GET /b"))),
    Https(HostPattern.parse("*.docs.example.com"), 443, ()),
    Tls(HOST, 443),
    Tls(HOST, 8443),
    Internet(443),
    AgentCall("b", 443),
    Transport("db", "tcp", NETWORK, PortRange(443, 443), "tgw-1"),
    Transport("db", "udp", NETWORK, PortRange(443, 443), "tgw-1"),
    Transport("db", "tcp", NETWORK, PortRange(443, 444), "tgw-1"),
    Transport("db", "tcp", NETWORK, PortRange(443, 443), "pcx-1"),
    Service("s3", ("s3:GetObject",), ("arn:aws:s3:::a/*",), "arn:aws:iam::1:role/a"),
    Service("s3", ("s3:GetObject",), ("arn:aws:s3:::b/*",), "arn:aws:iam::1:role/a"),
    Service("s3", ("s3:GetObject",), ("arn:aws:s3:::a/*",), "*"),
    Service("s3", ("s3:PutObject",), ("arn:aws:s3:::a/*",), "arn:aws:iam::1:role/a"),
]


def flow(access: Access) -> Flow:
    return Flow("a", access, GRANT)


def test_different_accesses_have_different_digests() -> None:
    digests = {access_digest([flow(access)]) for access in ACCESSES}
    assert len(digests) == len(ACCESSES)
    assert all(len(digest) == LENGTH for digest in digests)
    assert access_digest([]) not in digests


@given(st.lists(st.sampled_from(ACCESSES), max_size=6), st.lists(st.sampled_from(ACCESSES), max_size=6))
def test_digests_are_equal_exactly_when_what_is_reached_is(first: list[Access], second: list[Access]) -> None:
    equal = access_digest(map(flow, first)) == access_digest(map(flow, second))
    assert equal == (set(first) == set(second))


def test_reasons_and_places_do_not_count() -> None:
    reasoned = dataclasses.replace(GRANT, because="x", until=datetime.date(2027, 1, 1), declared=Span("other.yaml", 9))
    access = ACCESSES[1]
    assert access_digest([Flow("a", access, reasoned)]) == access_digest([flow(access)])
