"""Random small policies and random traffic: what the policy means beside what an engine does.

Each agent of a generated environment is a policy of its own, so one engine start judges many. Traffic begins at what
is granted: as it is, with one edit, or far from it. A disagreement is made small: other agents and flows are left out
and the target is shortened as long as the two still disagree.
"""

import dataclasses
import datetime
import ipaddress
import itertools
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ringfence.aws.enforcement.firewall import FirewallError, firewall_rules
from ringfence.aws.enforcement.firewall.compile import DEFAULT_GROUP
from ringfence.aws.enforcement.firewall.mark import group_bit
from ringfence.aws.enforcement.firewall.model import Firewall
from ringfence.engine import http1
from ringfence.engine import tls as hello
from ringfence.engine.configuration import Setting
from ringfence.engine.flow import Conversation, answers, says
from ringfence.engine.suricata import Engine
from ringfence.policy.effective import effective_policy, inspected_agents
from ringfence.policy.flow import Flow, Grant, Https, Tls
from ringfence.policy.host import HostError, HostPattern
from ringfence.policy.policy import Agent, Policy
from ringfence.policy.request import METHODS, RequestError, RequestPattern, any_request
from ringfence.policy.span import Span
from ringfence.policy.target import RequestTarget, TlsTarget
from ringfence.policy.verdict import judge

HERE = Span("profiles/agents/generated.yaml")
HOSTS = (
    "example.com", "api.example.com", "a.api.example.com", "my-api.example.com", "example.org", "git.example.org",
    "*.example.com", "*.api.example.com", "*.example.org",
)  # fmt: skip
NAMES = (
    *(host for host in HOSTS if "*" not in host),
    "b.example.com", "x.y.api.example.com", "x.example.org", "example.net",
)  # fmt: skip
SEGMENTS = (
    "a", "b", "repos", "v1", "{x}", "{x}", "{y}", "v{n}", "{r}.git", "{a}-{b}", "{c}1", "a%20b", "acme%2Fsite", "%7e",
)  # fmt: skip
FILLS = ("a", "b", "ab", "1", "x-y", "v1", ".x", "%20", "%C3%A9", "%e2%82%ac", "a.git", "~", "$&'()*+,=:@", "-")
QUERIES = ("", "", "", "?-", "?service=x", "?a=b&c=%20")
EDITS = "ab1/.-%?;~2F# +"
OTHER_METHODS = ("get", "PROPFIND", "TRACE", "GETX", "CONNECT", "PURGE")
PORTS = (443, 443, 443, 8443)
LAST = "the last thing"

Target = RequestTarget | TlsTarget


@dataclass(frozen=True, slots=True)
class Pair:
    """One agent's flows, one target, how far the target is from what they grant, and what the policy says.

    ``beside`` are other agents' flows without which the engine would not disagree: agents share rules.
    """

    flows: tuple[Flow, ...]
    target: Target
    inspection: str
    edited: bool
    allowed: bool
    beside: tuple[Flow, ...] = ()

    def __str__(self) -> str:
        asked = [(flow.access, getattr(flow.access, "requests", ())) for flow in self.flows]
        granted = "; ".join(f"{access} {' | '.join(map(str, requests))}".rstrip() for access, requests in asked)
        others = f", beside {'; '.join(f'{flow.agent} {flow.access}' for flow in self.beside)}" if self.beside else ""
        says = "allows" if self.allowed else "denies"
        return f"[{self.inspection}] {granted} <- {self.target}{others}: the policy {says} it"


def agent(name: str) -> Agent:
    return Agent(name, "owners", "tests", "ecs", f"role/{name}", None, 1, None, "enforce", None, HERE)


def policy(flows: Sequence[Flow]) -> Policy:
    agents = tuple(agent(name) for name in sorted({flow.agent for flow in flows}))
    return Policy("generated", datetime.date(2026, 11, 23), agents, Policy.sorted_flows(flows))


def means(flows: Sequence[Flow], target: Target, inspection: str) -> bool:
    """Whether the effective policy allows it; where requests are seen, none listed is any plain one."""
    effective = effective_policy(policy(flows), inspection)
    seen = inspected_agents(policy(flows)) if inspection == "requests" else frozenset[str]()
    return judge([_any_plain(flow) if flow.agent in seen else flow for flow in effective.flows], target).allowed


def _any_plain(flow: Flow) -> Flow:
    if not isinstance(flow.access, Https) or flow.access.requests:
        return flow
    return dataclasses.replace(flow, access=dataclasses.replace(flow.access, requests=tuple(sorted(any_request()))))


def rules(flows: Sequence[Flow], inspection: str) -> tuple[str, dict[str, ipaddress.IPv4Address]]:
    """The rules of an environment, and an address of each agent."""
    made, addresses = _firewall(flows, inspection, 0)
    return "".join(group.text for group in made.groups), addresses


