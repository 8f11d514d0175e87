"""The whole of an environment: nothing named twice, nothing dangling, nobody touched by another's change."""

import dataclasses
import ipaddress
import random
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from ringfence.aws.allocation import Allocation
from ringfence.aws.allocation_file import allocation_of, allocation_path, allocation_text, require_written
from ringfence.aws.enforcement.enforce import enforce
from ringfence.aws.enforcement.model import Enforcement, GroupPeer, PrefixListPeer
from ringfence.aws.enforcement.resource_counts import resource_counts
from ringfence.plan import plan_environment
from ringfence.source.diagnostic import Findings, InputError
from ringfence.source.tree import Directory
from written import AS_OF, WEB, Build, Compiled, agent

ROOT = Path(__file__).parents[3]
QUEUE = "  - aws.sqs: {queue: jobs, access: send}\n"
PRIVATE = "{orders-db: {cidr: 10.60.8.9/32, via: tgw-0abc1234}}"

FLEET = {
    "caller": agent("caller", WEB + QUEUE, more="calls: [callee]\n"),
    "callee": agent("callee", QUEUE + "  - tcp: {to: orders-db, port: 5432}\n", serves=8080),
    "idle": agent("idle"),
    "web": agent("web", WEB, platform="ecs", peak=6),
}


@pytest.fixture(params=["dev", "staging", "prod"])
def example(request: pytest.FixtureRequest) -> Enforcement:
    """The repository's own fleet."""
    tree = Directory(ROOT)
    findings = Findings()
    plan = plan_environment(tree, request.param, AS_OF, findings)
    return enforce(plan, allocation_of(plan, tree, findings))


