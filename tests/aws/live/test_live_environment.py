"""The example environments, made in moto's AWS and read back: proved; and every change by hand is found."""

from collections.abc import Callable
from contextlib import ExitStack

import pytest
from changes_by_hand import CHANGES
from live_account import Account
from ringfence.verify.exclusive import EXCLUSIVE
from ringfence.verify.finding import Finding, Kind, Verdict


@pytest.mark.parametrize(
    "environment", ["dev", *(pytest.param(name, marks=pytest.mark.slow) for name in ("staging", "prod"))]
)
def test_what_the_program_makes_is_proved(environment: str, account_of: Callable[[str], Account]) -> None:
    account = account_of(environment)
    graph = account.read()
    assert graph.unread == ()
    proof = account.example.prove(graph)
    assert proof.findings == ()
    assert {proof.verdict(agent) for agent in proof.agents} == {Verdict.PROVED}


def test_what_is_read_is_what_the_program_registers(dev: Account) -> None:
    """Resource by resource, as far as the proof reads them; what AWS alone has comes on top."""
    there, ours = dev.read().counts(), dev.example.deployed.counts()
    elsewhere = {"cloudwatch", "iam", "s3", "sns"}
    network = {kind: count for kind, count in ours.items() if kind.partition("/")[0].partition(":")[2] not in elsewhere}
    del network["aws:ec2/eip:Eip"]  # an address of a NAT gateway, and part of it
    del network[EXCLUSIVE]  # the provider's list of what is there anyway
    interfaces = there.pop("aws:ec2/networkInterface:NetworkInterface")
    assert there == network
    assert interfaces > len(dev.example.effective.agents)


def matches(finding: Finding, kind: Kind, layer: str, said: str) -> bool:
    return (finding.kind, finding.layer) == (kind, layer) and said in finding.traffic


def test_all_changes_by_hand_together_are_found_each(dev: Account) -> None:
    with ExitStack() as standing:
        for change, *_ in CHANGES.values():
            standing.enter_context(change(dev))
        findings = dev.findings()
    missed = [name for name, (_, *said) in CHANGES.items() if not any(matches(each, *said) for each in findings)]
    assert missed == [], "\n".join([str(missed), *map(str, findings)])
    assert dev.findings() == ()  # and everything is undone


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_by_hand_alone_is_found(dev: Account, name: str) -> None:
    change, *said = CHANGES[name]
    with change(dev):
        findings = dev.findings()
    assert any(matches(each, *said) for each in findings), "\n".join(map(str, findings))
    assert len(findings) < 60  # an entry before others hides each of them
