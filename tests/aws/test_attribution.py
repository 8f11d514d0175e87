"""Whose a record is: by its addresses, by the declared policy, and by the rule that it names."""

import datetime
import ipaddress

import pytest
from ringfence.aws.allocation import Allocation, Segment
from ringfence.aws.attribution import Attribution, Attributor, Holder, Holders
from ringfence.aws.enforcement.firewall.signature import FIRST, OBSERVED_OFFSET
from ringfence.aws.log_event import read_event
from ringfence.policy.flow import Access, Flow, Grant, Https, Tls
from ringfence.policy.host import HostPattern
from ringfence.policy.policy import Agent, Policy
from ringfence.policy.request import RequestPattern
from ringfence.policy.span import Span

HERE = Span("profiles/agents/test.yaml")
ALERT = {"signature_id": FIRST + 5, "signature": "ringfence http-request agents=2 host=api.github.com access=0a"}


def flow(agent: str, access: Access, ticket: str | None = None) -> Flow:
    return Flow(agent, access, Grant("https", "profile", HERE, HERE, ticket=ticket))


POLICY = Policy(
    "test",
    datetime.date(2026, 11, 23),
    tuple(
        Agent(name, "docs-team", "tests", "ecs", "role/x", None, 1, None, "enforce", False, HERE)
        for name in ("bot", "coder", "idle")
    ),
    (
        flow("bot", Https(HostPattern("api.github.com"), 443, (RequestPattern.parse("GET /x"),)), "SEC-4"),
        flow("bot", Https(HostPattern("example.org", subdomains=True), 8443, ())),
        flow("coder", Tls(HostPattern("github.com"), 443)),
    ),
)


def segments(*networks: str) -> tuple[Segment, ...]:
    return tuple(Segment("eu-west-1a", ipaddress.IPv4Network(network)) for network in networks)


ALLOCATION = Allocation(
    "test",
    {
        "bot": segments("10.40.1.0/28", "10.40.5.0/28"),
        "coder": segments("10.40.0.0/28", "10.40.4.0/28"),
        "idle": segments("10.40.2.0/28"),
    },
    {"public": segments("10.40.255.0/28")},
    {"gone": segments("10.40.9.0/27")},
)
ATTRIBUTOR = Attributor(POLICY, ALLOCATION, {FIRST + 5})


def told(**record: object) -> Attribution:
    event = read_event(record)
    assert event is not None
    return ATTRIBUTOR.attribute(event)


def test_the_source_tells_the_agent_and_the_name_the_lines_that_speak_of_it() -> None:
    http = {"http_method": "POST", "hostname": "api.github.com", "url": "/gists"}
    said = told(
        event_type="alert", timestamp="now", src_ip="10.40.5.9", src_port=40000, dest_ip="198.51.100.2", dest_port=443,
        alert={**ALERT, "action": "blocked"}, http=http,
    )  # fmt: skip
    assert (said.agent, said.holder, said.owner, said.address, said.peer) == (
        "bot", "agent", "docs-team", "10.40.5.9", "198.51.100.2:443",
    )  # fmt: skip
    assert (said.time, said.kind, said.outcome, said.what) == ("now", "alert", "refused", "POST api.github.com/gists")
    assert (said.sid, said.form, said.rule) == (FIRST + 5, "http-request", "current")
    assert said.words == {"agents": "2", "host": "api.github.com", "access": "0a"}
    assert (said.granted_there, said.capabilities, said.tickets) == (True, ("https",), ("SEC-4",))
    assert said.declared == ("profiles/agents/test.yaml:1",)


def test_without_a_name_in_the_event_the_rules_own_is_taken() -> None:
    said = told(event_type="drop", src_ip="10.40.5.9", dest_ip="198.51.100.2", dest_port=443, alert=ALERT)
    assert (said.outcome, said.granted_there, said.tickets) == ("refused", True, ("SEC-4",))


@pytest.mark.parametrize(
    ("name", "port", "granted"),
    [
        ("a.example.org", 8443, True),
        ("A.Example.Org", 8443, True),
        ("a.example.org", 443, False),
        ("example.org", 8443, False),
        ("evil.example.net", 443, False),
    ],
)
def test_what_is_granted_is_by_name_and_port(name: str, port: int, granted: bool) -> None:
    said = told(src_ip="10.40.1.1", dest_ip="198.51.100.2", dest_port=port, tls={"sni": name})
    assert (said.granted_there, bool(said.capabilities), len(said.declared)) == (granted, granted, 1)
    assert said.what == f"TLS to {name}"


def test_an_answer_is_attributed_to_whom_it_was_for() -> None:
    said = told(src_ip="198.51.100.2", src_port=443, dest_ip="10.40.0.3", dest_port=40000, alert=ALERT)
    assert (said.agent, said.address, said.peer) == ("coder", "10.40.0.3", "198.51.100.2:443")


