"""What one side has more, against brute force: every target of a small universe, judged on both sides one by one.

What a piece says is read back from its words alone, as a reviewer would read them, so that the words are exact too.
"""

import datetime
import ipaddress
import itertools
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from ringfence.policy.flow import Access, AgentCall, Flow, Grant, Https, Internet, Service, Tls, Transport
from ringfence.policy.host import HostPattern
from ringfence.policy.policy import Agent
from ringfence.policy.port import PortRange
from ringfence.policy.request import METHODS, RequestPattern
from ringfence.policy.span import Span
from ringfence.policy.target import ActionTarget, RequestTarget, Target, parse_target
from ringfence.policy.verdict import judge
from ringfence.review.access import ANY_REQUEST, ANYTHING_IN_TLS, Piece, Side, host_of, only_of

ROLE = "arn:aws:iam::111111111111:role/a"
AGENT = Agent("a", "o", "p", "ecs", ROLE, None, 1, None, "enforce", None, Span("a.yaml"))
GRANT = Grant("c", "profile", Span("a.yaml", 1), Span("c.yaml", 1))

HOSTS = ("example.com", "a.example.com", "x.a.example.com", "b.example.com", "example.org")
PATTERNS = ("example.org", "*.example.com", "a.example.com", "*.a.example.com", "b.example.com")
TARGETS = ("/", "/a", "/a/", "/a/1", "/a/1/2", "/b", "/b?q=1", "/ab", "/%C3%A9")
REQUESTS = tuple(
    RequestPattern.parse(f"{method} {path}")
    for method in ("GET", "POST")
    for path in ("/**", "/a", "/a/{x}", "/a/**", "/{x}", "/b?-", "/b?q=1", "/a{x}")
)
NETWORKS = ("10.0.0.0/30", "10.0.0.0/31", "10.0.0.1/32", "10.0.0.2/31")
ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:Get*", "s3:*")
RESOURCES = (
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b/x/*",
    "arn:aws:s3:::b/x/1",
    "arn:aws:s3:::c",
    "*",
    "arn:aws:s3:::?/x/1",
)

ports = st.sampled_from((443, 8443))
hosts = st.sampled_from(PATTERNS).map(HostPattern.parse)
judged = st.builds(
    lambda host, port, requests: Https(host, port, tuple(sorted(requests))),
    hosts,
    ports,
    st.sets(st.sampled_from(REQUESTS), max_size=4),
)
opaque = st.builds(Tls, hosts, ports)
transports = st.builds(
    lambda protocol, network, first, length, via: Transport(
        "db", protocol, ipaddress.IPv4Network(network), PortRange(first, first + length), via
    ),
    st.sampled_from(("tcp", "udp")), st.sampled_from(NETWORKS), st.integers(1, 3), st.integers(0, 2),
    st.sampled_from(("tgw-1", "pcx-1")),
)  # fmt: skip
services = st.builds(
    lambda actions, resources: Service("s3", tuple(sorted(actions)), tuple(sorted(resources)), ROLE),
    st.sets(st.sampled_from(ACTIONS), min_size=1, max_size=2),
    st.sets(st.sampled_from(RESOURCES), min_size=1, max_size=3),
)
calls = st.builds(AgentCall, st.sampled_from(("b", "c")), st.sampled_from((80, 81)))
web = st.lists(st.one_of(judged, judged, judged, opaque, st.builds(Internet, ports)), max_size=4)
other = st.lists(st.one_of(transports, services, calls), max_size=4)


def side(accesses: list[Access]) -> Side:
    return Side(AGENT, tuple(Flow("a", access, GRANT) for access in accesses), {})


def allows(one: Side, target: Target) -> bool:
    return judge(one.flows, target).allowed


def matches(piece: Piece, host: str, port: int) -> bool:
    pattern, _, number = piece.destination.removeprefix("tls ").rpartition(":")
    excepted = any(HostPattern.parse(each).matches(host) for each in piece.except_hosts)
    return int(number) == port and HostPattern.parse(pattern).matches(host) and not excepted


def listed(texts: tuple[str, ...], method: str, target: str) -> bool:
    for text in texts:
        if text in {ANY_REQUEST, ANYTHING_IN_TLS}:
            return True
        methods, _, path = text.partition(" ")
        for each in METHODS if methods == "any" else methods.split("|"):
            if RequestPattern.parse(f"{each} {path}").matches(method, target):
                return True
    return False


def says(piece: Piece, target: RequestTarget) -> bool:
    """Whether the words of a piece have a request."""
    if piece.kind == "internet":
        number = int(piece.destination.rpartition(":")[2])
        return number == target.port and not any(has(each, target) for each in piece.besides)
    if piece.kind not in {"https", "tls"} or not matches(piece, target.host, target.port):
        return False
    return listed(piece.what, target.method, target.target) and not listed(piece.besides, target.method, target.target)


def has(text: str, target: RequestTarget) -> bool:
    """Whether what stands under `besides` of every address has a request."""
    place, _, requests = text.removeprefix("tls ").partition(" ")
    pattern, _, number = place.rpartition(":")
    if int(number) != target.port or not HostPattern.parse(pattern).matches(target.host):
        return False
    return not requests or listed(tuple(requests.split(", ")), target.method, target.target)


@settings(max_examples=150, deadline=None)
@given(web, web)
def test_requests_agree_with_brute_force(more: list[Access], less: list[Access]) -> None:
    wide, narrow = side(more), side(less)
    pieces = only_of(wide, narrow)
    for host, port, method, target in itertools.product(HOSTS, (443, 8443), ("GET", "POST"), TARGETS):
        request = RequestTarget(method, host, port, target)
        new = allows(wide, request) and not allows(narrow, request)
        assert any(says(piece, request) for piece in pieces) == new, (request, pieces)


@settings(max_examples=150, deadline=None)
@given(web, web)
def test_an_example_passes_on_one_side_only(more: list[Access], less: list[Access]) -> None:
    wide, narrow = side(more), side(less)
    for piece in only_of(wide, narrow):
        target = parse_target(piece.example)
        assert allows(wide, target), piece
        # Opaque TLS beside every plain request differs in what is no plain request, which no target can name.
        if not (piece.what in ((ANY_REQUEST,), (ANYTHING_IN_TLS,)) and piece.besides and piece.example[:4] == "tls "):
            assert not allows(narrow, target), piece


@settings(max_examples=150, deadline=None)
@given(other, other)
def test_private_destinations_calls_and_services_agree_with_brute_force(more: list[Access], less: list[Access]) -> None:
    wide, narrow = side(more), side(less)
    pieces = only_of(wide, narrow)
    for piece in pieces:
        target = parse_target(piece.example)
        assert allows(wide, target)
        if piece.kind == "service":
            assert not allows(narrow, target)
    words = {what for piece in pieces if piece.kind == "transport" for what in told(piece)}
    expected = every_connection(wide) - every_connection(narrow)
    assert words == expected
    assert {(piece.destination, piece.what) for piece in pieces if piece.kind == "agent"} == {
        (f"agent {access.callee}", (f"port {access.port}",))
        for access in {*more} - {*less}
        if isinstance(access, AgentCall)
    }
    resources = ("arn:aws:s3:::b/x/1", "arn:aws:s3:::b/y", "arn:aws:s3:::c", "arn:aws:s3:::c/x/1", "other")
    for action, resource in itertools.product(("s3:GetObject", "s3:GetTags", "s3:PutObject", "s3:X"), resources):
        asked = ActionTarget(action, resource)
        new = allows(wide, asked) and not allows(narrow, asked)
        shown = any(
            permits(piece.what, asked) and not permits(piece.besides, asked)
            for piece in pieces
            if piece.kind == "service"
        )
        assert shown or not new, (asked, pieces)


def permits(texts: tuple[str, ...], target: ActionTarget) -> bool:
    for text in texts:
        actions, _, resources = text.partition(" on ")
        access = Service("s3", tuple(actions.split(", ")), tuple(resources.split(", ")), ROLE)
        if judge((Flow("a", access, GRANT),), target).allowed:
            return True
    return False


Connection = tuple[str, str, str, int]


def told(piece: Piece) -> set[Connection]:
    protocol, _, _, via = piece.destination.split()
    found: set[Connection] = set()
    for what in piece.what:
        networks, _, numbers = what.rpartition(", port")
        spans = [span.partition("-") for span in numbers.removeprefix("s").strip().split(", ")]
        ports = {port for first, _, last in spans for port in range(int(first), int(last or first) + 1)}
        for network in networks.split(", "):
            found |= {
                (protocol, via, str(address), port) for address in ipaddress.IPv4Network(network) for port in ports
            }
    return found


def every_connection(one: Side) -> set[Connection]:
    return {
        (access.protocol, access.via, str(address), port)
        for access in (flow.access for flow in one.flows)
        if isinstance(access, Transport)
        for address in access.network
        for port in range(access.ports.first, access.ports.last + 1)
    }


@settings(max_examples=100, deadline=None)
@given(web, other, st.randoms(use_true_random=False))
def test_the_same_in_another_order_has_nothing_more(first: list[Access], second: list[Access], random: Random) -> None:
    accesses = [*first, *second]
    other_order = list(accesses)
    random.shuffle(other_order)
    assert only_of(side(accesses), side(other_order)) == ()
    assert only_of(side(accesses), side([*other_order, *accesses])) == ()


def test_all_of_an_agent_that_the_other_side_has_not_is_new() -> None:
    accesses: list[Access] = [Tls(HostPattern("example.org"), 443), AgentCall("b", 80)]
    kinds = [(piece.kind, piece.example) for piece in only_of(side(accesses), None)]
    assert kinds == [("tls", "tls example.org"), ("agent", "agent b")]


def test_a_rewrite_that_opens_nothing_has_nothing_more() -> None:
    one = side([Https(HostPattern("example.org"), 443, (RequestPattern.parse("GET /**"),))])
    parts = ("GET /{x}/**", "GET /{x}", "GET /")
    other_way = side([Https(HostPattern("example.org"), 443, tuple(map(RequestPattern.parse, parts)))])
    assert only_of(one, other_way) == only_of(other_way, one) == ()


def test_requests_that_are_judged_no_more_are_opaque_also_where_all_plain_ones_passed() -> None:
    everything = side([
        Https(HostPattern("example.org"), 443, ()),
        Https(HostPattern("example.com"), 443, (RequestPattern.parse("GET /"),)),
    ])  # fmt: skip
    opened = side([Https(HostPattern("example.org"), 443, ()), Https(HostPattern("example.com"), 443, ())])
    pieces = {piece.destination: piece for piece in only_of(opened, everything)}
    assert pieces["example.org:443"].example == "tls example.org"
    assert pieces["example.com:443"].example == "DELETE https://example.com/"
    assert pieces["example.com:443"].besides == ("GET /",)
    assert all(piece.unjudged for piece in pieces.values())
    assert only_of(everything, opened) == ()


def test_a_wildcard_names_what_of_it_is_not_new() -> None:
    known = [Tls(HostPattern("a.example.com"), 443), Tls(HostPattern("b.example.com", True), 443)]
    (piece,) = only_of(side([Tls(HostPattern("example.com", True), 443)]), side(list(known)))
    assert (piece.destination, piece.except_hosts) == ("*.example.com:443", ("a.example.com", "*.b.example.com"))
    assert piece.example == "tls b.example.com"


def test_a_role_of_another_name_is_one_difference() -> None:
    service = Service("s3", ("s3:GetObject",), ("*",), ROLE)
    other_role = "arn:aws:iam::111111111111:role/b"
    changed = Agent("a", "o", "p", "ecs", other_role, None, 1, None, "enforce", None, Span("a.yaml"))
    flows = (Flow("a", Service("s3", ("s3:GetObject",), ("*",), other_role), GRANT),)
    (piece,) = only_of(Side(changed, flows, {}), side([service]))
    assert (piece.kind, piece.what) == ("principal", (f"as the role {other_role}",))


def test_a_host_that_no_name_can_have_is_none() -> None:
    long = HostPattern(".".join(["a" * 63] * 3 + ["b" * 61]), True)
    assert len(long.name) == 253
    assert host_of(long) is None
    assert host_of(HostPattern("example.com", True), [HostPattern("a.example.com")]) == "b.example.com"


def test_the_day_is_of_no_concern() -> None:
    dated = Grant("c", "profile", Span("b.yaml", 9), Span("c.yaml", 1), until=datetime.date(2027, 1, 1), ticket="T")
    access = Tls(HostPattern("example.org"), 443)
    other_reasons = Side(AGENT, (Flow("a", access, dated),), {})
    assert only_of(side([access]), other_reasons) == only_of(other_reasons, side([access])) == ()
