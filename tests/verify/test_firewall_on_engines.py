"""The verdict on whole conversations: what our reading of a rule set lets through, and what the engines do.

The rules are those that the compiler writes for a small policy, and the same with one rule taken out, so that both
verdicts occur for every kind of traffic; requests are drawn near the granted ones.
"""

import datetime
import ipaddress
import random
from collections.abc import Callable

import pytest
from ringfence.aws.enforcement.firewall.compile import firewall_rules
from ringfence.engine import http1, tls
from ringfence.engine.flow import Conversation, answers, says
from ringfence.engine.suricata import Engine
from ringfence.policy.flow import Flow, Grant, Https, Tls
from ringfence.policy.host import HostPattern
from ringfence.policy.policy import Agent, Policy
from ringfence.policy.request import RequestPattern
from ringfence.policy.span import Span
from ringfence.verify.explain.packets import CLIENT_PORT
from ringfence.verify.suricata.conversation import (
    Course,
    after_hello,
    follow,
    handshake,
    hello,
    next_request,
    request,
    sends,
)
from ringfence.verify.suricata.moment import Value
from ringfence.verify.suricata.ruleset import Candidates, RuleSet, RuleText
from ringfence.verify.suricata.shapes import UNRECOGNISED_OPENINGS, plain_head

pytestmark = pytest.mark.suricata

HERE = Span("p.yaml", 1)
GRANT = Grant("https", "profile", HERE, HERE)
INSPECTED, OPAQUE = ipaddress.IPv4Address("10.40.0.4"), ipaddress.IPv4Address("10.40.0.20")
ORIGIN = ipaddress.IPv4Address("198.51.100.20")


def agent(name: str) -> Agent:
    return Agent(name, "o", "p", "ecs", f"arn:aws:iam::111111111111:role/{name}", None, 1, None, "enforce", None, HERE)


def rules() -> str:
    host, asked = HostPattern.parse, RequestPattern.parse
    flows = [
        Flow(
            "a",
            Https(host("api.github.com"), 443, (asked("GET /repos/acme/{r}/pulls"), asked("POST /repos/acme/**"))),
            GRANT,
        ),
        Flow("a", Https(host("*.example.org"), 443, (asked("GET /a?-"),)), GRANT),
        Flow("b", Tls(host("pinned.example.net"), 443), GRANT),
        Flow("b", Tls(host("*.example.org"), 443), GRANT),
    ]
    policy = Policy("dev", datetime.date(2026, 1, 1), (agent("a"), agent("b")), Policy.sorted_flows(flows))
    network = ipaddress.IPv4Network
    addresses = {"a": (network("10.40.0.0/28"),), "b": (network("10.40.0.16/28"),)}
    firewall = firewall_rules(
        policy, addresses, inspection="requests", http2="refuse", home_net=(network("10.40.0.0/16"),)
    )
    return "".join(group.text for group in firewall.groups)


def candidates(text: str, client: ipaddress.IPv4Address) -> Candidates:
    read = RuleSet.read([RuleText("g", text, {}, {})])
    assert read.unread == ()
    return read.candidates(int(client), int(ORIGIN), 443, CLIENT_PORT)


def without_one(text: str, seed: int) -> str:
    """The rules less one that refuses, drawn."""
    lines = text.splitlines()
    refusals = [line for line in lines if not line.startswith("alert")]
    dropped = random.Random(seed).choice(refusals) if seed else None  # noqa: S311 - seeded, to be repeated
    return "".join(f"{line}\n" for line in lines if line != dropped)


def edited(draw: random.Random, text: str, letters: str) -> str:
    place = draw.randint(0, len(text))
    return draw.choice(
        [
            text,
            text[:place] + text[place + 1 :],
            text[:place] + draw.choice(letters) + text[place:],
            text + draw.choice(letters),
        ]
    )


def requests(draw: random.Random, count: int) -> list[tuple[str, str, str]]:
    hosts = ["api.github.com", "a.example.org", "a.b.example.org", "example.org", "evil.com", "xapi.github.com"]
    targets = ["/repos/acme/x/pulls", "/repos/acme/x", "/repos/acme/", "/a", "/a?b=c", "/repos/acme/x/pulls?q=1", "/"]
    methods = ["GET", "POST", "PUT", "HEAD", "DELETE"]
    drawn: set[tuple[str, str, str]] = set()
    for _ in range(count):
        one, other = ("".join(draw.choices("abcx0-_~", k=draw.randint(1, 6))) for _ in range(2))
        granted = [
            ("GET", "api.github.com", f"/repos/acme/{one}/pulls"),
            ("POST", "api.github.com", f"/repos/acme/{one}/{other}"),
            ("GET", f"{one.strip('-_~') or 'a'}.example.org".replace("_", "").replace("~", ""), "/a"),
        ]
        method, host, target = draw.choice(granted)
        part = draw.randint(0, 9)
        method = draw.choice(methods) if part == 0 else method
        host = draw.choice(hosts) if part == 1 else host
        target = draw.choice(targets) if part == 2 else target
        target = "/" + edited(draw, target[1:], "/.%;?ax~2F") if part > 6 else target
        drawn.add((method, host, target))
    return sorted(drawn)


