"""From two compiled trees to the difference in access between them."""

import dataclasses
import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ringfence.aws.enforcement.services import private_names
from ringfence.plan import Plan
from ringfence.policy.flow import Flow, Https, Internet, Service, Tls
from ringfence.policy.host import HostPattern
from ringfence.policy.policy import Agent
from ringfence.review.access import EVERY_NAME, Piece, Side, names_only_of, only_of
from ringfence.review.answers import answer_changes
from ringfence.review.difference import (
    QUIET_RISKS,
    AccessChange,
    AccessEntry,
    Against,
    Approval,
    Change,
    Difference,
    Renamed,
    ResidualChange,
    Totals,
)
from ringfence.review.interruption import interruptions
from ringfence.review.outliving import outliving
from ringfence.review.report import Risk
from ringfence.review.risk import PUBLIC_WRITE, risks_of
from ringfence.review.through import State, Through
from ringfence.review.without_access import without_access

FORMAT_VERSION = 1
"""Of the JSON: a field is added without a new version; one is renamed or removed only with it."""


def compare(before: State, after: State, environment: str, as_of: datetime.date, against: Against) -> Difference:
    """The difference from one side to the other in one environment, which at least one of them has.

    Both are compiled as of the same day, so that time itself is no change.
    """
    gone, new = _only(before, after), _only(after, before)
    renamed = tuple(_renamed(before, after, gone, new))
    names = {pair.after: pair.before for pair in renamed}
    back = {pair.before: pair.after for pair in renamed}
    opened = _Direction(Through(environment, after, before, names, True, as_of), back)
    closed = _Direction(Through(environment, before, after, back, False, as_of), names)
    return Difference(
        format_version=FORMAT_VERSION,
        environment=environment,
        as_of=as_of,
        against=against,
        before=_totals(before.plan),
        after=_totals(after.plan),
        added=tuple(agent.name for agent in new if agent.name not in names),
        removed=tuple(agent.name for agent in gone if agent.name not in back),
        renamed=renamed,
        widened=opened.entries(),
        narrowed=closed.entries(),
        completed=_risks(after, before, names),
        resolved=_risks(before, after, back),
        residuals_came=_residuals(after, before, names),
        residuals_went=_residuals(before, after, back),
        answers=answer_changes(before, after, environment, names),
        interruptions=interruptions(before, after, back),
        outliving=outliving(before, after, environment, closed.found),
        without_access=without_access(before, after, environment, names, opened.bringing | closed.bringing),
        unread=(),
    )


def _agents(state: State) -> tuple[Agent, ...]:
    return state.plan.declared.agents if state.plan is not None else ()


def _only(one: State, other: State) -> tuple[Agent, ...]:
    known = {agent.name for agent in _agents(other)}
    return tuple(agent for agent in _agents(one) if agent.name not in known)


def _totals(plan: Plan | None) -> Totals | None:
    if plan is None:
        return None
    flows = plan.declared.flows
    writes = sum(PUBLIC_WRITE in flow.grant.risks for flow in flows)
    return Totals(len(plan.declared.agents), len(flows), len(plan.effective.residuals), writes)


# Agents of another name


def _renamed(before: State, after: State, gone: Iterable[Agent], new: Iterable[Agent]) -> Iterator[Renamed]:
    """Pairs of an agent that is gone and a new one of the same owner with the same access, where there is no choice.

    What its platform needs follows an agent's name, and its roles are compared as roles, so neither is asked for.
    """
    if before.plan is None or after.plan is None:
        return
    old, young = ({agent.name: _own(state.plan, agent) for agent in agents} for state, agents in
                  ((before, gone), (after, new)) if state.plan is not None)  # fmt: skip
    for name, side in old.items():
        same = [other for other, mine in young.items() if _is_same(side, mine)]
        if len(same) == 1 and sum(_is_same(each, young[same[0]]) for each in old.values()) == 1:
            yield Renamed(name, same[0])


def _own(plan: Plan, agent: Agent) -> Side:
    flows = tuple(flow for flow in plan.effective.of(agent.name) if flow.grant.origin != "platform")
    return Side(agent, flows, {})


