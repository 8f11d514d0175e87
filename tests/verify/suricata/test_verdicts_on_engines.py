"""Whole rule sets that Ringfence would never write: our verdict on requests and names, and the engines'.

Actions, flow bits, headers and directions are drawn, with options as in `drawn.py`; a disagreement is
made small (rules are left out, the target is shortened, as long as the two still disagree) and is to be kept in
`disagreements.json`, which every run judges again.
"""

import dataclasses
import functools
import ipaddress
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from drawn import escaped, options, word
from ringfence.engine import http1, tls
from ringfence.engine.configuration import ActionOrder, Setting
from ringfence.engine.flow import Conversation, says
from ringfence.engine.suricata import Engine
from ringfence.verify.explain.packets import CLIENT_PORT
from ringfence.verify.suricata.conversation import Course, after_hello, follow, handshake, hello, next_request, request
from ringfence.verify.suricata.moment import Value
from ringfence.verify.suricata.ruleset import RuleSet, RuleText
from ringfence.verify.suricata.shapes import plain_head

pytestmark = pytest.mark.suricata

CLIENT, ORIGIN = ipaddress.IPv4Address("10.40.0.4"), ipaddress.IPv4Address("198.51.100.20")
RULE_SETS = 15
"""Drawn by each run of the slow test, for one engine."""
RUNS = 2
TRAFFIC = 240
"""Requests, or names, judged by each."""
FIXTURES = Path(__file__).with_name("disagreements.json")

SOURCES = ("any", "any", "any", "10.40.0.0/28", "!10.40.0.0/28", "[10.40.0.0/28,!10.40.0.4/32]", "10.40.0.4")
PORTS = ("any", "any", "443", "!443", "80:1000", "[80,8443]")
BITS = ("one", "other")


@dataclasses.dataclass(frozen=True, order=True)
class Traffic:
    """A request, or with no method TLS to a name."""

    method: str
    host: str
    target: str

    def conversation(self) -> Conversation:
        if not self.method:
            steps = (says(tls.client_hello(self.host)), *tls.accepted())
        else:
            body = b"{}" if self.method in ("POST", "PUT") else b""
            steps = (http1.request(self.method, self.target, self.host, body=body), http1.response())
        return Conversation(f"{self.method} {self.host}{self.target}", steps, client=CLIENT, server=ORIGIN)


def drawn_rules(draw: random.Random, protocol: str, order: ActionOrder) -> tuple[str, ...]:
    """Rules in the order in which the engine asks them: it sorts by action, which AWS's strict order does not.

    Alerts are the only ones that change bits, so what the engine sorts by after that is no matter.
    """
    found: list[str] = []
    for sid in range(1, draw.randint(6, 14)):
        action = draw.choice(("drop", "drop", "reject", "reject", "pass", "alert", "alert"))
        parts = [draw.choice(("flow:to_server", "flow:to_server,established", "flow:to_server", "flow:established"))]
        buffers = ("tls.sni",) if protocol == "tls" else ("http.uri.raw", "http.uri.raw", "http.host", "http.method")
        asks = draw.random()
        if asks < 0.35 and action != "alert":
            parts.append(f"flowbits:{draw.choice(('isset', 'isnotset'))},{draw.choice(BITS)}")
        # Each asks for something of the whole hello or request: before that, a verdict would be one on how it is cut.
        buffer = draw.choice(buffers)
        simple = f'{buffer}; content:"{escaped(word(draw, buffer, 2))}"'
        parts.append(options(draw, buffer) if draw.random() < 0.5 else simple)
        if action == "alert":
            parts.append(f"flowbits:{draw.choice(('set', 'set', 'unset'))},{draw.choice(BITS)}")
        header = f"{action} {protocol} {draw.choice(SOURCES)} any -> any {draw.choice(PORTS)}"
        found.append(f"{header} ({'; '.join(parts)}; sid:{sid};)")
    return tuple(sorted(found, key=lambda rule: order.value.index(rule.split()[0])))


def drawn_traffic(draw: random.Random, protocol: str) -> list[Traffic]:
    buffer = "tls.sni" if protocol == "tls" else "http.host"
    hosts = [word(draw, buffer, 7) for _ in range(TRAFFIC if protocol == "tls" else 12)]
    hosts = [host for host in hosts if not host.startswith((".", "-")) and not host.endswith((".", "-"))] or ["a"]
    if protocol == "tls":
        return sorted({Traffic("", host, "") for host in hosts})
    return sorted(
        {
            Traffic(
                draw.choice(("GET", "POST", "PUT", "HEAD")), draw.choice(hosts), f"/{word(draw, 'http.uri.raw', 7)}"
            )
            for _ in range(TRAFFIC)
        }
    )