def _firewall(flows: Sequence[Flow], inspection: str, first: int) -> tuple[Firewall, dict[str, ipaddress.IPv4Address]]:
    names = sorted({flow.agent for flow in flows})
    networks = {
        name: (ipaddress.IPv4Network((int(ipaddress.IPv4Address("10.40.0.0")) + 16 * index, 28)),)
        for index, name in enumerate(names, first)
    }
    made = firewall_rules(policy(flows), networks, inspection=inspection, http2="refuse", home_net=())
    return made, {name: networks[name][0][4] for name in names}


def rules_apart(
    environments: Sequence[Sequence[Flow]], inspection: str
) -> tuple[str, dict[str, ipaddress.IPv4Address]]:
    """The rules of environments that share an engine and nothing else: the agents of each are a group of its own."""
    everything = [flow for flows in environments for flow in flows]
    together, _ = _firewall(everything, inspection, 0)
    lines = [group.text for group in together.groups if group.name == DEFAULT_GROUP]
    addresses: dict[str, ipaddress.IPv4Address] = {}
    for number, flows in enumerate(environments):
        made, theirs = _firewall(flows, inspection, len(addresses))
        addresses |= theirs
        texts = (group.text for group in made.groups if group.name != DEFAULT_GROUP)
        lines += (re.sub(rf"\b{group_bit(0)}\b", group_bit(number), text) for text in texts)
    sids = itertools.count(1)
    return re.sub(r"\bsid:\d+;", lambda _: f"sid:{next(sids)};", "".join(lines)), addresses


def conversation(target: Target, client: ipaddress.IPv4Address, *, inspected: bool) -> Conversation:
    """The target as traffic: in plain where TLS is decrypted, else a ClientHello and what comes after it."""
    if inspected and isinstance(target, RequestTarget):
        request = http1.request(target.method, target.target, target.host, label=LAST)
        return Conversation(str(target), (request, http1.response()), client=client, port=target.port)
    first = says(hello.client_hello(target.host))
    behind = (says(hello.application_data(), LAST), answers(hello.application_data()))
    return Conversation(str(target), (first, *hello.accepted(), *behind), client=client, port=target.port)


def disagreements(
    engine: Engine, pairs: Sequence[Pair], change: Callable[[str], str] = str, setting: Setting | None = None,
    *, apart: bool = False,
) -> list[Pair]:  # fmt: skip
    """The pairs on which the engine does not do what the policy means; ``change`` is done to the rules.

    All are agents of one environment, or ``apart``, each in an environment with nobody but those beside it.
    """
    found: list[Pair] = []
    for inspection in sorted({pair.inspection for pair in pairs}):
        here = [pair for pair in pairs if pair.inspection == inspection]
        flows = tuple(dict.fromkeys(flow for pair in here for flow in (*pair.flows, *pair.beside)))
        if apart:
            text, addresses = rules_apart([(*pair.flows, *pair.beside) for pair in here], inspection)
        else:
            text, addresses = rules(flows, inspection)
        inspected = inspected_agents(policy(flows)) if inspection == "requests" else frozenset[str]()
        traffic = [
            conversation(pair.target, addresses[name], inspected=name in inspected)
            for pair in here
            for name in (pair.flows[0].agent,)
        ]
        verdicts = engine.judge(change(text), traffic, setting or Setting())
        found += [pair for pair, seen in zip(here, verdicts, strict=True) if seen.step(LAST).passed != pair.allowed]
    return found


def generate(seed: int, inspection: str, agents: int, each: int) -> list[Pair]:
    """Pairs of some agents, ``each`` of every one; half of them as granted, most of the others one edit away."""
    source = random.Random(seed)  # noqa: S311 - reproducible, not secret
    pairs: list[Pair] = []
    for index in range(agents):
        flows = _flows(source, f"a{index:03}", inspection)
        for _ in range(each):
            target, edited = _target(source, flows, inspection)
            pairs.append(Pair(flows, target, inspection, edited, means(flows, target, inspection)))
    return pairs


def _flows(source: random.Random, name: str, inspection: str) -> tuple[Flow, ...]:
    while True:
        by_requests = source.random() < 0.8
        accesses = [_access(source, by_requests) for _ in range(source.randint(1, 4))]
        if by_requests and not any(isinstance(access, Https) and access.requests for access in accesses):
            continue
        flows = Policy.sorted_flows(
            Flow(name, access, Grant("generated", "profile", HERE, HERE)) for access in accesses
        )
        try:
            rules(flows, inspection)
        except FirewallError:  # more searches than an engine takes: refused, so there is nothing to compare
            continue
        return flows


