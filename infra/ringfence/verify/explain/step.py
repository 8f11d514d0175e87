"""What is asked of a resource graph, and what its layers answer: plain values."""

import enum
from dataclasses import dataclass

from ringfence.policy.span import Span
from ringfence.verify.finding import Finding


class Answer(enum.StrEnum):
    """What a layer, or all of them together, say of a target."""

    ALLOW = "allow"
    DENY = "deny"
    UNKNOWN = "not known"
    """Something stands there that is not read, so that either may be."""
    NOT_READ = "not read"
    """A layer that this model does not read at all; it is said, and decides nothing here."""
    ASIDE = "not on the way"
    """The layer never sees the traffic; it decides nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """One layer's answer.

    ``of`` is what is asked there; ``rule`` what decided, by its number or name and its text; ``resource`` the URN of
    where that stands, empty where nothing stands; ``declared`` the profile lines that speak of the destination.
    ``decides`` is False of a layer that a client can go without: a name may be known without being resolved.
    """

    layer: str
    answer: Answer
    of: str
    rule: str
    resource: str = ""
    declared: tuple[Span, ...] = ()
    decides: bool = True


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to one target, and every layer's in the order in which traffic meets them.

    ``destination`` says what the target is here: "internet", "private", "agent NAME", "endpoint SERVICE", "vpc",
    "aws" (what AWS answers always) or "name". ``notes`` say what holds of a part of it only, such as one zone.
    ``unread`` are resources that may open or close what is asked, and are not read.
    """

    answer: Answer
    destination: str
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    unread: tuple[Finding, ...] = ()


def together(steps: tuple[Step, ...]) -> Answer:
    """What layers say together: a denial stops, something that is not known leaves it open."""
    answers = {step.answer for step in steps if step.decides}
    if Answer.DENY in answers:
        return Answer.DENY
    return Answer.UNKNOWN if Answer.UNKNOWN in answers else Answer.ALLOW
