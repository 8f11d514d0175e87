"""The firewall's reach from one agent, compared with what the policy grants it there."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ringfence.policy.flow import Flow, Https, Internet, Tls
from ringfence.policy.request import METHODS
from ringfence.verify.finding import Finding, Kind
from ringfence.verify.granted import granted_names, granted_targets, matches_name, names_that_may
from ringfence.verify.interval import ALL_PORTS, Numbers, atoms, networks_text
from ringfence.verify.language.atoms import witnesses
from ringfence.verify.language.decide import is_empty
from ringfence.verify.language.expression import ANYTHING, NOTHING, Expression, derivative
from ringfence.verify.language.pcre import matched_by
from ringfence.verify.language.piece import LanguageError
from ringfence.verify.language.region import EVERYTHING, NO_REGION, Region
from ringfence.verify.suricata.buffers import BUFFERS as NAMED_BUFFERS
from ringfence.verify.suricata.buffers import PACKET, STREAM
from ringfence.verify.suricata.conversation import (
    MODELLED,
    Course,
    Head,
    after_hello,
    answer,
    client_speaks,
    early,
    follow,
    handshake,
    hello,
    next_request,
    request,
    sends,
    server_speaks,
)
from ringfence.verify.suricata.moment import Moment, Value
from ringfence.verify.suricata.ruleset import Candidates, RuleSet
from ringfence.verify.suricata.shapes import UNRECOGNISED_OPENINGS, any_line, odd_heads, plain_head

LAYER = "firewall"
CLIENT_PORT = 49152
"""The client's port in examples: ephemeral wherever one looks."""

_OTHER_APPLICATIONS = ("ssh", "smtp", "ftp", "dns", "rdp", "smb", "mqtt", "ldap", "websocket")
_OTHER_PACKETS = (
    ("UDP", "udp", 4, 17),
    ("ICMP", "icmp", 4, 1),
    ("GRE", "gre", 4, 47),
    ("ESP", "esp", 4, 50),
    ("SCTP", "sctp", 4, 132),
    ("IP in IP", "ipip", 4, 4),
    ("TCP over IPv6", "tcp", 6, 6),
    ("UDP over IPv6", "udp", 6, 17),
    ("ICMP over IPv6", "icmp", 6, 58),
)


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


