"""Who answers for what, why and until when: what the two sides say otherwise."""

from collections.abc import Iterator, Mapping

from ringfence.policy.span import Span
from ringfence.profile.fleet import classes_of
from ringfence.profile.model import AcceptedRisk
from ringfence.profile.written import WrittenProfile
from ringfence.review.difference import AnswerChange
from ringfence.review.through import PlacedNeed, State, needs_in

_REASONS = ("because", "ticket", "approved_by", "until")


def answer_changes(before: State, after: State, environment: str, names: Mapping[str, str]) -> tuple[AnswerChange, ...]:
    """Owners, reasons, tickets, approvals, expiries and accepted risks that changed, in order of place.

    ``names`` are the agents of *after* that have another name in *before*. Needs and agents that only one side has
    in the environment are not looked at: their answers stand with the access that they open.
    """
    found: dict[tuple[str, str, str | None, str | None, str | None, str | None], set[str]] = {}
    for agent, mine in after.fleet.profiles.items():
        theirs = before.fleet.profiles.get(names.get(agent, agent))
        if theirs is None or not all(environment in each.profile.environments for each in (theirs, mine)):
            continue
        for change in (*_owner(theirs, mine), *_accepted(theirs, mine), *_needs(before, after, theirs, mine)):
            found.setdefault(change, set()).add(agent)
    ordered = sorted(found, key=lambda key: (key[5] or key[4] or "", key[0], key[1]))
    return tuple(AnswerChange(tuple(sorted(found[key])), *key) for key in ordered)


_Answer = tuple[str, str, str | None, str | None, str | None, str | None]
"""Subject, field, what was said and is said, and where."""


def _owner(theirs: WrittenProfile, mine: WrittenProfile) -> Iterator[_Answer]:
    if theirs.profile.owner != mine.profile.owner:
        places = (str(theirs.span("owner")), str(mine.span("owner")))
        yield ("owner", "owner", theirs.profile.owner, mine.profile.owner, *places)


def _accepted(theirs: WrittenProfile, mine: WrittenProfile) -> Iterator[_Answer]:
    then = {(each.risk, each.environments): (each, number) for number, each in enumerate(theirs.profile.accepts)}
    now = {(each.risk, each.environments): (each, number) for number, each in enumerate(mine.profile.accepts)}
    for key in sorted({*then, *now}):
        old, new = then.get(key), now.get(key)
        place_before = str(theirs.span("accepts", old[1], "risk")) if old else None
        place_after = str(mine.span("accepts", new[1], "risk")) if new else None
        if old is None or new is None:
            said = [None if each is None else _said(each[0]) for each in (old, new)]
            yield (f"risk {key[0]}", "accepted", said[0], said[1], place_before, place_after)
            continue
        for name in ("because", "approved_by", "until"):
            texts = [str(getattr(each[0], name)) for each in (old, new)]
            if texts[0] != texts[1]:
                yield (f"risk {key[0]}", name, texts[0], texts[1], place_before, place_after)


def _said(accepted: AcceptedRisk) -> str:
    return f"{accepted.because} · {accepted.approved_by} until {accepted.until}"


def _needs(before: State, after: State, theirs: WrittenProfile, mine: WrittenProfile) -> Iterator[_Answer]:
    then = {need.key: need for need in _all(before, theirs)}
    for need in _all(after, mine):
        old = then.get(need.key)
        for name in _REASONS if old is not None else ():
            texts = [_text(each, name) for each in (old, need) if each is not None]
            if texts[0] != texts[1] and old is not None:
                places = (_place(old, name), _place(need, name))
                yield (need.need.capability, name, texts[0], texts[1], str(places[0]), str(places[1]))


def _all(state: State, written: WrittenProfile) -> Iterator[PlacedNeed]:
    """An agent's needs, its classes' first, so that its own are what counts of two that ask for the same."""
    for name in reversed(classes_of(state.fleet, written.profile.extends)):
        yield from needs_in(state.fleet.classes[name])
    yield from needs_in(written)


def _text(need: PlacedNeed, name: str) -> str | None:
    value = getattr(need.need, name)
    return None if value is None else str(value)


def _place(need: PlacedNeed, name: str) -> Span:
    return need.reason_place(name)
