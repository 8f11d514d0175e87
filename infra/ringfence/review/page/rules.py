"""The generated rules of each agent, each with the needs that it is there for.

A rule names the needs whose traffic it speaks of, by what it says itself: its peer, its ports, its message, its
principals. What every agent's rules have, such as the denial of private addresses, is there for no need.
"""

import bisect
import ipaddress
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ringfence.aws.enforcement.firewall.message import plain
from ringfence.aws.enforcement.model import (
    AclRule,
    AgentPlace,
    CidrPeer,
    Enforcement,
    GatewayEndpoint,
    GroupPeer,
    Network,
    PrefixListPeer,
    SecurityGroupRule,
)
from ringfence.aws.enforcement.services import GATEWAY_SERVICES
from ringfence.aws.enforcement.site import EPHEMERAL
from ringfence.aws.iam import Statement
from ringfence.policy.flow import AgentCall, Flow, Https, Service, Tls, Transport
from ringfence.policy.policy import Policy

_ANYWHERE = ipaddress.IPv4Network("0.0.0.0/0")
_HEAD = re.compile(r'^\w+ \S+ (\S+) .*?\(msg:"([^"]*)"')
_WORD = re.compile(r"(\w+)=(\S+)")

NeedKey = tuple[str, str, str]
"""Which need of an agent a flow comes from: its place as ``path:line``, its capability, and where it leads.

Several calls may stand on one line.
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One generated rule as text, and the needs of some agent that it is there for."""

    text: str
    agent: str
    needs: tuple[NeedKey, ...]


@dataclass(frozen=True, slots=True)
class SharedRule:
    """A rule that stands once for several agents: the needs of each.

    ``group`` is the rule group or the service; a rule with no agents is there for all of them.
    """

    group: str
    text: str
    agents: Mapping[str, tuple[NeedKey, ...]]


def _key(flow: Flow) -> NeedKey:
    access = flow.access
    destination = access.service if isinstance(access, Service) else str(access)
    return (str(flow.grant.declared), flow.grant.capability, destination)


def _keys(flows: Iterable[Flow]) -> tuple[NeedKey, ...]:
    return tuple(dict.fromkeys(_key(flow) for flow in flows))


class AgentRules:
    """The rules of the two layers that every agent has of its own: its security group and its NACL."""

    def __init__(self, policy: Policy, enforcement: Enforcement) -> None:
        self._groups = {group.agent: group for group in enforcement.security_groups if group.agent}
        self._acls = {acl.agent: acl for acl in enforcement.network_acls if acl.agent}
        self._networks = {place.agent: place.networks for place in enforcement.places}
        self._endpoints = tuple(subnet.network for subnet in enforcement.subnets if subnet.kind == "endpoints")
        self._services = {
            group: endpoint.service
            for endpoint in enforcement.interface_endpoints
            for group in endpoint.security_groups
        }
        self._doors: dict[str, list[tuple[str, SecurityGroupRule]]] = {}
        for group in enforcement.security_groups:
            for rule in group.rules if group.kind == "endpoint" else ():
                if isinstance(rule.peer, GroupPeer):
                    self._doors.setdefault(rule.peer.group, []).append((group.name, rule))
        self._policy = policy
        self._calls: dict[tuple[str, str], list[Flow]] = {}
        for flow in policy.flows:
            if isinstance(flow.access, AgentCall):
                self._calls.setdefault((flow.agent, flow.access.callee), []).append(flow)

    def security_group(self, agent: str) -> Iterator[Rule]:
        """The rules of an agent's security group, in the group's order; then those of endpoints that let it in."""
        flows = self._policy.of(agent)
        for rule in self._groups[agent].rules if agent in self._groups else ():
            owner, found = self._of_group_rule(agent, rule, flows)
            yield Rule(_group_rule_text(rule), owner, _keys(found))
        for group, rule in self._doors.get(agent, ()):
            service = self._services[group]
            text = f"{_group_rule_text(rule)} (of group {group})"
            yield Rule(text, agent, _keys(flow for flow in flows if _is_service(flow, service)))

    def network_acl(self, agent: str) -> Iterator[Rule]:
        """The entries of an agent's NACL: egress first, in the order in which they are judged."""
        peers = list(self._peers(agent))
        entries = self._acls[agent].rules if agent in self._acls else ()
        for rule in sorted(entries, key=lambda each: (each.direction, each.number)):
            found = [flow for network, ports, flow in peers if _speaks_of(rule, network, ports)]
            own = [flow for flow in found if flow.agent == agent]
            # An entry that is there for callers only belongs to their needs.
            owner = agent if own or not found else found[0].agent
            yield Rule(_acl_text(rule), owner, _keys(flow for flow in found if flow.agent == owner))

    def _of_group_rule(self, agent: str, rule: SecurityGroupRule, flows: tuple[Flow, ...]) -> tuple[str, list[Flow]]:
        ports = range(rule.first_port, rule.last_port + 1)
        match rule.peer:
            case GroupPeer(group) if rule.direction == "ingress":
                return group, self._calls.get((group, agent), [])
            case GroupPeer(group):
                service = self._services.get(group)
                if service is None:
                    return agent, self._calls.get((agent, group), [])
                return agent, [flow for flow in flows if _is_service(flow, service)]
            case PrefixListPeer(endpoint):
                return agent, [flow for flow in flows if _is_service(flow, endpoint)]
            case CidrPeer(network) if network == _ANYWHERE:
                return agent, [
                    flow for flow in flows if isinstance(flow.access, Https | Tls) and flow.access.port in ports
                ]
            case CidrPeer(network):
                return agent, [
                    flow
                    for flow in flows
                    if isinstance(flow.access, Transport)
                    and flow.access.network == network
                    and flow.access.protocol == rule.protocol
                    and (flow.access.ports.first, flow.access.ports.last) == (rule.first_port, rule.last_port)
                ]

    def _peers(self, agent: str) -> Iterator[tuple[Network, tuple[int, int], Flow]]:
        """The networks that an agent has to do with, the ports that are asked there, and the flow it is for."""
        for flow in self._policy.of(agent):
            match flow.access:
                case Transport(network=network, ports=ports):
                    yield network, (ports.first, ports.last), flow
                case AgentCall(callee=callee, port=port):
                    for network in self._networks.get(callee, ()):
                        yield network, (port, port), flow
                case Service(service=service):
                    for network in (_ANYWHERE,) if service in GATEWAY_SERVICES else self._endpoints:
                        yield network, (443, 443), flow
                case Https(port=port) | Tls(port=port):
                    yield _ANYWHERE, (port, port), flow
                case _:
                    pass
        for (caller, callee), calls in self._calls.items():
            if callee == agent:
                for flow in calls:
                    port = flow.access.port if isinstance(flow.access, AgentCall) else 0
                    for network in self._networks.get(caller, ()):
                        yield network, (port, port), flow


