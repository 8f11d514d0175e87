"""Rule text as values: headers, lists, options, and what is refused by name."""

import pytest
from ringfence.verify.interval import ALL_ADDRESSES, NO_NUMBERS, Numbers, network_of
from ringfence.verify.suricata.condition import condition_of
from ringfence.verify.suricata.parse import parse_rules, read_addresses, read_ports
from ringfence.verify.suricata.rule import RuleError
from ringfence.verify.suricata.ruleset import RuleSet, RuleText

HOME = {"HOME_NET": network_of("10.0.0.0/8")}


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("any", ALL_ADDRESSES),
        ("!any", NO_NUMBERS),
        ("10.0.0.0/8", network_of("10.0.0.0/8")),
        ("10.0.0.1-10.0.0.3", Numbers.of((0x0A000001, 0x0A000003))),
        ("[10.0.0.0/8,!10.1.0.0/16]", network_of("10.0.0.0/8") - network_of("10.1.0.0/16")),
        (
            "[10.0.0.0/8,![10.1.0.0/16,10.2.0.0/16]]",
            network_of("10.0.0.0/8") - network_of("10.1.0.0/16") - network_of("10.2.0.0/16"),
        ),
        ("![10.0.0.0/8]", ALL_ADDRESSES - network_of("10.0.0.0/8")),
        ("!$HOME_NET", ALL_ADDRESSES - network_of("10.0.0.0/8")),
        ("[!10.0.0.0/8]", ALL_ADDRESSES - network_of("10.0.0.0/8")),
        ("2001:db8::/32", NO_NUMBERS),
    ],
)
def test_address_lists(text: str, addresses: Numbers) -> None:
    assert read_addresses(text, HOME) == addresses


@pytest.mark.parametrize("text", ["", "10.0.0.0/33", "[10.0.0.0/8", "$NOBODY", "@SET", "10.0.0.0/8]", "[a,b]"])
def test_address_lists_that_are_none(text: str) -> None:
    with pytest.raises(RuleError):
        read_addresses(text, HOME)


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("80", [(80, 80)]),
        ("80:90", [(80, 90)]),
        (":90", [(0, 90)]),
        ("90:", [(90, 65535)]),
        ("![80,443]", [(0, 79), (81, 442), (444, 65535)]),
        ("[80:90,!85]", [(80, 84), (86, 90)]),
    ],
)
def test_port_lists(text: str, ports: list[tuple[int, int]]) -> None:
    assert read_ports(text, {}) == Numbers.of(*ports)


@pytest.mark.parametrize("text", ["x", "90:80", "65536", "", ":"])
def test_port_lists_that_are_none(text: str) -> None:
    if text == ":":
        assert read_ports(text, {}) == Numbers.of((0, 65535))
        return
    with pytest.raises(RuleError):
        read_ports(text, {})


def one(text: str) -> object:
    return condition_of(parse_rules(text, "g", HOME, {})[0])


@pytest.mark.parametrize(
    "options",
    [
        'content:"a"; threshold:type limit, track by_src, count 1, seconds 1',
        "dataset:isset,x,type string,load x",
        "xbits:set,x,track ip_src",
        "geoip:dst,DE",
        'content:"a"; within:3',
        'http.uri; content:"a"; http.uri; content:!"b"; distance:1; content:"c"; distance:1',
        'pcre:"/a/U"',
        'pcre:"/(a)\\1/"',
        "priority:1",
        "flow:stateless",
        "tls.sni",
        'content:"a|0"',
        "content:a",
        "byte_test:4,>,1,0",
        "dsize:>100",
        "stream_size:both,>,1",
    ],
)
def test_what_is_not_read_is_refused(options: str) -> None:
    with pytest.raises(RuleError):
        one(f"drop tcp any any -> any any ({options}; sid:1;)")


@pytest.mark.parametrize(
    "text",
    [
        "drop tcp any any -> any any (sid:1;",
        "drop tcp any any any any (sid:1;)",
        "log tcp any any -> any any (sid:1;)",
        "drop sctp any any -> any any (sid:1;)",
        'drop tcp any any -> any any (msg:"no id";)',
        "drop tcp any any => any any (sid:1;)",
        "nonsense",
    ],
)
def test_a_line_that_is_no_rule_is_kept_as_unread(text: str) -> None:
    read = RuleSet.read([RuleText("g", text + "\n", {}, {})])
    assert read.rules == ()
    assert [unread.rule.line for unread in read.unread] == [1]


def test_rules_keep_their_place_and_name() -> None:
    text = '# a comment\n\n  pass tcp any any -> any 443 (msg:"a\\; b"; flow:to_server; sid:7;)\n'
    (rule,) = parse_rules(text, "g", {}, {})
    assert (rule.line, rule.sid, rule.message, rule.name) == (3, 7, "a; b", "g sid 7 (a; b)")
