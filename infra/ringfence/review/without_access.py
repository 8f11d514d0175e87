"""What changed and changes no access, counted: so that a reviewer knows that it was looked at."""

from collections.abc import Iterable, Iterator, Mapping

from ringfence.policy.span import Span
from ringfence.profile.written import WrittenClass, WrittenProfile
from ringfence.review.access import Side, only_of
from ringfence.review.report import Count
from ringfence.review.through import State, changed_needs, needs_in
from ringfence.source.document import Document


def without_access(
    before: State, after: State, environment: str, names: Mapping[str, str], bringing: Iterable[str]
) -> tuple[Count, ...]:
    """How much there is of each kind of change that opens and closes nothing; kinds without any are left out.

    ``names`` are the agents of *after* that have another name in *before*, ``bringing`` the places of needs that some
    access came or went with.
    """
    pairs = tuple(_pairs(before, after, names))
    brought = frozenset(bringing)
    counts = {
        "needs in another place": sum(map(_moved, pairs)),
        "needs written otherwise that open the same": sum(_rewritten(*pair, brought) for pair in pairs),
        "agents declared otherwise of which the same passes here": _same_passes(before, after, names),
        "expectations changed": sum(_expectations(*pair) for pair in pairs),
        "files with other comments or layout": sum(1 for _ in _laid_out_otherwise(before, after)),
        "agents with other addresses": sum(
            before.networks.get(names.get(name, name)) not in (None, networks)
            for name, networks in after.networks.items()
        ),
    }
    return tuple(Count(name, count) for name, count in counts.items() if count)


_Pair = tuple[WrittenProfile | WrittenClass, WrittenProfile | WrittenClass]


def _pairs(before: State, after: State, names: Mapping[str, str]) -> Iterator[_Pair]:
    """The profiles and classes that both sides have."""
    for name, mine in after.fleet.profiles.items():
        if (theirs := before.fleet.profiles.get(names.get(name, name))) is not None:
            yield theirs, mine
    for name, mine in after.fleet.classes.items():
        if (theirs := before.fleet.classes.get(name)) is not None:
            yield theirs, mine


def _moved(pair: _Pair) -> int:
    places: list[dict[object, Span]] = [{need.key: need.place for need in needs_in(written)} for written in pair]
    return sum(key in places[0] and places[0][key] != place for key, place in places[1].items())


def _rewritten(
    theirs: WrittenProfile | WrittenClass, mine: WrittenProfile | WrittenClass, brought: frozenset[str]
) -> int:
    then, now = needs_in(theirs), needs_in(mine)
    changed = changed_needs(now, then)
    partners = {partner.index for partner in changed.values() if partner is not None}
    quiet = [
        index
        for index, partner in changed.items()
        if str(now[index].place) not in brought and (partner is None or str(partner.place) not in brought)
    ]
    gone = [
        index for index in changed_needs(then, now) if index not in partners and str(then[index].place) not in brought
    ]
    return len(quiet) + len(gone)


def _same_passes(before: State, after: State, names: Mapping[str, str]) -> int:
    """Agents whose declared access differs, and whose effective access does not."""
    if before.plan is None or after.plan is None:
        return 0
    old, new = before.plan, after.plan
    then = {agent.name: agent for agent in old.declared.agents}
    back = {theirs: mine for mine, theirs in names.items()}
    count = 0
    for agent in new.declared.agents:
        other = then.get(names.get(agent.name, agent.name))
        if other is not None:
            declared, effective = (
                _differ(Side(other, theirs.of(other.name), back), Side(agent, mine.of(agent.name), {}))
                for theirs, mine in ((old.declared, new.declared), (old.effective, new.effective))
            )
            count += declared and not effective
    return count


def _differ(one: Side, other: Side) -> bool:
    return bool(only_of(one, other) or only_of(other, one))


def _expectations(theirs: WrittenProfile | WrittenClass, mine: WrittenProfile | WrittenClass) -> int:
    if not isinstance(theirs, WrittenProfile) or not isinstance(mine, WrittenProfile):
        return 0
    then, now = ({(each.allow, each.deny) for each in written.profile.expect} for written in (theirs, mine))
    return len(then ^ now)


def _laid_out_otherwise(before: State, after: State) -> Iterator[str]:
    """Files that say the same in other octets."""
    then, now = ({document.path: document for document in _documents(state)} for state in (before, after))
    for path, document in now.items():
        other = then.get(path)
        if other is not None and other.text != document.text and other.value == document.value:
            yield path


def _documents(state: State) -> Iterator[Document]:
    fleet = state.fleet
    yield from (written.document for written in fleet.profiles.values())
    yield from (written.document for written in fleet.classes.values())
    yield from (written.document for written in fleet.environments.values())
    yield from {written.document.path: written.document for written in fleet.catalogue.capabilities.values()}.values()
