"""Matches of names against the patterns' own meaning, and endings that stand in a name twice on both engines."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ringfence.aws.enforcement.firewall.names import HOST, SNI, covering, is_none_of, is_one_of, outside, widest
from ringfence.engine import http1
from ringfence.engine import tls as hello
from ringfence.engine.flow import Conversation, says
from ringfence.engine.suricata import Engine
from ringfence.policy.host import HostPattern

labels = st.text("ab-", min_size=1, max_size=2).filter(lambda text: text.strip("-") == text)
names = st.lists(labels, min_size=2, max_size=4).map(".".join)
patterns = st.lists(st.builds(HostPattern, names, st.booleans()), max_size=12)

CONTENT = re.compile(r'content:(!?)"([^"]*)"; (startswith; )?(nocase; )?endswith;')
EXPRESSION = re.compile(r'pcre:(!?)"/(.*?)/(i?)";')


def matches(text: str, name: str) -> bool:
    """What the rule's options say of a name, by the engine's documentation."""
    assert CONTENT.sub("", EXPRESSION.sub("", text)).split(";")[0].strip() in (HOST, SNI)
    said: list[bool] = []
    for negated, word, start, case in CONTENT.findall(text):
        value, wanted = (name.lower(), word.lower()) if case else (name, word)
        first = value.find(wanted)
        found = value == wanted if start else value.endswith(wanted)
        if negated and not start:  # its first place only (measured on both engines)
            found = first >= 0 and first + len(wanted) == len(value)
        said.append(found != bool(negated))
    for negated, expression, case in EXPRESSION.findall(text):
        found = re.search(expression.replace(r"\z", r"\Z"), name, re.IGNORECASE if case else 0)
        said.append((found is not None) != bool(negated))
    return all(said)


@example([HostPattern("a.a", subdomains=True)], "a.a.a.a", 60, HOST)
@given(patterns, names, st.integers(60, 400), st.sampled_from([HOST, SNI]))
def test_exactly_what_is_no_host_of_any_pattern_is_outside(
    given: list[HostPattern], name: str, room: int, buffer: str
) -> None:
    parts = list(outside("", widest(given), buffer, room))
    assert len({about for about, _, _ in parts}) == len(parts)
    refused = any(matches(text, name) for _, _, text in parts)
    granted = any(pattern.matches(name) for pattern in given)
    assert refused != granted


@given(patterns, names, st.integers(60, 400))
def test_what_lies_within_a_pattern_and_stands_for_itself_is_left_out(
    given: list[HostPattern], name: str, room: int
) -> None:
    wide = HostPattern("b.a", subdomains=True)
    within = widest(pattern for pattern in given if pattern != wide and wide.covers(pattern))
    refused = any(matches(text, name) for _, _, text in outside(".b.a", within, HOST, room))
    expected = wide.matches(name) and not any(pattern.matches(name) for pattern in within)
    assert refused == expected


@given(patterns)
def test_the_widest_patterns_cover_all_and_none_another(given: list[HostPattern]) -> None:
    kept = widest(given)
    assert all(any(wide.covers(pattern) for wide in kept) for pattern in given)
    assert not any(one.covers(other) for one in kept for other in kept if one != other)
    for pattern in given:
        assert set(covering(pattern, given)) == {wide for wide in given if wide.covers(pattern)}


def test_no_match_is_longer_than_its_room_as_long_as_one_name_has_room() -> None:
    given = [HostPattern(f"{'x' * length}{index}.example.com") for length in (1, 9) for index in range(40)]
    for room in (150, 300, 1000):
        parts = list(outside("", widest(given), SNI, room))
        assert max(len(text) for _, _, text in parts) <= room
        assert sorted(pattern for _, excepted, _ in parts for pattern in excepted) == sorted(given)


TWICE = ("a.com.b.com", "com.com", "a.com.com", "x.a.com.y.com", "a.combo.com", "b.com.a.com", "A.COM.B.COM", "b.com")


@pytest.mark.suricata
@pytest.mark.parametrize("word", [".com", "m", "com", "b.com"])
def test_an_ending_is_found_where_it_stands_earlier_in_the_name_as_well(engine: Engine, word: str) -> None:
    ends, tail = f'content:"{word}"; nocase; endswith;', word.replace(".", r"\.")
    rules = (
        f'alert tls any any -> any any (msg:"a"; tls.sni; {ends} sid:1;)\n'
        f'alert http any any -> any any (msg:"b"; http.host; content:"{word}"; endswith; sid:2;)\n'
        rf'alert tls any any -> any any (msg:"c"; tls.sni; content:"."; pcre:!"/{tail}\z/i"; sid:3;)'
        "\n"
    )
    traffic = [Conversation(name, (says(hello.client_hello(name)), *hello.accepted())) for name in TWICE]
    traffic += [Conversation(name, (http1.request("GET", "/", name), http1.response())) for name in TWICE]
    for verdict in engine.judge(rules, traffic):
        is_http = verdict.steps[0].label.startswith("GET")
        matched = verdict.conversation.name.lower().endswith(word)
        expected = ({2} if is_http else {1}) if matched else (set() if is_http else {3})
        assert set(verdict.sids) == expected, verdict


def test_a_single_pattern_is_matched_whole() -> None:
    exact, wide = HostPattern("a.com"), HostPattern("a.com", subdomains=True)
    assert is_one_of(exact, HOST) == 'content:"a.com"; startswith; endswith;'
    assert is_one_of(wide, SNI) == 'content:".a.com"; nocase; endswith;'
    assert is_none_of((wide, exact), HOST) == r'content:!"a.com"; startswith; endswith; pcre:!"/\.a\.com\z/";'
