"""Which rules are candidates for a connection: by its addresses and ports, and by flow bits that may be set there."""

import ipaddress

from ringfence.verify.interval import Numbers, addresses_of
from ringfence.verify.suricata.ruleset import RuleSet, RuleText

RULES = """
alert tcp 10.0.0.0/25 any -> any any (msg:"first"; flow:to_server; flowbits:set,first; noalert; sid:1;)
alert tcp 10.0.0.128/25 any -> any any (msg:"second"; flow:to_server; flowbits:set,second; noalert; sid:2;)
reject tcp any any -> any 443 (msg:"of the first"; flow:to_server; flowbits:isset,first; sid:3;)
reject tcp any any -> any 443 (msg:"of the second"; flow:to_server; flowbits:isset,second; sid:4;)
reject tcp any any -> any 443 (msg:"of nobody"; flow:to_server; flowbits:isset,neither; sid:5;)
reject tcp any any -> any 443 (msg:"of both"; flow:to_server; flowbits:isset,first; flowbits:isset,second; sid:6;)
reject tcp any any -> any 443 (msg:"of the others"; flow:to_server; flowbits:isnotset,first; sid:7;)
"""


def address(text: str) -> int:
    return int(ipaddress.IPv4Address(text))


def all_of(network: str) -> Numbers:
    return addresses_of(ipaddress.IPv4Network(network))


def sids(client: str, port: int) -> list[int]:
    rules = RuleSet.read([RuleText("group", RULES, {}, {})])
    found = rules.candidates(address(client), address("198.51.100.1"), port, 40_000)
    assert found.to_client == ()
    return [read.rule.sid for read in found.to_server]


def test_a_rule_whose_flow_bit_nothing_sets_on_a_clients_connections_is_no_candidate() -> None:
    assert sids("10.0.0.1", 443) == [1, 3, 7]
    assert sids("10.0.0.200", 443) == [2, 4, 7]
    assert sids("10.0.1.1", 443) == [7]
    assert sids("10.0.0.1", 80) == [1]


def test_sources_are_told_apart_where_a_flow_bit_is_set_for_some() -> None:
    rules = RuleSet.read([RuleText("group", RULES, {}, {})])
    (whole,) = RuleSet.read([RuleText("group", "", {}, {})]).source_atoms(within := all_of("10.0.0.0/23"))
    assert whole == within
    assert rules.source_atoms(within) == (all_of("10.0.0.0/25"), all_of("10.0.0.128/25"), all_of("10.0.1.0/24"))
