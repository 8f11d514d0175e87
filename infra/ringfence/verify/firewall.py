"""The firewall's reach from one agent, compared with what the policy grants it there."""

import dataclasses
import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ringfence.policy.flow import Flow, Https, Internet, Tls
from ringfence.policy.host import HostPattern
from ringfence.verify.decision.difference import Difference
from ringfence.verify.decision.inspected import inspected
from ringfence.verify.decision.name_classes import NameClasses
from ringfence.verify.decision.opaque import (
    NAMED_HELLO,
    UNNAMED_HELLO,
    at_some_host,
    hello_octets,
    named_hellos,
    plain_requests,
    unnamed_hellos,
)
from ringfence.verify.decision.opening import (
    HELLOS,
    PAYLOAD,
    REQUESTS,
    first_packets,
    http2,
    openings,
    other_packets,
    unopened,
)
from ringfence.verify.decision.request import REQUEST, any_requests
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.granted import granted_names
from ringfence.verify.interval import ALL_PORTS, Numbers, atoms, networks_text
from ringfence.verify.language.expression import ANYTHING, NOTHING, Expression
from ringfence.verify.language.piece import LanguageError
from ringfence.verify.suricata.buffers import SERVER_NAME
from ringfence.verify.suricata.candidates import Candidates
from ringfence.verify.suricata.conversation import MODELLED
from ringfence.verify.suricata.ruleset import RuleSet

LAYER = "firewall"
_FEW = 8
"""So many rules about names are asked one after the other: to part names into classes costs more."""


@dataclass(frozen=True, slots=True)
class Others:
    """What the layers before the firewall let an agent send to public addresses.

    ``tcp`` are the ports, ``beyond_tcp`` whether anything else goes out. ``observed`` agents are refused nothing
    here, by their mode: what they may not reach is held by those layers alone.
    """

    tcp: Numbers
    beyond_tcp: bool
    observed: bool


def _reachable(findings: Iterable[Finding], *, reached: bool) -> Iterator[Finding]:
    """Findings of more; where another layer stops the traffic they are of layers that do not say the same."""
    for finding in findings:
        if finding.kind is Kind.MORE and not reached:
            yield dataclasses.replace(finding, kind=Kind.INCONSISTENT)
        else:
            yield finding


