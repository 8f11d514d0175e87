"""The traps that rules for this engine fall into, each with the bad rules that fall and traffic that shows it.

They are the harness's own proof as well: a rule set with a hole has to be found out. What differs between the two
versions is asserted for each of them.
"""

import pytest
from ringfence.engine import http1, http2, samples, tls
from ringfence.engine.configuration import ActionOrder, Setting
from ringfence.engine.flow import Conversation, Message, Step, answers, says
from ringfence.engine.suricata import Engine, EngineError, Verdict, narrowed, shuffled

pytestmark = pytest.mark.suricata

GOOD = "api.github.com"
OK = http1.response()

PASS_HTTP = f"""
pass http $HOME_NET any -> any 443 (msg:"get"; flow:to_server; http.host; content:"{GOOD}"; startswith; endswith; \
http.method; content:"GET"; startswith; endswith; sid:1;)
reject http $HOME_NET any -> any 443 (msg:"other"; flow:to_server; sid:2;)
"""
COMPLEMENT = f"""
reject http $HOME_NET any -> any 443 (msg:"host"; flow:to_server; http.host; content:!"{GOOD}"; sid:1;)
reject http $HOME_NET any -> any 443 (msg:"method"; flow:to_server; http.method; content:!"GET"; sid:2;)
reject http $HOME_NET any -> any 443 (msg:"path"; flow:to_server; http.uri; pcre:!"/^\\/pulls\\z/"; sid:3;)
"""


def get(target: str = "/pulls", host: str | None = GOOD, **options: object) -> Message:
    return http1.request("GET", target, host, **options)


def one(engine: Engine, rules: str, *steps: Step, setting: Setting | None = None) -> Verdict:
    return engine.judge(rules, [Conversation("trap", steps)], setting or Setting())[0]


def hello(name: str | None, **options: object) -> bytes:
    return tls.client_hello(name, **options)


def passing(engine: Engine, rules: str, conversations: dict[str, Conversation]) -> set[str]:
    """The names of the conversations whose every message reached the server."""
    verdicts = engine.judge(rules, list(conversations.values()))
    return {name for name, verdict in zip(conversations, verdicts, strict=True) if verdict.passed}


def single(*messages: Message) -> Conversation:
    return Conversation("single", messages)


def test_trap_1_a_pass_lets_the_later_requests_of_the_flow_through(engine: Engine) -> None:
    later = (
        get(label="first"), OK,
        http1.request("POST", "/user/repos", GOOD, label="second"), OK,
        http1.request("POST", "/", "evil.com", label="third"), OK,
    )  # fmt: skip
    walked = one(engine, PASS_HTTP, *later)
    assert [step.passed for step in walked.steps] == [True] * 6

    # The rule set does judge: without the first request the others do not get through.
    refused = one(engine, PASS_HTTP, *later[2:])
    assert (refused.sid, refused.action, refused.step("second").octets) == (2, "reject", 0)

    held = one(engine, COMPLEMENT, *later)
    assert held.step("first").passed
    assert not held.step("second").passed
    assert not held.step("third").passed
    assert held.message == "method"


def test_trap_1_complement_rules_judge_every_request_of_a_connection(engine: Engine) -> None:
    thrice = (get(label="1"), OK, get(label="2"), OK, get(label="3"), OK)
    assert one(engine, COMPLEMENT, *thrice).completed

    pipelined = (get(label="1"), http1.request("GET", "/", "evil.com", label="2", joined=True), OK, OK)
    verdict = one(engine, COMPLEMENT, *pipelined)
    assert not verdict.step("2").passed
    assert verdict.message in ("host", "path")


def test_trap_2_a_bare_suffix_matches_a_longer_name(engine: Engine) -> None:
    def passed(match: str) -> set[str]:
        rules = f'reject tls any any -> any any (msg:"name"; flow:to_server; tls.sni; {match} sid:1;)\n'
        names = ("github.com", "api.github.com", "evilgithub.com", "github.com.evil.com")
        verdicts = engine.judge(rules, [single(says(hello(name)), *tls.accepted()) for name in names])
        return {name for name, verdict in zip(names, verdicts, strict=True) if not verdict.passed}

    assert passed('content:"github.com"; endswith;') == {"github.com", "api.github.com", "evilgithub.com"}
    # The apex goes with its subdomains under dotprefix.
    assert passed('dotprefix; content:".github.com"; endswith;') == {"github.com", "api.github.com"}
    assert passed('content:"github.com"; startswith; endswith;') == {"github.com"}


