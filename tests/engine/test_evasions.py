import pytest
from matrix import GROUPS, all_cases, run
from ringfence.engine.configuration import Setting
from ringfence.engine.suricata import Engine

pytestmark = pytest.mark.suricata

NAIVE = """
pass http 10.40.0.0/28 any -> any 443 (flow:to_server; http.host; content:"api.github.com"; http.method; \
content:"GET"; http.uri; content:"/repos/acme/site/"; startswith; sid:1;)
pass tls 10.40.1.0/28 any -> any 443 (flow:to_server; tls.sni; content:"github.com"; endswith; sid:2;)
drop ip any any -> any any (msg:"udp and the like"; ip_proto:!6; sid:3;)
reject tcp any any -> any !443 (msg:"port"; flow:established,to_server; sid:4;)
reject tcp any any -> any 443 (msg:"protocol"; flow:established,to_server; app-layer-protocol:!http; \
app-layer-protocol:!tls; sid:5;)
reject http any any -> any 443 (msg:"http"; flow:to_server; sid:6;)
reject tls any any -> any 443 (msg:"tls"; flow:to_server; tls.sni; content:!"github.com"; sid:7;)
"""
"""What a first attempt looks like; the matrix has to find what it lets through."""


def test_the_matrix_has_two_hundred_mechanisms_in_five_groups() -> None:
    cases = all_cases()
    assert len({case.mechanism for case in cases}) >= 200
    assert len({case.name for case in cases}) == len(cases)
    assert all(case.tries for case in cases)
    assert all(any(True for _ in group()) for group in GROUPS.values())


def test_without_rules_every_evasion_and_every_twin_reaches_the_server(engine: Engine) -> None:
    """What stops them later is then the rules, neither the engine nor the packets."""
    outcome = run(engine, "", Setting(), all_cases())
    assert {case.mechanism for case in outcome.stopped} == {"data with another SYN"}  # invalid to the engine itself
    assert [case.name for case, _ in outcome.refused] == []


def test_the_matrix_finds_the_holes_of_a_first_attempt(engine: Engine) -> None:
    outcome = run(engine, NAIVE, Setting(), all_cases())
    found = {case.mechanism for case, _ in outcome.passed}
    assert {
        "later request", "pipelined request", "reuse for another host", "empty line in front", "WebSocket",
        "dots with a path parameter", "Host as a list", "tls: no name", "tls: name as a suffix",
        "first raw octets on 443",
    } <= found  # fmt: skip
    assert len(found) > 50