def _access(source: random.Random, by_requests: bool) -> Https | Tls:
    host = HostPattern.parse(source.choice(HOSTS))
    port = source.choice(PORTS)
    if not by_requests:
        return source.choice((Tls(host, port), Https(host, port, ())))
    asked = {_pattern(source) for _ in range(source.choice((0, 1, 1, 2, 3)))}
    return Https(host, port, tuple(sorted(asked)))


def _pattern(source: random.Random) -> RequestPattern:
    while True:
        segments = source.sample(SEGMENTS, source.randint(0, 3))
        path = "/" + "/".join(segments)
        if source.random() < 0.25:
            path = path.rstrip("/") + "/**"
        try:
            return RequestPattern.parse(f"{source.choice(METHODS)} {path}{source.choice(QUERIES)}")
        except RequestError:
            continue


def _target(source: random.Random, flows: tuple[Flow, ...], inspection: str) -> tuple[Target, bool]:
    access = source.choice(flows).access
    assert isinstance(access, Https | Tls)
    names = [name for name in NAMES if access.host.matches(name)] or [f"x.{access.host.name}"]
    inspected = inspection == "requests" and any(isinstance(f.access, Https) and f.access.requests for f in flows)
    if isinstance(access, Https) and inspected:
        asked = source.choice(access.requests) if access.requests else RequestPattern.parse("GET /**")
        method = asked.method if access.requests else source.choice(METHODS)
        granted: Target = RequestTarget(method, source.choice(names), access.port, _filled(source, asked))
    else:
        granted = TlsTarget(source.choice(names), access.port)
    chance = source.random()
    if chance < 0.5:
        return granted, False
    if chance < 0.92:
        return _edited(source, granted), True
    if isinstance(granted, TlsTarget):
        return TlsTarget(source.choice(NAMES), source.choice(PORTS)), False
    text = "/" + "".join(source.choice(EDITS) for _ in range(source.randint(0, 9)))
    return RequestTarget(source.choice(METHODS), source.choice(NAMES), source.choice(PORTS), text), False


def _filled(source: random.Random, asked: RequestPattern) -> str:
    def name() -> str:
        return "".join(source.choice(FILLS) for _ in range(source.randint(1, 2)))

    segments = ["".join(name() if piece is None else piece for piece in segment) for segment in asked.path.segments]
    if asked.path.rest:
        segments += [name() for _ in range(source.randint(0, 3))] or [""]
    query = asked.query
    if query == "*":
        return "/" + "/".join(segments) + source.choice(("", "", "?", "?x=1;y=%zz", "?" + "".join(FILLS)))
    return "/" + "/".join(segments) + (f"?{query}" if query else "")


def _edited(source: random.Random, target: Target) -> Target:
    """One edit: another port or method, one character of the host or the target, or one segment made of dots."""
    what = source.choice(
        ("port", "host", "host") if isinstance(target, TlsTarget) else ("method", "host", *["path"] * 6)
    )
    if what == "port":
        return dataclasses.replace(target, port=443 if target.port != 443 else 8443)
    if what == "host":
        for _ in range(20):
            host = _one_character(source, target.host, "ab1-.")
            try:
                if HostPattern.parse(host).name == host:
                    return dataclasses.replace(target, host=host)
            except HostError:
                continue
        return dataclasses.replace(target, host="x" + target.host)
    assert isinstance(target, RequestTarget)
    if what == "method":
        return dataclasses.replace(target, method=source.choice([*METHODS, *OTHER_METHODS]))
    if source.random() < 0.15:
        segments = target.target.split("/")
        segments[source.randrange(1, len(segments))] = source.choice((".", "..", "...", ""))
        return dataclasses.replace(target, target="/".join(segments))
    return dataclasses.replace(target, target=_one_character(source, target.target, EDITS))


def _one_character(source: random.Random, text: str, characters: str) -> str:
    at = source.randrange(len(text) + 1)
    kept = source.choice((at, at + 1))  # an insertion, or a change
    return text[:at] + source.choice((*characters, "")) + text[kept:]


def shrink(engine: Engine, pair: Pair, pairs: Sequence[Pair], change: Callable[[str], str] = str) -> Pair:
    """The smallest pair to be had from one of ``pairs``, which disagrees among them.

    Other agents and flows are left out, and the target is shortened.
    """
    others = (flow for other in pairs if other.inspection == pair.inspection for flow in other.flows)
    beside = tuple(dict.fromkeys(flow for flow in others if flow.agent != pair.flows[0].agent))
    pair = dataclasses.replace(pair, beside=beside)
    for smaller in (_alone, _smaller):
        while True:
            # Each candidate is an environment of its own, and one engine start judges all of them.
            candidates = [_renamed(candidate, f"s{index:04}") for index, candidate in enumerate(smaller(pair))]
            still = disagreements(engine, candidates, change, apart=True) if candidates else []
            if not still:
                break
            pair = still[0]
    return pair


