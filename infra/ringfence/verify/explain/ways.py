"""Several ways to one destination, and what they come to together."""

from collections.abc import Sequence

from ringfence.verify.explain.step import Answer, Explanation, Step, together
from ringfence.verify.interval import Numbers, networks_text

Way = tuple[str, tuple[Step, ...]]
"""A part of the traffic, for people, and its layers' answers."""

SHOWN = 3
"""How many of several things a line names."""

_RANK = {Answer.ALLOW: 0, Answer.UNKNOWN: 1, Answer.DENY: 2, Answer.NOT_READ: 3, Answer.ASIDE: 3}


def rank(answer: Answer) -> int:
    """From what passes to what does not."""
    return _RANK[answer]


def any_way(destination: str, ways: Sequence[Way]) -> Explanation:
    """Any way that passes is enough; the notes say where others differ."""
    ordered = sorted(ways, key=lambda way: rank(together(way[1])))
    best = together(ordered[0][1])
    notes: list[str] = []
    others = [(part, steps) for part, steps in ordered if together(steps) != best]
    if others:
        same = [part for part, steps in ordered if together(steps) == best]
        notes.append(f"{best} {_listed(same)} only")
        notes += [f"{together(steps)} {part}: {_stopping(steps)}" for part, steps in others[:SHOWN]]
        if len(others) > SHOWN:
            notes.append(f"and {len(others) - SHOWN} more that differ")
    return Explanation(best, destination, ordered[0][1], tuple(notes))


def one_step(destination: str, step: Step) -> Explanation:
    """What a single layer decides."""
    return any_way(destination, [("", (step,))])


def addresses_text(addresses: Numbers) -> str:
    """Addresses, for people; many are counted."""
    return _listed(networks_text(addresses).split(", "))


def _listed(parts: Sequence[str]) -> str:
    return ", ".join(parts[:SHOWN]) + (f" and {len(parts) - SHOWN} more" if len(parts) > SHOWN else "")


def _stopping(steps: tuple[Step, ...]) -> str:
    step = next((step for step in steps if step.decides and step.answer in (Answer.DENY, Answer.UNKNOWN)), steps[-1])
    return f"{step.layer}: {step.rule}"