def _is_same(one: Side, other: Side) -> bool:
    return (
        one.agent.owner == other.agent.owner
        and bool(one.flows)
        and all(piece.kind == "principal" for piece in (*only_of(one, other), *only_of(other, one)))
    )


# Accesses


@dataclass(slots=True)
class _Direction:
    """One direction of a comparison; ``back`` are the names that ``narrow`` uses, by what ``wide`` calls them.

    ``found`` is each piece with the agents that have it.
    """

    through: Through
    back: Mapping[str, str]
    found: tuple[tuple[tuple[str, ...], Piece], ...] = field(init=False)

    def __post_init__(self) -> None:
        self.found = tuple(self.pieces())

    @property
    def bringing(self) -> frozenset[str]:
        """The places of the needs, of ``wide``, that some access came from."""
        return frozenset(str(flow.grant.declared) for _, piece in self.found for flow in piece.flows)

    def entries(self) -> tuple[AccessEntry, ...]:
        """What ``wide`` lets through and ``narrow`` does not, by what it comes from."""
        return entries_of((self.changes(piece), access_of(piece, agents)) for agents, piece in self.found)

    def changes(self, piece: Piece) -> tuple[Change, ...]:
        """Every change that has a part in a piece; of several flows that let it through, each one's."""
        if piece.kind == "principal":
            found = self.through.role(piece.flows[0].agent)
        elif not piece.flows:
            found = self.through.mode()
        else:
            found = tuple(dict.fromkeys(change for flow in piece.flows for change in self.through.changes(flow)))
        return found or self.through.somewhere()

    def pieces(self) -> Iterator[tuple[tuple[str, ...], Piece]]:
        """Each piece with the agents that have it."""
        wide, narrow = self.through.wide.plan, self.through.narrow.plan
        if wide is None:
            return
        others = {agent.name: agent for agent in narrow.declared.agents} if narrow else {}
        for agent in wide.declared.agents:
            other = others.get(self.through.names.get(agent.name, agent.name))
            less = Side(other, narrow.effective.of(other.name), self.back) if other and narrow else None
            for piece in only_of(Side(agent, wide.effective.of(agent.name), {}), less):
                yield (agent.name,), piece
        yield from self.names(wide, narrow)

    def names(self, wide: Plan, narrow: Plan | None) -> Iterator[tuple[tuple[str, ...], Piece]]:
        """Names that resolve: what is declared, since DNS Firewall holds that whatever the environment inspects."""
        if narrow is not None and _resolves_everything(narrow):
            return
        if _resolves_everything(wide):
            flows = tuple(flow for flow in wide.effective.flows if isinstance(flow.access, Internet))
            agents = tuple(agent.name for agent in wide.declared.agents)
            yield agents, Piece("names", "names in the VPC", (EVERY_NAME,), "dns example.net", flows)
            return
        known = () if narrow is None else _names(narrow)
        for piece in names_only_of(_names(wide), known):
            yield tuple({flow.agent: None for flow in piece.flows}), piece


def _names(plan: Plan) -> dict[HostPattern, tuple[Flow, ...]]:
    found: dict[HostPattern, list[Flow]] = {}
    written = plan.environment
    for flow in plan.declared.flows:
        match flow.access:
            case Https() | Tls():
                hosts = [flow.access.host]
            case Service(service=service, resources=resources):
                names = private_names(service, written.region, written.environment.account, resources)
                hosts = [HostPattern(name.removeprefix("*."), name.startswith("*.")) for name in names]
            case _:
                hosts = []
        for host in hosts:
            found.setdefault(host, []).append(flow)
    return {host: tuple(flows) for host, flows in found.items()}


def _resolves_everything(plan: Plan) -> bool:
    """Whether DNS Firewall only logs, as it does where every agent is observed that is not cut off."""
    modes = {agent.mode for agent in plan.declared.agents if not agent.quarantined}
    return (modes or {plan.environment.environment.mode}) == {"observe"}


