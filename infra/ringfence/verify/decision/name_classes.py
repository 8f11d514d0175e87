"""Server names in classes that neither rules nor grants tell apart, and what passes of them, class by class.

Where each name has a rule of its own, an agent is judged by hundreds of rules, and hardly two agents by the same. But
few of those rules speak of one name, and what they do to it is the same for the next: so rules are asked once for
every way in which they can speak of a name, and an agent is compared by sets of classes.
"""

import dataclasses
import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ringfence.policy.host import HostPattern
from ringfence.verify.decision.difference import REMEMBERED
from ringfence.verify.decision.opaque import named_course
from ringfence.verify.granted import names_that_may
from ringfence.verify.language.atoms import witnesses
from ringfence.verify.language.expression import ANYTHING, Expression
from ringfence.verify.language.region import ANY_LENGTH, EVERYTHING
from ringfence.verify.suricata.buffers import SERVER_NAME
from ringfence.verify.suricata.candidates import Candidates
from ringfence.verify.suricata.condition import BufferTest
from ringfence.verify.suricata.judge import Effect, ReadRule, effect_of
from ringfence.verify.suricata.rule import Rule

_Asked = tuple[tuple[int, Effect], ...]
"""The rules that speak of a name: before how many of those that speak of every name each stands, and what it does."""
_WHICHEVER = Rule("", 0, "", 0, "any rule of this effect", None, ())


@dataclass(frozen=True, slots=True)
class NameClasses:
    """The classes of all names, as bits of a number: those of each language that is asked for, and all of them."""

    of_language: Mapping[Expression, int]
    all: int

    @staticmethod
    def of(rules: Iterable[ReadRule], hosts: Iterable[HostPattern]) -> "NameClasses":
        """The classes by the server names that rules ask for, and by those that patterns grant.

        Raises `LanguageError` where they are too many to be told apart.
        """
        asked = (test.language for read in rules for test in read.condition.tests if test.buffer == SERVER_NAME)
        languages = list(dict.fromkeys((*asked, *(_language(host) for host in hosts))))
        found = dict.fromkeys(languages, 0)
        classes = witnesses(languages)
        for place, inside in enumerate(classes):
            for index in inside:
                found[languages[index]] |= 1 << place
        return NameClasses(found, (1 << len(classes)) - 1)

    def pass_as_granted(self, candidates: Candidates, hosts: Iterable[HostPattern]) -> bool:
        """Whether the names of some patterns are exactly those that pass, in letters of either case.

        False too where that cannot be said class by class: a rule that asks for lengths, or what is no class of these.
        """
        granted = 0
        for host in hosts:
            granted |= self.of_language.get(_language(host), 0)
        general: list[ReadRule] = []
        groups: dict[_Asked, int] = {(): self.all}
        for read in candidates.to_server:
            test = _test(read.effect)
            if test is None:
                general.append(read)
                continue
            inside = self.of_language.get(test.language)
            if inside is None or test.lengths != ANY_LENGTH:
                return False
            groups = _parted(groups, inside, (len(general), _of_that_name(read.effect)))
        if any(_test(read.effect) for read in candidates.to_client):
            return False
        others = Candidates(tuple(general), candidates.to_client)
        passing = 0
        for asked, classes in groups.items():
            match _passes(others, asked):
                case None:
                    return False
                case True:
                    passing |= classes
                case False:
                    pass
        return passing == granted


def _language(host: HostPattern) -> Expression:
    """The names of a pattern, labels of any length among them."""
    ((language, _),) = names_that_may((host,), any_case=True).parts
    return language


def _parted(groups: Mapping[_Asked, int], inside: int, asked: tuple[int, Effect]) -> dict[_Asked, int]:
    """Groups of classes, parted by a rule that speaks of some."""
    found: dict[_Asked, int] = {}
    for key, classes in groups.items():
        if here := classes & inside:
            longer = (*key, asked)
            found[longer] = found.get(longer, 0) | here
        if left := classes & ~inside:
            found[key] = found.get(key, 0) | left
    return found


@functools.lru_cache(maxsize=65536)
def _test(effect: Effect) -> BufferTest | None:
    """What a rule asks of the server name."""
    return next((test for test in effect.condition.tests if test.buffer == SERVER_NAME), None)


@functools.lru_cache(maxsize=65536)
def _of_that_name(effect: Effect) -> Effect:
    """The effect on a name that it takes: the same, of whichever name."""
    others = (test for test in effect.condition.tests if test.buffer != SERVER_NAME)
    tests = (*others, BufferTest(SERVER_NAME, ANYTHING))
    return effect_of(effect.action, dataclasses.replace(effect.condition, tests=tests))


@functools.lru_cache(maxsize=REMEMBERED)
def _passes(others: Candidates, asked: _Asked) -> bool | None:
    """Whether a name passes of which these rules speak, ``others`` being those that speak of all; None for in part."""
    rules = list(others.to_server)
    for place, effect in reversed(asked):
        rules.insert(place, ReadRule(_WHICHEVER, effect))
    passing = named_course(Candidates(tuple(rules), others.to_client)).passing
    if passing.is_empty():
        return False
    return True if passing.equals(EVERYTHING) else None