def test_the_envelope_of_aws_is_opened() -> None:
    event = {"event_type": "netflow", "src_ip": "10.40.2.1", "dest_ip": "198.51.100.2", "proto": "TCP"}
    said = told(firewall_name="x", availability_zone="eu-west-1a", event_timestamp="1602627001", event=event)
    assert (said.agent, said.time, said.kind, said.outcome, said.what) == (
        "idle", "1602627001", "netflow", "seen", "tcp",
    )  # fmt: skip
    assert (said.sid, said.form, said.rule, said.words) == (None, None, None, {})


def test_an_observation_is_known_by_its_id() -> None:
    said = told(src_ip="10.40.5.9", alert={**ALERT, "signature_id": FIRST + OBSERVED_OFFSET + 5, "action": "allowed"})
    assert (said.outcome, said.rule) == ("observed", "other")


def test_rules_of_others_and_of_other_policies_are_said_so() -> None:
    foreign = told(src_ip="10.40.5.9", alert={"signature_id": 2000001, "signature": "ET x y=z", "action": "allowed"})
    assert (foreign.agent, foreign.outcome, foreign.sid, foreign.form, foreign.rule, foreign.words) == (
        "bot", "logged", 2000001, None, "foreign", {},
    )  # fmt: skip
    assert told(src_ip="10.40.5.9", alert={**ALERT, "signature_id": FIRST + 6}).rule == "other"


@pytest.mark.parametrize("address", ["10.99.0.1", "", "nonsense", "2001:db8::1", "10.40.5.300"])
def test_nobodys_address_is_said_so(address: str) -> None:
    said = told(src_ip=address or "x", dest_ip="198.51.100.2", alert=ALERT)
    assert (said.agent, said.holder, said.owner, said.declared) == (None, None, None, ())


def test_an_address_that_was_given_back_and_one_of_the_environments_own_are_said_so() -> None:
    assert (told(src_ip="10.40.9.31").agent, told(src_ip="10.40.9.31").holder) == ("gone", "released")
    assert told(src_ip="10.40.9.31").owner is None
    assert (told(src_ip="10.40.255.4").agent, told(src_ip="10.40.255.4").holder) == (None, "public")
    # an agent at the other end comes before the environment's own
    assert told(src_ip="10.40.255.4", dest_ip="10.40.5.9").agent == "bot"


def test_provisional_addresses_are_nobodys_yet() -> None:
    provisional = Allocation("test", ALLOCATION.agents, {}, {}, frozenset({"bot"}))
    assert Holders.of(provisional).at("10.40.5.9") is None
    assert Holders.of(ALLOCATION).at("10.40.5.9") == Holder("agent", "bot")


def test_questions_to_the_resolver_are_attributed_by_who_asked() -> None:
    record = {
        "version": "1.100000", "query_timestamp": "2026-11-23T10:00:00Z", "query_name": "evil.example.net.",
        "query_type": "TXT", "srcaddr": "10.40.5.9", "srcport": "53211", "firewall_rule_action": "BLOCK",
    }  # fmt: skip
    said = told(**record)
    assert (said.agent, said.kind, said.outcome, said.what, said.peer) == (
        "bot", "query", "refused", "dns evil.example.net TXT", None,
    )  # fmt: skip
    assert told(**{**record, "firewall_rule_action": "ALERT"}).outcome == "observed"
    known = told(**{**record, "query_name": "api.github.com.", "firewall_rule_action": "ALLOW"})
    assert (known.outcome, known.granted_there) == ("seen", True)


def test_flow_logs_are_attributed_by_either_end() -> None:
    record = {"srcaddr": "198.51.100.2", "dstaddr": "10.40.5.9", "srcport": 443, "dstport": 40000, "protocol": 6}
    said = told(**record, start=1602627001, action="REJECT")
    assert (said.agent, said.kind, said.outcome, said.what, said.peer) == (
        "bot", "flow", "refused", "tcp", "198.51.100.2:443",
    )  # fmt: skip
    assert told(**record, action="ACCEPT").outcome == "seen"


@pytest.mark.parametrize("record", [{}, {"event": "text"}, {"event": {"src_ip": 4}}, {"event_type": "stats"}])
def test_what_has_no_address_is_no_event(record: dict[str, object]) -> None:
    assert read_event(record) is None


@pytest.mark.parametrize(
    "record",
    [
        {"alert": "odd"}, {"alert": {"signature_id": True}}, {"http": [], "tls": 4}, {"dest_port": "x", "dest_ip": 1},
        {"event_type": None, "timestamp": {}, "src_port": -1}, {"alert": {"signature_id": 1, "signature": 7}},
        {"http": {"url": {}, "hostname": None}}, {"alert": {"signature_id": 5, "signature": "ringfence"}},
    ],
)  # fmt: skip
def test_records_of_odd_shape_are_attributed_all_the_same(record: dict[str, object]) -> None:
    assert told(src_ip="10.40.5.9", **record).agent == "bot"