@pytest.mark.parametrize("cut", [1, 5, 6, 100, 300, 1400])
def test_trap_3_a_rule_that_fires_before_tls_is_recognised_loses_split_hellos(engine: Engine, cut: int) -> None:
    eager = """
pass tls $HOME_NET any -> any 443 (flow:to_server; tls.sni; content:"github.com"; startswith; endswith; sid:1;)
reject tcp $HOME_NET any -> any 443 (msg:"eager"; flow:established,to_server; dsize:>0; sid:2;)
"""
    split = says(hello("github.com", post_quantum=True), pieces=(cut, 1460))
    verdict = one(engine, eager, split, *tls.accepted())
    assert (verdict.passed, verdict.sid, verdict.octets) == (False, 2, 0)

    patient = """
pass tls $HOME_NET any -> any 443 (flow:to_server; tls.sni; content:"github.com"; startswith; endswith; sid:1;)
reject tls $HOME_NET any -> any 443 (msg:"name"; flow:to_server; tls.sni; content:!"github.com"; sid:2;)
"""
    assert one(engine, patient, split, *tls.accepted()).completed
    other = one(engine, patient, says(hello("evil.com", post_quantum=True), pieces=(cut, 1460)), *tls.accepted())
    assert (other.passed, other.sid) == (False, 2)


def test_trap_4_not_http_says_nothing_of_an_unknown_protocol(engine: Engine) -> None:
    rules = 'reject tcp any any -> any 443 (msg:"not http"; flow:established; app-layer-protocol:!http; sid:1;)\n'
    noise = samples.NOISE
    conversations = {
        "raw": single(says(noise[:40])),
        "raw, answered": single(says(noise[:40]), answers(noise[:40])),
        "raw until detection fails": single(says(noise, "first"), answers(noise), says(noise, "second")),
        "tls": single(says(hello("evil.com")), *tls.accepted(), says(tls.application_data())),
        "ssh": single(answers(samples.SSH_SERVER), says(samples.SSH_CLIENT), says(noise)),
    }
    assert passing(engine, rules, conversations) == {"raw", "raw, answered"}
    failing = engine.judge(rules, [conversations["raw until detection fails"]])[0]
    assert [step.passed for step in failing.steps] == [True, True, False]


def test_trap_5_the_normalised_uri_is_decoded_and_the_raw_one_is_not(engine: Engine) -> None:
    def refused(buffer: str, target: str) -> bool:
        rules = f'reject http any any -> any any (msg:"path"; flow:to_server; {buffer}; content:"/pulls"; sid:1;)\n'
        return not one(engine, rules, get(target), OK).passed

    for target in ("/%70ulls", "/x/../pulls"):
        assert refused("http.uri", target), target
    assert not refused("http.uri.raw", "/%70ulls")
    assert refused("http.uri.raw", "/x/../pulls")
    assert not refused("http.request_line", "/%70ulls")


def test_trap_6_a_name_alone_does_not_tell_one_use_of_a_host_from_another(engine: Engine) -> None:
    rules = f"""
pass tls $HOME_NET any -> any 443 (flow:to_server; tls.sni; content:"{GOOD}"; startswith; endswith; sid:1;)
reject tls $HOME_NET any -> any 443 (flow:to_server; sid:2;)
"""
    # What is asked inside is encrypted: a patch proposed and a site published are the same octets to the engine.
    inside = (says(hello(GOOD)), *tls.accepted(), says(tls.application_data()))
    assert one(engine, rules, *inside).completed


def test_trap_7_a_buffer_that_is_absent_matches_no_negation(engine: Engine) -> None:
    client = http2.Client()
    through = passing(
        engine,
        COMPLEMENT,
        {
            "1.1 with another host": single(get(host="evil.com"), OK),
            "1.0 without Host": single(get(host=None, version="HTTP/1.0"), OK),
            "2 without authority": single(client.request("GET", "/pulls", None), http2.response()),
        },
    )
    assert through == {"1.0 without Host", "2 without authority"}
    present = 'reject http any any -> any 443 (msg:"no host"; flow:to_server; http.host; bsize:0; sid:4;)\n'
    assert one(engine, COMPLEMENT + present, get(host=None, version="HTTP/1.0"), OK).passed  # an absent one has no size


