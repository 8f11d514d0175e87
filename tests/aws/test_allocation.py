import ipaddress
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ringfence.aws.address_space import AddressSpace
from ringfence.aws.allocation import (
    INFRASTRUCTURE,
    Allocation,
    Segment,
    Wanted,
    addresses_in_zone,
    allocate,
    prefix_for,
    usable,
    without_tombstones,
)
from ringfence.aws.allocation_file import allocation_path, allocation_text, read_allocation
from ringfence.source.diagnostic import Findings, InputError

ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")


def networks(*texts: str) -> tuple[ipaddress.IPv4Network, ...]:
    return tuple(ipaddress.IPv4Network(text) for text in texts)


def wanted(instances: dict[str, int], cidrs: tuple[str, ...] = ("10.40.0.0/16",), zones: int = 2) -> Wanted:
    return Wanted("dev", networks(*cidrs), ZONES[:zones], instances)


def everything(allocation: Allocation) -> list[ipaddress.IPv4Network]:
    holders = (allocation.agents, allocation.infrastructure, allocation.released)
    return [segment.network for held in holders for segments in held.values() for segment in segments]


def assert_sound(allocation: Allocation, want: Wanted) -> None:
    placed = sorted(everything(allocation), key=lambda network: int(network.network_address))
    for before, after in pairwise(placed):
        assert before.broadcast_address < after.network_address, f"{before} overlaps {after}"
    assert all(any(network.subnet_of(cidr) for cidr in want.cidrs) for network in placed)
    for agent, instances in want.instances.items():
        needed = addresses_in_zone(instances, len(want.zones))
        for zone in want.zones:
            held = sum(usable(segment.network) for segment in allocation.agents[agent] if segment.zone == zone)
            assert held >= needed, f"{agent} has {held} addresses in {zone}, {needed} are needed"


class Files:
    def __init__(self, **texts: bytes) -> None:
        self.texts = {path.replace("__", "/") + ".yaml": text for path, text in texts.items()}

    def names(self, folder: str, suffix: str) -> tuple[str, ...]:
        return tuple(sorted(path for path in self.texts if path.startswith(folder) and path.endswith(suffix)))

    def exists(self, path: str) -> bool:
        return path in self.texts

    def read(self, path: str) -> bytes:
        return self.texts[path]


def reread(content: bytes) -> tuple[Allocation | None, Findings]:
    findings = Findings()
    return read_allocation(Files(profiles__allocations__dev=content), "dev", findings), findings


@pytest.mark.parametrize(
    ("instances", "zones", "addresses"),
    [(1, 1, 2), (1, 2, 2), (6, 2, 12), (6, 3, 6), (5, 4, 4), (100, 2, 200)],
)
def test_a_zone_holds_its_share_of_a_rolling_update_with_another_zone_lost(
    instances: int, zones: int, addresses: int
) -> None:
    assert addresses_in_zone(instances, zones) == addresses
    assert addresses * max(1, zones - 1) >= 2 * instances


@pytest.mark.parametrize(
    ("addresses", "prefix"), [(1, 28), (11, 28), (12, 27), (27, 27), (28, 26), (251, 24), (252, 23)]
)
def test_a_subnet_is_the_smallest_with_room_beside_the_five_that_aws_keeps(addresses: int, prefix: int) -> None:
    assert prefix_for(addresses) == prefix
    assert usable(ipaddress.IPv4Network((0, prefix))) >= addresses


def test_agents_start_at_the_head_and_the_environments_own_subnets_at_the_tail() -> None:
    allocation = allocate(None, wanted({"reviewer": 1, "pr-contributor": 6}))
    assert {name: [str(segment.network) for segment in held] for name, held in allocation.agents.items()} == {
        "pr-contributor": ["10.40.0.0/27", "10.40.0.32/27"],
        "reviewer": ["10.40.0.64/28", "10.40.0.80/28"],
    }
    tail = [segment.network for held in allocation.infrastructure.values() for segment in held]
    assert min(tail).subnet_of(ipaddress.IPv4Network("10.40.255.0/24"))
    assert sorted(allocation.infrastructure) == sorted(INFRASTRUCTURE)


