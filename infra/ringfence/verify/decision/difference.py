"""One way in which what passes differs from what is granted, whoever's it is."""

from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.verify.finding import Kind
from ringfence.verify.language.region import Region
from ringfence.verify.suricata.candidates import Candidates
from ringfence.verify.suricata.conversation import Course
from ringfence.verify.suricata.rule import Rule

REMEMBERED = 16384
"""How many decisions of one kind are remembered."""
HOST_NAME = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands in a difference for the name of the host, which decides nothing in it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An example of traffic that passes and is not granted, or that is granted and stopped.

    ``decider`` says which rule decided: whether it is one of packets to the server, and its place among the
    candidates' of that direction; None where none did. ``is_declared`` says whether profile lines speak of it.
    """

    kind: Kind
    traffic: str
    decider: tuple[bool, int] | None = None
    is_declared: bool = False

    def rule(self, candidates: Candidates) -> str:
        """The rule that decided, by name, among candidates that are equal to those that were judged."""
        if self.decider is None:
            return "nothing refuses it" if self.kind is Kind.MORE else ""
        to_server, place = self.decider
        return (candidates.to_server if to_server else candidates.to_client)[place].rule.name


def more(candidates: Candidates, traffic: str, course: Course) -> Difference:
    """Traffic that passes without a grant."""
    return Difference(Kind.MORE, traffic, _place(candidates, next((rule for _, rule in course.freed if rule), None)))


def compare(candidates: Candidates, about: str, course: Course, must: Region, may: Region) -> Iterator[Difference]:
    """What passes against what must and may pass, each difference with its first example."""
    passing = course.passing
    if must is may and passing.equals(must):
        return
    if (example := (passing - may).example()) is not None:
        freeing = next((rule for part, rule in course.freed if rule and example in part), None)
        yield Difference(Kind.MORE, _joined(about, example), _place(candidates, freeing), is_declared=True)
    if (example := (must - passing).example()) is not None:
        stopping = next((part.rule for part in course.stopped if example in part.region), None)
        yield Difference(Kind.LESS, _joined(about, example), _place(candidates, stopping), is_declared=True)


def all_or_nothing(candidates: Candidates, about: str, course: Course, *, granted: bool) -> Iterator[Difference]:
    """A class of which either all or nothing passes."""
    passes = not course.passing.is_empty()
    if passes and not granted:
        yield more(candidates, about, course)
    elif granted and not passes:
        yield less(candidates, about, course)


def less(candidates: Candidates, traffic: str, course: Course) -> Difference:
    """Traffic that is granted and stopped."""
    stopping = next((stopped.rule for stopped in course.stopped if stopped.rule), None)
    return Difference(Kind.LESS, traffic, _place(candidates, stopping), is_declared=True)


def _place(candidates: Candidates, rule: Rule | None) -> tuple[bool, int] | None:
    for to_server, rules in ((True, candidates.to_server), (False, candidates.to_client)):
        for place, read in enumerate(rules):
            if read.rule is rule:
                return to_server, place
    return None


def _joined(about: str, example: bytes) -> str:
    text = example.decode("ascii", "backslashreplace")
    return f"{about}{text}" if text.startswith("/") else f"{about} {text}"
