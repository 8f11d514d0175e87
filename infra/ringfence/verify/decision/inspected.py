"""Decrypted TLS: its hosts, the states that its connections get into, and the requests to each host in each state."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ringfence.policy.flow import Flow, Https
from ringfence.verify.decision.connection import cut_short, odd_octets, unread
from ringfence.verify.decision.difference import Difference
from ringfence.verify.decision.host import HostClass, host_classes, told_apart
from ringfence.verify.decision.opening import PAYLOAD
from ringfence.verify.decision.request import (
    ANSWER,
    REQUEST,
    Bits,
    States,
    answered,
    answers,
    asked,
    begun,
    named,
    odd_shapes,
    opened,
    requests,
)
from ringfence.verify.granted import granted_targets, host_names
from ringfence.verify.language.expression import Expression, contains
from ringfence.verify.language.piece import LanguageError
from ringfence.verify.suricata.by_host import ByHost
from ringfence.verify.suricata.candidates import Candidates

_READY_MAX = 32
"""States of connections between two requests that are looked at; what is emitted has one."""
Decided = tuple[Candidates, Iterable[Difference], Sequence[Flow]]
"""Differences, the rules among which they are, and the flows that speak of that traffic."""


@dataclass(frozen=True, slots=True)
class _Alike:
    """Hosts that the same rules meet in the same order, and the same flows: what is decided of one holds for all.

    ``like`` is a name as which they are judged, ``candidates`` are the rules that can match at the first of them.
    """

    like: bytes
    candidates: Candidates
    flows: tuple[Flow, ...]
    hosts: list[HostClass]


def inspected(candidates: Candidates, flows: Iterable[Flow]) -> Iterator[Decided]:
    """Every request that passes against those that some flows grant, by host, and the answer that leaves HTTP."""
    by_names: dict[Expression, list[Flow]] = {}
    for flow in flows:
        if isinstance(flow.access, Https):
            by_names.setdefault(host_names(flow.access.host), []).append(flow)
    first = begun(candidates.asking(PAYLOAD))
    traffic = candidates.asking(REQUEST | ANSWER)
    told = told_apart(traffic, first, ())
    rules = ByHost.of(traffic)
    hosts = _alike(traffic, rules, by_names, told)
    after_request, ready = _states(traffic, hosts)
    met = States.of((*first.bits, *ready.bits), freed=first.freed or ready.freed)
    odd = {like: odd_shapes(traffic, like, met) for like in {each.like for each in hosts}}
    looked_at = tuple(sorted({name for names in odd.values() for name in names}))
    if looked_at and (told_more := told_apart(traffic, first, looked_at)) != told:
        hosts = _alike(traffic, rules, by_names, told_more)
        odd = {like: odd_shapes(traffic, like, met) for like in {each.like for each in hosts}}
    for each in hosts:
        granted = granted_targets(tuple(flow.access.requests for flow in each.flows if isinstance(flow.access, Https)))
        found = requests(each.candidates, each.like, granted, ready, odd[each.like])
        for host in each.hosts if found else ():
            yield rules.at(host.languages), [named(difference, host.name) for difference in found], each.flows
    everyone = [flow for each in by_names.values() for flow in each]
    of_answers = candidates.asking(ANSWER)
    yield of_answers, answers(of_answers, after_request), everyone
    plain = candidates.asking(PAYLOAD)
    yield plain, unread(plain, opened(plain), met, after_request), ()
    if by_names:
        yield plain, cut_short(plain, after_request, ready), everyone
        yield plain, odd_octets(plain, after_request, ready), everyone


def in_use(candidates: Candidates, host: bytes) -> States:
    """The states of connections that requests to a host have passed on, and that are ready for one more, at least.

    Which of them are refused is not asked: a refusal leaves no state. So there may be more than connections get into.
    """
    traffic = candidates.asking(REQUEST | ANSWER)
    kept = ([read for read in rules if not read.effect.refuses] for rules in (traffic.to_server, traffic.to_client))
    marks = Candidates(*map(tuple, kept))
    hosts = {read.effect.host for read in marks.to_server if read.effect.host is not None}
    here = marks.at({each for each in hosts if contains(each, host)})
    _, ready = _states(marks, [_Alike(host, here, (), [])])
    return ready


def _alike(
    candidates: Candidates,
    rules: ByHost,
    by_names: Mapping[Expression, Sequence[Flow]],
    told: Sequence[Expression] | None,
) -> list[_Alike]:
    found: dict[Hashable, _Alike] = {}
    for each in host_classes(candidates, by_names, told):
        granted = each.languages.intersection(by_names)
        key = (each.like, rules.key(each.languages), granted)
        known = found.get(key)
        if known is not None:
            known.hosts.append(each)
            continue
        flows = tuple([flow for names in granted for flow in by_names[names]])
        found[key] = _Alike(each.like, rules.at(each.languages), flows, [each])
    return list(found.values())


def _states(candidates: Candidates, hosts: Iterable[_Alike]) -> tuple[States, States]:
    """The states of connections after a request that passes, and of those that are ready for the next one."""
    of_answers = candidates.asking(ANSWER)
    places = {(each.candidates, each.like) for each in hosts}
    after_request, ready = set[Bits](), set[Bits]()
    freed = [False, False]
    waiting: list[Bits | None] = [None]
    while waiting:
        start = waiting.pop()
        for rules, host in places:
            passed = asked(rules, host, start)
            following = answered(of_answers, passed)
            freed[0] |= passed.freed
            freed[1] |= following.freed
            after_request.update(passed.bits)
            waiting += set(following.bits) - ready
            ready.update(following.bits)
            if len(ready) > _READY_MAX:  # a counter that nothing bounds never comes to an end
                raise LanguageError(f"more than {_READY_MAX} states of connections that are ready for a request")
    return States.of(after_request, freed=freed[0]), States.of(ready, freed=freed[1])
