"""NACLs, judged by an evaluator of their own: lowest number first, first match decides, no match is a denial."""

import ipaddress
from itertools import product

import pytest
from ringfence.aws.enforcement.acls import NUMBERS, QUARANTINE_NUMBER
from ringfence.aws.enforcement.model import Enforcement, NetworkAcl
from ringfence.source.diagnostic import InputError
from written import WEB, Build, agent

PRIVATE = "{orders-db: {cidr: 10.60.8.9/32, via: tgw-0abc1234}, partner: {cidr: 203.0.113.0/28, via: pcx-0abc1234}}"


def acl_of(enforcement: Enforcement, name: str) -> NetworkAcl:
    return next(acl for acl in enforcement.network_acls if acl.name == name)


def passes(acl: NetworkAcl, direction: str, protocol: str, address: str, port: int) -> bool:
    """Whether a packet passes: ``address`` is the other side's, ``port`` the packet's destination port."""
    other = ipaddress.IPv4Address(address)
    for rule in sorted(acl.rules, key=lambda rule: rule.number):
        if rule.direction != direction or other not in rule.network:
            continue
        if rule.protocol == "-1" or (rule.protocol == protocol and rule.first_port <= port <= rule.last_port):
            return rule.action == "allow"
    return False


def reaches(acl: NetworkAcl, protocol: str, address: str, port: int, client_port: int = 40_000) -> bool:
    """Whether a connection to an address can be made and answered."""
    return passes(acl, "egress", protocol, address, port) and passes(acl, "ingress", protocol, address, client_port)


def test_an_agent_without_needs_exchanges_no_packet_with_anybody(build: Build) -> None:
    enforcement = build({"idle": agent("idle"), "web": agent("web", WEB)}).enforcement
    assert acl_of(enforcement, "idle").rules == ()


def test_the_internet_is_reached_on_declared_ports_and_nothing_private_is(build: Build) -> None:
    enforcement = build({"web": agent("web", WEB), "other": agent("other")}).enforcement
    acl = acl_of(enforcement, "web")
    assert reaches(acl, "tcp", "93.184.216.34", 443)
    assert not reaches(acl, "tcp", "93.184.216.34", 80)
    assert not reaches(acl, "udp", "93.184.216.34", 443)
    for address in ("10.40.0.40", "10.40.255.250", "10.99.0.1", "172.20.0.1", "192.168.1.1", "100.64.0.1"):
        assert not passes(acl, "egress", "tcp", address, 443), address
        assert not passes(acl, "ingress", "tcp", address, 40_000), address


def test_a_vpc_of_public_addresses_is_private_all_the_same(build: Build) -> None:
    enforcement = build({"web": agent("web", WEB)}, cidrs="[198.51.100.0/24]").enforcement
    assert not passes(acl_of(enforcement, "web"), "egress", "tcp", "198.51.100.200", 443)


def test_a_private_destination_is_reached_on_its_ports_only_even_beside_the_internet(build: Build) -> None:
    needs = WEB + "  - tcp: {to: orders-db, port: 5432}\n  - udp: {to: partner, port: 123}\n"
    acl = acl_of(build({"web": agent("web", needs)}, private=PRIVATE).enforcement, "web")
    assert reaches(acl, "tcp", "10.60.8.9", 5432)
    assert not reaches(acl, "tcp", "10.60.8.9", 443), "the internet's port must not open a private destination"
    assert not reaches(acl, "tcp", "10.60.8.10", 5432)
    assert reaches(acl, "udp", "203.0.113.3", 123)
    assert not passes(acl, "egress", "tcp", "203.0.113.3", 443)


def test_a_call_passes_both_nacls_there_and_back_and_only_that_way(build: Build) -> None:
    compiled = build(
        {
            "caller": agent("caller", WEB, more="calls: [callee]\n"),
            "callee": agent("callee", serves=8080),
            "stranger": agent("stranger", WEB),
        }
    )
    caller, callee = (acl_of(compiled.enforcement, name) for name in ("caller", "callee"))
    near = str(compiled.allocation.networks("caller")[0].network_address + 4)
    far = str(compiled.allocation.networks("callee")[1].network_address + 4)
    assert reaches(caller, "tcp", far, 8080)
    assert passes(callee, "ingress", "tcp", near, 8080)
    assert passes(callee, "egress", "tcp", near, 40_000)
    assert not passes(callee, "egress", "tcp", near, 443)
    assert not passes(caller, "ingress", "tcp", far, 443)
    assert not passes(caller, "egress", "tcp", far, 443)
    stranger = str(compiled.allocation.networks("stranger")[0].network_address + 4)
    assert not passes(callee, "ingress", "tcp", stranger, 8080)


