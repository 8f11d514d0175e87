"""Through which change of the input an access is there on one side and not on the other.

Each flow knows the line that asked for it. What stands there on the other side, and what the catalogue, the classes
and the environment say there, is compared; every change that has a part in the access is named.
"""

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ringfence.catalogue.model import VARIABLE
from ringfence.plan import Plan
from ringfence.policy.flow import AgentCall, Flow, Grant, Https, Internet, Tls
from ringfence.policy.span import Span
from ringfence.profile.fleet import Fleet, classes_of
from ringfence.profile.model import Need, PrivateDestination
from ringfence.profile.written import Written, WrittenClass, WrittenEnvironment, WrittenProfile
from ringfence.review.difference import Change

ENVIRONMENT = ("config", "ringfence:environment")
"""Where the environment stands in a stack's file."""


@dataclass(frozen=True, slots=True)
class State:
    """One side: what a tree declares, and the plan of the environment, None where it has no such environment.

    ``networks`` are the agents' addresses as the allocation file has them.
    """

    fleet: Fleet
    plan: Plan | None
    networks: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@dataclass(frozen=True, slots=True)
class PlacedNeed:
    """A need with the file that holds it, a profile or a class, and its number there."""

    written: WrittenProfile | WrittenClass
    index: int
    need: Need

    @property
    def key(self) -> tuple[str, frozenset[tuple[str, object]]]:
        """What it asks for; its reasons are not part of it."""
        return (self.need.capability, frozenset(self.need.parameters.items()))

    @property
    def place(self) -> Span:
        """Where the capability stands."""
        return self.written.document.key_span(("needs", self.index, self.need.capability))

    def reason_place(self, field_: str) -> Span:
        """Where one of its reasons stands, or the capability where it is not written."""
        return self.written.span("needs", self.index, field_) if getattr(self.need, field_) else self.place


def needs_in(written: WrittenProfile | WrittenClass) -> tuple[PlacedNeed, ...]:
    """The needs of one file, in order."""
    needs = written.profile.needs if isinstance(written, WrittenProfile) else written.class_.needs
    return tuple(PlacedNeed(written, index, need) for index, need in enumerate(needs))


def changed_needs(mine: Iterable[PlacedNeed], theirs: Iterable[PlacedNeed]) -> dict[int, PlacedNeed | None]:
    """The needs of one file, by number, that the other side's does not have, each with what it was before, if any.

    Of needs of one capability the first goes with the first: who changes a parameter changes it in its place.
    """
    mine, theirs = tuple(mine), tuple(theirs)
    kept, known = {need.key for need in mine}, {need.key for need in theirs}
    left = {need.index: need for need in theirs if need.key not in kept}
    pairs: dict[int, PlacedNeed | None] = {}
    for need in mine:
        if need.key not in known:
            number = next((at for at, each in left.items() if each.need.capability == need.need.capability), None)
            pairs[need.index] = None if number is None else left.pop(number)
    return pairs