@dataclass(slots=True)
class FirewallReach:
    """A rule set and the sources whose TLS is decrypted: (sources, destinations, ports) of each scope.

    ``resource`` names where the rules stand; ``http2`` is what the environment says of HTTP/2 on inspected segments.
    """

    rules: RuleSet
    inspected: tuple[tuple[Numbers, Numbers, Numbers], ...]
    http2: str
    resource: str = ""
    _courses: dict[tuple[object, ...], Course] = field(default_factory=dict[tuple[object, ...], Course])

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
        named = [flow for flow in flows if isinstance(flow.access, Https | Tls | Internet)]
        ports = [Numbers.of((_port(flow), _port(flow))) for flow in named]
        ports += [scope[2] for scope in self.inspected]
        port_parts = [part for each in self.rules.port_atoms(ALL_PORTS) for part in atoms(ports, each)]
        scopes = [side for scope in self.inspected for side in scope[:1]]
        found: dict[Finding, None] = {}
        seen: set[tuple[object, ...]] = set()
        for source in (part for each in self.rules.source_atoms(sources) for part in atoms(scopes, each)):
            for destination in self.rules.destination_atoms(destinations):
                for port in port_parts:
                    place = _Place(agent, source, destination, port)
                    here = [flow for flow in named if _port(flow) in port]
                    candidates = self.rules.candidates(source.first, destination.first, port.first, CLIENT_PORT)
                    key = (
                        candidates.identity,
                        tuple(map(id, here)),
                        self._is_inspected(place),
                        port.first in others.tcp,
                    )
                    # Nothing tells this place from one that was looked at before.
                    if key not in seen:
                        seen.add(key)
                        found.update(dict.fromkeys(self._decided(place, here, candidates, others)))
        yield from found

    def _decided(self, place: "_Place", flows: list[Flow], candidates: Candidates, others: Others) -> list[Finding]:
        try:
            return list(self._at(place, flows, candidates, others))
        except LanguageError as error:
            what = f"what passes {place}: {error}"
            return [Finding(Kind.NOT_PROVED, place.agent, LAYER, what, "several rules together", self.resource)]

    def _is_inspected(self, place: "_Place") -> bool:
        return any(
            place.source.first in sources and place.destination.first in to and place.port.first in ports
            for sources, to, ports in self.inspected
        )

    def _at(self, place: "_Place", flows: list[Flow], candidates: Candidates, others: "Others") -> Iterator[Finding]:
        if not others.observed:
            yield from _reachable(self._other_packets(place, candidates), reached=others.beyond_tcp)
        found = self._connections(place, flows, candidates)
        if flows:
            yield from found
        elif not others.observed:
            yield from _reachable(found, reached=place.port.first in others.tcp)

    def _connections(self, place: "_Place", flows: list[Flow], candidates: Candidates) -> Iterator[Finding]:
        opened = follow(candidates, handshake())
        if not flows:
            first = follow(candidates, handshake()[:1])
            if not first.passing.is_empty():
                yield self.more(place, "the first packet of a connection", "nothing refuses it", [])
        if not opened.alive and not opened.freed:
            for flow in flows:
                rule = opened.stopped[0].rule
                yield self.less(place, "a connection", rule.name if rule else "", [flow])
            return
        comparison = _Comparison(self, place, flows, candidates, opened)
        if self._is_inspected(place):
            yield from comparison.inspected()
        else:
            yield from comparison.opaque()

    def _other_packets(self, place: "_Place", candidates: Candidates) -> Iterator[Finding]:
        for name, transport, version, protocol in _OTHER_PACKETS:
            for payload in (False, True):
                moment = Moment(
                    name, transport, to_server=True, established=False, first=True, payload=payload,
                    ip_version=version, ip_protocol=protocol,
                )  # fmt: skip
                if not follow(candidates, (moment,)).passing.is_empty():
                    yield self.more(place, f"a packet of {name}", "nothing refuses it", [])
                    break

    def more(self, place: "_Place", traffic: str, rule: str, flows: Iterable[Flow]) -> Finding:
        """A finding of traffic that passes and is not granted."""
        spans = tuple(sorted({flow.grant.declared for flow in flows}))
        return Finding(Kind.MORE, place.agent, LAYER, f"{traffic} {place}", rule, self.resource, spans)

    def less(self, place: "_Place", traffic: str, rule: str, flows: Iterable[Flow]) -> Finding:
        """A finding of traffic that is granted and stopped."""
        spans = tuple(sorted({flow.grant.declared for flow in flows}))
        return Finding(Kind.LESS, place.agent, LAYER, f"{traffic} {place}", rule, self.resource, spans)


def _port(flow: Flow) -> int:
    access = flow.access
    return access.port if isinstance(access, Https | Tls | Internet) else 0


@dataclass(frozen=True, slots=True)
class _Place:
    """From where to where: one part of each side, in which nothing differs."""

    agent: str
    source: Numbers
    destination: Numbers
    port: Numbers

    def __str__(self) -> str:
        source = networks_text(Numbers.of((self.source.first, self.source.first)))
        return f"from {source.removesuffix('/32')} to port {self.port.first}"


