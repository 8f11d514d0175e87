import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ringfence.aws.enforcement.firewall.networks import common, complement, merged, overlap, written

networks = st.lists(
    st.builds(
        lambda address, length: ipaddress.IPv4Network((address, length), strict=False),
        st.integers(0, 2**32 - 1),
        st.integers(4, 32),
    ),
    max_size=8,
).map(tuple)
addresses = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)


def has(some: tuple[ipaddress.IPv4Network, ...], address: ipaddress.IPv4Address) -> bool:
    return any(address in network for network in some)


@given(networks, addresses)
def test_a_complement_has_exactly_the_other_addresses(some: tuple[ipaddress.IPv4Network, ...], address) -> None:
    assert has(complement(some), address) != has(some, address)
    for edge in some:
        assert not has(complement(some), edge.network_address)
        assert not has(complement(some), edge.broadcast_address)


@given(networks)
def test_the_complement_of_a_complement_is_the_set(some: tuple[ipaddress.IPv4Network, ...]) -> None:
    assert complement(complement(some)) == merged(some)


@given(networks, networks, addresses)
def test_common_addresses_are_those_in_both(one, other, address) -> None:
    assert has(common(one, other), address) == (has(one, address) and has(other, address))


def test_nothing_and_everything() -> None:
    assert [str(network) for network in complement(())] == ["0.0.0.0/0"]
    assert complement(complement(())) == ()


def test_written_as_a_rule_header_takes_it() -> None:
    assert list(written(None, 10)) == ["any"]
    assert list(written((), 100)) == []
    assert list(written((ipaddress.IPv4Network("10.0.0.0/28"),), 100)) == ["10.0.0.0/28"]
    two = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/28", "10.1.0.0/28")))
    assert list(written(two, 100)) == ["[10.0.0.0/28,10.1.0.0/28]"]


@given(networks.filter(bool), st.integers(22, 80))
def test_runs_fit_and_lose_nothing(some: tuple[ipaddress.IPv4Network, ...], room: int) -> None:
    runs = list(written(some, room))
    assert all(len(run) <= room for run in runs)
    assert [network for run in runs for network in run.strip("[]").split(",")] == list(map(str, some))


def test_a_run_as_long_as_the_room_is_not_cut() -> None:
    two = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/28", "10.1.0.0/28")))
    (together,) = written(two, 100)
    assert list(written(two, len(together))) == [together]
    assert list(written(two, len(together) - 1)) == ["10.0.0.0/28", "10.1.0.0/28"]
    with pytest.raises(ValueError, match="cannot hold"):
        list(written(two, 10))


def test_overlapping_networks_are_named() -> None:
    wide, narrow, other = map(ipaddress.IPv4Network, ("10.0.0.0/24", "10.0.0.16/28", "10.1.0.0/28"))
    assert overlap((other, narrow, wide)) == (wide, narrow)
    assert overlap((other, narrow)) is None