def tuples_of(enforcement: Enforcement) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Every list of named things, by where it stands."""
    for holder in (enforcement, enforcement.logs, enforcement.dns):
        for field in dataclasses.fields(holder):
            value = getattr(holder, field.name)
            if isinstance(value, tuple) and value and hasattr(value[0], "name"):
                yield field.name, value


def test_names_are_unique_within_their_type_and_in_order(example: Enforcement) -> None:
    for where, things in tuples_of(example):
        names = [getattr(thing, "name") for thing in things]  # noqa: B009 - the tuple's type is not known here
        assert len(names) == len(set(names)), f"{where}: {Counter(names).most_common(1)}"
        assert names == sorted(names), where
    for kind in ("security_groups", "network_acls"):
        rules = [rule.name for thing in getattr(example, kind) for rule in thing.rules]
        assert len(rules) == len(set(rules))
    routes = [route.name for table in example.route_tables for route in table.routes]
    assert len(routes) == len(set(routes))


def test_every_reference_leads_to_something_that_exists(example: Enforcement) -> None:
    subnets = {subnet.name for subnet in example.subnets}
    groups = {group.name for group in example.security_groups}
    gateways = {endpoint.name for endpoint in example.gateway_endpoints}
    for group in example.security_groups:
        for rule in group.rules:
            if isinstance(rule.peer, GroupPeer):
                assert rule.peer.group in groups
            if isinstance(rule.peer, PrefixListPeer):
                assert rule.peer.endpoint in gateways
    for holder in (*example.network_acls, *example.route_tables, *example.interface_endpoints):
        assert holder.subnets
        assert set(holder.subnets) <= subnets
    tables = {table.name for table in example.route_tables}
    for endpoint in example.gateway_endpoints:
        assert set(endpoint.route_tables) <= tables
    for interface in example.interface_endpoints:
        assert set(interface.security_groups) <= groups
    for place in example.places:
        assert set(place.subnets) <= subnets
        assert set(place.route_tables) <= tables
        assert place.security_group in groups
        assert place.network_acl in {acl.name for acl in example.network_acls}
    lists = {each.name for each in example.dns.lists}
    assert {rule.domain_list for rule in example.dns.rules} == lists
    log_groups = {group.name for group in example.logs.groups}
    assert {each.log_group for each in example.logs.metric_filters} <= log_groups
    assert example.dns.query_log_group in log_groups


def test_subnets_are_disjoint_and_inside_the_vpc(example: Enforcement) -> None:
    for first, second in combinations((subnet.network for subnet in example.subnets), 2):
        assert not first.overlaps(second)
    for subnet in example.subnets:
        assert any(subnet.network.subnet_of(cidr) for cidr in example.vpc.cidrs)


def test_counts_are_in_order_none_zero_and_those_of_the_values(example: Enforcement) -> None:
    counts = resource_counts(example)
    assert list(counts) == sorted(counts)
    assert all(count > 0 for count in counts.values())
    assert counts["aws:ec2/subnet:Subnet"] == len(example.subnets)
    assert counts["aws:ec2/networkAclRule:NetworkAclRule"] == sum(len(acl.rules) for acl in example.network_acls)


def test_the_same_plan_gives_the_same_values(build: Build) -> None:
    first, second = build(FLEET, private=PRIVATE), build(dict(reversed(FLEET.items())), private=PRIVATE)
    assert first.enforcement == second.enforcement
    assert repr(first.enforcement) == repr(second.enforcement)


def owned(enforcement: Enforcement, name: str) -> list[object]:
    """Everything that belongs to one agent."""
    kinds = (enforcement.subnets, enforcement.security_groups, enforcement.network_acls, enforcement.route_tables)
    own = [thing for kind in kinds for thing in kind if thing.agent == name]
    own += [policy for policy in enforcement.role_policies if policy.agent == name]
    return own + [alarm for alarm in enforcement.logs.alarms if alarm.agent == name]


def test_an_agent_that_comes_or_goes_changes_nothing_of_the_others(build: Build) -> None:
    before = build(FLEET, private=PRIVATE)
    newcomer = {"newcomer": agent("newcomer", WEB + QUEUE, serves=9000, more="calls: [idle]\n")}
    fleet = {**FLEET, "idle": agent("idle", serves=80), **newcomer}
    after = grown(before, build(fleet, private=PRIVATE))
    for name in ("caller", "callee", "web"):
        assert owned(before.enforcement, name) == owned(after, name)


def grown(before: Compiled, after: Compiled) -> Enforcement:
    """What comes after with the addresses that stood before, as the file would hold them."""
    agents = {**after.allocation.agents, **before.allocation.agents}
    taken = {segment.network for held in before.allocation.agents.values() for segment in held}
    spare = iter(
        network for network in ipaddress.IPv4Network("10.40.128.0/17").subnets(new_prefix=28) if network not in taken
    )
    for name, held in after.allocation.agents.items():
        if name not in before.allocation.agents:
            agents[name] = tuple(dataclasses.replace(segment, network=next(spare)) for segment in held)
    allocation = Allocation("dev", agents, before.allocation.infrastructure, {})
    return enforce(after.plan, allocation)


def test_every_agent_has_its_place_group_nacl_tables_and_denial(build: Build) -> None:
    enforcement = build(FLEET, private=PRIVATE).enforcement
    assert [place.agent for place in enforcement.places] == sorted(FLEET)
    for place in enforcement.places:
        assert len(place.subnets) == len(enforcement.zones) == len(place.route_tables)
        assert len(owned(enforcement, place.agent)) >= 2 + 1 + 1 + 2 + 1 + 1
        assert place.provisional, "no file gives it its addresses"


def test_addresses_that_stand_in_the_file_are_not_provisional(tmp_path: Path, build: Build) -> None:
    allocation = build({"idle": agent("idle")}).allocation
    root = next(tmp_path.iterdir())
    path = root / allocation_path("dev")
    path.parent.mkdir(parents=True)
    path.write_bytes(allocation_text(allocation))
    (root / "profiles/agents/new.yaml").write_text(agent("new"))
    findings = Findings()
    plan = plan_environment(Directory(root), "dev", AS_OF, findings)
    found = allocation_of(plan, Directory(root), findings)
    assert found.provisional == {"new"}
    assert not found.current
    assert {place.agent: place.provisional for place in enforce(plan, found).places} == {"idle": False, "new": True}
    with pytest.raises(InputError) as raised:
        require_written(plan, found, Findings())
    (diagnostic,) = raised.value.diagnostics
    assert (diagnostic.code, diagnostic.span.path) == ("RF085", "profiles/agents/new.yaml")
    assert "run `ringfence allocate --env dev`" in diagnostic.help
    path.write_bytes(allocation_text(found))
    again = allocation_of(plan, Directory(root), findings)
    assert again.current
    assert not again.provisional
    require_written(plan, again, Findings())


def test_without_a_file_nothing_may_be_deployed(build: Build) -> None:
    compiled = build({"a": agent("a"), "b": agent("b")})
    with pytest.raises(InputError) as raised:
        require_written(compiled.plan, compiled.allocation, Findings())
    places = [diagnostic.span.path for diagnostic in raised.value.diagnostics]
    assert places == ["profiles/agents/a.yaml", "profiles/agents/b.yaml", "profiles/allocations/dev.yaml"]


def test_a_subnet_outside_the_environments_networks_is_an_error_in_the_file(tmp_path: Path, build: Build) -> None:
    allocation = build({"idle": agent("idle")}).allocation
    root = next(tmp_path.iterdir())
    path = root / allocation_path("dev")
    path.parent.mkdir(parents=True)
    path.write_bytes(allocation_text(allocation).replace(b"10.40.0.0/28", b"10.41.0.0/28"))
    findings = Findings()
    plan = plan_environment(Directory(root), "dev", AS_OF, findings)
    with pytest.raises(InputError) as raised:
        allocation_of(plan, Directory(root), findings)
    (diagnostic,) = raised.value.diagnostics
    assert (diagnostic.code, diagnostic.span.path) == ("RF084", allocation_path("dev"))
    assert "10.41.0.0/28 of `idle`" in diagnostic.message


def test_every_problem_of_an_environment_is_reported_at_once(build: Build) -> None:
    agents = {
        "a": agent("a", "  - tcp: {to: inside, port: 22}\n"),
        "b": agent("b").replace("role/b", "role/a"),
    }
    with pytest.raises(InputError) as raised:
        build(agents, private="{inside: {cidr: 10.40.9.0/24, via: tgw-0abc1234}}", quotas="{vpcs: 2}")
    assert [diagnostic.code for diagnostic in raised.value.diagnostics] == ["RF091", "RF099", "RF096"]


def test_resources_of_one_agent_do_not_grow_with_the_fleet(build: Build) -> None:
    choose = random.Random(7)  # noqa: S311 - seeded randomness is the point
    counts = []
    for size in (4, 8, 16):
        fleet = {f"a{index:02}": agent(f"a{index:02}", WEB + QUEUE) for index in range(size)}
        names = list(fleet)
        choose.shuffle(names)
        total = resource_counts(build({name: fleet[name] for name in names}).enforcement)
        counts.append(sum(total.values()))
    assert (counts[1] - counts[0]) * 2 == counts[2] - counts[1], counts