@dataclass(slots=True)
class Through:
    """Answers for one direction: ``wide`` lets something through, ``narrow`` does not.

    ``opened`` says that ``wide`` is the working tree; ``names`` how ``narrow`` calls an agent of ``wide``.
    """

    environment: str
    wide: State
    narrow: State
    names: Mapping[str, str]
    opened: bool
    as_of: datetime.date
    _placed: dict[Span, PlacedNeed] = field(default_factory=dict[Span, PlacedNeed], init=False)

    def __post_init__(self) -> None:
        for written in (*self.wide.fleet.profiles.values(), *self.wide.fleet.classes.values()):
            self._placed.update((need.place, need) for need in needs_in(written))

    def changes(self, flow: Flow) -> tuple[Change, ...]:
        """Every change that has a part in a flow of ``wide``, in the order in which a reader looks for them.

        None where the flow is on both sides as it is: then another flow brings what is new.
        """
        if self.narrow.plan is None:
            stack = _environment(self.wide)
            return (self._change("environment", self._verb("the environment is new", "is gone"), None, stack.span()),)
        mine = self.wide.fleet.profiles[flow.agent]
        theirs = self.narrow.fleet.profiles.get(self.names.get(flow.agent, flow.agent))
        agent = self._agent(mine, theirs)
        if agent is not None or theirs is None:
            return (agent,) if agent else ()
        match flow:
            case Flow(grant=Grant(origin="platform")):
                found = [*self._platform(mine, theirs), *self._catalogue(flow.grant.capability)]
            case Flow(access=AgentCall(callee=callee)):
                found = list(self._call(callee, mine, theirs))
            case _:
                found = list(self._need(flow, mine, theirs))
        return tuple(dict.fromkeys((*found, *self._enforcement(flow, mine, theirs))))

    def mode(self) -> tuple[Change, ...]:
        """The change of the environment's mode; empty where it has none, or the agents' own modes are meant."""
        return () if self.narrow.plan is None else _some(self._setting("mode"))

    def somewhere(self) -> tuple[Change, ...]:
        """What is said where no single line shows what changed: the environment as a whole."""
        places = [None if state.plan is None else state.plan.environment.span() for state in (self.narrow, self.wide)]
        return (self._change("environment", "several places together", *places),)

    def role(self, agent: str) -> tuple[Change, ...]:
        """The changes through which an agent calls services as another role."""
        mine = self.wide.fleet.profiles[agent]
        theirs = self.narrow.fleet.profiles[self.names.get(agent, agent)]
        found = (self._workload(mine, theirs, key) for key in ("role", "execution_role"))
        account = self._setting("account")
        return tuple(change for change in (*found, account) if change is not None)

    # The parts

    def _agent(self, mine: WrittenProfile, theirs: WrittenProfile | None) -> Change | None:
        if theirs is None:
            return self._change("agent", self._verb("the agent is new", "is gone"), None, mine.span("agent"))
        if self.environment not in theirs.profile.environments:
            index = mine.profile.environments.index(self.environment)
            text = f"`environments` {self._verb(f'has {self.environment} now', f'has no {self.environment} any more')}"
            return self._change("agent", text, theirs.span("environments"), mine.span("environments", index))
        if theirs.profile.quarantine_in(self.environment) is not None:
            places = (theirs.span("quarantined"), mine.span("quarantined"))
            return self._change("state", f"`quarantined` {self._order('true', 'false')}", *places)
        return None

    def _need(self, flow: Flow, mine: WrittenProfile, theirs: WrittenProfile) -> Iterator[Change]:
        placed = self._placed[flow.grant.declared]
        classes = classes_of(self.narrow.fleet, theirs.profile.extends)
        holders = (theirs, *(self.narrow.fleet.classes[name] for name in classes))
        same = [need for holder in holders for need in needs_in(holder) if need.key == placed.key]
        if same:
            yield from self._reasons(placed, same)
            yield from self._catalogue(placed.need.capability)
            yield from self._values(placed)
            return
        if isinstance(placed.written, WrittenClass):
            name = placed.written.class_.class_
            if name not in classes:
                yield self._extends(name, mine, theirs)
                return
            holder: WrittenProfile | WrittenClass = self.narrow.fleet.classes[name]
            kind, whose = "class", f"class `{name}`: "
        else:
            holder, kind, whose = theirs, "need", ""
        partner = changed_needs(needs_in(placed.written), needs_in(holder))[placed.index]
        if partner is None:
            text = f"{whose}`{placed.need.capability}` {self._verb('added', 'removed')}"
            yield self._change(kind, text, None, placed.place)
        else:
            text = f"{whose}`{placed.need.capability}` {self._parameters(partner.need, placed.need)}"
            yield self._change(kind, text, partner.place, placed.place)
        yield from self._catalogue(placed.need.capability)

    def _parameters(self, narrow: Need, wide: Need) -> str:
        names = sorted({*narrow.parameters, *wide.parameters})
        return ", ".join(
            f"`{name}` {self._order(_written(narrow.parameters.get(name)), _written(wide.parameters.get(name)))}"
            for name in names
            if narrow.parameters.get(name) != wide.parameters.get(name)
        )

    def _reasons(self, placed: PlacedNeed, same: list[PlacedNeed]) -> Iterator[Change]:
        """An expiry that was moved: nothing of what stands there is in force any more."""
        if all(need.need.until is not None and need.need.until < self.as_of for need in same):
            text = f"`until` {self._order(str(same[0].need.until), str(placed.need.until or 'none'))}"
            yield self._change("expiry", text, same[0].reason_place("until"), placed.reason_place("until"))

    def _catalogue(self, name: str) -> Iterator[Change]:
        mine, theirs = self.wide.fleet.catalogue.get(name), self.narrow.fleet.catalogue.get(name)
        if mine is not None and theirs is not None and mine.capability != theirs.capability:
            yield self._change("catalogue", f"capability `{name}`", theirs.span, mine.span)

    def _extends(self, name: str, mine: WrittenProfile, theirs: WrittenProfile) -> Change:
        """A class that the agent has only on one side: extended by itself, or by a class that it extends."""
        holder: Written = mine
        names = mine.profile.extends
        if name not in names:
            through = (self.wide.fleet.classes[each] for each in classes_of(self.wide.fleet, names))
            extending = next(each for each in through if name in each.class_.extends)
            holder, names = extending, extending.class_.extends
        text = f"extends `{name}`" if self.opened else f"extends `{name}` no more"
        return self._change("class", text, theirs.span("extends"), holder.span("extends", names.index(name)))

    def _values(self, placed: PlacedNeed) -> Iterator[Change]:
        """What the environment fills in: values, account, region, and what a private destination stands for."""
        written = self.wide.fleet.catalogue.get(placed.need.capability)
        grants = "" if written is None else str(written.capability.grants)
        for name in sorted(set(VARIABLE.findall(f"{placed.need.parameters} {grants}"))):
            if name.startswith("values."):
                yield from _some(self._setting("values", name.removeprefix("values.")))
            elif name in {"account", "region", "partition"}:
                yield from _some(self._setting("region" if name == "partition" else name))
        if isinstance(to := placed.need.parameters.get("to"), str):
            yield from _some(self._setting("private", to))

    def _platform(self, mine: WrittenProfile, theirs: WrittenProfile) -> Iterator[Change]:
        for key in ("platform", "image", "log_group"):
            yield from _some(self._workload(mine, theirs, key))
        if mine.profile.agent != theirs.profile.agent:
            text = f"`agent` {self._order(theirs.profile.agent, mine.profile.agent)}"
            yield self._change("agent", text, theirs.span("agent"), mine.span("agent"))
        for key in ("account", "region"):
            yield from _some(self._setting(key))

    def _workload(self, mine: WrittenProfile, theirs: WrittenProfile, key: str) -> Change | None:
        wide, narrow = getattr(mine.profile.workload, key), getattr(theirs.profile.workload, key)
        if wide == narrow:
            return None
        text = f"`{key}` {self._order(_written(narrow), _written(wide))}"
        return self._change("agent", text, theirs.span("workload", key), mine.span("workload", key))

    def _call(self, name: str, mine: WrittenProfile, theirs: WrittenProfile) -> Iterator[Change]:
        index = mine.profile.calls.index(name)
        other = self.names.get(name, name)
        if other not in theirs.profile.calls:
            text = f"calls `{name}`" if self.opened else f"calls `{name}` no more"
            yield self._change("call", text, theirs.span("calls"), mine.span("calls", index))
            return
        callee, before = self.wide.fleet.profiles[name], self.narrow.fleet.profiles.get(other)
        agent = self._agent(callee, before)
        if agent is not None:
            yield agent
        elif before is not None and before.profile.serves != callee.profile.serves:
            ports = [str(each.profile.serves.port) if each.profile.serves else "none" for each in (before, callee)]
            text = f"`{name}`: `serves` {self._order(*ports)}"
            yield self._change("call", text, before.span("serves"), callee.span("serves"))

    # What the environment enforces

    def _enforcement(self, flow: Flow, mine: WrittenProfile, theirs: WrittenProfile) -> Iterator[Change]:
        if self._openness(self.wide, flow.agent, flow) <= self._openness(self.narrow, theirs.profile.agent, flow):
            return
        found = [*_some(self._setting("inspection"))]
        if self._mode(self.wide, mine) != self._mode(self.narrow, theirs):
            profile = mine.profile.mode != theirs.profile.mode
            change = self._profile_mode(mine, theirs) if profile else self._setting("mode")
            found += _some(change)
        if not found:
            text = "no need of the agent speaks of requests" + (" any more" if self.opened else "")
            text += ", so its TLS is not decrypted"
            found.append(self._change("need", text, theirs.span("needs"), mine.span("needs")))
        yield from found

    def _profile_mode(self, mine: WrittenProfile, theirs: WrittenProfile) -> Change:
        narrow, wide = (each.profile.mode or "as the environment" for each in (theirs, mine))
        text = f"`mode` {self._order(narrow, wide)}"
        return self._change("state", text, theirs.span("mode"), mine.span("mode"))

    def _openness(self, state: State, agent: str, flow: Flow) -> int:
        """How far the environment widens a flow to public hosts: not at all, to its whole host, to every address."""
        if state.plan is None or not isinstance(flow.access, Https | Tls | Internet):
            return 0
        inspection = state.plan.environment.environment.inspection
        if inspection == "none" or self._mode(state, state.fleet.profiles[agent]) == "observe":
            return 2
        requests = any(
            isinstance(each.access, Https) and each.access.requests for each in state.plan.effective.of(agent)
        )
        return 0 if inspection == "requests" and requests else 1

    def _mode(self, state: State, written: WrittenProfile) -> str:
        return written.profile.mode or _environment(state).environment.mode

    # Words

    def _setting(self, *key: str) -> Change | None:
        """A key of the environment that differs, or None."""
        mine, theirs = _environment(self.wide), _environment(self.narrow)
        wide, narrow = _value(mine, key), _value(theirs, key)
        if wide == narrow:
            return None
        location = ("config", "aws:region") if key == ("region",) else (*ENVIRONMENT, *key)
        text = f"`{'.'.join(key)}` {self._order(_written(narrow), _written(wide))}"
        return self._change("environment", text, theirs.span(*location), mine.span(*location))

    def _change(self, kind: str, text: str, narrow: Span | None, wide: Span | None) -> Change:
        before, after = (narrow, wide) if self.opened else (wide, narrow)
        return Change(kind, text, None if before is None else str(before), None if after is None else str(after))

    def _verb(self, opened: str, closed: str) -> str:
        return opened if self.opened else closed

    def _order(self, narrow: str, wide: str) -> str:
        return f"{narrow} → {wide}" if self.opened else f"{wide} → {narrow}"


def _environment(state: State) -> WrittenEnvironment:
    if state.plan is None:
        raise AssertionError("asked of a side without the environment")
    return state.plan.environment


def _value(written: WrittenEnvironment, key: tuple[str, ...]) -> object:
    match key:
        case ("region",):
            return written.region
        case ("values", name):
            return written.environment.values.get(name)
        case ("private", name):
            return written.environment.private.get(name)
        case _:
            return getattr(written.environment, key[0])


def _written(value: object) -> str:
    """A value as a person would write it in YAML, on one line."""
    match value:
        case None:
            return "nothing"
        case PrivateDestination():
            return f"{value.cidr} via {value.via}"
        case tuple():
            return f"[{', '.join(map(str, value))}]"  # pyright: ignore[reportUnknownArgumentType] - texts and numbers
        case _:
            return re.sub(r"\s+", " ", str(value))


def _some(change: Change | None) -> tuple[Change, ...]:
    return () if change is None else (change,)
