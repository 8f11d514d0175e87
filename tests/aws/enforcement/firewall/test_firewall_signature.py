import pytest
from hypothesis import given
from hypothesis import strategies as st
from ringfence.aws.enforcement.firewall import signature
from ringfence.aws.enforcement.firewall.lint import SID_MAX
from ringfence.aws.enforcement.firewall.signature import FIRST, OBSERVED_OFFSET, signature_ids

keys = st.lists(st.text(max_size=12), unique=True, max_size=60)


@given(keys, st.randoms(use_true_random=False))
def test_ids_do_not_depend_on_the_order_of_the_keys(some: list[str], random) -> None:
    shuffled = list(some)
    random.shuffle(shuffled)
    assert signature_ids(shuffled) == signature_ids(some)


@given(keys)
def test_ids_are_unique_and_in_the_private_range(some: list[str]) -> None:
    ids = signature_ids(some)
    assert len(set(ids.values())) == len(some)
    assert all(FIRST <= number < FIRST + OBSERVED_OFFSET for number in ids.values())
    assert FIRST + 2 * OBSERVED_OFFSET <= SID_MAX


@given(keys, st.text(max_size=12))
def test_another_key_moves_no_id(some: list[str], other: str) -> None:
    before, after = signature_ids(some), signature_ids([*some, other])
    assert all(after[key] == number for key, number in before.items())


def test_colliding_keys_get_ids_of_their_own_whatever_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signature, "OBSERVED_OFFSET", 7)
    some = ["a", "b", "c", "d", "e", "f"]
    ids = signature_ids(some)
    assert len(set(ids.values())) == 6
    assert signature_ids(reversed(some)) == ids
