"""Whose traffic a log's event is: the agent that has the address, and the lines of its profile that speak of it.

Most rules serve many agents, and the default denial serves all, so their messages name no agent. The event's address
does: each agent has networks of its own. What the agent's profile says of the name that was asked for, or that it says
nothing, is looked up in the policy.
"""

import ipaddress
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ringfence.aws.allocation import Allocation
from ringfence.aws.log_event import LogEvent, Signature
from ringfence.policy.flow import Flow, Https, Tls
from ringfence.policy.policy import Policy

FORMAT_VERSION = 1
"""Of an `Attribution` as JSON."""

_AGENTS = ("agent", "released")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has an address: ``kind`` is "agent", "released" (an agent that gave it back) or "infrastructure"."""

    kind: str
    name: str


class Holders:
    """Every subnet of an environment by its holder; an address is looked up in the same time however many there are."""

    def __init__(self, networks: Iterable[tuple[ipaddress.IPv4Network, Holder]]) -> None:
        self._by_length: dict[int, dict[int, Holder]] = {}
        for network, holder in networks:
            self._by_length.setdefault(network.prefixlen, {})[int(network.network_address)] = holder

    @staticmethod
    def of(allocation: Allocation) -> "Holders":
        """The holders that stand in the allocation's file: provisional addresses are nobody's yet."""
        sections = (
            ("agent", {n: s for n, s in allocation.agents.items() if n not in allocation.provisional}),
            ("released", allocation.released),
            ("infrastructure", allocation.infrastructure),
        )
        return Holders(
            (segment.network, Holder(kind, name))
            for kind, holders in sections
            for name, segments in holders.items()
            for segment in segments
        )

    def at(self, address: str) -> Holder | None:
        """Who has an address; None for nobody's and for what is no IPv4 address."""
        try:
            number = int(ipaddress.IPv4Address(address))
        except ValueError:
            return None
        for length, holders in self._by_length.items():
            if holder := holders.get(number >> (32 - length) << (32 - length)):
                return holder
        return None


@dataclass(frozen=True, slots=True)
class Attribution:
    """One event: whose it is, what was asked and what became of it, and what stands in the profile about it.

    ``agent`` is None for an address that is no agent's; ``holder`` says who has it: "agent", "released" (an agent that
    gave it back), a kind of the environment's own subnets, or None for nobody. ``peer`` is the other end. ``outcome``
    and ``what`` are `LogEvent`'s. ``rule`` is "current" for a rule of this policy, "other" for one of ours that it
    does not have, "foreign" for one of others, None without a rule. ``declared`` are the lines that grant the agent
    something at the name that was asked for, ``capabilities`` and ``tickets`` theirs; where nothing does,
    ``granted_there`` is false, and None where no name is told, and the agent's own line stands there.
    """

    format_version: int
    time: str
    kind: str
    agent: str | None
    holder: str | None
    owner: str | None
    address: str
    peer: str | None
    outcome: str
    what: str
    sid: int | None
    form: str | None
    rule: str | None
    words: dict[str, str]
    granted_there: bool | None
    capabilities: tuple[str, ...]
    tickets: tuple[str, ...]
    declared: tuple[str, ...]


class Attributor:
    """Attributes events by an environment's addresses, its declared policy, and the ids of its rules."""

    def __init__(self, policy: Policy, allocation: Allocation, sids: Collection[int]) -> None:
        self._policy = policy
        self._agents = {agent.name: agent for agent in policy.agents}
        self._holders = Holders.of(allocation)
        self._sids = frozenset(sids)

    def attribute(self, event: LogEvent) -> Attribution:
        """Attribute one event. The agent is looked for at both ends: a refused answer comes from the server."""
        mine, holder = self._mine(event)
        others = [end for index, end in enumerate(event.ends) if index != mine]
        agent = self._agents.get(holder.name) if holder and holder.kind == "agent" else None
        flows = self._spoken_of(agent.name, event, others[0][1] if others else 0) if agent else []
        spans = sorted({flow.grant.declared for flow in flows}) or ([agent.declared] if agent else [])
        signature = event.signature
        return Attribution(
            format_version=FORMAT_VERSION,
            time=event.time,
            kind=event.kind,
            agent=holder.name if holder and holder.kind in _AGENTS else None,
            holder=(holder.kind if holder.kind in _AGENTS else holder.name) if holder else None,
            owner=agent.owner if agent else None,
            address=event.ends[mine][0],
            peer=_written(*others[0]) if others else None,
            outcome=event.outcome,
            what=event.what,
            sid=signature.sid if signature else None,
            form=signature.form if signature else None,
            rule=self._standing(signature) if signature else None,
            words=dict(signature.words) if signature else {},
            granted_there=bool(flows) if agent and (event.name or _host(event)) else None,
            capabilities=tuple(sorted({flow.grant.capability for flow in flows})),
            tickets=tuple(sorted({flow.grant.ticket for flow in flows if flow.grant.ticket})),
            declared=tuple(map(str, spans)),
        )

    def _mine(self, event: LogEvent) -> tuple[int, Holder | None]:
        """The end that is an agent's, else one that is the environment's own, else the sender."""
        held = [self._holders.at(address) for address, _ in event.ends]
        for kinds in (_AGENTS, ("infrastructure",)):
            for index, holder in enumerate(held):
                if holder and holder.kind in kinds:
                    return index, holder
        return 0, None

    def _standing(self, signature: Signature) -> str:
        if signature.form is None:
            return "foreign"
        return "current" if signature.sid in self._sids else "other"

    def _spoken_of(self, agent: str, event: LogEvent, port: int) -> list[Flow]:
        """The agent's flows to the name that was asked for, or to the rule's where the event tells none."""
        return [
            flow
            for flow in self._policy.of(agent)
            if isinstance(flow.access, Https | Tls)
            and port in (0, flow.access.port)
            and (flow.access.host.matches(event.name) if event.name else str(flow.access.host) == _host(event))
        ]


def _host(event: LogEvent) -> str | None:
    """The host, as a profile writes it, that the event's rule is about."""
    return event.signature.words.get("host") if event.signature else None


def _written(address: str, port: int) -> str:
    return f"{address}:{port}" if port else address