def test_trap_8_http2_names_its_host_in_two_places(engine: Engine) -> None:
    def request(authority: str | None, host: str) -> Conversation:
        return single(http2.Client().request("GET", "/pulls", authority, headers=(("host", host),)), http2.response())

    through = passing(engine, COMPLEMENT, {"host only": request(None, "evil.com"), "both": request(GOOD, "evil.com")})
    assert through == ({"host only", "both"} if engine.major == 7 else {"both"})


def test_trap_9_an_upgrade_leaves_http(engine: Engine) -> None:
    def upgraded(protocol: str, after: Message) -> Conversation:
        asks = get(headers=(("Connection", "Upgrade"), ("Upgrade", protocol)))
        return single(asks, http1.switching(protocol), after, OK)

    forbidden = http1.request("POST", "/user/repos", "evil.com")
    through = passing(
        engine,
        COMPLEMENT,
        {
            "a request after websocket": upgraded("websocket", forbidden),
            "frames after websocket": upgraded("websocket", says(b"\x82\xfe\x01\x00" + bytes(260))),
            "a request after an unknown protocol": upgraded("chat", forbidden),
        },
    )
    # 8.0 takes up a plain request again after the one protocol that it knows.
    assert through == {"frames after websocket", "a request after an unknown protocol"} | (
        {"a request after websocket"} if engine.major == 7 else set()
    )


@pytest.mark.parametrize(
    "opening", [b"\r\n", b" ", b"\r\n\r\n", b"\t"], ids=["empty line", "blank", "two empty lines", "tab"]
)
def test_trap_10_a_request_before_recognition_reaches_the_server_whole(engine: Engine, opening: bytes) -> None:
    forbidden = http1.raw(opening + b"POST /user/repos HTTP/1.1\r\nHost: evil.com\r\n\r\n", "forbidden")
    verdict = one(engine, COMPLEMENT, forbidden, OK)
    assert verdict.step("forbidden").passed