def test_the_zones_of_an_agent_are_neighbours_and_collapse_into_one_network() -> None:
    allocation = allocate(None, wanted({"a": 3, "b": 3, "c": 3}))
    for held in allocation.agents.values():
        assert len(list(ipaddress.collapse_addresses(segment.network for segment in held))) == 1


def test_ten_thousand_random_additions_and_removals_move_nobody() -> None:
    choose = random.Random(20261123)  # noqa: S311 - seeded randomness is the point
    names = [f"agent-{number}" for number in range(60)]
    instances: dict[str, int] = {}
    allocation: Allocation | None = None
    steps = grown = 0
    while steps < 10_000:
        steps += 1
        name = choose.choice(names)
        if name in instances and choose.random() < 0.6:
            del instances[name]
        else:
            instances[name] = choose.choice([1, 2, 5, 6, 12, 30])
        want = wanted(instances, ("10.40.0.0/17",))
        before = allocation
        allocation = allocate(before, want)
        for agent, held in (before.agents if before else {}).items():
            if agent in instances:
                assert set(held) <= set(allocation.agents[agent]), f"{agent} moved at step {steps}"
                grown += len(allocation.agents[agent]) > len(held)
            else:
                assert set(held) <= set(allocation.released[agent]), f"{agent}'s subnets were given away at once"
        assert before is None or before.infrastructure == allocation.infrastructure
        if choose.random() < 0.2:
            allocation = without_tombstones(allocation)
        if steps % 50 == 0:
            assert_sound(allocation, want)
    assert grown > 50, "growth was not exercised"


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 40), max_size=8),
    st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 40), max_size=8),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_any_two_fleets_in_any_zones_are_placed_without_overlap(
    first: dict[str, int], second: dict[str, int], zones_before: int, zones_after: int
) -> None:
    cidrs = ("10.40.0.0/18", "10.99.0.0/20")
    before = allocate(None, wanted(first, cidrs, zones_before))
    want = wanted(second, cidrs, zones_after)
    after = allocate(before, want)
    assert_sound(after, want)
    for agent in second.keys() & first.keys():
        assert {held for held in before.agents[agent] if held.zone in want.zones} <= set(after.agents[agent])
    assert allocate(after, want) == after, "allocating again changes nothing"
    content = allocation_text(after)
    again, findings = reread(content)
    assert again == after
    assert not findings.diagnostics
    assert allocation_text(allocate(again, want)) == content


def test_an_agent_that_comes_back_takes_its_tombstones_back() -> None:
    first = allocate(None, wanted({"a": 1, "b": 1}))
    without = allocate(first, wanted({"b": 1, "c": 1}))
    assert without.released["a"] == first.agents["a"]
    assert not set(without.agents["c"]) & set(first.agents["a"])
    back = allocate(without, wanted({"a": 1, "b": 1, "c": 1}))
    assert back.agents["a"] == first.agents["a"]
    assert not back.released


def test_a_released_subnet_is_given_away_only_after_a_deployment() -> None:
    released = allocate(allocate(None, wanted({"a": 1})), wanted({}))
    assert allocate(released, wanted({"b": 1})).agents["b"] != released.released["a"]
    after = allocate(without_tombstones(released), wanted({"b": 1}))
    assert after.agents["b"] == released.released["a"]


def test_growth_adds_a_segment_and_doubles_what_there_was() -> None:
    small = allocate(None, wanted({"a": 5, "b": 1}))
    grown = allocate(small, wanted({"a": 6, "b": 1}))
    assert set(small.agents["a"]) < set(grown.agents["a"])
    assert len(grown.agents["a"]) == 4
    assert grown.agents["b"] == small.agents["b"]
    assert allocate(grown, wanted({"a": 5, "b": 1})).agents == grown.agents, "nothing shrinks"


def test_a_further_segment_is_as_large_as_all_before_it_so_that_few_are_ever_added() -> None:
    first = allocate(None, wanted({"a": 61}))
    grown = allocate(first, wanted({"a": 62}))
    assert [segment.network.prefixlen for segment in first.agents["a"]] == [25, 25]
    assert [segment.network.prefixlen for segment in grown.agents["a"]] == [25, 25, 25, 25]


