"""The firewall, asked about one connection or request: the conversation is followed packet by packet."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ringfence.policy.request import METHODS
from ringfence.policy.span import Span
from ringfence.policy.target import RequestTarget, TlsTarget
from ringfence.verify.decision.inspected import in_use
from ringfence.verify.explain.packets import CLIENT_PORT, at
from ringfence.verify.explain.step import Answer, Step
from ringfence.verify.filtering import Filtering
from ringfence.verify.language.piece import LanguageError
from ringfence.verify.language.region import EVERYTHING
from ringfence.verify.suricata.candidates import Candidates
from ringfence.verify.suricata.conversation import (
    MODELLED,
    Course,
    Head,
    after_hello,
    answer,
    client_speaks,
    follow,
    handshake,
    hello,
    next_request,
    request,
    sends,
    server_speaks,
)
from ringfence.verify.suricata.moment import Moment, Value
from ringfence.verify.suricata.rule import Rule
from ringfence.verify.suricata.shapes import COMMON, UNRECOGNISED_OPENINGS, plain_head

_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
_OTHER_PROTOCOL = UNRECOGNISED_OPENINGS[0][1]
"""Octets that begin no protocol that rules know."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection as the firewall sees it, and the profile lines that speak of where it goes."""

    source: int
    destination: int
    port: int
    declared: tuple[Span, ...]


_Key = tuple[object, ...]


@dataclass(eq=False, slots=True)
class Firewall:
    """A firewall that may be asked many times: rules that speak of several connections are gone through once."""

    filtering: Filtering
    _candidates: dict[_Key, Candidates] = field(default_factory=dict[_Key, Candidates])
    _answered: dict[_Key, Step] = field(default_factory=dict[_Key, Step])

    def steps(
        self, connection: Connection, target: RequestTarget | TlsTarget | None, protocol: str = "tcp"
    ) -> tuple[Step, ...]:
        """What it does to a request, to TLS with a server name, or (None) to a protocol that it cannot read."""
        unread = _unread(self.filtering)
        if unread is not None:
            return (unread,)
        if target is None:
            return (self.answered(connection, None, protocol, inspected=False),)
        inspected = any(
            connection.source in sources and connection.destination in destinations and connection.port in ports
            for sources, destinations, ports in self.filtering.inspected
        )
        decrypted = Step(
            "tls inspection", Answer.ALLOW if inspected else Answer.ASIDE,
            "decrypted, so that every request is judged" if inspected else "not decrypted: only the name is seen",
            f"{'a' if inspected else 'no'} scope has {at(connection.source).name} to port {connection.port}",
            self.filtering.resource, connection.declared,
        )  # fmt: skip
        return decrypted, self.answered(connection, target, protocol, inspected=inspected)

    def answered(
        self, connection: Connection, target: RequestTarget | TlsTarget | None, protocol: str, *, inspected: bool
    ) -> Step:
        """The rules' answer; connections of which the same rules speak have one."""
        found = self.filtering.rules.candidates(connection.source, connection.destination, connection.port, CLIENT_PORT)
        # by the rules themselves: others of the same effect have another name and another agent
        identity = (*map(id, found.to_server), None, *map(id, found.to_client))
        candidates = self._candidates.setdefault(identity, found)
        key = (identity, connection.port, connection.declared, target, protocol, inspected)
        if key not in self._answered:
            asked = _Asked(self.filtering.resource, candidates, connection)
            self._answered[key] = _answer(asked, target, protocol, inspected=inspected)
        return self._answered[key]


def _answer(asked: "_Asked", target: RequestTarget | TlsTarget | None, protocol: str, *, inspected: bool) -> Step:
    try:
        if protocol == "udp":
            return asked.datagram()
        if target is None:
            return asked.anything()
        if not inspected:
            return asked.named(target.host)
        return asked.some_request(target.host) if isinstance(target, TlsTarget) else asked.one_request(target)
    except LanguageError as error:
        return asked.step(Answer.UNKNOWN, "what its rules decide", f"several rules together: {error}")