@dataclass
class FirewallReach:
    """A rule set and the sources whose TLS is decrypted: (sources, destinations, ports) of each scope.

    ``resource`` names where the rules stand; ``http2`` is what the environment says of HTTP/2 on inspected segments.
    ``hosts`` are those that some agent is granted: names are told apart by them once, for every agent.
    """

    rules: RuleSet
    inspected: tuple[tuple[Numbers, Numbers, Numbers], ...]
    http2: str
    resource: str = ""
    hosts: frozenset[HostPattern] = frozenset()
    _atoms: dict[object, tuple[Numbers, ...]] = field(default_factory=dict[object, tuple[Numbers, ...]])

    def unread(self) -> Iterator[Finding]:
        """The rules that are not read, each a reason why nothing is proved."""
        for unread in self.rules.unread:
            yield Finding(Kind.NOT_PROVED, "", LAYER, unread.reason, unread.rule.name, self.resource)
        for read in self.rules.rules:
            for test in read.condition.tests:
                if test.buffer not in MODELLED:
                    yield Finding(
                        Kind.NOT_PROVED, "", LAYER, f"`{test.buffer}` is not modelled", read.rule.name, self.resource
                    )

    def differences(
        self, agent: str, sources: Numbers, destinations: Numbers, flows: Sequence[Flow], others: "Others"
    ) -> Iterator[Finding]:
        """Where what passes from some addresses to some others differs from an agent's flows through the firewall.

        ``others`` says what the layers before it let through.
        """
        by_port: dict[int, list[Flow]] = {}
        for flow in flows:
            if isinstance(flow.access, Https | Tls | Internet):
                by_port.setdefault(flow.access.port, []).append(flow)
        scopes = [side for scope in self.inspected for side in scope[:1]]
        found: dict[Finding, None] = {}
        seen: set[tuple[object, ...]] = set()
        for source in (part for each in self.rules.source_atoms(sources) for part in atoms(scopes, each)):
            for destination in self._destinations(destinations):
                for port, client_port in itertools.product(
                    self._ports(tuple(sorted(by_port))), self.rules.client_port_atoms
                ):
                    here = tuple(flow for number, each in by_port.items() if number in port for flow in each)
                    candidates = self.rules.candidates(source.first, destination.first, port.first, client_port.first)
                    place = _Place(self, agent, source, destination, port, here, candidates)
                    key = (candidates, tuple(map(id, here)), place.is_inspected, port.first in others.tcp)
                    # Nothing tells this place from one that was looked at before.
                    if key not in seen:
                        seen.add(key)
                        found.update(dict.fromkeys(place.findings(others)))
        yield from found

    @functools.cached_property
    def names(self) -> NameClasses | None:
        """The classes of server names; None where they are too many."""
        try:
            return NameClasses.of(self.rules.rules, sorted(self.hosts, key=lambda host: host.order))
        except LanguageError:
            return None

    def _destinations(self, destinations: Numbers) -> tuple[Numbers, ...]:
        found = self._atoms.get(destinations)
        if found is None:
            scopes = [to for _, to, _ in self.inspected]
            parts = [part for each in self.rules.destination_atoms(destinations) for part in atoms(scopes, each)]
            found = self._atoms[destinations] = tuple(parts)
        return found

    def _ports(self, ports: tuple[int, ...]) -> tuple[Numbers, ...]:
        found = self._atoms.get(ports)
        if found is None:
            sets = [Numbers(((port, port),)) for port in ports] + [scope[2] for scope in self.inspected]
            parts = [part for each in self.rules.port_atoms(ALL_PORTS) for part in atoms(sets, each)]
            found = self._atoms[ports] = tuple(parts)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """From where to where: one part of each side, in which nothing differs, with the agent's flows and the rules."""

    reach: FirewallReach
    agent: str
    source: Numbers
    destination: Numbers
    port: Numbers
    flows: tuple[Flow, ...]
    candidates: Candidates

    @property
    def is_inspected(self) -> bool:
        """Whether TLS from here to there is decrypted."""
        return any(
            self.source.first in sources and self.destination.first in to and self.port.first in ports
            for sources, to, ports in self.reach.inspected
        )

    def findings(self, others: Others) -> list[Finding]:
        """Where what passes differs from what is granted."""
        try:
            return list(self._findings(others))
        except LanguageError as error:
            what = f"what passes {self._where}: {error}"
            return [Finding(Kind.NOT_PROVED, self.agent, LAYER, what, "several rules together", self.reach.resource)]

    def _findings(self, others: Others) -> Iterator[Finding]:
        bare = self.candidates.asking(frozenset())
        if not others.observed:
            portless = bare.portless()
            for rules, with_ports in ((bare, True), (portless, False)):
                packets = self._of(rules, other_packets(rules, with_ports=with_ports))
                yield from _reachable(packets, reached=others.beyond_tcp)
        found = self._connections(bare)
        if self.flows:
            yield from found
        elif not others.observed:
            yield from _reachable(found, reached=self.port.first in others.tcp)

    def _connections(self, bare: Candidates) -> Iterator[Finding]:
        if not self.flows:
            yield from self._of(bare, first_packets(bare))
        stopped = unopened(bare)
        if stopped is not None:
            for flow in self.flows:
                yield from self._of(bare, (stopped,), (flow,))
        elif not self.is_inspected:
            yield from self._opaque()
        elif any(isinstance(flow.access, Internet) for flow in self.flows):
            yield from self._open()
        else:
            yield from self._inspected()

    def _of(
        self, candidates: Candidates, differences: Iterable[Difference], flows: Sequence[Flow] | None = None
    ) -> Iterator[Finding]:
        """Differences among rules as findings of this agent; ``flows`` are those that speak of them, by default all."""
        for each in differences:
            about = (self.flows if flows is None else flows) if each.is_declared else ()
            spans = tuple(sorted({flow.grant.declared for flow in about}))
            traffic, rule = f"{each.traffic} {self._where}", each.rule(candidates)
            yield Finding(each.kind, self.agent, LAYER, traffic, rule, self.reach.resource, spans)

    @property
    def _where(self) -> str:
        source = networks_text(Numbers.of((self.source.first, self.source.first)))
        return f"from {source.removesuffix('/32')} to port {self.port.first}"

    def _openings(self, expected: Expression, *, granted: bool) -> Iterator[Finding]:
        plain = self.candidates.asking(PAYLOAD)
        yield from self._of(plain, openings(plain, expected, granted=granted))

    def _opaque(self) -> Iterator[Finding]:
        """TLS that nobody decrypts."""
        everything = any(isinstance(flow.access, Internet) for flow in self.flows)
        hellos = self.candidates.asking(NAMED_HELLO)
        if everything or not self._names_pass_as_granted(hellos):
            must, may = granted_names(flow.access for flow in self.flows)
            yield from self._of(hellos, named_hellos(hellos, must, may))
        plain = self.candidates.asking(PAYLOAD)
        yield from self._of(plain, hello_octets(plain) if self.flows else ())
        unnamed = self.candidates.asking(UNNAMED_HELLO)
        yield from self._of(unnamed, unnamed_hellos(unnamed, granted=everything))
        yield from self._openings(ANYTHING if everything else HELLOS if self.flows else NOTHING, granted=everything)
        if not everything:
            some = at_some_host(self.candidates.asking(REQUEST))
            yield from self._of(some, plain_requests(some))

    def _names_pass_as_granted(self, hellos: Candidates) -> bool:
        """Whether exactly the granted names are seen to pass by their classes, which is of use where many rules ask."""
        if sum(SERVER_NAME in read.effect.buffers for read in hellos.to_server) <= _FEW:
            return False
        names = self.reach.names
        hosts = [flow.access.host for flow in self.flows if isinstance(flow.access, Https | Tls)]
        return names is not None and names.pass_as_granted(hellos, hosts)

    def _open(self) -> Iterator[Finding]:
        """Decrypted TLS where every request is granted, and every opening."""
        some = at_some_host(self.candidates.asking(REQUEST))
        yield from self._of(some, any_requests(some))
        yield from self._openings(ANYTHING, granted=True)
        bare = self.candidates.asking(frozenset())
        yield from self._of(bare, http2(bare, granted=True))

    def _inspected(self) -> Iterator[Finding]:
        """Decrypted TLS whose requests are judged."""
        for candidates, differences, flows in inspected(self.candidates, self.flows):
            yield from self._of(candidates, differences, flows)
        yield from self._openings(REQUESTS if self.flows else NOTHING, granted=False)
        if self.reach.http2 == "judge":
            yield Finding(
                Kind.NOT_PROVED, self.agent, LAYER, "HTTP/2 requests, which this proof does not read", "http2: judge",
                self.reach.resource,
            )  # fmt: skip
        else:
            bare = self.candidates.asking(frozenset())
            yield from self._of(bare, http2(bare, granted=False))
