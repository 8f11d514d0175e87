"""Ranges of ports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ringfence.policy.port import PortRange

PORT = st.integers(1, 65535)
RANGE = st.tuples(PORT, PORT).map(lambda pair: PortRange(min(pair), max(pair)))


@given(RANGE)
def test_a_range_reads_back_from_its_text(ports: PortRange) -> None:
    assert PortRange.parse(str(ports)) == ports


@given(RANGE, RANGE)
def test_ranges_overlap_when_some_port_is_in_both(one: PortRange, other: PortRange) -> None:
    ends = (one.first, one.last, other.first, other.last)
    assert one.overlaps(other) == any(port in one and port in other for port in ends)
    assert one.overlaps(other) == other.overlaps(one)


@given(RANGE, PORT)
def test_a_port_is_in_the_range_that_it_lies_in(ports: PortRange, port: int) -> None:
    assert (port in ports) == (port in range(ports.first, ports.last + 1))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0", "port out of range"),
        ("65536", "port out of range"),
        ("99999999999999999999", "port out of range"),
        ("443-80", "reversed port range"),
        ("1-65536", "port out of range"),
        ("", "is no port"),
        ("-", "is no port"),
        ("80-", "is no port"),
        ("-80", "is no port"),
        ("80-90-100", "is no port"),
        ("80 - 90", "is no port"),
        ("+80", "is no port"),
        ("8_0", "is no port"),
        ("http", "is no port"),
        ("\u0664\u0664\u0663", "is no port"),
        ("\u00b2", "is no port"),
    ],
)
def test_what_is_no_port_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        PortRange.parse(text)


def test_a_number_is_a_range_of_one() -> None:
    assert PortRange.parse(443) == PortRange(443, 443)
    assert str(PortRange(443, 443)) == "443"