def test_a_zone_that_is_given_up_leaves_tombstones_and_comes_back_where_it_was() -> None:
    three = allocate(None, wanted({"a": 4}, zones=3))
    two = allocate(three, wanted({"a": 4}, zones=2))
    assert [segment.zone for segment in two.released["a"]] == ["eu-west-1c"]
    assert set(three.agents["a"]) <= set(allocate(two, wanted({"a": 4}, zones=3)).agents["a"])
    assert two.infrastructure == three.infrastructure


def test_networks_too_small_for_the_fleet_are_an_error_at_the_networks() -> None:
    with pytest.raises(InputError) as raised:
        allocate(None, wanted({f"agent-{number}": 1 for number in range(5)}, ("10.40.0.0/24",)))
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == "RF080"
    assert "the agent agent-1 needs a /28 in each of 2 zones; 10.40.0.0/24 has no room" in diagnostic.message
    assert "cidrs" in diagnostic.help


def test_a_peak_that_no_subnet_of_aws_holds_is_an_error() -> None:
    with pytest.raises(InputError, match="1 problems") as raised:
        allocate(None, wanted({"a": 40_000}, ("10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16")))
    assert "needs a /15" in raised.value.diagnostics[0].message


def test_the_file_has_one_line_an_agent() -> None:
    lines = allocation_text(allocate(None, wanted({"a": 1, "b": 1}))).decode().splitlines()
    assert "  a: {eu-west-1a: [10.40.0.0/28], eu-west-1b: [10.40.0.16/28]}" in lines
    assert "  b: {eu-west-1a: [10.40.0.32/28], eu-west-1b: [10.40.0.48/28]}" in lines
    assert "released: {}" in lines


def test_a_merge_that_gives_one_subnet_twice_is_found_at_both_places() -> None:
    content = allocation_text(allocate(None, wanted({"a": 1})))
    merged = content.replace(b"released", b"  b: {eu-west-1a: [10.40.0.0/28], eu-west-1b: [10.40.0.32/28]}\nreleased")
    allocation, findings = reread(merged)
    assert allocation is None
    (diagnostic,) = findings.sorted()
    assert diagnostic.code == "RF083"
    assert "`b` overlaps one of `a`" in diagnostic.message
    assert merged.decode().splitlines()[diagnostic.span.line - 1].startswith("  b:")
    assert merged.decode().splitlines()[diagnostic.related[0][0].line - 1].startswith("  a:")


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (b"10.40.0.0/28", b"10.40.0.1/28", "RF081"),
        (b"10.40.0.0/28", b"10.40.0.0/29", "RF081"),
        (b"environment: dev", b"environment: prod", "RF082"),
        (b"format_version: 1", b"format_version: 2", "RF034"),
        (b"  a:", b"  A:", "RF031"),
        (b"  endpoints:", b"  database:", "RF031"),
        (b"agents:", b"<<<<<<< ours\nagents:", "RF021"),
    ],
)
def test_a_file_edited_by_hand_into_something_else_is_a_located_error(before: bytes, after: bytes, code: str) -> None:
    content = allocation_text(allocate(None, wanted({"a": 1})))
    assert before in content
    allocation, findings = reread(content.replace(before, after, 1))
    assert allocation is None
    assert [diagnostic.code for diagnostic in findings.sorted()] == [code]
    assert findings.sorted()[0].span.path == allocation_path("dev")
    assert findings.sorted()[0].span.line > 1


def test_a_block_larger_than_what_is_free_is_not_found() -> None:
    space = AddressSpace(networks("10.0.0.0/24"), networks("10.0.0.64/28"))
    assert space.take(24) is None
    assert space.free_addresses == 240
    assert space.take(25) == ipaddress.IPv4Network("10.0.0.128/25")


def test_segments_are_ordered_by_zone_and_address() -> None:
    held = [Segment("eu-west-1b", network) for network in networks("10.0.0.16/28", "10.0.0.0/28")]
    assert [str(segment.network) for segment in sorted(held, key=lambda segment: segment.order)] == [
        "10.0.0.0/28",
        "10.0.0.16/28",
    ]
