import dataclasses
import re
from pathlib import Path

import pytest
from ringfence.engine import http1, samples
from ringfence.engine.configuration import Exceptions, Setting, render
from ringfence.engine.flow import Conversation, Message, Segment, Side, answers, says
from ringfence.engine.suricata import Engine, EngineError, find_engines, missing_versions

WORD = 'reject tcp any any -> any any (msg:"word"; flow:established,to_server; content:"loot"; sid:7;)\n'
PACKET = 'drop tcp-pkt any any -> any any (msg:"packet"; flow:established,to_server; content:"loot"; sid:8;)\n'


def test_engines_are_found_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "suricata-7"
    fake.write_text('#!/bin/sh\necho "This is Suricata version 7.0.99 RELEASE"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("RINGFENCE_SURICATA_7", str(fake))
    monkeypatch.setenv("RINGFENCE_SURICATA_8", str(tmp_path / "nowhere"))
    found = find_engines()
    assert [str(engine) for engine in found] == ["Suricata 7.0.99"]
    assert missing_versions(found) == (8,)
    # A version in the other's place is not taken for it.
    monkeypatch.setenv("RINGFENCE_SURICATA_8", str(fake))
    assert missing_versions(find_engines()) == (8,)


def test_a_configuration_names_each_parser_once_and_every_exception_alike() -> None:
    text = render(Setting(), ["a.rules", "b.rules"], "/x")
    named = re.findall(r"^    ([a-z0-9-]+):$", text, re.MULTILINE)
    assert len(set(named)) == len(named)
    assert {"http", "tls", "websocket"} <= set(named)
    assert "default-rule-path: /x\nrule-files:\n  - a.rules\n  - b.rules\n" in text
    failing = render(Setting(exceptions=Exceptions.DROP), ["a.rules", "b.rules"], "/x")
    assert failing.replace(": drop-flow", ": ignore") == text
    assert failing.count(": drop-flow") == text.count(": ignore") == 7


@pytest.mark.suricata
def test_a_verdict_says_what_passed_what_did_not_and_which_rule_decided(engine: Engine) -> None:
    first, second, third = says(b"x" * 50, "before"), says(b"12345loot", "with", pieces=(5, 100)), says(b"y", "after")
    verdict = engine.judge(WORD, [Conversation("a", (first, second, third))])[0]
    assert (verdict.sid, verdict.message, verdict.action, verdict.reason) == (7, "word", "reject", "rules")
    assert [(step.label, step.passed, step.octets) for step in verdict.steps] == [
        ("before", True, 50), ("with", False, 5), ("after", False, 0),
    ]  # fmt: skip
    assert not verdict.passed
    assert verdict.octets == 55
    assert verdict.sids == (7,)
    assert str(verdict) == (
        "a: stopped by 7 'word' (reject, rules); before passed (50), with stopped (5), after stopped (0)"
    )


@pytest.mark.suricata
def test_a_step_passes_once_its_decisive_octets_did(engine: Engine) -> None:
    request = http1.request("POST", "/", "a.example", body=b"x" * 3000 + b"loot", label="request")
    verdict = engine.judge(WORD, [Conversation("a", (request, http1.response()))])[0]
    assert verdict.step("request").passed  # the head arrived; the octets that were stopped are body
    assert verdict.step("request").octets < len(request.data)
    whole = dataclasses.replace(request, decisive=None)
    assert not engine.judge(WORD, [Conversation("a", (whole,))])[0].step("request").passed
    with pytest.raises(KeyError):
        verdict.step("nothing")


@pytest.mark.suricata
def test_a_dropped_packet_is_no_dropped_flow(engine: Engine) -> None:
    steps = (says(b"loot", "first"), says(b"more", "second"))
    verdict = engine.judge(PACKET, [Conversation("a", steps)])[0]
    assert [step.passed for step in verdict.steps] == [False, True]
    assert (verdict.action, verdict.reason) == ("drop", "rules")


@pytest.mark.suricata
def test_a_copy_that_passes_counts(engine: Engine) -> None:
    """A rule that drops the first copy only stops an honest client and no other."""
    bits = "flowbits:isnotset,seen; flowbits:set,seen;"
    once = f"drop tcp-pkt any any -> any any (flow:to_server; dsize:>0; {bits} sid:9;)\n"
    talk = Conversation("a", (says(b"loot", "data"),))
    single, again = engine.judge(once, [talk, dataclasses.replace(talk, persistent=True)])
    assert not single.passed
    assert again.passed


@pytest.mark.suricata
def test_observing_rules_alert_and_let_pass(engine: Engine) -> None:
    observing = WORD.replace("reject", "alert")
    verdict = engine.judge(observing, [Conversation("a", (says(b"hello"), says(b"loot")))])[0]
    assert verdict.completed
    assert [(alert.sid, alert.blocked, alert.step) for alert in verdict.alerts] == [(7, False, 1)]


@pytest.mark.suricata
def test_a_handshake_that_is_dropped_connects_nobody(engine: Engine) -> None:
    rules = 'drop tcp any any -> any 443 (msg:"syn"; sid:5;)\n'
    verdict = engine.judge(rules, [Conversation("a", ())])[0]
    assert not verdict.connected
    assert not verdict.passed
    assert verdict.sid == 5


@pytest.mark.suricata
def test_rules_that_do_not_load_are_an_error_not_an_open_door(engine: Engine) -> None:
    bad = "reject nonsense any any -> any any (sid:1;)\n"
    assert engine.check(WORD) == ()
    assert any("nonsense" in line for line in engine.check(bad))
    with pytest.raises(EngineError, match="nonsense"):
        engine.judge(bad, [Conversation("a", (says(b"x"),))])


def test_an_engine_that_reads_nothing_gives_no_verdict(tmp_path: Path) -> None:
    silent = tmp_path / "silent"
    silent.write_text(
        '#!/bin/sh\nwhile [ "$1" != -l ]; do shift; done\n: >"$2/eve.json"\necho "read 1 file, 3 packets"\n'
    )
    silent.chmod(0o755)
    with pytest.raises(EngineError, match="read 3 of 10 packets"):
        Engine("8.0.7", silent).judge("", [Conversation("a", (says(b"x"), answers(b"y")))])
    silent.write_text('#!/bin/sh\nwhile [ "$1" != -l ]; do shift; done\n: >"$2/eve.json"\n')
    with pytest.raises(EngineError, match="read none of 10 packets"):
        Engine("8.0.7", silent).judge("", [Conversation("a", (says(b"x"), answers(b"y")))])


@pytest.mark.suricata
def test_variables_and_home_net_are_those_of_the_setting(engine: Engine) -> None:
    rules = (
        'reject tcp $ROOM any -> $EXTERNAL_NET any (msg:"room"; flow:established,to_server; content:"loot"; sid:3;)\n'
    )
    talk = Conversation("a", (says(b"loot"),))
    inside = Setting(home_net=("10.0.0.0/8",), variables={"ROOM": "[10.40.0.0/28]"})
    outside = Setting(home_net=("10.0.0.0/8",), variables={"ROOM": "[10.41.0.0/28]"})
    assert not engine.judge(rules, [talk], inside)[0].passed
    assert engine.judge(rules, [talk], outside)[0].passed
    assert engine.check(rules)  # an unknown variable is a complaint


@pytest.mark.suricata
def test_conversations_that_no_port_tells_apart_do_not_share_a_verdict(engine: Engine) -> None:
    rules = 'drop icmp any any -> any any (content:"loot"; sid:4;)\n'
    ping = Conversation("a", (says(b"loot"),), protocol="icmp", client_port=1)
    verdicts = engine.judge(rules, [ping, dataclasses.replace(ping, steps=(says(b"fine"),)), ping])
    assert [verdict.passed for verdict in verdicts] == [False, True, False]


@pytest.mark.suricata
def test_fragments_and_segments_out_of_order_are_judged_as_one(engine: Engine) -> None:
    data = b"a" * 90 + b"loot" + b"b" * 90
    fragmented = Conversation("fragments", (says(data, "data"),), fragment=64)
    late = (
        Segment(Side.CLIENT, data[92:], "end", offset=92, advances=False),
        Segment(Side.CLIENT, data[:92], "start", advances=False),
    )
    verdicts = engine.judge(WORD, [fragmented, Conversation("order", late, closes=False)])
    assert not verdicts[0].step("data").passed
    assert not verdicts[1].step("start").passed


@pytest.mark.suricata
def test_traffic_without_a_stream_is_left_to_the_rules_unless_the_setting_drops_it(engine: Engine) -> None:
    midstream = Conversation("a", (says(samples.NOISE, "data"), answers(b"ok")), handshake=False)
    ignored = engine.judge(WORD, [midstream])[0]
    dropped = engine.judge(WORD, [midstream], Setting(exceptions=Exceptions.DROP))[0]
    assert ignored.passed
    assert (dropped.passed, dropped.sid, dropped.reason) == (False, None, "stream midstream")


@pytest.mark.suricata
def test_thousands_of_conversations_take_one_start_and_seconds(engine: Engine) -> None:
    talks = [
        Conversation(str(index), (says(b"loot" if index % 3 else b"fine"), answers(b"ok"))) for index in range(4000)
    ]
    verdicts = engine.judge(WORD, talks)
    assert [verdict.passed for verdict in verdicts] == [index % 3 == 0 for index in range(4000)]
    assert [verdict.conversation.name for verdict in verdicts] == [str(index) for index in range(4000)]


@pytest.mark.suricata
def test_pipelined_messages_have_a_verdict_each(engine: Engine) -> None:
    steps = (says(b"fine", "first"), Message(Side.CLIENT, b"loot", "second", joined=True), says(b"x", "third"))
    verdict = engine.judge(WORD, [Conversation("a", steps)])[0]
    assert [step.passed for step in verdict.steps] == [False, False, False]  # one segment carries both
