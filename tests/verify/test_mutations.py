"""Every single-step change of an example environment's resources is reported; those that change nothing are shown to.

The whole enumeration is the slow test; the quick one takes a part of it, spread over all of it.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable

import pytest
from mutation import NEUTRAL, Mutant, mutants, neutral_changes
from registered_examples import Example
from ringfence.verify.filtering import Filtering, read_filtering
from ringfence.verify.finding import Kind
from ringfence.verify.graph import ResourceGraph
from ringfence.verify.interval import ALL_ADDRESSES, NO_NUMBERS, Numbers, atoms
from ringfence.verify.network import read_network
from ringfence.verify.packet import HTTPS, PROTOCOLS, Acl
from ringfence.verify.resolver import read_resolving

QUICK = 40
"""One of so many mutants in the quick test."""


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
    if mutant.what.startswith("VpcSecurityGroupRulesExclusive") and mutant.what.endswith("dropped"):
        return True  # AWS has nothing of it: what is added by hand only stays longer
    if mutant.what.startswith("VpcEndpoint") and "subnetIds without" in mutant.what:
        return True  # agents reach it in the other zones
    if mutant.what.startswith(("Resolver", "FirewallPolicy", "TlsInspection")):
        return decides_the_same(example, mutant)
    if "availabilityZone" in mutant.what:  # it leads only where no endpoint of a zone is
        network = read_network(mutant.graph)
        changed = (
            subnet for urn, subnet in network.subnets.items() if subnet != read_network(example.deployed).subnets[urn]
        )
        return not any(route.zone for subnet in changed for route in network.routes.get(subnet.table, ()))
    if mutant.what.startswith("Subnet") and "infrastructure/" in mutant.what and "cidrBlock" in mutant.what:
        old, new = (read_network(graph).subnets for graph in (example.deployed, mutant.graph))
        return all(old[urn].addresses.covers(new[urn].addresses) for urn in old)
    return False


def decides_the_same(example: Example, mutant: Mutant) -> bool:
    """Whether what is read of DNS Firewall and of the firewall is the same, but for what is said here."""
    names, other_names = read_resolving(example.deployed), read_resolving(mutant.graph)
    filtering, other = read_filtering(example.deployed), read_filtering(mutant.graph)
    assert filtering is not None
    assert other is not None
    if "redirection" in mutant.what.lower():  # what is blocked has no answer that leads on
        return "BLOCK" in {rule.action for rule in other_names.rules if f" {rule.name}:" in mutant.what}
    if "streamExceptionPolicy" in mutant.what:  # both end the connection; one tells its ends
        return mutant.what.endswith("REJECT -> DROP")
    if "blockResponse" in mutant.what:  # both are no address
        return mutant.what.endswith("NODATA -> NXDOMAIN") and names == other_names
    if "statefulRuleGroupReferences" in mutant.what and "priority" in mutant.what:
        # No order of the rules matters, which both engines show (tests/aws/enforcement/firewall/test_firewall_engine).
        return sorted(map(str, filtering.rules.rules)) == sorted(map(str, other.rules.rules))
    if mutant.what.startswith("TlsInspection"):
        return decrypted(example.deployed, filtering) == decrypted(example.deployed, other)
    orders = [[rule.name for rule in each.rules] for each in (names, other_names)]
    return filtering.rules == other.rules and orders[0] == orders[1] and names.allowed is other_names.allowed


def decrypted(graph: ResourceGraph, filtering: Filtering) -> list[Numbers]:
    """The agents' addresses whose TLS to any address is decrypted on the one port that they have."""
    subnets = [subnet.addresses for subnet in read_network(graph).subnets.values() if subnet.agent]
    return [
        each & sources
        for sources, to, ports in filtering.inspected
        for each in subnets
        if to == ALL_ADDRESSES and HTTPS - ports == NO_NUMBERS
    ]


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
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(counted.items()))
    record_property(
        "counts", f"mutants of dev, {shard + 1} of 8: {sum(counted.values())}, {len(missed)} missed; {kinds}"
    )
    assert sum(counted.values()) > 300
    assert missed == []


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_no_field_that_is_left_out_changes_the_proof(
    examples: dict[str, Example], environment: str, record_property: Callable[[str, object], None]
) -> None:
    example = examples[environment]
    changes = list(neutral_changes(example.deployed))
    assert [each.what for each in changes if example.prove(each.graph).findings] == []
    assert {field for field in NEUTRAL if any(f": {field}" in each.what for each in changes)} == NEUTRAL.keys()
    record_property("counts", f"fields of {environment} that say nothing about access, changed once: {len(changes)}")


def test_what_is_decrypted_and_who_signs_it_is_reported(examples: dict[str, Example]) -> None:
    prod = examples["prod"]
    chosen = [each for each in mutants(prod.deployed) if each.what.startswith("TlsInspection")]
    missed, counted = unreported(prod, chosen)
    assert missed == []
    assert counted[str(Kind.LESS)] > 10
    assert counted[str(Kind.NOT_PROVED)] > 3
