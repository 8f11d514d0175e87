"""The rules on both engines: what is declared goes through, and nothing else, in any order of the rules."""

import dataclasses
import re

import pytest
from firewall_policies import ADDRESSES, BOT, CODER, IDLE, STRANGER, agent, example, firewall, https, policy, text
from ringfence.aws.enforcement.firewall.signature import OBSERVED_OFFSET
from ringfence.engine import http1, http2, samples
from ringfence.engine import tls as hello
from ringfence.engine.configuration import ActionOrder, Exceptions, Setting
from ringfence.engine.flow import Address, Conversation, Message, Segment, Side, Step, answers, says
from ringfence.engine.suricata import Engine, shuffled
from ringfence.policy.request import TARGET_MAX

pytestmark = pytest.mark.suricata

OK = http1.response()
HOST = "api.github.com"
LAST = "the last thing"
BEHIND = (says(hello.application_data(), LAST), answers(hello.application_data()))


def get(target: str, host: str | None = HOST, method: str = "GET", **options: object) -> Message:
    return http1.request(method, target, host, label=LAST, **options)


def talk(name: str, *steps: Step, client: Address = BOT, **options: object) -> Conversation:
    return Conversation(name, steps, client=client, **options)


def named(name: str | None, *, pieces: tuple[int, ...] = (), port: int = 443, **options: object) -> Conversation:
    data = hello.client_hello(name, **options)
    title = f"{name} {options} in {pieces} to {port}"
    first = says(data, LAST, pieces=pieces)
    return talk(title, first, *hello.accepted(), *BEHIND, client=CODER, port=port)


PIECES = [(), (1,), (2,), (3,), (7,), (16,), (1, 1460), (5, 1460), (6, 1460), (100,)]
DECLARED = (
    *(named("github.com", pieces=pieces) for pieces in PIECES),
    *(named("github.com", pieces=pieces, post_quantum=True) for pieces in PIECES),
    named("GitHub.COM"),
    named("a.b.example.org"),
    named("pypi.org", port=8443),
    named("github.com", padding=14000),
    named("github.com", padding=6000, pieces=(50,)),
    *(talk(f"get in {size}", get("/repos/a/b/pulls", pieces=(size,)), OK) for size in (1, 2, 3, 7, 16, 64)),
    talk("any query", get("/repos/a/b/pulls?state=open;x=1"), OK),
    talk("post", get("/repos/a/b/pulls", method="POST", body=bytes(range(256)) * 30), OK),
    talk("spelled encoding", get("/projects/acme%2fsite/7", "gitlab.example.com"), OK),
    talk("any request", get("/x/y?z", "q.example.org", method="DELETE"), OK),
    talk("the union of two patterns of a host", get("/x/y", "git.example.org", method="PUT"), OK),
    talk("port in the Host", get("/repos/a/b/pulls", f"{HOST}:443"), OK),
    talk("kept alive", *(step for _ in range(40) for step in (get("/repos/a/b/pulls"), OK))),
    talk("pipelined", get("/repos/a/b/pulls"), get("/repos/a/c/pulls", joined=True), OK, OK),
    talk("longest target", get("/repos/a/b/pulls?" + "q" * (TARGET_MAX - 17)), OK),
)


def not_declared() -> tuple[Conversation, ...]:
    first = (http1.request("GET", "/repos/a/b/pulls", HOST), OK)
    return (
        *(named("evil.example.net", pieces=pieces, post_quantum=True) for pieces in PIECES),
        *(named(name) for name in ("example.org", "evilgithub.com", "github.com.", ".example.org", "", "192.0.2.1")),
        named(None),
        named("evil.example.net\0.example.org"),
        named("github.com", port=8443),
        named("pypi.org"),
        named("github.com", port=22),
        talk("no grant", says(hello.client_hello("github.com"), LAST), client=IDLE),
        talk("nobody's address", says(hello.client_hello("github.com"), LAST), client=STRANGER),
        talk("raw on TLS", says(samples.NOISE, LAST), client=CODER),
        talk("HTTP on TLS", get("/", "github.com"), client=CODER),
        talk("TLS where HTTP is seen", says(hello.client_hello(HOST), LAST)),
        talk("ssh", answers(samples.SSH_SERVER, LAST), client=CODER),
        talk("HTTP/2", http2.Client().request("GET", "/repos/a/b/pulls", HOST, label=LAST)),
        talk("another request later", *first, get("/user/repos", method="POST")),
        talk("another host later", *first, get("/", "evil.example.net")),
        talk("another request behind", http1.request("GET", "/repos/a/b/pulls", HOST), get("/user", joined=True)),
        talk("no Host", get("/repos/a/b/pulls", None)),
        talk("another host's request", get("/repos/a/b/pulls", "gitlab.example.com")),
        talk("udp", says(samples.quic_initial(), LAST), protocol="udp"),
        talk("icmp", says(b"x" * 40, LAST), protocol="icmp"),
        talk("gre", says(samples.gre(b"E" * 30), LAST), protocol=47),
    )