def test_trap_10_recognition_first_lets_no_unrecognised_octets_through(engine: Engine) -> None:
    words = ("GET", "PUT", "POST", "HEAD", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE")
    prefixes = sorted({word[:length] for word in words for length in range(1, len(word) + 1)})
    pattern = "|".join([*(f"{word} " for word in words), *(f"{prefix}\\z" for prefix in prefixes)])
    recognised = f"""
alert http any any -> any 443 (flow:to_server; flowbits:set,http; flowbits:noalert; sid:10;)
reject tcp-stream any any -> any 443 (msg:"unrecognised"; flow:established,to_server; flowbits:isnotset,http; \
pcre:!"/^(?:{pattern})/"; sid:11;)
"""
    rules = COMPLEMENT + recognised
    stopped = {
        "empty line": single(http1.raw(b"\r\nPOST / HTTP/1.1\r\nHost: evil.com\r\n\r\n", "x"), OK),
        "unknown method": single(http1.raw(b"BREW / HTTP/1.1\r\nHost: evil.com\r\n\r\n", "x"), OK),
        "raw": single(says(samples.NOISE[:40]), OK),
        "tls": single(says(hello("evil.com")), *tls.accepted()),
    }
    assert passing(engine, rules, stopped) == set()
    verdicts = engine.judge(rules, list(stopped.values()))
    assert [verdict.octets for verdict in verdicts] == [0, 0, 0, 0]
    for size in (1, 2, 3, 7, 16, 1460):
        assert one(engine, rules, get(pieces=(size,)), OK, get(pieces=(size,)), OK).completed


def test_trap_11_a_dollar_matches_before_a_trailing_newline(engine: Engine) -> None:
    def passed(end: str) -> bool:
        rules = (
            f'reject http any any -> any any (msg:"p"; flow:to_server; http.uri; pcre:!"/^\\/pulls{end}/"; sid:1;)\n'
        )
        assert one(engine, rules, get("/pulls"), OK).passed
        return one(engine, rules, get("/pulls%0a"), OK).passed

    assert passed("$")
    assert not passed("\\z")


def test_trap_12_a_request_without_headers_has_no_header_buffers(engine: Engine) -> None:
    bare = http1.raw(b"GET /pulls HTTP/1.1\r\n\r\n", "bare")
    by_names = 'reject http any any -> any any (msg:"n"; flow:to_server; http.header_names; content:!"Host"; sid:1;)\n'
    by_start = 'reject http any any -> any any (msg:"s"; flow:to_server; http.start; content:!"Host"; sid:1;)\n'
    assert one(engine, by_names, bare, OK).passed
    assert one(engine, by_start, bare, OK).sid == 1


def test_trap_13_spelling_of_hosts_and_methods(engine: Engine) -> None:
    through = passing(
        engine,
        COMPLEMENT,
        {
            "upper-case host": single(get(host=GOOD.upper()), OK),
            "port in Host": single(get(host=f"{GOOD}:443"), OK),
            "absolute target wins": single(get(f"http://{GOOD}/pulls", host="evil.com"), OK),
            "lower-case method": single(http1.request("get", "/pulls", GOOD), OK),
        },
    )
    assert through == {"upper-case host", "port in Host", "absolute target wins"}
    exact = (
        f'reject http any any -> any any (msg:"h"; flow:to_server; http.host; content:!"{GOOD}"; endswith; sid:1;)\n'
    )
    assert one(engine, exact, get(host=f"{GOOD}."), OK).sid == 1  # the dot stays


def test_trap_14_http_narrowed_to_its_first_version_sees_no_http2(engine: Engine) -> None:
    forbidden = (http2.Client().request("POST", "/user/repos", "evil.com", label="forbidden"), http2.response())
    assert not one(engine, COMPLEMENT, *forbidden).passed
    assert one(engine, COMPLEMENT, *forbidden, setting=Setting(http1_only=True)).passed
    assert one(engine, COMPLEMENT, get(host="evil.com"), OK, setting=Setting(http1_only=True)).message == "host"
    refusal = 'reject http2 any any -> any any (msg:"h2"; flow:to_server; sid:9;)\n'
    assert one(engine, COMPLEMENT + refusal, *forbidden, setting=Setting(http1_only=True)).sid == 9


def test_trap_15_only_the_later_version_has_a_word_for_unknown_protocols(engine: Engine) -> None:
    rules = "reject tcp any any -> any any (flow:established; app-layer-protocol:unknown; sid:1;)\n"
    complaints = engine.check(rules)
    assert bool(complaints) == (engine.major == 7)
    if engine.major == 7:
        with pytest.raises(EngineError, match="sid:1"):
            one(engine, rules, get(), OK)


def test_the_action_order_of_the_engine_decides_between_rules_that_overlap(engine: Engine) -> None:
    overlapping = """
pass http any any -> any any (flow:to_server; http.method; content:"GET"; sid:1;)
reject http any any -> any any (msg:"all"; flow:to_server; sid:2;)
"""
    assert one(engine, overlapping, get(), OK).passed
    assert one(engine, overlapping, get(), OK, setting=Setting(action_order=ActionOrder.PASS_LAST)).sid == 2
    assert one(engine, COMPLEMENT, get(), OK, setting=Setting(action_order=ActionOrder.PASS_LAST)).passed


def test_rules_are_narrowed_towards_fewer_matches_and_shuffled_whole() -> None:
    rules = (
        "reject http $A any -> any 443 (app-layer-protocol:http; sid:1;)\n"
        "reject tcp $A any -> any 443 (app-layer-protocol:!http; http.uri; sid:2;)\n"
        "reject http2 $A any -> any 443 (sid:3;)\n"
    )
    assert narrowed(rules) == (
        "reject http1 $A any -> any 443 (app-layer-protocol:http1; sid:1;)\n"
        "reject tcp $A any -> any 443 (app-layer-protocol:!http; http.uri; sid:2;)\n"
        "reject http2 $A any -> any 443 (sid:3;)\n"
    )
    assert sorted(shuffled(rules, 1).splitlines()) == sorted(rules.splitlines())
    assert len({shuffled(rules, seed) for seed in range(20)}) > 1
