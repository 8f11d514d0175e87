"""Decrypted TLS: its hosts, the states that its connections get into, and the requests to each host in each state."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ringfence.policy.flow import Flow, Https
from ringfence.verify.decision.difference import Difference
from ringfence.verify.decision.host import host_classes, told_apart
from ringfence.verify.decision.opening import PAYLOAD
from ringfence.verify.decision.request import (
    ANSWER,
    REQUEST,
    Bits,
    States,
    answered,
    asked,
    begun,
    named,
    odd_shapes,
    requests,
    switching,
)
from ringfence.verify.granted import granted_targets, host_names
from ringfence.verify.language.expression import Expression
from ringfence.verify.suricata.candidates import Candidates

Decided = tuple[Candidates, Iterable[Difference], Sequence[Flow]]
"""Differences, the rules among which they are, and the flows that speak of that traffic."""


@dataclass(frozen=True, slots=True)
class _AtHost:
    """A class of hosts by its ``name``, ``like`` which it is judged; the rules that can match, and the flows."""

    name: bytes
    like: bytes
    candidates: Candidates
    flows: tuple[Flow, ...]


def inspected(candidates: Candidates, flows: Iterable[Flow]) -> Iterator[Decided]:
    """Every request that passes against those that some flows grant, by host, and the answer that leaves HTTP."""
    by_names: dict[Expression, list[Flow]] = {}
    for flow in flows:
        if isinstance(flow.access, Https):
            by_names.setdefault(host_names(flow.access.host), []).append(flow)
    first = begun(candidates.asking(PAYLOAD))
    traffic = candidates.asking(REQUEST | ANSWER)
    told = told_apart(traffic, first, ())
    hosts = list(_at_hosts(traffic, by_names, told))
    after_request, ready = _states(traffic, hosts)
    met = States.of((*first.bits, *ready.bits), freed=first.freed or ready.freed)
    odd = {like: odd_shapes(traffic, like, met) for like in {each.like for each in hosts}}
    looked_at = tuple(sorted({name for names in odd.values() for name in names}))
    if looked_at and (told_more := told_apart(traffic, first, looked_at)) != told:
        hosts = list(_at_hosts(traffic, by_names, told_more))
        odd = {like: odd_shapes(traffic, like, met) for like in {each.like for each in hosts}}
    for each in hosts:
        granted = granted_targets(tuple(flow.access.requests for flow in each.flows if isinstance(flow.access, Https)))
        found = requests(each.candidates, each.like, granted, ready, odd[each.like])
        yield each.candidates, [named(difference, each.name) for difference in found], each.flows
    answers = candidates.asking(ANSWER)
    yield answers, switching(answers, after_request), ()


def _at_hosts(
    candidates: Candidates, by_names: Mapping[Expression, Sequence[Flow]], told: Sequence[Expression] | None
) -> Iterator[_AtHost]:
    for each in host_classes(candidates, by_names, told):
        flows = tuple([flow for names in each.languages & by_names.keys() for flow in by_names[names]])
        yield _AtHost(each.name, each.like, candidates.at(each.languages), flows)


def _states(candidates: Candidates, hosts: Iterable[_AtHost]) -> tuple[States, States]:
    """The states of connections after a request that passes, and of those that are ready for the next one."""
    answers = candidates.asking(ANSWER)
    places = {(each.candidates, each.like) for each in hosts}
    after_request, ready = set[Bits](), set[Bits]()
    freed = [False, False]
    waiting: list[Bits | None] = [None]
    while waiting:
        start = waiting.pop()
        for rules, host in places:
            passed = asked(rules, host, start)
            following = answered(answers, passed)
            freed[0] |= passed.freed
            freed[1] |= following.freed
            after_request.update(passed.bits)
            waiting += set(following.bits) - ready
            ready.update(following.bits)
    return States.of(after_request, freed=freed[0]), States.of(ready, freed=freed[1])