def _unread(filtering: Filtering) -> Step | None:
    """Why nothing can be said, where that is so: a rule that is not read may decide anything."""
    reasons = [(unread.rule.name, unread.reason) for unread in filtering.rules.unread]
    reasons += [
        (read.rule.name, f"`{test.buffer}` is not modelled")
        for read in filtering.rules.rules
        for test in read.condition.tests
        if test.buffer not in MODELLED
    ]
    reasons += [(finding.rule, f"{finding.kind}: {finding.traffic}") for finding in filtering.findings]
    if not reasons:
        return None
    name, reason = reasons[0]
    more = f", and {len(reasons) - 1} more" if len(reasons) > 1 else ""
    return Step("firewall", Answer.UNKNOWN, "what its rules decide", f"{name}: {reason}{more}", filtering.resource)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The rules that speak of one connection, and its conversations."""

    resource: str
    candidates: Candidates
    connection: Connection

    def step(self, verdict: Answer, of: str, rule: str) -> Step:
        return Step("firewall", verdict, of, rule, self.resource, self.connection.declared)

    def of_course(self, of: str, course: Course, others: str) -> Step:
        """A step from what became of a conversation; ``others`` says what refuses its neighbours."""
        if course.passing.is_empty():
            stopped = course.stopped[0]
            return self.step(Answer.DENY, of, f"{_text(stopped.rule)} at {stopped.moment}")
        passed = next((rule for _, rule in course.freed if rule is not None), None)
        return self.step(Answer.ALLOW, of, _text(passed) if passed else others)

    def opened(self) -> Course:
        return follow(self.candidates, handshake())

    def named(self, host: str) -> Step:
        """TLS that nobody decrypts, by its server name."""
        course = follow(self.candidates, (*hello(Value(host.encode())), *after_hello()), self.opened())
        return self.of_course(f"a ClientHello for {host}, whatever is inside", course, self.refusing_names())

    def refusing_names(self) -> str:
        course = follow(self.candidates, (*hello(Value(b"", open_=True)), *after_hello()), self.opened())
        return _others(course, "name")

    def one_request(self, target: RequestTarget) -> Step:
        """A decrypted request and its answer: on a new connection, and on one that others have passed on before."""
        method, host = target.method, target.host.encode()
        of = f"{method} {target.target} with the host {target.host}"
        begun = follow(self.candidates, request(f"{method} ".encode()), self.opened())
        asked = follow(self.candidates, (next_request(_head(target)),), begun)
        course = follow(self.candidates, (answer(b"200"),), asked)
        for again in self.again(target):
            if again.passing.is_empty() != course.passing.is_empty():
                return self.of_course(f"{of}, on a connection in use", again, "no rule refuses it there")
        refusing = ""
        if not course.passing.is_empty() and method in METHODS:
            refusing = _others(follow(self.candidates, (next_request(plain_head(method, host)),), begun), "request")
        return self.of_course(of, course, refusing or "no rule refuses it")

    def again(self, target: RequestTarget) -> Iterator[Course]:
        """A request on connections in use, in every state that they get into."""
        for ready in in_use(self.candidates, target.host.encode()).apart(EVERYTHING):
            yield follow(self.candidates, (next_request(_head(target)),), ready)

    def some_request(self, host: str) -> Step:
        """Decrypted TLS to a host as such: whether any request passes there."""
        of = f"any request with the host {host}"
        refused: Course | None = None
        passing: list[str] = []
        for method in METHODS:
            begun = follow(self.candidates, request(f"{method} ".encode()), self.opened())
            course = follow(self.candidates, (next_request(plain_head(method, host.encode())),), begun)
            if course.passing.is_empty():
                refused = refused or course
            else:
                passing.append(method)
        if passing:
            return self.step(Answer.ALLOW, of, f"{', '.join(passing)}, each request judged by itself")
        return self.of_course(of, refused or Course(()), "")

    def anything(self) -> Step:
        """A protocol that no rule knows, in pieces of every size."""
        of = f"any octets on TCP {self.connection.port}"
        course = self.opened()
        for length in range(1, len(_OTHER_PROTOCOL) + 1):
            course = follow(self.candidates, (sends(_OTHER_PROTOCOL[:length]),), course)
        course = follow(self.candidates, (sends(_OTHER_PROTOCOL.ljust(1400, b"\0")), server_speaks()), course)
        return self.of_course(
            of, follow(self.candidates, (client_speaks("unknown", 3000),), course), "no rule refuses it"
        )

    def datagram(self) -> Step:
        """A datagram, with something in it."""
        moment = Moment(
            "the datagram", "udp", to_server=True, established=False, first=True, payload=True, ip_protocol=17,
            unknown=frozenset({"packet"}),
        )  # fmt: skip
        of = f"a datagram on UDP {self.connection.port}"
        return self.of_course(of, follow(self.candidates, (moment,)), "no rule refuses it")


def _head(target: RequestTarget) -> Head:
    """The head of a plain request, to the letter."""
    method, path, host = target.method.encode(), target.target.encode(), target.host.encode()
    body = b"Content-Length: 2\r\n" if target.method in _BODY_METHODS else b""
    fields = b"Host: " + host + b"\r\n" + COMMON + body + b"\r\n"
    return Head(Value(method + b" " + path + b" HTTP/1.1"), fields, Value(method), Value(path), host)


def _others(course: Course, what: str) -> str:
    """Which rules refuse what differs in the name or the target: the ones that this passes between."""
    rules = dict.fromkeys(stopped.rule for stopped in course.stopped if stopped.rule is not None)
    if not rules:
        return "no rule refuses it"
    # the one that is of the fewest addresses says the most of this agent
    nearest = min(rules, key=lambda rule: len(rule.header.sources) if rule.header else 0)
    return f"no rule refuses it; another {what} is refused by {nearest.name}"


def _text(rule: Rule | None) -> str:
    if rule is None:
        return "no rule"
    return f"{rule.group} sid {rule.sid}: {rule.text}"