def ours(rules: Sequence[str], traffic: Sequence[Traffic]) -> list[bool]:
    """Whether each passes, as we read the rules."""
    read = RuleSet.read([RuleText("g", "".join(f"{rule}\n" for rule in rules), {}, {})])
    assert read.unread == (), [each.reason for each in read.unread]
    here = read.candidates(int(CLIENT), int(ORIGIN), 443, CLIENT_PORT)
    opened = follow(here, handshake())
    courses: dict[tuple[str, str], Course] = {}
    for each in traffic:
        key = (each.method, each.host if each.method else "")
        if key not in courses:
            moments = (
                (*request(f"{each.method} ".encode()), next_request(plain_head(each.method, each.host.encode())))
                if each.method
                else (*hello(Value(b"", open_=True)), *after_hello())
            )
            courses[key] = follow(here, moments, opened)
    return [
        (each.target if each.method else each.host).encode()
        in courses[each.method, each.host if each.method else ""].passing
        for each in traffic
    ]


def theirs(engine: Engine, rules: Sequence[str], traffic: Sequence[Traffic], order: ActionOrder) -> list[bool]:
    """Whether each passes, as the engine has it."""
    text = "".join(f"{rule}\n" for rule in rules)
    said = engine.judge(text, [each.conversation() for each in traffic], Setting(action_order=order))
    return [each.steps[0].passed for each in said]


def disagreements(
    engine: Engine, rules: Sequence[str], traffic: Sequence[Traffic], order: ActionOrder
) -> list[Traffic]:
    both = zip(traffic, ours(rules, traffic), theirs(engine, rules, traffic, order), strict=True)
    return [each for each, here, there in both if here != there]


def _disagree(engine: Engine, order: ActionOrder, rules: Sequence[str], one: Traffic) -> bool:
    return bool(disagreements(engine, rules, [one], order))


def smallest(
    disagree: Callable[[Sequence[str], Traffic], bool], rules: tuple[str, ...], one: Traffic
) -> tuple[tuple[str, ...], Traffic]:
    """The same disagreement with as few rules and as short a target as still show it."""
    smaller = True
    while smaller:
        fewer = [(rules[:index] + rules[index + 1 :], one) for index in range(len(rules))]
        if one.method:
            shorter = [one.target[:index] + one.target[index + 1 :] for index in range(1, len(one.target))]
            fewer += [(rules, dataclasses.replace(one, target=target)) for target in shorter]
        smaller = False
        for some, other in fewer:
            if some and disagree(some, other):
                rules, one, smaller = some, other, True
                break
    return rules, one


def compared(engine: Engine, seeds: Sequence[str], protocol: str) -> tuple[int, int]:
    """How many pairs of rules and traffic were judged alike, and how many of them pass."""
    pairs = passed = 0
    for index, seed in enumerate(seeds):
        draw = random.Random(seed)  # noqa: S311 - seeded, to be repeated
        order = list(ActionOrder)[index % 2]
        rules = drawn_rules(draw, protocol, order)
        # Some contents cannot be where they are asked for: the engine refuses such rules.
        if engine.check("".join(f"{rule}\n" for rule in rules)):
            rules = tuple(rule for rule in rules if not engine.check(f"{rule}\n"))
        traffic = drawn_traffic(draw, protocol)
        here, there = ours(rules, traffic), theirs(engine, rules, traffic, order)
        different = [one for one, mine, its in zip(traffic, here, there, strict=True) if mine != its]
        if different:
            still = functools.partial(_disagree, engine, order)
            rules, one = smallest(still, rules, different[0])
            kept = {"rules": rules, "traffic": dataclasses.asdict(one), "order": order.name}
            pytest.fail(f"{len(different)} of {len(traffic)} disagree ({seed}); keep it: {json.dumps(kept)}")
        pairs += len(traffic)
        passed += sum(here)
    return pairs, passed


@pytest.mark.slow
@pytest.mark.parametrize("run", range(RUNS))
def test_rule_sets_that_nobody_would_write_are_judged_as_the_engine_judges_them(
    engine: Engine, run: int, record_property: Callable[[str, object], None]
) -> None:
    requests, names = (
        compared(engine, [f"{protocol} {run} {index}" for index in range(RULE_SETS)], protocol)
        for protocol in ("http", "tls")
    )
    pairs, passed = requests[0] + names[0], requests[1] + names[1]
    record_property("counts", f"drawn rule sets, {engine}, run {run}: {pairs} pairs, {passed} pass, 0 disagree")
    assert pairs > 4_000
    assert 0.2 < passed / pairs < 0.95


def test_a_few_rule_sets_that_nobody_would_write(engine: Engine) -> None:
    for protocol in ("http", "tls"):
        assert compared(engine, [f"{protocol} few {index}" for index in range(2)], protocol)[0] > 100


KEPT = json.loads(FIXTURES.read_text(encoding="utf-8"))


def test_what_once_was_judged_otherwise_is_judged_alike(engine: Engine) -> None:
    for each in KEPT:
        order = ActionOrder[each["order"]]
        assert disagreements(engine, each["rules"], [Traffic(**each["traffic"])], order) == [], each


def test_a_disagreement_is_made_small() -> None:
    def disagree(rules: Sequence[str], one: Traffic) -> bool:
        return "second" in rules and "b" in one.target

    found = smallest(disagree, ("first", "second", "third"), Traffic("GET", "a", "/abc"))
    assert found == (("second",), Traffic("GET", "a", "/b"))
