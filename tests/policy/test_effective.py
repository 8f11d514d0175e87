"""The effective policy: declared, widened by what is not enforceable here, with every residual named."""

import datetime
import ipaddress

import pytest
from ringfence.policy.effective import RESIDUALS, effective_policy, inspected_agents, services_of
from ringfence.policy.flow import Access, AgentCall, Flow, Grant, Https, Internet, Service, Tls, Transport
from ringfence.policy.host import HostPattern
from ringfence.policy.policy import Agent, Policy
from ringfence.policy.port import PortRange
from ringfence.policy.request import RequestPattern
from ringfence.policy.residual import ResidualKind
from ringfence.policy.span import Span

PULLS = Https(HostPattern("api.example.com"), 443, (RequestPattern.parse("GET /pulls"),))
SITE = Https(HostPattern("www.example.com"), 443, ())
PINNED = Tls(HostPattern("pinned.example.com"), 6514)
DATABASE = Transport("db", "tcp", ipaddress.IPv4Network("10.60.8.9/32"), PortRange(5432, 5432), "tgw-0abc")
CALL = AgentCall("reviewer", 8080)
LAKE = Service("s3", ("s3:GetObject",), ("arn:aws:s3:::lake/*",), "arn:role")


def agent(name: str, platform: str = "ecs", mode: str = "enforce") -> Agent:
    return Agent(name, "o", "p", platform, "arn:role", None, 1, None, mode, None, Span(f"{name}.yaml"))


def policy(*flows: tuple[str, Access], agents: tuple[Agent, ...] = (), carries: tuple[str, ...] = ()) -> Policy:
    grants = [
        Flow(name, access, Grant("capability", "profile", Span(f"{name}.yaml", line), Span("c"), carries=carries))
        for line, (name, access) in enumerate(flows, 1)
    ]
    everybody = agents or tuple(agent(name) for name in sorted({name for name, _ in flows}))
    return Policy("dev", datetime.date(2026, 11, 23), everybody, Policy.sorted_flows(grants))


def codes(effective: Policy, kind: ResidualKind = ResidualKind.NOT_ENFORCEABLE) -> list[tuple[str, str, str]]:
    return [(left.code, left.agent, left.subject) for left in effective.residuals if left.kind is kind]


def accesses(effective: Policy) -> set[Access]:
    return {flow.access for flow in effective.flows}


def test_without_a_firewall_every_public_address_is_open_on_the_port() -> None:
    effective = effective_policy(policy(("a", PULLS), ("a", PINNED)), "none")
    assert accesses(effective) == {Internet(443), Internet(6514)}
    assert codes(effective) == [("R103", "a", "api.example.com:443"), ("R103", "a", "tls pinned.example.com:6514")]


def test_by_names_methods_and_paths_fall_away_and_names_are_claims() -> None:
    effective = effective_policy(policy(("a", PULLS), ("a", SITE), ("a", PINNED)), "names")
    assert accesses(effective) == {Https(PULLS.host, 443, ()), SITE, PINNED}
    assert codes(effective) == [
        ("R101", "a", "api.example.com:443"),
        ("R102", "a", "api.example.com:443"),
        ("R102", "a", "tls pinned.example.com:6514"),
        ("R102", "a", "www.example.com:443"),
    ]


def test_by_requests_an_inspected_agent_has_exactly_what_it_declares() -> None:
    declared = policy(("a", PULLS), ("a", SITE), ("b", SITE))
    assert inspected_agents(declared) == {"a"}
    effective = effective_policy(declared, "requests")
    assert effective.flows == declared.flows
    # b speaks of no request, so it is not decrypted: its names stay claims
    assert codes(effective) == [("R102", "b", "www.example.com:443")]


def test_an_observed_agent_is_open_and_the_residual_says_so() -> None:
    declared = policy(("a", PULLS), ("b", PULLS), agents=(agent("a", mode="observe"), agent("b")))
    effective = effective_policy(declared, "requests")
    assert [flow.access for flow in effective.of("a")] == [Internet(443)]
    assert [flow.access for flow in effective.of("b")] == [PULLS]
    assert codes(effective) == [("R104", "a", "api.example.com:443")]


@pytest.mark.parametrize("inspection", ["none", "names", "requests"])
def test_what_crosses_no_firewall_stays_as_declared(inspection: str) -> None:
    effective = effective_policy(policy(("a", DATABASE), ("a", CALL), ("a", LAKE)), inspection)
    assert accesses(effective) == {DATABASE, CALL, LAKE}
    assert codes(effective) == []


def test_what_aws_always_lets_through_is_listed_for_every_agent() -> None:
    declared = policy(("a", SITE), agents=(agent("a"), agent("b", "lambda"), agent("c", "eks")))
    effective = effective_policy(declared, "names")
    assert codes(effective, ResidualKind.AWS_ALWAYS) == [
        ("R106", "b", "lambda"),
        ("R201", "b", "resolver"),
        ("R201", "c", "resolver"),
        *[("R202", name, "metadata") for name in "abc"],
        *[("R203", name, "link-local") for name in "abc"],
    ]
    assert ("R105", "c", "eks") in codes(effective)


def test_an_agent_shares_names_only_where_another_resolves_some() -> None:
    one = effective_policy(policy(("a", SITE)), "names")
    two = effective_policy(policy(("a", SITE), ("b", SITE)), "names")
    calls = effective_policy(policy(("a", SITE), ("b", CALL)), "names")
    shared = [[left.agent for left in each.residuals if left.code == "R201"] for each in (one, two, calls)]
    assert shared == [[], ["a", "b"], ["b"]]


def test_what_a_grant_carries_is_said_once_though_it_opens_much() -> None:
    declared = policy(("a", PULLS), ("a", SITE), carries=("a harmful text",))
    effective = effective_policy(declared, "names")
    carried = [(left.subject, left.reason, left.declared) for left in effective.residuals if left.code == "R301"]
    # two needs here, so two places
    assert carried == [
        ("capability", "a harmful text", Span("a.yaml", 1)),
        ("capability", "a harmful text", Span("a.yaml", 2)),
    ]


@pytest.mark.parametrize("inspection", ["none", "names", "requests"])
def test_residuals_are_sorted_distinct_and_of_known_codes(inspection: str) -> None:
    declared = policy(
        ("b", PULLS), ("a", SITE), ("a", PINNED), ("b", LAKE), carries=("x",), agents=(agent("a", "eks"), agent("b"))
    )
    residuals = effective_policy(declared, inspection).residuals
    assert list(residuals) == sorted(set(residuals), key=lambda left: left.order)
    assert len({left.order for left in residuals}) == len(residuals)
    assert {left.code for left in residuals} <= set(RESIDUALS)


def test_the_flows_of_an_agent_are_found_among_all() -> None:
    declared = policy(("a", SITE), ("aa", SITE), ("aa", LAKE), ("b", CALL))
    assert [str(flow) for flow in declared.of("aa")] == ["aa -> www.example.com:443", "aa -> s3 s3:GetObject"]
    assert len(declared.of("b")) == 1
    assert declared.of("ab") == declared.of("") == declared.of("z") == ()


def test_services_are_named_once() -> None:
    assert services_of(policy(("a", LAKE), ("b", LAKE), ("a", SITE))) == ("s3",)