SETTINGS = {
    "as is": Setting(),
    "narrowed": Setting(http1_only=True),
    "pass last": Setting(action_order=ActionOrder.PASS_LAST),
    "fails closed": Setting(exceptions=Exceptions.DROP),
}


@pytest.mark.parametrize("order", [None, 1, 2, 3])
@pytest.mark.parametrize("setting", SETTINGS)
def test_what_is_declared_passes_and_the_rest_does_not(engine: Engine, setting: str, order: int | None) -> None:
    rules = text(firewall(example()))
    if order is not None:
        rules = shuffled(rules, order)
    forbidden = not_declared()
    verdicts = engine.judge(rules, [*DECLARED, *forbidden], SETTINGS[setting])
    refused = [str(verdict) for verdict in verdicts[: len(DECLARED)] if not verdict.completed]
    passed = [str(verdict) for verdict in verdicts[len(DECLARED) :] if verdict.step(LAST).passed]
    assert (refused, passed) == ([], [])


@pytest.mark.parametrize("http", ["refuse", "judge"])
@pytest.mark.parametrize("mode", ["enforce", "observe"])
@pytest.mark.parametrize("inspection", ["names", "requests"])
def test_every_group_loads(engine: Engine, inspection: str, mode: str, http: str) -> None:
    assert engine.check(text(firewall(example(mode), inspection=inspection, http2=http))) == ()


def test_the_default_group_alone_refuses_everything(engine: Engine) -> None:
    default = firewall(example()).groups[0].text
    verdicts = engine.judge(default, [*DECLARED, *not_declared()])
    assert [str(verdict) for verdict in verdicts if verdict.octets or not verdict.reason] == []


def test_without_inspection_of_requests_only_names_are_judged(engine: Engine) -> None:
    rules = text(firewall(example(), inspection="names"))
    allowed = dataclasses.replace(named(HOST), client=BOT)
    other = dataclasses.replace(named("github.com"), client=BOT)
    first, second = engine.judge(rules, [allowed, other])
    assert first.completed
    assert not second.step(LAST).passed
    assert second.message is not None
    assert "tls-name agent=bot" in second.message


def test_what_is_refused_in_enforcing_is_logged_in_observing_one_to_one(engine: Engine) -> None:
    traffic = [*DECLARED, *not_declared()]
    enforced = engine.judge(text(firewall(example())), traffic)
    observed = engine.judge(text(firewall(example("observe"))), traffic)
    for refused, seen in zip(enforced, observed, strict=True):
        name = refused.conversation.name
        if name == "nobody's address":
            assert refused.sid is not None
            assert not seen.step(LAST).passed
            continue
        assert seen.completed, name
        assert (refused.sid is None) == (not seen.alerts), name
        if refused.sid is not None:
            # The engine logs fifteen signatures of a packet at most (packet-alert-max), so not always each of them.
            assert {sid + OBSERVED_OFFSET for sid in refused.sids} & set(seen.sids), name


@pytest.mark.parametrize("order", [None, 1, 2])
def test_an_observed_agent_beside_an_enforced_one_changes_nothing_for_the_latter(
    engine: Engine, order: int | None
) -> None:
    plain = example()
    mixed = policy(
        [agent(one.name, "observe" if one.name == "bot" else "enforce") for one in plain.agents], plain.flows
    )
    rules = text(firewall(mixed)) if order is None else shuffled(text(firewall(mixed)), order)
    traffic = [*DECLARED, *not_declared()]
    alone = engine.judge(text(firewall(plain)), traffic)
    beside = engine.judge(rules, traffic)
    for before, after in zip(alone, beside, strict=True):
        name = before.conversation.name
        if before.conversation.client == BOT:
            assert after.completed, name
            assert bool(after.alerts) == (before.sid is not None), name
        else:
            assert after.step(LAST).passed == before.step(LAST).passed, name