def access_of(piece: Piece, agents: Iterable[str]) -> AccessChange:
    """A piece of traffic with whose it is, what the catalogue says of it, and who answers for it."""
    risks = {risk for flow in piece.flows for risk in flow.grant.risks} if piece.kind != "names" else set[str]()
    return AccessChange(
        agents=tuple(sorted(agents)),
        kind=piece.kind,
        destination=piece.destination,
        except_hosts=piece.except_hosts,
        what=piece.what,
        besides=piece.besides,
        example=piece.example,
        risks=tuple(sorted(risks | ({PUBLIC_WRITE} if piece.unjudged else set[str]()))),
        approvals=approvals_of(piece.flows),
    )


def approvals_of(flows: Iterable[Flow]) -> tuple[Approval, ...]:
    """Who answers for some flows, once for each need."""
    ordered = sorted(flows, key=lambda flow: (flow.grant.declared, flow.grant.capability))
    grants = dict.fromkeys(
        (each.capability, each.because, each.ticket, each.approved_by, each.until, each.break_glass, str(each.declared))
        for each in (flow.grant for flow in ordered)
    )
    return tuple(Approval(*grant) for grant in grants)


def entries_of(found: Iterable[tuple[tuple[Change, ...], AccessChange]]) -> tuple[AccessEntry, ...]:
    """Accesses by what they come from, those that several agents share once, in the order in which they are shown."""
    entries: dict[tuple[Change, ...], dict[AccessChange, list[AccessChange]]] = {}
    for through, access in found:
        shared = dataclasses.replace(access, agents=(), approvals=())
        entries.setdefault(through, {}).setdefault(shared, []).append(access)
    return tuple(sorted((_entry(through, groups) for through, groups in entries.items()), key=_order))


def _entry(through: tuple[Change, ...], groups: Mapping[AccessChange, list[AccessChange]]) -> AccessEntry:
    accesses = [
        dataclasses.replace(
            shared,
            agents=tuple(sorted({agent for access in group for agent in access.agents})),
            approvals=tuple(dict.fromkeys(approval for access in group for approval in access.approvals)),
        )
        for shared, group in groups.items()
    ]
    agents = tuple(sorted({agent for access in accesses for agent in access.agents}))
    return AccessEntry(through, agents, tuple(sorted(accesses, key=_access_order)))


_KINDS = ("internet", "https", "tls", "transport", "agent", "service", "principal", "names", "traffic")
"""The kinds of accesses, in the order in which they are shown."""


def _access_order(access: AccessChange) -> tuple[object, ...]:
    return (_KINDS.index(access.kind), access.destination, access.what, access.example, access.agents)


def _order(entry: AccessEntry) -> tuple[object, ...]:
    """What an emergency opened first, then risky ones, then those that reach most agents, then by where they stand."""
    opened = any(approval.break_glass for access in entry.accesses for approval in access.approvals)
    risky = any({*access.risks} - QUIET_RISKS for access in entry.accesses)
    changes = [(change.kind, change.text, change.after or "", change.before or "") for change in entry.through]
    return (not opened, not risky, -len(entry.agents), changes)


# Residuals and risks


def _residuals(more: State, less: State, names: Mapping[str, str]) -> tuple[ResidualChange, ...]:
    if more.plan is None:
        return ()
    known = {
        (left.code, left.agent, left.subject, left.reason)
        for left in (less.plan.effective.residuals if less.plan else ())
    }
    found: dict[tuple[str, str, str, str], set[str]] = {}
    for left in more.plan.effective.residuals:
        if (left.code, names.get(left.agent, left.agent), left.subject, left.reason) not in known:
            found.setdefault((left.code, str(left.kind), left.subject, left.reason), set()).add(left.agent)
    return tuple(ResidualChange(*key, tuple(sorted(agents))) for key, agents in sorted(found.items()))


def _risks(more: State, less: State, names: Mapping[str, str]) -> tuple[Risk, ...]:
    known = {(risk.risk, risk.agent) for risk in (risks_of(less.plan) if less.plan else ())}
    found = risks_of(more.plan) if more.plan else ()
    return tuple(risk for risk in found if (risk.risk, names.get(risk.agent, risk.agent)) not in known)