def _renamed(pair: Pair, name: str) -> Pair:
    def of(flow: Flow, agent: str) -> Flow:
        return dataclasses.replace(flow, agent=agent)

    others = {agent: f"{name}-{index}" for index, agent in enumerate(sorted({flow.agent for flow in pair.beside}))}
    return dataclasses.replace(
        pair,
        flows=tuple(of(flow, name) for flow in pair.flows),
        beside=tuple(of(flow, others[flow.agent]) for flow in pair.beside),
    )


def _alone(pair: Pair) -> Iterator[Pair]:
    """With fewer others beside it: none, a half, an eighth of them at a time, and in the end one."""
    size = len(pair.beside)
    for length in dict.fromkeys((size, -(-size // 2), -(-size // 8), 1) if size else ()):
        for start in range(0, size, length) if size // length <= 8 else ():
            yield dataclasses.replace(pair, beside=pair.beside[:start] + pair.beside[start + length :])


def _smaller(pair: Pair) -> Iterator[Pair]:
    def with_flows(flows: tuple[Flow, ...]) -> Pair:
        return dataclasses.replace(pair, flows=flows, allowed=means(flows, pair.target, pair.inspection))

    inspected = bool(inspected_agents(policy(pair.flows)))
    for index in range(len(pair.flows) if len(pair.flows) > 1 else 0):
        flows = pair.flows[:index] + pair.flows[index + 1 :]
        if bool(inspected_agents(policy(flows))) == inspected:
            yield with_flows(flows)
    for index, flow in enumerate(pair.flows):
        if isinstance(flow.access, Https) and len(flow.access.requests) > 1:
            for left_out in flow.access.requests:
                kept = tuple(request for request in flow.access.requests if request != left_out)
                access = dataclasses.replace(flow.access, requests=kept)
                yield with_flows(
                    (*pair.flows[:index], dataclasses.replace(flow, access=access), *pair.flows[index + 1 :])
                )
    if isinstance(pair.target, RequestTarget):
        text = pair.target.target
        for length in (len(text) // 2, len(text) // 4, 1):
            for start in range(1, len(text) - length + 1, max(1, length)) if length else ():
                target = dataclasses.replace(pair.target, target=text[:start] + text[start + length :])
                yield dataclasses.replace(pair, target=target, allowed=means(pair.flows, target, pair.inspection))


def as_json(pair: Pair) -> dict[str, object]:
    """A pair as a fixture keeps it."""
    kind = "request" if isinstance(pair.target, RequestTarget) else "tls"
    target = {"kind": kind, **dataclasses.asdict(pair.target)}
    written: dict[str, object] = {"inspection": pair.inspection, "accesses": _written(pair.flows), "target": target}
    if pair.beside:
        agents = sorted({flow.agent for flow in pair.beside})
        written["beside"] = [_written([flow for flow in pair.beside if flow.agent == agent]) for agent in agents]
    return written


def _written(flows: Sequence[Flow]) -> list[dict[str, object]]:
    return [
        {
            "host": str(access.host),
            "port": access.port,
            "requests": [str(request) for request in access.requests] if isinstance(access, Https) else None,
        }
        for access in (flow.access for flow in flows)
        if isinstance(access, Https | Tls)
    ]


def read_fixtures(path: Path) -> list[Pair]:
    """The disagreements that were found, each an environment of its own."""
    pairs: list[Pair] = []
    for index, kept in enumerate(json.loads(path.read_text(encoding="utf-8"))):
        flows = _read(kept["accesses"], f"f{index:03}")
        others = [_read(each, f"f{index:03}-{number}") for number, each in enumerate(kept.get("beside", ()))]
        fields = {key: value for key, value in kept["target"].items() if key != "kind"}
        target: Target = RequestTarget(**fields) if kept["target"]["kind"] == "request" else TlsTarget(**fields)
        allowed = means(flows, target, kept["inspection"])
        beside = tuple(flow for each in others for flow in each)
        pairs.append(Pair(flows, target, kept["inspection"], edited=False, allowed=allowed, beside=beside))
    return pairs


def _read(written: Sequence[Mapping[str, Any]], name: str) -> tuple[Flow, ...]:
    grant = Grant("generated", "profile", HERE, HERE)
    accesses: list[Https | Tls] = []
    for access in written:
        host = HostPattern.parse(access["host"])
        asked = access["requests"]
        requests = tuple(sorted(map(RequestPattern.parse, asked or ())))
        accesses.append(Tls(host, access["port"]) if asked is None else Https(host, access["port"], requests))
    return Policy.sorted_flows(Flow(name, access, grant) for access in accesses)
