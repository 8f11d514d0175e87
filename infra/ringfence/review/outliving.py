"""What a change takes away and does not end: connections that were open before it, where a layer keeps them.

The firewall judges a flow by the rules it began with, and a security group lets a tracked connection go on; a route and
a NACL are asked about every packet, an endpoint and a role about every request. So a connection outlives a narrowing
where its port stays open in its agent's NACL (`aws.enforcement.acls`), for other needs, and its route stays.
"""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.aws.enforcement.groups import HTTPS
from ringfence.aws.enforcement.services import GATEWAY_SERVICES
from ringfence.aws.enforcement.site import EPHEMERAL
from ringfence.plan import Plan
from ringfence.policy.flow import Access, AgentCall, Https, Internet, Service, Tls
from ringfence.review.access import Piece
from ringfence.review.difference import Outliving
from ringfence.review.interruption import decrypted, place_of, staying
from ringfence.review.through import State


@dataclass(frozen=True, slots=True)
class _Keeper:
    """A layer that keeps connections, and the shortest idle limit on their way; ``flushed`` where a flush ends them."""

    layer: str
    idle_seconds: int
    limit: str
    flushed: bool


_FIREWALL = _Keeper("firewall", 350, "the firewall and the NAT gateway", True)
"""https://docs.aws.amazon.com/network-firewall/latest/developerguide/flow-operations-flush.html: existing flows go on
by their rules; API_FlowTimeouts: 350 s unless a policy says otherwise, and ours does not."""
_NAT = _Keeper("sg", 350, "the NAT gateway", False)
"""https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html, "drops after 350 seconds"."""
_GROUP = _Keeper("sg", 432_000, "connection tracking; 350 s on Nitro v6", False)
"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html: a changed rule does not
interrupt tracked connections; API_ConnectionTrackingConfiguration has the limits."""


def outliving(
    before: State, after: State, environment: str, closed: Iterable[tuple[tuple[str, ...], Piece]]
) -> tuple[Outliving, ...]:
    """What goes on of ``closed``, the pieces that deploying *after* over *before* takes away, each with its agents."""
    if before.plan is None or after.plan is None or place_of(before.plan) != place_of(after.plan):
        return ()
    change = _Change(before.plan, after.plan)
    stay = {
        name
        for name in staying(before.plan, after.plan)
        if not {*before.networks.get(name, ())}.isdisjoint(after.networks.get(name, ()))
    }
    kept: dict[_Keeper, list[tuple[str, str]]] = {}
    for agents, piece in closed:
        for agent in stay.intersection(agents):
            keeper = change.keeper(agent, piece)
            if keeper is not None:
                kept.setdefault(keeper, []).append((agent, piece.destination))
    return tuple(
        _outliving(keeper, kept[keeper], environment) for keeper in (_FIREWALL, _NAT, _GROUP) if keeper in kept
    )


def _outliving(keeper: _Keeper, pairs: Iterable[tuple[str, str]], environment: str) -> Outliving:
    agents, destinations = (tuple(sorted(set(each))) for each in zip(*pairs, strict=True))
    command = shlex.join(("ringfence", "flush", *agents, "--env", environment)) if keeper.flushed else None
    return Outliving(agents, destinations, keeper.layer, keeper.idle_seconds, keeper.limit, command)


class _Change:
    """Both plans, and what of the later one lets packets through."""

    def __init__(self, old: Plan, new: Plan) -> None:
        self.inspections = tuple(plan.environment.environment.inspection for plan in (old, new))
        self.redecrypted = decrypted(old) ^ decrypted(new)
        self.accesses: dict[str, list[Access]] = {}
        for flow in new.effective.flows:
            self.accesses.setdefault(flow.agent, []).append(flow.access)

    def keeper(self, agent: str, piece: Piece) -> _Keeper | None:
        """What keeps an agent's connections; None where they end, or where requests are judged one by one."""
        if piece.kind not in ("https", "tls", "internet", "agent"):
            return None
        access = piece.flows[0].access  # all of a piece's go to one port
        if isinstance(access, AgentCall):
            return self._between(agent, access)
        return self._internet(agent, access.port) if isinstance(access, Https | Tls | Internet) else None

    def _internet(self, agent: str, port: int) -> _Keeper | None:
        own = self.accesses.get(agent, ())
        ports = {access.port for access in own if isinstance(access, Https | Tls | Internet)}
        # The way to a gateway endpoint is open to every address, but only to those that have a route out.
        gateway = any(isinstance(access, Service) and access.service in GATEWAY_SERVICES for access in own)
        if not ports or port not in (ports | {HTTPS} if gateway else ports):
            return None
        was, now = self.inspections
        if was == now == "none":
            return _NAT
        # A firewall knows nothing of what began without it, or before it decrypted that: `review.interruption`.
        return None if "none" in (was, now) or agent in self.redecrypted else _FIREWALL

    def _between(self, agent: str, call: AgentCall) -> _Keeper | None:
        """Two agents that call each other let each other's answers pass, and with them what goes to such a port."""
        mutual = self._calls(agent, call.callee) and self._calls(call.callee, agent)
        return _GROUP if mutual and EPHEMERAL[0] <= call.port <= EPHEMERAL[1] else None

    def _calls(self, caller: str, callee: str) -> bool:
        return any(
            isinstance(access, AgentCall) and access.callee == callee for access in self.accesses.get(caller, ())
        )
