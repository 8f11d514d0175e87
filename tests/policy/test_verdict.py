"""What flows say of a target: allow with the flow that does, deny with the nearest reason."""

import ipaddress

import pytest
from ringfence.policy.flow import Access, AgentCall, Flow, Grant, Https, Internet, Service, Tls, Transport
from ringfence.policy.host import HostPattern
from ringfence.policy.port import PortRange
from ringfence.policy.request import RequestPattern
from ringfence.policy.span import Span
from ringfence.policy.target import parse_target
from ringfence.policy.verdict import judge

GRANT = Grant("test.capability", "profile", Span("a.yaml", 7), Span("catalogue/x.yaml", 1))


def https(host: str, *requests: str, port: int = 443) -> Https:
    return Https(HostPattern.parse(host), port, tuple(sorted(RequestPattern.parse(text) for text in requests)))


FLOWS: tuple[Access, ...] = (
    https("api.example.com", "GET /v1/**", "POST /v1/items?-"),
    https("open.example.com"),
    https("*.wild.example.com", "GET /**"),
    Tls(HostPattern("pinned.example.com"), 6514),
    Transport("orders-db", "tcp", ipaddress.IPv4Network("10.60.8.0/24"), PortRange(5432, 5433), "tgw-0abc"),
    AgentCall("reviewer", 8080),
    Service("s3", ("s3:GetObject", "s3:List*"), ("arn:aws:s3:::lake/raw/*", "arn:aws:s3:::lake"), "arn:role"),
)

VERDICTS = [
    ("GET https://api.example.com/v1/items", True, "test.capability (a.yaml:7)"),
    ("POST https://api.example.com/v1/items", True, "test.capability (a.yaml:7)"),
    (
        "POST https://api.example.com/v1/items?dry",
        False,
        "no request declared for api.example.com covers POST /v1/items?dry",
    ),
    ("DELETE https://api.example.com/v1/items", False, "no request declared for api.example.com covers DELETE"),
    ("GET https://api.example.com/v1/../v2", False, "no request declared for api.example.com covers GET"),
    ("GET https://api.example.com:8443/v1/items", False, "api.example.com is declared on port 443 only"),
    ("GET https://example.com/v1/items", False, "nothing is declared for it"),
    ("GET https://api.example.com.evil.com/v1/items", False, "nothing is declared for it"),
    ("DELETE https://open.example.com/any/thing", True, "test.capability"),
    ("GET https://a.b.wild.example.com/", True, "test.capability"),
    ("GET https://wild.example.com/", False, "nothing is declared for it"),
    ("tls api.example.com", True, "test.capability"),
    ("tls pinned.example.com:6514", True, "test.capability"),
    ("tls pinned.example.com", False, "pinned.example.com is declared on port 6514 only"),
    ("GET https://pinned.example.com:6514/x", True, "test.capability"),
    ("GET https://pinned.example.com/x", False, "pinned.example.com is declared on port 6514 only"),
    ("dns api.example.com", True, "test.capability"),
    ("dns pinned.example.com", True, "test.capability"),
    ("dns evil.com", False, "nothing is declared for it"),
    ("tcp orders-db:5432", True, "test.capability"),
    ("tcp orders-db:5434", False, "orders-db is declared for tcp 5432-5433 only"),
    ("udp orders-db:5432", False, "orders-db is declared for tcp 5432-5433 only"),
    ("tcp 10.60.8.9:5433", True, "test.capability"),
    ("tcp 10.60.8.0/24:5433", True, "test.capability"),
    ("tcp 10.60.0.0/16:5433", False, "nothing is declared for it"),
    ("tcp 10.60.9.1:5432", False, "nothing is declared for it"),
    ("tcp invoices-db:5432", False, "nothing is declared for it"),
    ("agent reviewer", True, "test.capability"),
    ("agent orchestrator", False, "nothing is declared for it"),
    ("s3:GetObject arn:aws:s3:::lake/raw/2026/a", True, "test.capability"),
    ("s3:ListBucket arn:aws:s3:::lake", True, "test.capability"),
    ("s3:getobject arn:aws:s3:::lake/raw/a", True, "test.capability"),
    ("s3:GetObject arn:aws:s3:::lake/payroll/a", False, "s3:GetObject is declared for other resources only"),
    ("s3:GetObject arn:aws:s3:::LAKE/raw/a", False, "s3:GetObject is declared for other resources only"),
    ("s3:PutObject arn:aws:s3:::lake/raw/a", False, "nothing is declared for it"),
    ("s3:* arn:aws:s3:::lake", False, "nothing is declared for it"),
]


@pytest.mark.parametrize(("target", "allowed", "reason"), VERDICTS)
def test_verdicts_and_their_reasons(target: str, allowed: bool, reason: str) -> None:
    verdict = judge([Flow("a", access, GRANT) for access in FLOWS], parse_target(target))
    assert (verdict.allowed, reason in verdict.reason) == (allowed, True), verdict


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("GET https://anything.example/", True),
        ("tls anything.example", True),
        ("tls anything.example:444", False),
        ("tcp 8.8.8.8:443", True),
        ("tcp 8.8.8.8:80", False),
        ("udp 8.8.8.8:443", False),
        ("tcp 10.0.0.1:443", False),
        ("tcp 169.254.169.254:443", False),
    ],
)
def test_an_open_port_is_open_to_every_public_address_only(target: str, allowed: bool) -> None:
    assert judge([Flow("a", Internet(443), GRANT)], parse_target(target)).allowed is allowed


@pytest.mark.parametrize("target", [row[0] for row in VERDICTS])
def test_nothing_declared_allows_nothing(target: str) -> None:
    verdict = judge([], parse_target(target))
    assert not verdict.allowed
    assert verdict.reason == "nothing is declared for it"
