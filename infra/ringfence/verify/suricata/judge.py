"""What a set of rules does at a moment: which fillings end there, by which rule, and in which state others go on.

Strict order, as AWS has it: rules in their order, the first pass, drop or reject that matches decides; an alert
does not. A pass or a drop decides for the whole flow where the rule looks at the application, and for the packet
where it looks at packets alone (the engine's table of signature types, `detect-engine-build.c`). A reject is a
drop that is told to the client. What no rule ends goes on.
"""

import dataclasses
import functools
from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.verify.granted import NAME_MAX
from ringfence.verify.interval import Numbers
from ringfence.verify.language.expression import ANYTHING, Expression, intersection
from ringfence.verify.language.region import EVERYTHING, NO_REGION, Region, of_length
from ringfence.verify.suricata.buffers import HOST
from ringfence.verify.suricata.condition import BufferTest, Condition
from ringfence.verify.suricata.moment import Moment, after, fillings
from ringfence.verify.suricata.rule import Rule


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """What a rule does where it speaks, whatever it is called: made by `effect_of`, and never twice.

    ``for_the_flow`` says whether its decision holds for all that follows on the connection. ``buffers`` are those that
    it asks of; ``host`` are the names that it takes in `http.host`, None where it does not ask.
    """

    action: str
    condition: Condition
    for_the_flow: bool
    buffers: frozenset[str]
    host: Expression | None

    @property
    def refuses(self) -> bool:
        """Whether it stops what it matches."""
        return self.action in ("drop", "reject")


@functools.lru_cache(maxsize=65536)
def effect_of(action: str, condition: Condition) -> Effect:
    """The effect of an action under a condition."""
    asks_more = condition.only_first_packet or condition.application is not None or condition.not_applications
    tests = {test.buffer: test for test in condition.tests}
    return Effect(action, condition, bool(asks_more or tests), frozenset(tests), _names(tests.get(HOST)))


def _names(test: BufferTest | None) -> Expression | None:
    """The host names that pass a test; none is longer than `NAME_MAX`."""
    if test is None or test.lengths.covers(_NAME_LENGTHS):
        return None if test is None else test.language
    return intersection((test.language, of_length(test.lengths & _NAME_LENGTHS)))


_NAME_LENGTHS = Numbers(((0, NAME_MAX),))


@functools.lru_cache(maxsize=65536)
def of_that_host(effect: Effect) -> Effect:
    """The effect in requests to a host that it takes: the same, of whichever host."""
    others = (test for test in effect.condition.tests if test.buffer != HOST)
    tests = (*others, BufferTest(HOST, ANYTHING))
    return effect_of(effect.action, dataclasses.replace(effect.condition, tests=tests))


@dataclass(frozen=True, slots=True)
class ReadRule:
    """A rule and what it does."""

    rule: Rule
    effect: Effect

    @property
    def condition(self) -> Condition:
        """What it asks."""
        return self.effect.condition


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
    action, condition = read.effect.action, read.effect.condition
    matching = fillings(condition, moment, bits)
    if matching is NO_REGION:
        return [branch]
    following = after(condition, bits)
    if action == "alert" and following == bits:
        return [branch]
    taken = region if matching is EVERYTHING else region & matching
    left = NO_REGION if matching is EVERYTHING else region - matching
    kept: list[Branch] = [(left, bits, None)] if left.parts else []
    match action:
        case "alert":
            return [*kept, (taken, following, None)]
        case "pass" if read.effect.for_the_flow:
            ended.append(Outcome("passes", taken, following, read.rule))
            return kept
        case "pass":
            return [*kept, (taken, following, read.rule)]
        case _:
            ended.append(Outcome("stopped", taken, following, read.rule))
            return kept
