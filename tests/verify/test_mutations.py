"""Every single-step change of an example environment's resources is reported; those that change nothing are shown to.

The whole enumeration is the slow test; the quick one takes a part of it, spread over all of it.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable

import pytest
from mutation import NEUTRAL, Mutant, mutants
from registered_examples import Example
from ringfence.verify.finding import Kind
from ringfence.verify.interval import ALL_ADDRESSES, atoms
from ringfence.verify.network import read_network
from ringfence.verify.packet import PROTOCOLS, Acl

QUICK = 40
"""One of so many mutants in the quick test."""

NARROWER = {
    "VpcEndpoint": "an interface in one zone fewer: agents reach the endpoint in the others",
    "Subnet": "fewer addresses for what is the environment's own",
}
"""What takes nothing from an agent's access, by type, beside moves that keep an order."""


def reads_the_same(one: Acl, other: Acl) -> bool:
    """Whether two NACLs decide alike of every packet."""
    entries = (*one.ingress, *one.egress, *other.ingress, *other.egress)
    return all(
        one.ports(direction, protocol, part.first) == other.ports(direction, protocol, part.first)
        for part in atoms([entry.peers for entry in entries], ALL_ADDRESSES)
        for direction, protocol in itertools.product(("ingress", "egress"), PROTOCOLS)
    )


def is_neutral(example: Example, mutant: Mutant) -> bool:
    """Whether a mutant that nothing reports changes no access, shown by what it changes."""
    if "ruleNumber" in mutant.what:
        before, after = read_network(example.deployed).acls, read_network(mutant.graph).acls
        return all(reads_the_same(before[urn], after[urn]) for urn in before)
    if mutant.what.startswith("VpcEndpoint") and "subnetIds without" in mutant.what:
        return True
    if mutant.what.startswith("Subnet") and "infrastructure/" in mutant.what and "cidrBlock" in mutant.what:
        old, new = (read_network(graph).subnets for graph in (example.deployed, mutant.graph))
        return all(old[urn].addresses.covers(new[urn].addresses) for urn in old)
    return "policyVariables" in mutant.what  # HOME_NET: no rule names it, which the compiler's tests hold


def unreported(example: Example, chosen: Iterable[Mutant]) -> tuple[list[str], Counter[str]]:
    counted: Counter[str] = Counter()
    missed: list[str] = []
    for mutant in chosen:
        findings = example.prove(mutant.graph).findings
        if findings:
            counted[str(min(findings).kind)] += 1
        elif is_neutral(example, mutant):
            counted["neutral"] += 1
        else:
            missed.append(mutant.what)
    return missed, counted


def test_a_part_of_all_single_changes_is_reported(examples: dict[str, Example]) -> None:
    chosen = itertools.islice(mutants(examples["dev"].deployed), 0, None, QUICK)
    missed, counted = unreported(examples["dev"], chosen)
    assert missed == []
    assert sum(counted.values()) > 60
    assert set(counted) >= {str(Kind.MORE), str(Kind.LESS), str(Kind.INCONSISTENT)}


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(8))
def test_every_single_change_is_reported(
    examples: dict[str, Example], shard: int, record_property: Callable[[str, object], None]
) -> None:
    chosen = itertools.islice(mutants(examples["dev"].deployed), shard, None, 8)
    missed, counted = unreported(examples["dev"], chosen)
    said = ", ".join(f"{number} {kind}" for kind, number in sorted(counted.items()))
    record_property("counts", f"mutants of the graph, part {shard + 1} of 8: {sum(counted.values())}: {said}")
    assert sum(counted.values()) > 300
    assert missed == []


def test_every_field_that_is_left_out_has_a_reason() -> None:
    assert all(NEUTRAL.values())
    assert all(NARROWER.values())
