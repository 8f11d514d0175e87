"""Sets of numbers by intervals, by brute force over a small universe."""

from hypothesis import given
from hypothesis import strategies as st
from ringfence.verify.interval import Numbers, atoms, network_of, networks_text, ports_text

UNIVERSE = Numbers(((0, 20),))
sets = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=4).map(lambda pairs: Numbers.of(*pairs))


def members(numbers: Numbers) -> set[int]:
    return {number for number in range(21) if number in numbers}


@given(sets, sets)
def test_the_operations_are_those_of_sets(one: Numbers, other: Numbers) -> None:
    assert members(one | other) == members(one) | members(other)
    assert members(one & other) == members(one) & members(other)
    assert members(one - other) == members(one) - members(other)
    assert len(one) == len(members(one))
    assert one.covers(other) == (members(other) <= members(one))
    assert one.meets(other) == bool(members(one) & members(other))


@given(sets)
def test_one_set_has_one_form(numbers: Numbers) -> None:
    assert Numbers.of(*((number, number) for number in members(numbers))) == numbers


@given(st.lists(sets, max_size=5))
def test_atoms_part_the_universe_and_no_set_cuts_one(parts: list[Numbers]) -> None:
    found = atoms(parts, UNIVERSE)
    assert sorted(number for atom in found for number in members(atom)) == list(range(21))
    for atom in found:
        assert all(each.covers(atom) or not each.meets(atom) for each in parts)
    # The coarsest such partition: two atoms are told apart by some set.
    assert len({frozenset(index for index, each in enumerate(parts) if each.meets(atom)) for atom in found}) == len(
        found
    )


def test_addresses_and_ports_are_written_for_people() -> None:
    assert networks_text(network_of("10.0.0.0/9") | network_of("10.128.0.0/9")) == "10.0.0.0/8"
    assert networks_text(Numbers(())) == "no address"
    assert ports_text(Numbers.of((80, 80), (443, 444))) == "80, 443-444"
