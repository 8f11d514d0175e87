"""Server names and hosts: each is refused to whoever does not have it, and every other one to all.

The other way round, one rule for an agent that excepts each of its names, would say the same. But a rule of negations
alone gives the engine nothing to look for: it goes through every such rule for every packet, so each agent would slow
down all (with a thousand of them to a seventh of what remains of an engine's speed now). A rule that has a name in it
is looked at where that name is seen, and one rule for what nobody has is all that is left of the others.

Whoever has a name is excepted by address. The rules of a group concern its own agents, which a mark tells from others:
those may have the name by another group's rules.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ringfence.aws.enforcement.firewall.grantee import Grantee, networks_of
from ringfence.aws.enforcement.firewall.mark import HTTP, OBSERVED_BIT
from ringfence.aws.enforcement.firewall.message import Reasons, digest_of, message
from ringfence.aws.enforcement.firewall.names import HOST, SNI, covering, is_one_of, outside, widest
from ringfence.aws.enforcement.firewall.rule import RULE_MAX, Draft, Kind, Toward
from ringfence.policy.host import HostPattern

_MATCHES_MAX = RULE_MAX - 1200
"""Characters of a rule's matches on names: the rest is for its message, marks and networks."""


@dataclass(frozen=True, slots=True)
class _Form:
    """``tls-name`` or ``http-host``: what it looks into, and the mark of the flows that it concerns."""

    name: str
    protocol: str
    buffer: str
    mark: str


def name_drafts(grantees: Sequence[Grantee], mark: str) -> Iterator[Draft]:
    """The refusals of names in one group of agents, in order, whose flows have this mark.

    Decrypted or not, AWS still shows the rules the client's server name.
    """
    inspected = [grantee for grantee in grantees if grantee.inspected]
    for form, concerned in (
        (_Form("tls-name", "tls", SNI, mark), grantees),
        (_Form("http-host", "http", HOST, f"{HTTP} {mark}"), inspected),
    ):
        for port in sorted({port for grantee in concerned for port in grantee.by_port}):
            yield from _at_port(form, port, [grantee for grantee in concerned if port in grantee.by_port])


@dataclass(slots=True)
class _Held:
    """Who has a name as written, and why."""

    grantees: list[Grantee] = field(default_factory=list[Grantee])
    reasons: set[tuple[str, str | None]] = field(default_factory=set[tuple[str, str | None]])


def _at_port(form: _Form, port: int, grantees: Sequence[Grantee]) -> Iterator[Draft]:
    held: dict[HostPattern, _Held] = defaultdict(_Held)
    for grantee in grantees:
        for host, reasons in grantee.by_host[port].items():
            held[host].grantees.append(grantee)
            held[host].reasons |= reasons
    for host in sorted(held, key=lambda host: host.order):
        have = {grantee.agent.name for wide in covering(host, held) for grantee in held[wide].grantees}
        lacking = [grantee for grantee in grantees if grantee.agent.name not in have]
        if lacking:
            having = [grantee for grantee in grantees if grantee.agent.name in have]
            yield from _one(form, port, host, held, lacking, having)
    reasons = {reason for each in held.values() for reason in each.reasons}
    for ending, excepted, matches in outside("", widest(held), form.buffer, _MATCHES_MAX):
        about, digest = f"{port} other {ending}".rstrip(), digest_of((port, ending, *excepted))
        yield from _drafts(form, port, about, matches, grantees, (), _said(form, grantees, reasons, digest))


def _one(
    form: _Form,
    port: int,
    host: HostPattern,
    held: dict[HostPattern, _Held],
    lacking: Sequence[Grantee],
    having: Sequence[Grantee],
) -> Iterator[Draft]:
    """The refusals of one name to those who lack it. Names within it that stand for themselves are not in these."""
    said = _said(form, lacking, held[host].reasons, digest_of((port, host)), host=str(host))
    if not host.subdomains:
        parts = [("", f"{form.buffer}; {is_one_of(host, form.buffer)}")]
    else:
        within = widest(other for other in held if other != host and host.covers(other))
        found = outside(f".{host.name}", within, form.buffer, _MATCHES_MAX)
        parts = [(ending.removesuffix(f".{host.name}"), matches) for ending, _, matches in found]
    for part, matches in parts:
        yield from _drafts(form, port, f"{port} {host} {part}".rstrip(), matches, lacking, having, said)


def _said(form: _Form, grantees: Sequence[Grantee], reasons: Reasons, digest: str, **words: str) -> str:
    """What a refusal says: whom it concerns, and by which capabilities others have the name, or all have theirs."""
    return message(form.name, [grantee.agent for grantee in grantees], reasons, digest, **words)


def _drafts(
    form: _Form, port: int, about: str, matches: str, lacking: Sequence[Grantee], having: Sequence[Grantee], said: str
) -> Iterator[Draft]:
    """The refusal for those who are refused, and the observation for those who are watched."""
    modes = {grantee.agent.mode == "observe" for grantee in lacking}
    # The shorter list of the two: those who lack the name, or all but those who have it.
    excepted = bool(having) and len(having) < len(lacking)
    agents = networks_of(having if excepted else lacking) if having else None
    for observed in sorted(modes):
        apart = "" if len(modes) == 1 else f"flowbits:{'isset' if observed else 'isnotset'},{OBSERVED_BIT}; "
        yield Draft(
            form.name, about, Kind.REJECT, form.protocol, agents, str(port), Toward.SERVER, "",
            f"{form.mark} {apart}{matches}", said, observed, excepted,
        )  # fmt: skip