def test_judged_http2_goes_through_by_the_same_grants(engine: Engine) -> None:
    rules = text(firewall(example(), http2="judge"))
    client = http2.Client()
    first = client.request("GET", "/repos/a/b/pulls", HOST)
    second = client.request("POST", "/user/repos", HOST, label=LAST)
    allowed, forbidden, host = engine.judge(
        rules,
        [
            talk("allowed", http2.Client().request("GET", "/repos/a/b/pulls?x", HOST), http2.response()),
            talk("forbidden", first, http2.response(), second),
            talk("host", http2.Client().request("GET", "/repos/a/b/pulls", "evil.example.net", label=LAST)),
        ],
    )
    assert allowed.completed
    assert not forbidden.step(LAST).passed
    assert not host.step(LAST).passed


def test_a_first_segment_that_arrives_last_is_waited_for(engine: Engine) -> None:
    def turned(data: bytes, cut: int, client: Address) -> Conversation:
        late = Segment(Side.CLIENT, data[cut:], offset=cut, advances=False)
        return talk("turned", late, Segment(Side.CLIENT, data[:cut], LAST), client=client, closes=False)

    request = get("/repos/a/b/pulls").data
    good = hello.client_hello("github.com", post_quantum=True)
    bad = hello.client_hello("evil.example.net", post_quantum=True)
    rules = text(firewall(example()))
    verdicts = engine.judge(
        rules,
        [
            turned(request, 40, BOT),
            turned(good, 1460, CODER),
            turned(b"\r\n" + request, 40, BOT),
            turned(bad, 1460, CODER),
        ],
    )
    assert [verdict.step(LAST).passed for verdict in verdicts] == [True, True, False, False]


NASTY = (
    "GET /a/{x}.git/b", "GET /a/{x}-{y}/b", "GET /a/{x}...{y}:{z}/b", "GET /a/{x}1/b", "GET /{a}/{b}/{c}/{d}",
    "GET /q/**", "POST /g/acme%2Fsite/{x}", "POST /g/{g}%2Fsite/{x}/**", "PUT /z/{x}ab{y}/b", "GET /i/r?service=x",
    "PATCH /{a}-{b}+{c}/x", "GET /a/{x}-{y}.git/b",
)  # fmt: skip


def test_no_expression_is_given_up_on_the_longest_targets(engine: Engine) -> None:
    """One that is matches neither as written nor negated, and refuses nothing."""
    rules = text(firewall(policy([agent("bot")], [https("bot", HOST, *NASTY), https("bot", "b.com", *NASTY[:5])])))
    both: list[tuple[str, str]] = []
    for line in rules.splitlines():
        if re.search(r" http .*http\.request_line.* pcre:", line):
            alert = line.replace("reject", "alert", 1)
            turned = alert.replace('pcre:!"', 'pcre:"') if 'pcre:!"' in alert else alert.replace('pcre:"', 'pcre:!"')
            both.append((alert, turned))
    assert len(both) >= 7

    def filled(start: str, unit: str, end: str) -> str:
        return start + unit * ((TARGET_MAX - len(start) - len(end)) // len(unit)) + end

    starts = ("/", "/a/", "/g/acme%2Fsite/", "/g/", "/z/", "/q/", "/a/x")
    units = ("a", "-", "1", "%20", "/", "a/", ".", "./a", "ab", "...", "%2F", "x-", "-+", "...:", ".git")
    targets = [filled(start, unit, end) for start in starts for unit in units for end in ("", "/b", "?q")]
    requests = [
        talk(f"{method} {target[:40]}", http1.request(method, target, HOST))
        for target in (*targets, "/q?" + "a" * 2045)
        for method in ("GET", "POST", "PUT", "PATCH")
    ]

    def of_host(rule: str) -> bool:
        return f'content:"{HOST}"' in rule or ('content:"."' in rule and HOST not in rule)

    given_up: list[str] = []
    for start in range(0, len(both), 5):
        chosen = both[start : start + 5]
        numbered = [
            re.sub(r"sid:\d+", f"sid:{2 * index + way + 1}", pair[way])
            for index, pair in enumerate(chosen)
            for way in (0, 1)
        ]
        for verdict in engine.judge("\n".join(numbered) + "\n", requests):
            for index, (written, _) in enumerate(chosen):
                if (2 * index + 1 in verdict.sids) == (2 * index + 2 in verdict.sids) and of_host(written):
                    given_up.append(f"{verdict.conversation.name}: {written[:80]}")
    assert given_up == []


def test_every_address_list_of_a_large_environment_loads(engine: Engine) -> None:
    of = policy([agent(name) for name in ADDRESSES], [https(name, f"{name}.example.com") for name in ADDRESSES])
    assert engine.check(text(firewall(of))) == ()
