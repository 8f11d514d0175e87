"""One grammar for naming traffic."""

import ipaddress

import pytest
from ringfence.policy.target import (
    ActionTarget,
    AgentTarget,
    NameTarget,
    RequestTarget,
    Target,
    TargetError,
    TlsTarget,
    TransportTarget,
    parse_target,
)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("GET https://example.com", RequestTarget("GET", "example.com", 443, "/")),
        ("GET https://Example.COM/", RequestTarget("GET", "example.com", 443, "/")),
        ("POST https://example.com:8443/a/b?c=d&e", RequestTarget("POST", "example.com", 8443, "/a/b?c=d&e")),
        ("GET https://example.com?q", RequestTarget("GET", "example.com", 443, "/?q")),
        ("BREW https://example.com/../x", RequestTarget("BREW", "example.com", 443, "/../x")),
        ("tls example.com", TlsTarget("example.com", 443)),
        ("tls example.com:6514", TlsTarget("example.com", 6514)),
        ("tcp orders-db:5432", TransportTarget("tcp", "orders-db", 5432)),
        ("udp 10.0.0.1:53", TransportTarget("udp", ipaddress.IPv4Network("10.0.0.1/32"), 53)),
        ("tcp 10.0.0.0/8:1", TransportTarget("tcp", ipaddress.IPv4Network("10.0.0.0/8"), 1)),
        ("dns example.com", NameTarget("example.com")),
        ("dns b\u00fccher.example", NameTarget("xn--bcher-kva.example")),
        ("agent reviewer", AgentTarget("reviewer")),
        ("s3:PutObject arn:aws:s3:::b/k", ActionTarget("s3:PutObject", "arn:aws:s3:::b/k")),
        ("bedrock:* *", ActionTarget("bedrock:*", "*")),
    ],
)
def test_targets_are_read(text: str, target: Target) -> None:
    assert parse_target(text) == target


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no target"),
        ("GET", "is no target"),
        ("GET http://example.com/", "is no target"),
        ("GET https://example.com/a b", "is no target"),
        ("GET https://example.com/#part", "is no target"),
        ("GET https://user@example.com/", "is not a host name"),
        ("GET https://10.0.0.1/", "is an address, not a host"),
        ("GET https://[::1]/", "is no"),
        ("GET https://*.example.com/", "a target names one host"),
        ("GET https://example.com:0/", "is no port"),
        ("GET https://example.com:65536/", "is no port"),
        ("GET https://example.com/\n", "is no target"),
        ("tls", "is not a host name"),
        ("tls example.com:", "is no port"),
        ("tls example.com:x", "is no port"),
        ("tls example.com:\u0664", "is no port"),
        ("tcp orders-db", "names no port"),
        ("tcp :5432", "names no port"),
        ("tcp orders-db:5432-5433", "is no port"),
        ("tcp 10.0.0.1/8:1", "is no network"),
        ("tcp 300.0.0.1:1", "is no network"),
        ("tcp orders db:1", "is no destination"),
        ("dns *.example.com", "a target names one host"),
        ("agent", "is no target"),
        ("agent Reviewer", "is no target"),
        ("agent a b", "is no target"),
        ("s3 PutObject", "is no target"),
        ("s3:PutObject", "is no target"),
        ("s3:PutObject bucket", "is no target"),
        ("icmp 10.0.0.1", "is no target"),
    ],
)
def test_what_is_no_target_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(TargetError) as caught:
        parse_target(text)
    assert reason in str(caught.value)
    assert "tcp name:port" in caught.value.mend
