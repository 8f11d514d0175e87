"""What a set of rules does at a moment: which fillings end there, by which rule, and in which state others go on.

Strict order, as AWS has it: rules in their order, the first pass, drop or reject that matches decides; an alert
does not. A pass or a drop decides for the whole flow where the rule looks at the application, and for the packet
where it looks at packets alone (the engine's table of signature types, `detect-engine-build.c`). A reject is a
drop that is told to the client. What no rule ends goes on.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.verify.language.region import EVERYTHING, NO_REGION, Region
from ringfence.verify.suricata.condition import Condition
from ringfence.verify.suricata.moment import Moment, after, fillings
from ringfence.verify.suricata.rule import Rule


@dataclass(frozen=True, slots=True)
class ReadRule:
    """A rule and what it asks."""

    rule: Rule
    condition: Condition

    @property
    def for_the_flow(self) -> bool:
        """Whether its decision holds for all that follows on the connection."""
        asks = self.condition
        return bool(asks.only_first_packet or asks.application is not None or asks.not_applications or asks.tests)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of some fillings at a moment.

    ``verdict`` is "goes on" (with ``bits`` set), "passes" (the whole flow does) or "stopped"; ``rule`` decided,
    None where none did.
    """

    verdict: str
    region: Region
    bits: frozenset[str]
    rule: Rule | None


Branch = tuple[Region, frozenset[str], Rule | None]
"""Fillings still undecided, the bits set, and the rule whose pass has ended the judging of this packet."""


def outcomes(rules: Iterable[ReadRule], moment: Moment, region: Region, bits: frozenset[str]) -> tuple[Outcome, ...]:
    """What rules that fit a moment do, in order, to the fillings in ``region``; empty outcomes are left out."""
    branches: list[Branch] = [(region, bits, None)]
    ended: list[Outcome] = []
    for read in rules:
        following: list[Branch] = []
        for branch in branches:
            following += _one_rule(read, moment, branch, ended)
        branches = following
    ended += [Outcome("goes on", left, bits, rule) for left, bits, rule in branches]
    return tuple(outcome for outcome in ended if outcome.region.parts)


def _one_rule(
    read: ReadRule,
    moment: Moment,
    branch: Branch,
    ended: list[Outcome],
) -> list[Branch]:
    region, bits, decided = branch
    if decided is not None:
        return [branch]
    condition = read.condition
    matching = fillings(condition, moment, bits)
    if matching is NO_REGION:
        return [branch]
    header = read.rule.header
    action = header.action if header else "drop"
    following = after(condition, bits)
    if action == "alert" and following == bits:
        return [branch]
    taken = region if matching is EVERYTHING else region & matching
    left = NO_REGION if matching is EVERYTHING else region - matching
    kept: list[Branch] = [(left, bits, None)] if left.parts else []
    match action:
        case "alert":
            return [*kept, (taken, following, None)]
        case "pass" if read.for_the_flow:
            ended.append(Outcome("passes", taken, following, read.rule))
            return kept
        case "pass":
            return [*kept, (taken, following, read.rule)]
        case _:
            ended.append(Outcome("stopped", taken, following, read.rule))
            return kept