@pytest.mark.parametrize("seed", range(5))
def test_requests_pass_exactly_where_the_engine_lets_them_pass(
    engine: Engine, seed: int, record_property: Callable[[str, object], None]
) -> None:
    draw = random.Random(seed)  # noqa: S311 - seeded, to be repeated
    text = without_one(rules(), seed)
    ours = candidates(text, INSPECTED)
    asked = requests(draw, 900)
    opened = follow(ours, handshake())
    courses: dict[tuple[str, str], Course] = {}
    for method, host, _ in asked:
        head = plain_head(method, host.encode())
        courses[method, host] = follow(ours, (*request(f"{method} ".encode()), next_request(head)), opened)
    verdicts = engine.judge(
        text,
        [
            Conversation(f"{index}", (message(method, host, target), http1.response()), client=INSPECTED, server=ORIGIN)
            for index, (method, host, target) in enumerate(asked)
        ],
    )
    passed = 0
    for (method, host, target), verdict in zip(asked, verdicts, strict=True):
        expected = target.encode() in courses[method, host].passing
        assert verdict.steps[0].passed == expected, (method, host, target, str(verdict))
        passed += expected
    assert 0.3 < passed / len(asked) < 0.9
    record_property("counts", f"requests by emitted rules, {engine}, {seed}: {len(asked)} pairs, 0 disagree")


def message(method: str, host: str, target: str) -> http1.Message:
    body = b"{}" if method in ("POST", "PUT", "PATCH") else b""
    return http1.request(method, target, host, body=body)


@pytest.mark.parametrize("seed", range(5))
def test_names_pass_exactly_where_the_engine_lets_them_pass(
    engine: Engine, seed: int, record_property: Callable[[str, object], None]
) -> None:
    draw = random.Random(seed)  # noqa: S311 - seeded, to be repeated
    text = without_one(rules(), seed)
    ours = candidates(text, OPAQUE)
    course = follow(ours, (*handshake(), *hello(Value(b"", open_=True)), *after_hello()))
    bases = ["pinned.example.net", "a.example.org", "A.EXAMPLE.ORG", "example.org", "xexample.org", "a.b.example.org"]
    names = sorted({edited(draw, draw.choice(bases), "ax.-0B") for _ in range(300)})
    names = [
        name for name in names if name and not name.startswith((".", "-")) and ".." not in name and name[-1] != "."
    ]
    verdicts = engine.judge(
        text,
        [
            Conversation(name, (says(tls.client_hello(name)), *tls.accepted()), client=OPAQUE, server=ORIGIN)
            for name in names
        ],
    )
    for name, verdict in zip(names, verdicts, strict=True):
        assert verdict.steps[0].passed == (name.encode() in course.passing), (name, str(verdict))
    record_property("counts", f"names by emitted rules, {engine}, {seed}: {len(names)} pairs, 0 disagree")


def test_openings_pass_as_far_as_the_engine_lets_them_pass(engine: Engine) -> None:
    text = rules()
    for client in (INSPECTED, OPAQUE):
        ours = candidates(text, client)
        verdicts = engine.judge(
            text,
            [
                Conversation(name, (says(octets, pieces=(1,)), answers(b"x")), client=client, server=ORIGIN)
                for name, octets in UNRECOGNISED_OPENINGS
            ],
        )
        for (name, octets), verdict in zip(UNRECOGNISED_OPENINGS, verdicts, strict=True):
            course, passed = follow(ours, handshake()), 0
            while passed < len(octets) and not course.passing.is_empty():
                course = follow(ours, (sends(octets[: passed + 1]),), course)
                passed += not course.passing.is_empty()
            # Our reading recognises no protocol while octets come one by one, so it is never the stricter one.
            assert verdict.octets <= passed, (name, client, passed, str(verdict))
            if passed < len(octets):
                assert verdict.octets <= passed < len(octets)
