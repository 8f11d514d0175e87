"""Server names and hosts: each is refused to whoever does not have it, and every other one to all.

The other way round, one rule for an agent that excepts each of its names, would say the same. But a rule of negations
alone gives the engine nothing to look for: it goes through every such rule for every packet, so each agent would slow
down all. A rule that has a name in it is looked at where that name is seen, and one rule for what nobody has is all
that is left of the others.

Whoever has a name is excepted by address. The rules of a group concern its own agents, which a mark tells from others:
those may have the name by another group's rules.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from ringfence.aws.enforcement.firewall.grantee import Grantee, networks_of
from ringfence.aws.enforcement.firewall.mark import HTTP, OBSERVED_BIT
from ringfence.aws.enforcement.firewall.message import Reasons, digest_of, message
from ringfence.aws.enforcement.firewall.names import HOST, SNI, covering, is_one_of, outside, widest
from ringfence.aws.enforcement.firewall.networks import Networks
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
    merged: dict[tuple[str, ...], Networks] = {}
    for form, concerned in (
        (_Form("tls-name", "tls", SNI, mark), grantees),
        (_Form("http-host", "http", HOST, f"{HTTP} {mark}"), inspected),
    ):
        for port in sorted({port for grantee in concerned for port in grantee.by_port}):
            at_port = {grantee.agent.name: grantee for grantee in concerned if port in grantee.by_port}
            yield from _AtPort(form, port, at_port, merged).drafts()


@dataclass(slots=True)
class _Held:
    """Who has a name as written, and why."""

    agents: list[str] = field(default_factory=list[str])
    reasons: set[tuple[str, str | None]] = field(default_factory=set[tuple[str, str | None]])


class _AtPort:
    """The refusals of names on one port, among those who have that port; ``merged`` are networks worked out before."""

    def __init__(
        self, form: _Form, port: int, grantees: Mapping[str, Grantee], merged: dict[tuple[str, ...], Networks]
    ) -> None:
        self._form = form
        self._port = port
        self._grantees = grantees
        self._merged = merged
        self._modes = Counter(grantee.agent.mode for grantee in grantees.values())
        self._held: dict[HostPattern, _Held] = defaultdict(_Held)
        for name, grantee in grantees.items():
            for host, reasons in grantee.by_host[port].items():
                self._held[host].agents.append(name)
                self._held[host].reasons |= reasons

    def drafts(self) -> Iterator[Draft]:
        """One refusal of each name to those who lack it, and one of every other name to all."""
        held, port = self._held, self._port
        for host in sorted(held, key=lambda host: host.order):
            having = {name for wide in covering(host, held) for name in held[wide].agents}
            if len(having) < len(self._grantees):
                yield from self._one(host, having)
        reasons = {reason for each in held.values() for reason in each.reasons}
        for ending, excepted, matches in outside("", widest(held), self._form.buffer, _MATCHES_MAX):
            about, digest = f"{port} other {ending}".rstrip(), digest_of((port, ending, *excepted))
            yield from self._refusal(about, matches, set(), reasons, digest)

    def _one(self, host: HostPattern, having: Set[str]) -> Iterator[Draft]:
        """The refusals of one name to whoever lacks it. Names within it that stand for themselves are not in these."""
        form, held = self._form, self._held
        if not host.subdomains:
            parts = [("", f"{form.buffer}; {is_one_of(host, form.buffer)}")]
        else:
            within = widest(other for other in held if other != host and host.covers(other))
            found = outside(f".{host.name}", within, form.buffer, _MATCHES_MAX)
            parts = [(ending.removesuffix(f".{host.name}"), matches) for ending, _, matches in found]
        digest = digest_of((self._port, host))
        for part, matches in parts:
            about = f"{self._port} {host} {part}".rstrip()
            yield from self._refusal(about, matches, having, held[host].reasons, digest, host=str(host))

    def _refusal(
        self, about: str, matches: str, having: Set[str], reasons: Reasons, digest: str, **words: str
    ) -> Iterator[Draft]:
        """The refusal for all but those who have the name, and the observation for those of them who are watched.

        Its message says by which capabilities others have the name, or all have theirs.
        """
        form, count = self._form, len(self._grantees) - len(having)
        # The shorter list of the two: those who lack the name, or all but those who have it.
        excepted = bool(having) and len(having) < count
        agents = self._networks(having, among=excepted) if having else None
        modes = self._modes - Counter(self._grantees[name].agent.mode for name in having)
        if count == 1:
            (lacking,) = (name for name in self._grantees if name not in having)
            said = message(form.name, self._grantees[lacking].agent, reasons, digest, **words)
        else:
            said = message(form.name, count, reasons, digest, **words)
        for observed in sorted({mode == "observe" for mode in modes}):
            apart = "" if len(modes) == 1 else f"flowbits:{'isset' if observed else 'isnotset'},{OBSERVED_BIT}; "
            yield Draft(
                form.name, about, Kind.REJECT, form.protocol, agents, str(self._port), Toward.SERVER, "",
                f"{form.mark} {apart}{matches}", said, observed, excepted,
            )  # fmt: skip

    def _networks(self, having: Set[str], *, among: bool) -> Networks:
        """The networks of those who have a name, or of the others."""
        names = tuple(name for name in self._grantees if (name in having) is among)
        if names not in self._merged:
            self._merged[names] = networks_of([self._grantees[name] for name in names])
        return self._merged[names]
