import pytest
from ringfence.aws.enforcement.firewall.compile import TEXT_MAX
from ringfence.aws.enforcement.firewall.lint import UNSUPPORTED, lint

GOOD = 'reject tls 10.0.0.0/28 any -> any 443 (msg:"x"; flow:to_server; tls.sni; content:"a.b"; nocase; sid:1;)'


def reasons(rules: str) -> str:
    return "\n".join(str(objection) for objection in lint(rules))


def with_options(options: str, sid: int = 1) -> str:
    return f'reject http 10.0.0.0/28 any -> any 443 (msg:"x"; flow:to_server; {options} sid:{sid};)\n'


def test_a_good_rule_has_no_objection() -> None:
    assert lint(GOOD + "\n") == ()
    assert lint("\n") == ()


@pytest.mark.parametrize("keyword", sorted(UNSUPPORTED))
def test_keywords_that_aws_refuses(keyword: str) -> None:
    assert f"1: `{keyword}`: {UNSUPPORTED[keyword]}" in reasons(with_options(f"{keyword}:x;"))
    assert f"1: `{keyword}`: {UNSUPPORTED[keyword]}" in reasons(with_options(f"{keyword};"))


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (with_options("xbits:set,a,track ip_src;"), "`xbits` tracks hosts"),
        (with_options("tag:host,10,seconds,src;"), "`tag` tracks hosts"),
        (with_options('http.host; content:"a"; nocase;'), "`nocase` on http.host"),
        (with_options('http.request_line; pcre:"/x/";'), "a pcre needs one of content"),
        (with_options("").replace("sid:1;", ""), "needs one sid"),
        (with_options("", 4_294_967_295), "needs one sid"),
        (with_options("", 0), "needs one sid"),
        (with_options("") + with_options(""), "2: sid 1 is taken by line 1"),
        (GOOD.replace("10.0.0.0/28", "$HOME_NET"), "a variable"),
        (GOOD.replace("10.0.0.0/28", "[@ref,10.0.0.0/8]"), "a variable"),
        (GOOD.replace('msg:"x"', 'msg:"$HOME"'), "variable in the message"),
        ("pass tcp 10.0.0.0/28 any -> any 443 (sid:1;)", "applied to the first packet"),
        ("pass tls 10.0.0.0/28 any -> any 443 (flow:to_server; sid:1;)", "ends judgement of the whole flow"),
        ("reject udp 10.0.0.0/28 any -> any any (sid:1;)", "reject is for TCP only"),
        ("drop sctp any any -> any any (sid:1;)", "`sctp` is not supported"),
        ("rejectboth tcp any any -> any any (flow:to_server; sid:1;)", "no action"),
        (GOOD + " \\", "no continuation"),
        (GOOD.replace("x", "ü"), "printable ASCII"),
        (GOOD.replace("tls.sni;", "tls.sni"), "cannot be read"),
        ("nonsense", "not a rule"),
        ("# comment", "a comment"),
        (with_options('content:"' + "a" * 8175 + '";'), "characters, 8175 at most"),
    ],
)
def test_what_is_objected_to(rule: str, reason: str) -> None:
    assert reason in reasons(rule)


def test_the_longest_rule_is_taken_and_one_more_character_is_not() -> None:
    rule = with_options('content:"";').rstrip()
    longest = rule.replace('content:""', f'content:"{"a" * (8175 - len(rule))}"')
    assert len(longest) == 8175
    assert lint(longest) == ()
    assert "8176 characters" in reasons(longest.replace("aa", "aaa", 1))


def test_a_group_longer_than_aws_takes() -> None:
    assert "longer than" in reasons(GOOD + "\n" + "\n" * TEXT_MAX)


def test_a_semicolon_or_a_quote_inside_a_message_is_read_as_such() -> None:
    assert lint(GOOD.replace('msg:"x"', 'msg:"a\\;b"')) == ()