@dataclass(slots=True)
class _Comparison:
    """One place's traffic, class by class."""

    reach: FirewallReach
    place: _Place
    flows: list[Flow]
    candidates: Candidates
    opened: Course
    _begun: dict[str, Course] = field(default_factory=dict[str, Course])
    _answered: Course | None = None

    def opaque(self) -> Iterator[Finding]:
        """TLS that nobody decrypts: by its server name, whatever is inside; and all that is no TLS."""
        everything = any(isinstance(flow.access, Internet) for flow in self.flows)
        must, may = granted_names(flow.access for flow in self.flows)
        course = follow(self.candidates, (*hello(Value(b"", open_=True)), *after_hello()), self.opened)
        yield from self.compare("TLS to", course, must, may)
        unnamed = follow(self.candidates, hello(None), self.opened)
        yield from self.all_or_nothing("TLS without a server name", unnamed, everything)
        endless = follow(self.candidates, hello(None, sent=_ENDLESS)[:-1], self.opened)
        yield from self.all_or_nothing("a ClientHello that does not end", endless, everything)
        yield from self.openings(everything, tls=True)
        if not everything:
            head = any_line(b"example.invalid")
            plain = follow(self.candidates, (*request(b"GET /"), next_request(head)), self.opened)
            yield from self.all_or_nothing("HTTP without TLS", plain, granted=False)

    def openings(self, granted: bool, *, tls: bool) -> Iterator[Finding]:
        """What begins a connection and is no protocol that is granted there; and what comes too early."""
        expected = ANYTHING if granted else _HELLOS if tls and self.flows else _REQUESTS if self.flows else NOTHING
        for name, octets in UNRECOGNISED_OPENINGS:
            course, passed = self.opened, 0
            while passed < len(octets) and not course.passing.is_empty():
                course = follow(self.candidates, (sends(octets[: passed + 1]),), course)
                passed += not course.passing.is_empty()
            common = _common(octets, expected)
            if passed > common:
                yield self.more(f"{passed} octets of {name}, sent first,", course)
                continue
            for size in self.sizes() if common < len(octets) else ():
                whole = octets.ljust(size, b"\0")[: max(size, common + 1)]
                course = follow(self.candidates, (sends(whole),), self.opened)
                if not course.passing.is_empty():
                    yield self.more(f"{len(whole)} octets that begin as {name}, sent at once,", course)
                    break
            if granted and passed < len(octets):
                yield from self.all_or_nothing(f"{name}, sent first,", course, granted)
        for application in _OTHER_APPLICATIONS:
            spoken = follow(self.candidates, (client_speaks(application, 100),), self.opened)
            yield from self.all_or_nothing(f"{application.upper()}", spoken, granted)
        banner = follow(self.candidates, (server_speaks(),), self.opened)
        yield from self.all_or_nothing("a server's words before the client's", banner, granted)
        before = follow(self.candidates, (early(to_server=True),))
        yield from self.all_or_nothing("octets in the first packet", before, granted)
        answered = follow(self.candidates, (*handshake()[:1], early(to_server=False)))
        yield from self.all_or_nothing("a server's octets before the handshake is over", answered, granted)

    def sizes(self) -> list[int]:
        """One number of first octets for every way in which rules can tell such numbers apart, up to a window's."""
        borders: set[int] = {1}
        for rule in self.candidates.to_server:
            borders |= {low - 1 for low, _ in rule.condition.sent.intervals}
            borders |= {
                low for test in rule.condition.tests if test.buffer == STREAM for low, _ in test.lengths.intervals
            }
        return sorted(size for size in borders if 0 < size < _ENDLESS)

    def inspected(self) -> Iterator[Finding]:
        """Decrypted TLS: every request by its host, method and target, on the first and on every later turn."""
        accesses = [flow.access for flow in self.flows]
        if any(isinstance(access, Internet) for access in accesses):
            yield from self.all_of_it()
            return
        odd = [name for name, head in odd_heads(_ANY_HOST) if not self.is_refused(next_request(head), _OF_THE_REQUEST)]
        for host in self.hosts():
            granted = granted_targets(accesses, host)
            if not granted and self.is_refused(next_request(any_line(host)), _ALL_BUFFERS - {"http.host"}):
                continue
            about = [flow for flow in self.flows if _speaks_of(flow, host)]
            for method in METHODS:
                expected = granted.get(method, NO_REGION)
                yield from self.requests(f"{method} https://{host.decode()}", plain_head(method, host), expected, about)
            yield from self.odd_requests(host, odd)
        yield from self.openings(granted=False, tls=False)
        yield from self.http2()
        switching = follow(self.candidates, (answer(b"101"),), self.asked())
        yield from self.all_or_nothing("the answer 101 Switching Protocols", switching, granted=False)

    def all_of_it(self) -> Iterator[Finding]:
        """Every request and every opening, where the policy grants each of them."""
        course = self.course(any_line(b"example.invalid"))
        yield from self.compare("the request line", course, _NO_LINE_FEED, EVERYTHING)
        yield from self.openings(granted=True, tls=False)
        for name, odd in odd_heads(b"example.invalid"):
            yield from self.all_or_nothing(f"a request with {name}", self.course(odd), granted=True)
        spoken = follow(self.candidates, (client_speaks("http2", 100),), self.opened)
        yield from self.all_or_nothing("HTTP/2", spoken, granted=True)

    def is_refused(self, moment: Moment, unknown: frozenset[str]) -> bool:
        """Whether a request is refused whatever some of its buffers hold, on a new connection and on one in use.

        Only what rules surely match counts: a bit that depends on what is unknown is itself unknown.
        """
        rules = (*self.candidates.to_server, *self.candidates.to_client)
        if any(rule.rule.header and rule.rule.header.action == "pass" for rule in rules):
            return False
        unsure = frozenset[str]().union(
            *(
                rule.condition.sets | rule.condition.unsets
                for rule in rules
                if any(test.buffer in unknown for test in rule.condition.tests)
            )
        )
        blind = dataclasses.replace(moment, unknown=unknown, unsure=unsure)
        states = [self.begun(method).alive for method in METHODS] + [self.answered().alive]
        bits = dict.fromkeys(each for alive in states for _, each in alive)
        course = Course(tuple((_NO_LINE_FEED, each) for each in bits))
        return follow(self.candidates, (blind,), course).passing.is_empty()

    def begun(self, method: str) -> Course:
        """A connection on which a request of some method has begun."""
        if method not in self._begun:
            beginning = f"{method} ".encode()
            self._begun[method] = follow(self.candidates, request(beginning), _lines(self.opened))
        return self._begun[method]

    def answered(self) -> Course:
        """The connection after some request that passes and its answer, ready for the next; none if none passes."""
        if self._answered is None:
            self._answered = _all_targets(follow(self.candidates, (answer(b"200"),), self.asked()))
        return self._answered

    def asked(self) -> Course:
        """The connection after some request that passes, if there is one."""
        for flow in self.flows:
            if isinstance(flow.access, Https):
                name = ("www." if flow.access.host.subdomains else "") + flow.access.host.name
                for method in granted_targets([flow.access], name.encode()):
                    course = self.course(plain_head(method, name.encode()))
                    if not course.passing.is_empty():
                        return course
        return Course(())

    def course(self, head: Head) -> Course:
        """The course of a connection whose first request has this head."""
        begun = self.begun(head.method.start.decode() if head.method else "GET")
        return follow(self.candidates, (next_request(head),), begun)

    def requests(self, about: str, head: Head, expected: Region, flows: list[Flow]) -> Iterator[Finding]:
        """One method of one host: the targets that pass, first on a connection and later."""
        first = self.course(head)
        yield from self.compare(about, first, expected, expected, flows)
        if self.answered().alive:
            again = follow(self.candidates, (next_request(head),), self.answered())
            if not again.passing.equals(first.passing):
                yield from self.compare(f"on a connection in use, {about}", again, expected, expected, flows)

    def odd_requests(self, host: bytes, names: list[str]) -> Iterator[Finding]:
        """Requests to a host that no policy grants: other lines, and heads that can be read in two ways.

        ``names`` are the heads that are not refused at every host.
        """
        head = any_line(host)
        course = self.course(head)
        methods = "|".join(METHODS)
        others = Region.of(matched_by(rf"^(?!(?:{methods}) /[^ ]* HTTP/1\.1\z)"))
        odd_line = course.passing & others
        if (example := odd_line.example()) is not None:
            text = f"the request line {example.decode('latin-1')!r} to {host.decode()}"
            yield self.more(text, course)
        for name, odd in odd_heads(host) if names else ():
            passing = self.course(odd) if name in names else Course(())
            if passing.passing.parts and (example := passing.passing.example()) is not None:
                yield self.more(f"a request to {host.decode()} with {name}", passing)

    def http2(self) -> Iterator[Finding]:
        """HTTP/2, whether the rules' ``http`` sees it or not; judged as requests only where the environment says so."""
        if self.reach.http2 == "judge":
            yield Finding(
                Kind.NOT_PROVED, self.place.agent, LAYER, "HTTP/2 requests, which this proof does not read",
                "http2: judge", self.reach.resource,
            )  # fmt: skip
            return
        moment = client_speaks("http2", 100)
        for narrow in (False, True):
            course = follow(self.candidates, (moment,), self.opened, narrow=narrow)
            yield from self.all_or_nothing("HTTP/2", course, granted=False)

    def hosts(self) -> list[bytes]:
        """One host for every way in which rules and flows can tell hosts apart."""
        languages: dict[Expression, None] = {}
        for read in self.candidates.to_server:
            for test in read.condition.tests:
                if test.buffer == "http.host":
                    languages[test.language] = None
        for flow in self.flows:
            if isinstance(flow.access, Https):
                for language, _ in names_that_may((flow.access.host,), any_case=False).parts:
                    languages[language] = None
        universe = matched_by(r"^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]+\z")
        return list(witnesses(list(languages), universe).values())

    def compare(
        self, about: str, course: Course, must: Region, may: Region, flows: list[Flow] | None = None
    ) -> Iterator[Finding]:
        """What passes against what must and may pass, each difference with a shortest example."""
        passing = course.passing
        if must is may and passing.equals(must):
            return
        flows = self.flows if flows is None else flows
        if (example := (passing - may).example()) is not None:
            rule = next((rule.name for part, rule in course.freed if rule and example in part), "nothing refuses it")
            yield self.reach.more(self.place, _joined(about, example), rule, flows)
        if (example := (must - passing).example()) is not None:
            stopped = next((part for part in course.stopped if example in part.region), None)
            rule = stopped.rule.name if stopped and stopped.rule else ""
            yield self.reach.less(self.place, _joined(about, example), rule, flows)

    def all_or_nothing(self, about: str, course: Course, granted: bool) -> Iterator[Finding]:
        """A class of which either all or nothing passes."""
        passes = not course.passing.is_empty()
        if passes and not granted:
            yield self.more(about, course)
        elif granted and not passes:
            rule = next((stopped.rule.name for stopped in course.stopped if stopped.rule), "")
            yield self.reach.less(self.place, about, rule, self.flows)

    def more(self, traffic: str, course: Course) -> Finding:
        """A finding of traffic that passes without a grant."""
        rule = next((rule.name for _, rule in course.freed if rule), "nothing refuses it")
        return self.reach.more(self.place, traffic, rule, [])


