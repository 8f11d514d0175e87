import re

from ringfence.aws.enforcement.model import (
    CidrPeer,
    Enforcement,
    GroupPeer,
    Peer,
    PrefixListPeer,
    SecurityGroup,
)
from written import WEB, Build, agent

PRIVATE = "{orders-db: {cidr: 10.60.8.9/32, via: tgw-0abc1234}}"
QUEUE = "  - aws.sqs: {queue: jobs, access: send}\n"
TABLE = "  - aws.dynamodb: {table: orders, access: read}\n"


def group_of(enforcement: Enforcement, name: str) -> SecurityGroup:
    return next(group for group in enforcement.security_groups if group.name == name)


def said(group: SecurityGroup) -> set[tuple[str, str, int, int, str]]:
    return {(rule.direction, rule.protocol, rule.first_port, rule.last_port, shown(rule.peer)) for rule in group.rules}


def shown(peer: Peer) -> str:
    match peer:
        case CidrPeer(network):
            return str(network)
        case GroupPeer(group):
            return f"group {group}"
        case PrefixListPeer(endpoint):
            return f"prefix list {endpoint}"


def test_a_group_allows_the_declared_ports_and_peers_and_nothing_else(build: Build) -> None:
    needs = WEB + QUEUE + TABLE + "  - tcp: {to: orders-db, port: [5432, 6000-6010]}\n"
    agents = {"web": agent("web", needs, more="calls: [callee]\n"), "callee": agent("callee", serves=8080)}
    enforcement = build(agents, private=PRIVATE).enforcement
    assert said(group_of(enforcement, "web")) == {
        ("egress", "tcp", 443, 443, "0.0.0.0/0"),
        ("egress", "tcp", 5432, 5432, "10.60.8.9/32"),
        ("egress", "tcp", 6000, 6010, "10.60.8.9/32"),
        ("egress", "tcp", 443, 443, "group endpoint/sqs"),
        ("egress", "tcp", 443, 443, "prefix list dynamodb"),
        ("egress", "tcp", 8080, 8080, "group callee"),
    }


def test_both_ends_of_a_call_are_opened_and_nobody_else_gets_in(build: Build) -> None:
    agents = {
        "caller": agent("caller", more="calls: [callee]\n"),
        "callee": agent("callee", serves=8080),
        "other": agent("other"),
    }
    enforcement = build(agents).enforcement
    assert said(group_of(enforcement, "caller")) == {("egress", "tcp", 8080, 8080, "group callee")}
    assert said(group_of(enforcement, "callee")) == {("ingress", "tcp", 8080, 8080, "group caller")}
    assert said(group_of(enforcement, "other")) == set()


def test_an_endpoint_lets_in_exactly_its_clients_and_starts_nothing(build: Build) -> None:
    enforcement = build({"a": agent("a", QUEUE), "b": agent("b", QUEUE), "c": agent("c", WEB)}).enforcement
    assert said(group_of(enforcement, "endpoint/sqs")) == {
        ("ingress", "tcp", 443, 443, "group a"),
        ("ingress", "tcp", 443, 443, "group b"),
    }
    (endpoint,) = enforcement.interface_endpoints
    assert endpoint.security_groups == ("endpoint/sqs",)


def test_an_endpoint_with_more_clients_than_a_group_has_rules_gets_more_groups(build: Build) -> None:
    agents = {f"a{index}": agent(f"a{index}", QUEUE) for index in range(7)}
    enforcement = build(agents, quotas="{rules_per_security_group: 3}").enforcement
    (endpoint,) = enforcement.interface_endpoints
    groups = [group_of(enforcement, name) for name in endpoint.security_groups]
    assert len(groups) > 2
    assert all(len(group.rules) <= 3 for group in groups)
    let_in = {
        rule.peer.group: group.name for group in groups for rule in group.rules if isinstance(rule.peer, GroupPeer)
    }
    assert sorted(let_in) == sorted(agents)
    for name, home in let_in.items():
        assert said(group_of(enforcement, name)) == {("egress", "tcp", 443, 443, f"group {home}")}


def test_a_split_moves_nobody_when_an_agent_comes_whose_group_has_room(build: Build) -> None:
    agents = {f"a{index}": agent(f"a{index}", QUEUE) for index in range(7)}
    homes = []
    for fleet in (agents, {**agents, "b": agent("b", QUEUE)}):
        enforcement = build(fleet, quotas="{rules_per_security_group: 4}").enforcement
        homes.append({name: said(group_of(enforcement, name)) for name in agents})
    moved = [name for name in agents if homes[0][name] != homes[1][name]]
    assert len(moved) <= 4, "only the members of one group that had to be split"


def test_a_quarantined_agent_has_a_group_without_rules(build: Build) -> None:
    agents = {
        "cut": agent("cut", WEB + QUEUE, serves=80, more="calls: [peer]\nquarantined: true\n"),
        "peer": agent("peer", serves=80, more="calls: [cut]\n"),
    }
    enforcement = build(agents).enforcement
    assert group_of(enforcement, "cut").rules == ()
    assert group_of(enforcement, "peer").rules == ()
    assert not enforcement.interface_endpoints
    assert not enforcement.internet


def test_texts_hold_only_characters_that_groups_take(build: Build) -> None:
    needs = WEB + QUEUE + TABLE + "  - tcp: {to: orders-db, port: 5432}\n"
    agents = {"web": agent("web", needs, more="calls: [callee]\n"), "callee": agent("callee", serves=8080)}
    enforcement = build(agents, private=PRIVATE).enforcement
    # EC2 API, AuthorizeSecurityGroupEgress: what descriptions may hold.
    allowed = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}\Z")
    for group in enforcement.security_groups:
        assert allowed.match(group.description)
        assert not group.name.startswith("sg-")
        for rule in group.rules:
            assert allowed.match(rule.description)
            assert "&" not in rule.description


def test_the_digest_of_access_stands_on_the_agents_own_group_and_nowhere_else(build: Build) -> None:
    reasoned = WEB + "    because: reads documents\n    ticket: SEC-1\n"
    first = build({"web": agent("web", WEB + QUEUE)}).enforcement
    same = build({"web": agent("web", reasoned + QUEUE)}).enforcement
    wider = build({"web": agent("web", WEB.replace("GET", "GET, HEAD") + QUEUE)}).enforcement
    digests = [dict(group_of(each, "web").tags)["ringfence:access"] for each in (first, same, wider)]
    assert digests[0] == digests[1] != digests[2]
    assert re.fullmatch(r"[0-9a-f]{12}", digests[0])
    group = group_of(first, "web")
    others = [
        *(tag for other in first.security_groups if other is not group for tag in other.tags),
        *(tag for rule in group.rules for tag in rule.tags),
        *(tag for each in (*first.subnets, *first.network_acls, *first.route_tables) for tag in each.tags),
    ]
    assert not [tag for tag in others if tag[0] == "ringfence:access"]
    assert {("ringfence:agent", "web"), ("ringfence:owner", "team web"), ("ringfence:environment", "dev")} <= set(
        group.tags
    )


def test_tags_hold_only_characters_that_every_service_takes(build: Build) -> None:
    text = agent("web").replace("team web", "'R&D <web>; ünïcode \"team\"'")
    group = group_of(build({"web": text}).enforcement, "web")
    assert dict(group.tags)["ringfence:owner"] == "R_D _web__ ünïcode _team_"