def test_endpoint_subnets_are_reached_only_by_agents_that_use_an_interface_endpoint(build: Build) -> None:
    compiled = build(
        {"keeper": agent("keeper", "  - aws.sqs: {queue: jobs, access: send}\n"), "web": agent("web", WEB)}
    )
    endpoint = str(compiled.allocation.infrastructure["endpoints"][0].network.network_address + 4)
    assert reaches(acl_of(compiled.enforcement, "keeper"), "tcp", endpoint, 443)
    assert not reaches(acl_of(compiled.enforcement, "keeper"), "tcp", "93.184.216.34", 443)
    assert not reaches(acl_of(compiled.enforcement, "web"), "tcp", endpoint, 443)
    assert "infrastructure/firewall" in {acl.name for acl in compiled.enforcement.network_acls}


def test_infrastructure_nacls_let_declared_ports_through_both_ways_and_no_others(build: Build) -> None:
    needs = WEB + "  - tcp: {to: orders-db, port: 5432}\n  - aws.sqs: {queue: jobs, access: send}\n"
    enforcement = build({"web": agent("web", needs)}, private=PRIVATE).enforcement
    for kind in ("firewall", "public"):
        acl = acl_of(enforcement, f"infrastructure/{kind}")
        assert passes(acl, "ingress", "tcp", "10.40.0.4", 443)
        assert passes(acl, "egress", "tcp", "93.184.216.34", 443)
        assert passes(acl, "ingress", "tcp", "93.184.216.34", 40_000)
        assert passes(acl, "egress", "tcp", "10.40.0.4", 40_000)
        assert not passes(acl, "egress", "tcp", "93.184.216.34", 80)
        assert not passes(acl, "egress", "udp", "93.184.216.34", 53)
    transit = acl_of(enforcement, "infrastructure/transit")
    assert passes(transit, "egress", "tcp", "10.60.8.9", 5432)
    assert passes(transit, "ingress", "tcp", "10.60.8.9", 40_000)
    assert not passes(transit, "egress", "tcp", "10.60.8.10", 5432)
    assert not passes(transit, "egress", "udp", "203.0.113.3", 123), "a peering does not cross the transit subnets"
    endpoints = acl_of(enforcement, "infrastructure/endpoints")
    assert passes(endpoints, "ingress", "tcp", "10.40.0.4", 443)
    assert not passes(endpoints, "egress", "tcp", "10.40.0.4", 443)
    assert not passes(endpoints, "ingress", "tcp", "93.184.216.34", 443)


def test_a_quarantined_agent_keeps_its_nacl_with_one_denial_in_each_direction(build: Build) -> None:
    enforcement = build(
        {
            "web": agent("web", WEB, serves=8080, more="quarantined: true\n"),
            "peer": agent("peer", more="calls: [web]\n"),
        }
    ).enforcement
    acl = acl_of(enforcement, "web")
    assert sorted((rule.direction, rule.number, rule.action, rule.protocol) for rule in acl.rules) == [
        ("egress", QUARANTINE_NUMBER, "deny", "-1"),
        ("ingress", QUARANTINE_NUMBER, "deny", "-1"),
    ]
    assert acl.subnets
    assert acl_of(enforcement, "peer").rules == (), "nobody keeps a way to it"


def test_group_and_nacl_say_why_and_since_when_an_agent_is_cut_off(build: Build) -> None:
    cut = 'quarantined: {because: "wrote to #general, twice", ticket: SEC-9, since: "2026-11-20T09:00:00Z"}\n'
    enforcement = build({"web": agent("web", WEB, more=cut), "other": agent("other", WEB)}).enforcement
    (group,) = (group for group in enforcement.security_groups if group.name == "web")
    for tags in (dict(acl_of(enforcement, "web").tags), dict(group.tags)):
        assert {key: value for key, value in tags.items() if "quarantined" in key} == {
            "ringfence:quarantined": "2026-11-20T09:00:00Z",
            "ringfence:quarantined-because": "wrote to _general_ twice",
            "ringfence:quarantined-ticket": "SEC-9",
        }
    assert not any("quarantined" in key for key, _ in acl_of(enforcement, "other").tags)


def test_an_agent_is_cut_off_where_its_quarantine_says(build: Build) -> None:
    for environments, cut in (("[dev]", True), ("[prod]", False)):
        text = agent("web", WEB, more=f"quarantined: {{environments: {environments}}}\n")
        entries = acl_of(build({"web": text}).enforcement, "web").rules
        assert (len(entries) == 2) == cut, environments