def _speaks_of(flow: Flow, host: bytes) -> bool:
    return isinstance(flow.access, Https) and matches_name(flow.access.host, host)


def _all_targets(course: Course) -> Course:
    """The same states of a connection, and the next request's target open again."""
    return _lines(Course(course.alive, course.freed and ((EVERYTHING, None),)))


_NO_LINE_FEED = Region.of(matched_by(r"^[^\n]*\z"))
"""What a request line can hold: a line feed would end it."""


def _lines(course: Course) -> Course:
    """The same states of a connection, each with every part of a request line."""
    return Course(tuple((_NO_LINE_FEED, bits) for _, bits in course.alive), course.freed)


_ALL_BUFFERS = NAMED_BUFFERS | {STREAM, PACKET}
_ANY_HOST = b"host.invalid"
_OF_THE_REQUEST = frozenset(
    {"http.host", "http.request_line", "http.method", "http.uri.raw", "http.start", "stream", "packet"}
)
"""The buffers that hold what differs from request to request; the others are the head's shape."""
_ENDLESS = 40_000
"""Octets of a hello or a request that goes on and on: more than any one that is granted has."""
_HELLOS = matched_by(r"^\x16\x03(?s:...)\x01")
"""The beginnings of TLS: a handshake record with a ClientHello (RFC 8446, 5.1 and 4)."""
_REQUESTS = matched_by(f"^(?:{'|'.join(METHODS)}) ")
"""The beginnings of HTTP/1 requests that are ever granted."""


def _common(octets: bytes, language: Expression) -> int:
    """How many first octets some string of a language has in common with these."""
    for length in range(len(octets)):
        if is_empty(derivative(language, octets[: length + 1])):
            return length
    return len(octets)


def _joined(about: str, example: bytes) -> str:
    text = example.decode("ascii", "backslashreplace")
    return f"{about}{text}" if text.startswith("/") else f"{about} {text}"