def _is_service(flow: Flow, service: str) -> bool:
    return isinstance(flow.access, Service) and flow.access.service == service


def _speaks_of(rule: AclRule, network: Network, ports: tuple[int, int]) -> bool:
    """Whether an entry lets through what is asked there, or its answers (the ephemeral ports)."""
    if rule.action != "allow" or (rule.network == _ANYWHERE) != (network == _ANYWHERE):
        return False
    held = (rule.first_port, rule.last_port)
    return network.subnet_of(rule.network) and (held == EPHEMERAL or (held[0] <= ports[0] and ports[1] <= held[1]))


def _ports(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _group_rule_text(rule: SecurityGroupRule) -> str:
    match rule.peer:
        case CidrPeer(network):
            peer = str(network)
        case GroupPeer(group):
            peer = f"group {group}"
        case PrefixListPeer(endpoint):
            peer = f"prefix list of {endpoint}"
    way = "to" if rule.direction == "egress" else "from"
    return f"{rule.direction} {rule.protocol} {_ports(rule.first_port, rule.last_port)} {way} {peer}"


def _acl_text(rule: AclRule) -> str:
    way = "to" if rule.direction == "egress" else "from"
    what = "all" if rule.protocol == "-1" else f"{rule.protocol} {_ports(rule.first_port, rule.last_port)}"
    return f"{rule.direction} {rule.number} {rule.action} {what} {way} {rule.network}"


def firewall_rules(policy: Policy, enforcement: Enforcement) -> Iterator[SharedRule]:
    """Every stateful rule, in evaluation order, with the agents that it is there for and their needs.

    A rule that refuses one name is there for those who have it, one that refuses every other name for all who have
    any; of the others a message names the agent, or counts several, whom the addresses tell. Its capabilities and its
    host narrow the needs. Rules of the default denial name no agent.
    """
    if enforcement.firewall is None:
        return
    owners = _Owners(enforcement.places)
    flows = {agent.name: _judged(policy.of(agent.name)) for agent in policy.agents}
    decrypted = {place.agent for place in enforcement.places if place.inspected}
    for group in enforcement.firewall.rules.groups:
        for rule in group.rules:
            head = _HEAD.match(rule.text)
            words = dict(_WORD.findall(head.group(2))) if head else {}
            if head is None or not ("agent" in words or "agents" in words):
                yield SharedRule(group.name, rule.text, {})
                continue
            form = head.group(2).split()[1]
            if form in ("tls-name", "http-host"):
                agents = [name for name in flows if form == "tls-name" or name in decrypted]
                told = {name: _told(words, flows[name]) for name in agents}
                yield SharedRule(group.name, rule.text, {name: needs for name, needs in told.items() if needs})
                continue
            agents = [words["agent"]] if words.get("agent") in flows else owners.within(head.group(1))
            yield SharedRule(group.name, rule.text, {name: _told(words, flows[name]) for name in agents})


def _judged(flows: tuple[Flow, ...]) -> list[tuple[str, str, NeedKey]]:
    """What the firewall judges, by capability and host as a message writes them."""
    return [
        (plain(flow.grant.capability), plain(str(flow.access.host)), _key(flow))
        for flow in flows
        if isinstance(flow.access, Https | Tls)
    ]


def _told(words: Mapping[str, str], flows: Sequence[tuple[str, str, NeedKey]]) -> tuple[NeedKey, ...]:
    capabilities = words.get("capability")
    if capabilities is None:
        return ()
    listed = capabilities.split(",")
    every = listed[-1].startswith("+")  # a message lists few, and counts the rest
    host = words.get("host")
    return tuple(
        dict.fromkeys(
            key for capability, name, key in flows if (every or capability in listed) and (host is None or host == name)
        )
    )


class _Owners:
    """Agents by their addresses."""

    def __init__(self, places: Iterable[AgentPlace]) -> None:
        held = sorted(
            (int(network.network_address), int(network.broadcast_address), place.agent)
            for place in places
            for network in place.networks
        )
        self._firsts = [first for first, _, _ in held]
        self._held = held

    def within(self, sources: str) -> list[str]:
        """The agents that have an address in a rule's sources, in the order of addresses."""
        found: dict[str, None] = {}
        for text in sources.strip("[]").split(","):
            try:
                network = ipaddress.IPv4Network(text)
            except ValueError:
                continue  # a variable or a negation names no agent
            first, last = int(network.network_address), int(network.broadcast_address)
            for index in range(max(0, bisect.bisect_right(self._firsts, first) - 1), len(self._held)):
                low, high, agent = self._held[index]
                if low > last:
                    break
                if high >= first:
                    found[agent] = None
        return list(found)


def endpoint_statements(policy: Policy, enforcement: Enforcement) -> Iterator[SharedRule]:
    """Every statement of an endpoint policy as JSON, with the agents whose roles it names and their needs."""
    flows: dict[str, list[tuple[Flow, Service]]] = {}
    for flow in policy.flows:
        if isinstance(flow.access, Service):
            flows.setdefault(flow.access.service, []).append((flow, flow.access))
    for endpoint in (*enforcement.gateway_endpoints, *enforcement.interface_endpoints):
        kind = "gateway" if isinstance(endpoint, GatewayEndpoint) else "interface"
        written = json.loads(endpoint.policy.text())["Statement"]
        for statement, text in zip(endpoint.policy.statements, written, strict=True):
            agents: dict[str, dict[NeedKey, None]] = {}
            for flow, access in flows.get(endpoint.service, ()):
                if _allows(statement, access):
                    agents.setdefault(flow.agent, {})[_key(flow)] = None
            needs = {agent: tuple(keys) for agent, keys in agents.items()}
            yield SharedRule(f"{endpoint.service} ({kind})", json.dumps(text, indent=2), needs)


def _allows(statement: Statement, access: Service) -> bool:
    """Whether a statement has a part in a flow: the same principal, and some of its actions on its resources."""
    principals = [value for condition in statement.conditions for value in condition.values]
    return (
        access.principal in (principals or ["*"])
        and not set(access.actions).isdisjoint(statement.actions)
        and not set(access.resources).isdisjoint(text for text in statement.resources if isinstance(text, str))
    )


def shared_guards(enforcement: Enforcement) -> Iterator[SharedRule]:
    """What stands for the whole VPC: the entries of the NACLs of its own subnets, and the rules of DNS Firewall."""
    for acl in enforcement.network_acls:
        if acl.agent is None:
            for rule in sorted(acl.rules, key=lambda each: (each.direction, each.number)):
                yield SharedRule(f"NACL {acl.name}", _acl_text(rule), {})
    domains = {each.name: each.domains for each in enforcement.dns.lists}
    for rule in sorted(enforcement.dns.rules, key=lambda each: each.priority):
        text = f"{rule.priority} {rule.action} {' '.join(domains[rule.domain_list])}"
        yield SharedRule("DNS Firewall", text, {})