def test_numbers_leave_the_lowest_for_quarantine_and_denials_come_before_the_internet(build: Build) -> None:
    needs = (
        WEB
        + "  - https: {host: a.example.com, port: 8443}\n    because: x\n    approved_by: k\n    until: 2027-01-01\n"
    )
    acl = acl_of(build({"web": agent("web", needs)}).enforcement, "web")
    for direction in ("egress", "ingress"):
        numbers = [rule.number for rule in acl.rules if rule.direction == direction]
        assert len(numbers) == len(set(numbers))
        assert min(numbers) > QUARANTINE_NUMBER
        denials = [rule.number for rule in acl.rules if rule.direction == direction and rule.action == "deny"]
        internet = [
            rule.number for rule in acl.rules if rule.direction == direction and str(rule.network) == "0.0.0.0/0"
        ]
        assert max(denials) < min(internet)
    assert max(high for _, high in NUMBERS.values()) <= 32_766


def test_an_agent_more_renumbers_nothing_of_the_others(build: Build) -> None:
    fleet = {name: agent(name, WEB, serves=8080) for name in ("a", "b", "c")}
    before = build(fleet).enforcement
    after = build({**fleet, "d": agent("d", WEB, more="calls: [b]\n")}).enforcement
    for name in ("a", "c", "infrastructure/firewall", "infrastructure/public"):
        assert acl_of(before, name).rules == acl_of(after, name).rules
    kept = {rule.name: rule.number for rule in acl_of(after, "b").rules}
    assert all(kept[rule.name] == rule.number for rule in acl_of(before, "b").rules)


def test_neighbours_are_joined_and_nothing_between_them_is(build: Build) -> None:
    fleet = {"hub": agent("hub", more="calls: [a, c]\n")} | {name: agent(name, serves=80) for name in ("a", "b", "c")}
    compiled = build(fleet)
    acl = acl_of(compiled.enforcement, "hub")
    for name, allowed in (("a", True), ("b", False), ("c", True)):
        for network in compiled.allocation.networks(name):
            for address in (network.network_address, network.broadcast_address):
                assert reaches(acl, "tcp", str(address), 80) is allowed, f"{name} {address}"
    assert sum(rule.direction == "egress" for rule in acl.rules) == 2


def test_an_entry_that_another_covers_is_not_written(build: Build) -> None:
    agents = {name: agent(name, serves=8080, more=f"calls: [{other}]\n") for name, other in (("a", "b"), ("b", "a"))}
    compiled = build(agents)
    acl = acl_of(compiled.enforcement, "a")
    assert {(rule.direction, rule.first_port, rule.last_port) for rule in acl.rules} == {
        ("egress", 1024, 65535),
        ("ingress", 1024, 65535),
    }, "what each answers and where each is called lie in the same ports"
    peer = str(compiled.allocation.networks("b")[0].network_address + 4)
    assert reaches(acl, "tcp", peer, 8080)


def test_more_entries_than_the_quota_has_are_an_error_at_the_agent_and_never_a_wider_rule(build: Build) -> None:
    # Every second agent is called, so that no two neighbours can be joined.
    called = [f"a{index:02}" for index in range(0, 38, 2)]
    fleet = {f"a{index:02}": agent(f"a{index:02}", serves=80) for index in range(38)}
    fleet["hub"] = agent("hub", more=f"calls: [{', '.join(called)}]\n")
    with pytest.raises(InputError) as raised:
        build(fleet)
    (diagnostic,) = {(d.code, d.span.path, d.message) for d in raised.value.diagnostics if "egress" in d.message}
    assert diagnostic[:2] == ("RF090", "profiles/agents/hub.yaml")
    assert "needs 19 egress entries, and 18 are ours" in diagnostic[2]
    fleet["hub"] = agent("hub", more=f"calls: [{', '.join(called[:-1])}]\n")
    acl = acl_of(build(fleet).enforcement, "hub")
    assert sum(rule.direction == "egress" for rule in acl.rules) == 18
    fleet["hub"] = agent("hub", more=f"calls: [{', '.join(called)}]\n")
    raised_quota = build(fleet, quotas="{rules_per_network_acl: 40}").enforcement
    assert sum(rule.direction == "egress" for rule in acl_of(raised_quota, "hub").rules) == 19


def test_every_subnet_has_exactly_one_nacl(build: Build) -> None:
    needs = WEB + "  - tcp: {to: orders-db, port: 5432}\n  - aws.sqs: {queue: jobs, access: send}\n"
    enforcement = build({"web": agent("web", needs), "idle": agent("idle")}, private=PRIVATE).enforcement
    guarded = [subnet for acl in enforcement.network_acls for subnet in acl.subnets]
    assert sorted(guarded) == sorted(subnet.name for subnet in enforcement.subnets)


@pytest.mark.parametrize(("inspection", "mode"), list(product(("none", "names"), ("enforce", "observe"))))
def test_nacls_do_not_depend_on_what_the_firewall_does(build: Build, inspection: str, mode: str) -> None:
    acl = acl_of(build({"web": agent("web", WEB)}, inspection=inspection, mode=mode).enforcement, "web")
    assert reaches(acl, "tcp", "93.184.216.34", 443)
    assert not reaches(acl, "tcp", "93.184.216.34", 22)
