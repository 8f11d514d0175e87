"""Bounds: their grammar, and their intersection with accesses against brute force over small universes."""

import ipaddress
import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ringfence.policy.bound import BoundError, RequestBound, TransportBound, globs_meet, meets, parse_bound
from ringfence.policy.flow import Access, AgentCall, Flow, Grant, Https, Internet, Service, Tls, Transport
from ringfence.policy.host import HostPattern
from ringfence.policy.port import PortRange
from ringfence.policy.request import RequestPattern
from ringfence.policy.span import Span
from ringfence.policy.target import parse_target
from ringfence.policy.verdict import judge
from ringfence.verify.granted import targets


def overlap(one: RequestPattern, other: RequestPattern) -> bool:
    return not (targets((one,)) & targets((other,))).is_empty()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("POST https://api.github.com", "has no path"),
        ("BREW https://api.github.com/**", "not a method"),
        ("POST https://api.github.com/a b", "is no bound"),
        ("POST https://api.github.com/**?*", "says nothing"),
        ("POST https://10.0.0.1/**", "is an address"),
        ("POST https://com/**", "is no host"),
        ("tls *.a*.com", "a wildcard"),
        ("tcp 10.0.0.1/8:22", "is no destination"),
        ("tcp orders-db", "names no port"),
        ("tcp orders-db:99999", "out of range"),
        ("agent A", "is no bound"),
        ("iam:*", "is no bound"),
        ("", "is no bound"),
    ],
)
def test_what_is_no_bound_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(BoundError, match=re.escape(reason)) as caught:
        parse_bound(text)
    assert caught.value.mend


def test_a_bound_may_speak_of_everybodys_names_and_of_every_method_and_port() -> None:
    bound = parse_bound("any https://*.github.io:*/**")
    assert isinstance(bound, RequestBound)
    assert bound.host == HostPattern("github.io", True)
    assert bound.ports == PortRange(1, 65535)
    assert {request.method for request in bound.requests} >= {"GET", "POST", "DELETE"}
    top = parse_bound("tls *.zip")
    assert meets(Tls(HostPattern("a.b.zip"), 443), top, overlap)
    assert not meets(Tls(HostPattern("zip.example.com"), 443), top, overlap)
    every = parse_bound("tcp *:1-1024")
    assert isinstance(every, TransportBound)
    assert every.destination is None


@pytest.mark.parametrize(
    ("bound", "access", "expected"),
    [
        ("POST https://a.example.com/gists/**", Https(HostPattern("a.example.com"), 443, ()), True),
        ("POST https://a.example.com/gists/**", Tls(HostPattern("example.com", True), 443), True),
        ("POST https://a.example.com/gists/**", Tls(HostPattern("a.example.com"), 8443), False),
        ("POST https://a.example.com/gists/**", Internet(443), True),
        ("POST https://*/**", Https(HostPattern("a.com"), 443, (RequestPattern.parse("POST /x"),)), True),
        ("POST https://*/**", Https(HostPattern("a.com"), 443, (RequestPattern.parse("GET /x"),)), False),
        ("dns *.example.com", Tls(HostPattern("a.example.com"), 8443), True),
        ("dns example.com", Tls(HostPattern("example.com", True), 443), False),
        ("tls *", Https(HostPattern("a.com"), 443, (RequestPattern.parse("GET /x"),)), True),
        ("tcp 10.0.0.0/8:*", Internet(443), False),
        ("tcp 0.0.0.0/0:443", Internet(443), True),
        ("udp *:*", Internet(443), False),
        ("agent *", AgentCall("b", 80), True),
        ("agent c", AgentCall("b", 80), False),
    ],
)
def test_what_meets_a_bound(bound: str, access: Access, expected: bool) -> None:
    assert meets(access, parse_bound(bound), overlap) == expected


PATHS = ("/**", "/a", "/a/{x}", "/a/**", "/{x}/b", "/b?-", "/b?q=1", "/a{x}")
TARGETS = ("/", "/a", "/a/", "/a/1", "/a/b", "/a/1/2", "/c/b", "/b", "/b?q=1", "/ab")
PATTERNS = ("example.org", "*.example.com", "a.example.com", "*.a.example.com")
HOSTS = ("example.org", "example.com", "a.example.com", "x.a.example.com", "b.example.com")
GRANT = Grant("c", "profile", Span("a.yaml"), Span("c.yaml"))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(PATTERNS), st.sampled_from(PATTERNS), st.sampled_from(PATHS), st.sampled_from(PATHS),
    st.sampled_from(("GET", "POST")), st.sampled_from(("GET", "any", "GET|POST")),
)  # fmt: skip
def test_requests_meet_exactly_when_some_request_is_in_both(
    host: str, forbidden: str, path: str, other: str, method: str, methods: str
) -> None:
    access = Https(HostPattern.parse(host), 443, (RequestPattern.parse(f"{method} {path}"),))
    bound = parse_bound(f"{methods} https://{forbidden}{other}")
    assert isinstance(bound, RequestBound)
    as_flow = Flow("a", Https(HostPattern.parse(forbidden), 443, bound.requests), GRANT)
    shared = any(
        judge((Flow("a", access, GRANT),), target).allowed and judge((as_flow,), target).allowed
        for each, name, verb in itertools.product(TARGETS, HOSTS, ("GET", "POST"))
        if (target := parse_target(f"{verb} https://{name}{each}"))
    )
    assert meets(access, bound, overlap) == shared


def test_wildcards_of_iam_meet_exactly_when_some_text_matches_both() -> None:
    patterns = ["".join(letters) for length in range(4) for letters in itertools.product("ab*?", repeat=length)]
    texts = ["".join(letters) for length in range(6) for letters in itertools.product("ab", repeat=length)]
    expressions = {
        pattern: re.compile("".join({"*": ".*", "?": "."}.get(letter, letter) for letter in pattern))
        for pattern in patterns
    }
    matched = {
        pattern: {text for text in texts if expression.fullmatch(text)} for pattern, expression in expressions.items()
    }
    for one, other in itertools.product(patterns, repeat=2):
        assert globs_meet(one, other) == bool(matched[one] & matched[other]), (one, other)


def test_actions_are_compared_without_case_and_resources_with_it() -> None:
    access = Service("s3", ("s3:GetObject",), ("arn:aws:s3:::b/x/*",), "*")
    assert meets(access, parse_bound("s3:getobject arn:aws:s3:::b/*"), overlap)
    assert meets(access, parse_bound("* arn:aws:s3:::*/x/secret"), overlap)
    assert not meets(access, parse_bound("s3:Put* *"), overlap)
    assert not meets(access, parse_bound("s3:* arn:aws:s3:::B/*"), overlap)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 3), st.integers(28, 32), st.integers(28, 32), st.integers(1, 4), st.integers(1, 4))
def test_networks_and_ports_meet_exactly(offset: int, mine: int, theirs: int, port: int, other: int) -> None:
    one = ipaddress.IPv4Network(f"10.0.0.{offset}/{mine}", strict=False)
    forbidden = ipaddress.IPv4Network(f"10.0.0.0/{theirs}")
    access = Transport("db", "tcp", one, PortRange(port, port + 1), "tgw-1")
    shared = bool({*one} & {*forbidden}) and bool({port, port + 1} & {other, other + 1})
    assert meets(access, parse_bound(f"tcp {forbidden}:{other}-{other + 1}"), overlap) == shared
    assert meets(access, parse_bound(f"tcp db:{other}"), overlap) == (other in {port, port + 1})
    assert not meets(access, parse_bound("udp *:*"), overlap)
