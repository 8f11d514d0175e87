import pytest
from firewall_policies import ADDRESSES
from ringfence.aws.enforcement.firewall.attribution import attribute
from ringfence.aws.enforcement.firewall.signature import FIRST, OBSERVED_OFFSET

ALERT = {"signature_id": FIRST + 5, "signature": "ringfence http-request agents=2 host=api.github.com access=0a"}


def test_the_source_tells_the_agent() -> None:
    said = attribute({"src_ip": "10.40.5.9", "dest_ip": "198.51.100.2", "alert": ALERT}, ADDRESSES)
    assert said is not None
    assert (said.agent, said.address, said.sid, said.form) == ("bot", "10.40.5.9", FIRST + 5, "http-request")
    assert said.words == {"agents": "2", "host": "api.github.com", "access": "0a"}
    assert not said.observed


def test_an_answer_is_attributed_to_whom_it_was_for() -> None:
    said = attribute({"src_ip": "198.51.100.2", "dest_ip": "10.40.0.3", "alert": ALERT}, ADDRESSES)
    assert said is not None
    assert (said.agent, said.address) == ("coder", "10.40.0.3")


def test_the_envelope_of_aws_is_opened() -> None:
    record = {"firewall_name": "x", "event": {"src_ip": "10.40.2.1", "dest_ip": "198.51.100.2"}}
    said = attribute(record, ADDRESSES)
    assert said is not None
    assert (said.agent, said.sid, said.form) == ("idle", None, None)


def test_an_observation_is_known_by_its_id() -> None:
    alert = {**ALERT, "signature_id": FIRST + OBSERVED_OFFSET + 5}
    said = attribute({"src_ip": "10.40.5.9", "alert": alert}, ADDRESSES)
    assert said is not None
    assert said.observed


def test_nobodys_address_and_other_rules_are_said_so() -> None:
    said = attribute({"src_ip": "10.99.0.1", "alert": {"signature_id": 2000001, "signature": "ET x"}}, ADDRESSES)
    assert said is not None
    assert (said.agent, said.address, said.sid, said.form, said.words) == (None, "10.99.0.1", 2000001, None, {})


@pytest.mark.parametrize("record", [{}, {"event": "text"}, {"event": {"src_ip": 4}}, {"event_type": "stats"}])
def test_what_has_no_address_is_no_event(record: dict[str, object]) -> None:
    assert attribute(record, ADDRESSES) is None


@pytest.mark.parametrize("address", ["", "nonsense", "2001:db8::1"])
def test_addresses_that_are_no_agents(address: str) -> None:
    said = attribute({"src_ip": address, "alert": "odd"}, ADDRESSES)
    assert said is not None
    assert said.agent is None
