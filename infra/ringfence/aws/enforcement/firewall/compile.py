"""From the declared policy to the firewall's groups."""

import hashlib
import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Mapping

from ringfence.aws.enforcement.firewall.default import default_drafts
from ringfence.aws.enforcement.firewall.error import FirewallError
from ringfence.aws.enforcement.firewall.grants import Grantee, grant_drafts
from ringfence.aws.enforcement.firewall.model import Firewall, RuleGroup
from ringfence.aws.enforcement.firewall.networks import Networks, merged, overlap
from ringfence.aws.enforcement.firewall.rule import Draft, rules_of
from ringfence.policy.effective import inspected_agents
from ringfence.policy.flow import Flow, Https, Tls
from ringfence.policy.policy import Policy

DEFAULT_GROUP = "ringfence-default"
"""The name of the group that denies by default."""
DEFAULT_CAPACITY = 1000
"""Its capacity, whatever it holds: a group's capacity never changes, and this group is never replaced."""
CAPACITIES = (500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 5000, 6500, 8000, 10000, 12500, 16000, 20000, 25000, 30000)
"""Capacities of the other groups; 30,000 is the most that AWS takes
(https://docs.aws.amazon.com/network-firewall/latest/developerguide/quotas.html). What all groups of a policy may have
together is an account's quota and not looked at here."""
TEXT_MAX = 2_000_000
"""Octets of a group's rules (https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_RulesSource.html)."""
GROUPS_MAX = 16
"""Most groups of agents: with the default group fewer than the 20 that a policy takes (the same page of quotas)."""


def firewall_rules(
    policy: Policy,
    addresses: Mapping[str, tuple[ipaddress.IPv4Network, ...]],
    *,
    inspection: str,
    http2: str,
    home_net: tuple[ipaddress.IPv4Network, ...],
) -> Firewall:
    """The firewall of a declared policy, for ``inspection`` "names" or "requests" and ``http2`` "refuse" or "judge".

    ``addresses`` are each agent's own networks; ``home_net`` is carried along, no rule uses it. Raises
    `FirewallError` when two agents share an address, one with flows has none, or the rules exceed what AWS takes.
    """
    _check(policy, addresses)
    grantees = _grantees(policy, addresses, inspection, http2)
    watched = (agent.name for agent in policy.agents if agent.mode == "observe" and not agent.quarantined)
    observed = merged(network for name in watched for network in addresses.get(name, ()))
    default = _default(grantees, observed, http2)
    inspected = merged(network for grantee in grantees if grantee.inspected for network in grantee.networks)
    for count in (1, 2, 4, 8, GROUPS_MAX):
        written = rules_of(
            [default, *(grant_drafts(group, index) for index, group in enumerate(_parted(grantees, count)))], TEXT_MAX
        )
        if written is not None:
            first, *others = written
            groups = [RuleGroup(DEFAULT_GROUP, DEFAULT_CAPACITY, first)]
            groups += [
                RuleGroup(f"ringfence-agents-{index}", _capacity(len(rules)), rules)
                for index, rules in enumerate(others)
                if rules
            ]
            return _within_capacity(Firewall(tuple(groups), home_net, inspected))
    raise FirewallError(
        f"the rules do not fit into {GROUPS_MAX} groups of {TEXT_MAX} octets", "part the agents into two environments"
    )


def _within_capacity(firewall: Firewall) -> Firewall:
    over = [group.name for group in firewall.groups if len(group.rules) > group.capacity]
    if over:
        raise FirewallError(f"{', '.join(over)} has more rules than AWS takes", "part the agents into two environments")
    return firewall


def _check(policy: Policy, addresses: Mapping[str, Networks]) -> None:
    shared = overlap(network for agent in policy.agents for network in addresses.get(agent.name, ()))
    if shared:
        raise FirewallError(f"two agents share addresses: {shared[0]} and {shared[1]}", "give each its own subnets")


def _grantees(policy: Policy, addresses: Mapping[str, Networks], inspection: str, http2: str) -> tuple[Grantee, ...]:
    flows: dict[str, list[Flow]] = defaultdict(list)
    for flow in policy.flows:
        if isinstance(flow.access, Https | Tls):
            flows[flow.agent].append(flow)
    for name in flows:
        if not addresses.get(name):
            raise FirewallError(f"`{name}` has no addresses", "write its allocation before its rules")
    inspected = inspected_agents(policy) if inspection == "requests" else frozenset[str]()
    return tuple(
        Grantee(agent, merged(addresses[agent.name]), tuple(flows[agent.name]), agent.name in inspected, http2)
        for agent in policy.agents
        if agent.name in flows
    )


def _default(grantees: Iterable[Grantee], observed: Networks, http2: str) -> list[Draft]:
    ports: dict[int, list[ipaddress.IPv4Network]] = defaultdict(list)
    for grantee in grantees:
        for port in grantee.by_port:
            ports[port] += grantee.networks
    granted = {port: merged(networks) for port, networks in ports.items()}
    return list(default_drafts(granted, observed, http2))


def _parted(grantees: Iterable[Grantee], count: int) -> list[list[Grantee]]:
    """The agents of each group. An agent's group follows from its name, so it stays while their number does."""
    members: list[list[Grantee]] = [[] for _ in range(count)]
    for grantee in grantees:
        members[hashlib.sha256(grantee.agent.name.encode()).digest()[0] % count].append(grantee)
    return members


def _capacity(rules: int) -> int:
    """Room for a quarter more, in steps: most changes of a policy then update a group in place."""
    return next((step for step in CAPACITIES if step >= rules * 5 // 4), CAPACITIES[-1])
